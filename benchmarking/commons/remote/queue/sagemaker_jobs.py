"""The markers and jobs of a remote study, as the queue wants them: S3 and SageMaker."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from benchmarking.commons.remote.queue.jobs_in_progress import is_job_of, jobs_in_progress
from benchmarking.commons.remote.queue.queue_model import (
    BadRequestError,
    NameTakenError,
    NoInstanceError,
    QueuedExperiment,
    QueuedJob,
    ServiceError,
    ThrottledError,
    TroubleError,
)
from benchmarking.commons.remote.records.markers import (
    State,
    StateRecord,
    read_record,
    read_states,
    write_state,
)
from syne_core.aws.client_errors import error_code, explain, is_setup_error
from syne_core.aws.job_states import JobState, TrainingJobs, is_name_taken, is_transient, wants_patience
from syne_core.errors import AwsSetupError, SyneError, UsageError
from syne_core.experiment_status import ExperimentState
from syne_core.paths import ExperimentKeys, StudyKeys, experiment_job_name

if TYPE_CHECKING:
    from syne_core.aws.session import AwsSession

__all__ = ["RealClock", "SageMakerJobs", "queue_errors"]

_LOG_GROUP = "/aws/sagemaker/TrainingJobs"
_TAIL = 20
_ABSENT = ("NoSuchKey", "404")
_THROTTLED = ("Throttl", "TooManyRequests", "SlowDown", "RequestLimitExceeded")
#: Words of refusals that concern the execution role, and so every job.
_OF_ALL = ("assume", "RoleArn", "PassRole", "execution role")


class RealClock:
    """The clock of this machine."""

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class SageMakerJobs:
    """See ``JobService``.

    :param request_of: the members of CreateTrainingJob for a job and an attempt; puts on S3 what the job has
        to find there. Called once per attempt of this launch.
    """

    def __init__(
        self,
        session: AwsSession,
        bucket: str,
        tag: str,
        request_of: Callable[[QueuedJob, int], Mapping[str, Any]],
    ) -> None:
        self._session, self._bucket, self._tag = session, bucket, tag
        self._s3, self._jobs = session.client("s3"), TrainingJobs(session)
        # Repetitions would hide from the queue how fast it may call.
        self._creating = session.client("sagemaker", attempts=1)
        self._request_of = request_of
        self._requests: dict[str, tuple[QueuedJob, Mapping[str, Any]]] = {}

    def states(self) -> Mapping[str, State]:
        """The markers of the study."""
        with queue_errors(f"list the states of {self._tag}"):
            return read_states(self._s3, self._bucket, self._tag)

    def record(self, id8: str, state: str) -> StateRecord | None:
        """The content of a marker."""
        with queue_errors(f"read the state of {id8}"):
            return read_record(self._s3, self._bucket, self._tag, id8, state)

    def mark(self, id8: str, state: str, record: StateRecord, known: Collection[str]) -> None:
        """Write a marker, delete those that are ``known``."""
        with queue_errors(f"write the state of {record.name}"):
            write_state(self._s3, self._bucket, self._tag, id8, state, record, known)

    def job_name(self, job: QueuedJob, attempt: int) -> str:
        """The job's name."""
        lead = job.lead
        return experiment_job_name(self._tag, lead.method, lead.seed, lead.id8, attempt)

    def create(self, job: QueuedJob, attempt: int) -> None:
        """Make the job: one call, whatever comes of it."""
        name = self.job_name(job, attempt)
        with queue_errors(f"create job {name}"):
            made_for, request = self._requests.get(name, (None, {}))
            if made_for != job:
                request = self._request_of(job, attempt)
                self._requests[name] = (job, request)
            self._creating.create_training_job(**request)
        del self._requests[name]

    def describe(self, job_name: str) -> JobState | None:
        """What SageMaker says of the job."""
        with queue_errors(f"describe job {job_name}"):
            return self._jobs.describe(job_name)

    def running(self, job_names: Collection[str]) -> frozenset[str]:
        """Those that have not ended: two listings, all pages."""
        names = set(job_names)
        if not names:
            return frozenset()
        start = _common_start(min(names), max(names))
        with queue_errors("list the training jobs"):
            return frozenset(
                state.name
                for status in ("InProgress", "Stopping")
                for state in self._jobs.listed(start, status)
                if state.name in names
            )

    def stop(self, job_name: str) -> None:
        """Stop the job."""
        with queue_errors(f"stop job {job_name}"):
            self._jobs.stop(job_name)

    def stop_trials(self, experiment: QueuedExperiment) -> None:
        """Stop the jobs of its trials."""
        with queue_errors(f"stop the trials of {experiment.name}"):
            for job in jobs_in_progress(self._session, experiment.id8):
                if job.trial is not None and is_job_of(job, self._tag, experiment):
                    self._jobs.stop(job.name)

    def has_finished(self, experiment: QueuedExperiment) -> bool:
        """Whether ``status.json`` on S3 says so."""
        key = f"{ExperimentKeys(experiment.name).leaf}status.json"
        with queue_errors(f"read the status of {experiment.name}"):
            content = self._content(key)
        try:
            return bool(json.loads(content)["state"] == ExperimentState.finished)
        except (ValueError, KeyError, TypeError):
            return False

    def log_tail(self, job_name: str) -> tuple[str, ...]:
        """The last lines of its first host in CloudWatch."""
        client = self._session.client("logs")
        try:
            streams = client.describe_log_streams(
                logGroupName=_LOG_GROUP, logStreamNamePrefix=f"{job_name}/algo-1"
            )["logStreams"]
            if not streams:
                return ()
            newest = max(streams, key=lambda stream: stream.get("creationTime", 0))["logStreamName"]
            events = client.get_log_events(
                logGroupName=_LOG_GROUP, logStreamName=newest, limit=_TAIL, startFromHead=False
            )["events"]
        except Exception:
            return ()  # a log is a service to the reader; an experiment has failed without it, too
        return tuple(event["message"].rstrip("\n") for event in events)

    # -- notes -----------------------------------------------------------------------------------

    def notes(self) -> dict[str, Any]:
        """What earlier launches have spent; empty if nothing is known.

        :raises SyneError: S3 does not answer, or refuses
        """
        with queue_errors(f"read what {self._tag} has spent"):
            content = self._content(StudyKeys(self._tag).spending)
        try:
            found = json.loads(content)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def keep_notes(self, notes: Mapping[str, Any]) -> None:
        """Store what was spent."""
        key = StudyKeys(self._tag).spending
        with queue_errors(f"write what {self._tag} has spent"):
            self._s3.put_object(Bucket=self._bucket, Key=key, Body=json.dumps(dict(notes)).encode())

    def _content(self, key: str) -> bytes:
        try:
            body: bytes = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except Exception as error:
            if error_code(error) in _ABSENT:
                return b""
            raise
        return body


