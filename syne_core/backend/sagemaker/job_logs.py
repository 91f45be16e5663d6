"""What a job printed, from CloudWatch Logs: a call or more per stream, so only when somebody asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from syne_core.aws.client_errors import clear_errors, error_code
from syne_core.aws.session import AwsSession

__all__ = ["job_lines", "job_tail"]

_GROUP = "/aws/sagemaker/TrainingJobs"


def job_lines(session: AwsSession, job_name: str) -> list[str]:
    """Lines that the job's first host printed, standard output and errors as they came; ends included.

    Empty where there is no log yet.

    :raises AwsSetupError: logs may not be read
    """
    client = session.client("logs")
    lines: list[str] = []
    with clear_errors(f"read the log of {job_name}"):
        for stream in _streams(client, f"{job_name}/algo-1"):
            lines.extend(f"{message}\n" for message in _messages(client, stream))
    return lines


def job_tail(session: AwsSession, job_name: str, num_lines: int) -> list[str]:
    """The last lines that the job's first host printed, without their ends.

    :raises AwsSetupError: logs may not be read
    """
    client = session.client("logs")
    with clear_errors(f"read the log of {job_name}"):
        streams = list(_streams(client, f"{job_name}/algo-1"))
        if not streams:
            return []
        page = client.get_log_events(
            logGroupName=_GROUP, logStreamName=streams[-1], limit=num_lines, startFromHead=False
        )
    return [event["message"].rstrip("\n") for event in page["events"]]


def _streams(client: Any, prefix: str) -> Iterator[str]:
    request: dict[str, Any] = {"logGroupName": _GROUP, "logStreamNamePrefix": prefix}
    while True:
        try:
            page = client.describe_log_streams(**request)
        except Exception as error:
            if error_code(error) == "ResourceNotFoundException":
                return
            raise
        for stream in sorted(page["logStreams"], key=lambda stream: stream.get("creationTime", 0)):
            yield stream["logStreamName"]
        if not page.get("nextToken"):
            return
        request["nextToken"] = page["nextToken"]


def _messages(client: Any, stream: str) -> Iterator[str]:
    request: dict[str, Any] = {"logGroupName": _GROUP, "logStreamName": stream, "startFromHead": True}
    while True:
        page = client.get_log_events(**request)
        for event in page["events"]:
            yield event["message"].rstrip("\n")
        # The last page leads to itself.
        if page.get("nextForwardToken") == request.get("nextToken"):
            return
        request["nextToken"] = page["nextForwardToken"]
