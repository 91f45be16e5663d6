"""What SageMaker says of a training job, and what a refusal of a call means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from syne_core.aws.client_errors import error_code
from syne_core.aws.session import AwsSession

__all__ = [
    "JobState",
    "TrainingJobs",
    "is_name_taken",
    "is_transient",
    "is_unknown_job",
    "wants_patience",
]

_TERMINAL = frozenset({"Completed", "Failed", "Stopped"})
_NO_INSTANCE = frozenset({"ResourceLimitExceeded", "CapacityError", "InsufficientCapacityException"})
_THROTTLED = frozenset(
    {"Throttling", "ThrottlingException", "ThrottledException", "TooManyRequestsException", "SlowDown"}
    | {"RequestLimitExceeded", "RequestThrottled", "PriorRequestNotComplete", "BandwidthLimitExceeded"}
)
_SERVER = frozenset(
    {"InternalError", "InternalFailure", "InternalServerError", "ServiceUnavailable", "RequestTimeout"}
    | {"InternalServerException", "ServiceUnavailableException", "500", "502", "503", "504"}
)
_CAPACITY_WORDS = ("CapacityError", "InsufficientInstanceCapacity", "insufficient capacity")


@dataclass(frozen=True)
class JobState:
    """A training job as SageMaker sees it.

    :param status: InProgress, Completed, Failed, Stopping or Stopped
    :param secondary: such as Starting, Training, Uploading, MaxRuntimeExceeded; "" in listings
    :param reason: why it failed, in AWS's words
    :param created: when it was created, with zone
    """

    name: str
    status: str
    secondary: str = ""
    reason: str | None = None
    created: datetime | None = None

    @property
    def has_ended(self) -> bool:
        """Whether it holds no instance any more, and nothing of it changes."""
        return self.status in _TERMINAL

    @property
    def lacked_capacity(self) -> bool:
        """Whether it failed because AWS had no instance for it."""
        said = f"{self.secondary} {self.reason or ''}"
        return self.status == "Failed" and any(words in said for words in _CAPACITY_WORDS)

    @property
    def failed_inside(self) -> bool:
        """Whether AWS itself failed, and not what we asked for."""
        return self.status == "Failed" and "InternalServerError" in (self.reason or "")

    @property
    def ran_too_long(self) -> bool:
        """Whether it was stopped at its ``max_run`` or ``max_wait``."""
        return self.secondary in ("MaxRuntimeExceeded", "MaxWaitTimeExceeded")


class TrainingJobs:
    """The calls on training jobs. Errors are botocore's; see ``is_transient`` and its like."""

    def __init__(self, session: AwsSession) -> None:
        self._client = session.client("sagemaker")

    def instance_types(self) -> list[str]:
        """All instance types that training jobs can ask for; from botocore's model, without a call."""
        return list(self._client.meta.service_model.shape_for("TrainingInstanceType").enum)

    def create(self, request: Mapping[str, Any]) -> None:
        """CreateTrainingJob."""
        self._client.create_training_job(**request)

    def stop(self, name: str) -> None:
        """StopTrainingJob; nothing happens if there is no such job or it has ended."""
        try:
            self._client.stop_training_job(TrainingJobName=name)
        except Exception as error:
            if not is_unknown_job(error):
                raise

    def describe(self, name: str) -> JobState | None:
        """DescribeTrainingJob; None if there is no such job."""
        try:
            answer = self._client.describe_training_job(TrainingJobName=name)
        except Exception as error:
            if is_unknown_job(error):
                return None
            raise
        return JobState(
            name,
            answer["TrainingJobStatus"],
            answer.get("SecondaryStatus", ""),
            answer.get("FailureReason"),
            answer.get("CreationTime"),
        )

    def details(self, name: str) -> dict[str, Any] | None:
        """All that DescribeTrainingJob answers; None if there is no such job."""
        try:
            return dict(self._client.describe_training_job(TrainingJobName=name))
        except Exception as error:
            if is_unknown_job(error):
                return None
            raise

    def listed(
        self, name_contains: str, status: str | None = None, modified_after: datetime | None = None
    ) -> Iterator[JobState]:
        """ListTrainingJobs, all pages. Its limit is 2 calls a second for the whole account: use it rarely."""
        request: dict[str, Any] = {"NameContains": name_contains, "MaxResults": 100}
        if status is not None:
            request["StatusEquals"] = status
        if modified_after is not None:
            request["LastModifiedTimeAfter"] = modified_after
        while True:
            page = self._client.list_training_jobs(**request)
            for summary in page["TrainingJobSummaries"]:
                yield JobState(
                    summary["TrainingJobName"],
                    summary["TrainingJobStatus"],
                    created=summary.get("CreationTime"),
                )
            if not page.get("NextToken"):
                return
            request["NextToken"] = page["NextToken"]


def is_transient(error: BaseException) -> bool:
    """Whether the same call may work in a moment: throttling, a server's fault, the network."""
    code = error_code(error)
    if code in _THROTTLED or code in _SERVER:
        return True
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        return int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)) >= 500
    return isinstance(error, OSError) or _is_network_error(error)


def wants_patience(error: BaseException) -> bool:
    """Whether no instance is to be had now: quota, or AWS's own capacity."""
    return error_code(error) in _NO_INSTANCE


def is_name_taken(error: BaseException) -> bool:
    """Whether there is, or was, a job of that name."""
    return error_code(error) == "ResourceInUse"


def is_unknown_job(error: BaseException) -> bool:
    """Whether there is no such job, or none that could be stopped."""
    code = error_code(error)
    return code in ("ResourceNotFound", "ValidationException", "ValidationError")


def _is_network_error(error: BaseException) -> bool:
    from botocore.exceptions import HTTPClientError

    return isinstance(error, HTTPClientError)