def _common_start(first: str, last: str) -> str:
    """What all names between these two, in alphabetical order, begin with."""
    same = 0
    while same < min(len(first), len(last)) and first[same] == last[same]:
        same += 1
    return first[:same]


@contextmanager
def queue_errors(doing: str) -> Iterator[None]:
    """Turn what AWS refuses into what the queue understands.

    :param doing: what is tried, as ``"create job 'j'"``
    :raises ServiceError: that can be waited out, or that concerns one job
    :raises AwsSetupError: that the user has to change
    """
    try:
        yield
    except AwsSetupError:
        raise
    except UsageError as error:
        raise BadRequestError(str(error)) from error
    except Exception as error:
        # What others have put into words already is understood by its cause.
        source = error.__cause__ if isinstance(error, SyneError) else error
        if source is None or not _is_of_aws(source):
            raise
        raise _understood(source, doing) from error


def _is_of_aws(error: BaseException) -> bool:
    return isinstance(error, OSError) or type(error).__module__.partition(".")[0] == "botocore"


def _understood(error: BaseException, doing: str) -> Exception:
    said = explain(error, doing)
    if is_setup_error(error):
        return AwsSetupError(said)
    if is_name_taken(error):
        return NameTakenError(said)
    if wants_patience(error):
        return NoInstanceError(said)
    if error_code(error).startswith(_THROTTLED):
        return ThrottledError(said)
    if is_transient(error):
        return TroubleError(said)
    if any(word in said for word in _OF_ALL):
        return AwsSetupError(said)
    kind: type[ServiceError] = BadRequestError
    return kind(said)
