"""What the jobs of a remote study print, once or as it grows: from CloudWatch Logs and from S3."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from benchmarking.commons.remote.queue.jobs_in_progress import our_job
from benchmarking.commons.remote.records.markers import FAILED, FINISHED, STOPPED, read_record, read_states
from benchmarking.commons.remote.records.remote_study import RemoteExperiment, RemoteStudy
from syne_core.aws.client_errors import clear_errors, error_code
from syne_core.aws.session import AwsSession
from syne_core.errors import UsageError
from syne_core.paths import ExperimentPaths

__all__ = ["LogText", "job_text", "log_streams", "show_log"]

_GROUP = "/aws/sagemaker/TrainingJobs"
_FIRST_HOST = "/algo-1"
_POLL, _POLL_OF_EMULATOR = 3.0, 0.3
_ENDED = (FAILED, FINISHED, STOPPED)
_ABSENT = frozenset({"NoSuchKey", "ResourceNotFoundException", "InvalidRange", "416"})


def log_streams(session: AwsSession, start: str) -> list[tuple[str, int]]:
    """Log streams of jobs' first hosts, oldest first, and when each got something last (ms since 1970).

    :param start: of the streams' names, which are ``job/host-...``
    """
    client = session.client("logs")
    request: dict[str, Any] = {"logGroupName": _GROUP, "logStreamNamePrefix": start}
    found: list[tuple[int, str, int]] = []
    while True:
        page = _unless_absent(lambda: client.describe_log_streams(**request))
        for stream in (page or {}).get("logStreams", ()):
            name = stream["logStreamName"]
            if _FIRST_HOST in name:
                found.append((stream.get("creationTime", 0), name, stream.get("lastIngestionTime", 0)))
        if page is None or not page.get("nextToken"):
            return [(name, changed) for _, name, changed in sorted(found)]
        request["nextToken"] = page["nextToken"]


def job_text(session: AwsSession, job: str) -> str:
    """All that the job's first host has printed."""
    return _JobLogs(session, f"{job}{_FIRST_HOST}").new()


class LogText(Protocol):
    """A text that may grow."""

    def new(self) -> str:
        """What came since the last call."""
        ...


class _JobLogs:
    """Of the first hosts of jobs whose names begin alike, one job after the other.

    :param start: of the jobs' names
    """

    def __init__(self, session: AwsSession, start: str) -> None:
        self._session, self._client, self._start = session, session.client("logs"), start
        self._tokens: dict[str, str] = {}

    def new(self) -> str:
        with clear_errors(f"read the log of {self._start}"):
            streams = [stream for stream, _ in log_streams(self._session, self._start)]
            return "".join(map(self._news_of, streams))

    def _news_of(self, stream: str) -> str:
        request: dict[str, Any] = {"logGroupName": _GROUP, "logStreamName": stream, "startFromHead": True}
        texts: list[str] = []
        while True:
            if stream in self._tokens:
                request["nextToken"] = self._tokens[stream]
            page = _unless_absent(lambda: self._client.get_log_events(**request))
            if page is None:
                return "".join(texts)
            texts += [event["message"].rstrip("\n") + "\n" for event in page["events"]]
            token = page.get("nextForwardToken")
            # The last page leads to itself.
            if not token or token == self._tokens.get(stream):
                return "".join(texts)
            self._tokens[stream] = token


class _Objects:
    """Of objects that are replaced by longer ones."""

    def __init__(self, s3: Any, bucket: str, keys: tuple[str, ...]) -> None:
        self._s3, self._bucket = s3, bucket
        self._read = dict.fromkeys(keys, 0)

    def new(self) -> str:
        with clear_errors(f"read a log in bucket '{self._bucket}'"):
            return "".join(self._news_of(key) for key in self._read)

    def _news_of(self, key: str) -> str:
        begin = self._read[key]
        where = {"Bucket": self._bucket, "Key": key}
        if begin:
            where["Range"] = f"bytes={begin}-"
        answer = _unless_absent(lambda: self._s3.get_object(**where))
        data: bytes = b"" if answer is None else answer["Body"].read()
        self._read[key] = begin + len(data)
        return data.decode("utf-8", errors="replace")


def show_log(
    study: RemoteStudy,
    experiment: RemoteExperiment,
    trial: int | None,
    follow: bool,
    show: Callable[[str], object],
) -> None:
    """Give ``show`` what an experiment's job printed, or what a trial printed, piece by piece.

    :param follow: go on until the experiment has ended
    :raises UsageError: there is no such log
    """
    texts = _texts_of_trial(study, experiment, trial) if trial is not None else _texts(study, experiment)
    found = None
    poll = _POLL_OF_EMULATOR if study.place.session.is_emulator else _POLL
    while True:
        has_ended = not follow or _has_ended(study, experiment)
        for text in texts if found is None else [found]:
            if new := text.new():
                show(new)
                found = text
                break
        if has_ended:
            break
        time.sleep(poll)
    if found is None:
        raise UsageError(_nothing(study, experiment, trial))


def _texts(study: RemoteStudy, experiment: RemoteExperiment) -> list[LogText]:
    """Where an experiment's log may be, the best place first."""
    place = study.place
    file = f"{experiment.keys.leaf}{ExperimentPaths(Path()).log.name}"
    stored = _Objects(place.s3, place.bucket, (file,))
    job = _job_of(study, experiment)
    if job is None:
        return [stored]
    log = _JobLogs(place.session, f"{job}{_FIRST_HOST}")
    named = our_job(job)
    # A job that runs several experiments has one log for all.
    is_own = named is not None and named.id8 == experiment.id8
    return [log, stored] if is_own else [stored, log]


def _texts_of_trial(study: RemoteStudy, experiment: RemoteExperiment, trial: int) -> list[LogText]:
    place, keys = study.place, experiment.keys.trial(trial)
    stored = _Objects(place.s3, place.bucket, (keys.stdout, keys.stderr))
    if experiment.backend != "sagemaker":
        return [stored]
    return [_JobLogs(place.session, f"{experiment.id8}-{trial}-r"), stored]


def _job_of(study: RemoteStudy, experiment: RemoteExperiment) -> str | None:
    place = study.place
    with clear_errors(f"look at {study.uri}"):
        state = read_states(place.s3, place.bucket, study.tag).get(experiment.id8)
        if state is None:
            return None
        record = read_record(place.s3, place.bucket, study.tag, experiment.id8, state.state)
    return record.job or None if record is not None else None


def _has_ended(study: RemoteStudy, experiment: RemoteExperiment) -> bool:
    place = study.place
    with clear_errors(f"look at {study.uri}"):
        state = read_states(place.s3, place.bucket, study.tag).get(experiment.id8)
    return state is not None and state.state in _ENDED


def _nothing(study: RemoteStudy, experiment: RemoteExperiment, trial: int | None) -> str:
    name = experiment.name.rpartition("/")[2]
    if trial is None:
        return f"{name} has printed nothing yet. How it stands: synebench status {study.tag} --remote"
    with clear_errors(f"look for the trials of {name}"):
        names = study.place.objects.folders(experiment.keys.trials)
    known = sorted(int(name) for name in names if name.isdecimal())
    span = f"{known[0]} to {known[-1]}" if known else "none"
    if trial in known:
        return f"trial {trial} of {name} has no log yet; inside of a job, logs are stored when trials end"
    return f"{name} has no trial {trial}; its trials: {span}"


def _unless_absent(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except Exception as error:
        if error_code(error) in _ABSENT:
            return None
        raise
