"""In which state each experiment of a remote study is: objects whose names say it.

``{tag}/_status/{id8}.{state}`` (``syne_core.paths.StudyKeys``). The driver writes ``queued``, ``launched``,
``failed`` and ``stopped``, an experiment's job ``running``, ``finished`` and ``failed``. Whoever writes one
puts the new marker first and then deletes the others it knows of, so that there is always one; of several the
newest counts. An experiment of the manifest without any marker is queued: nothing was tried yet.

``launched`` is written before the job is created, so that it can never be newer than what the job itself
says; its body names the job to look for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarking.commons.remote.records.object_listing import stored_objects
from syne_core.aws.client_errors import error_code
from syne_core.paths import StudyKeys

__all__ = [
    "CODE",
    "FAILED",
    "FINISHED",
    "INFRASTRUCTURE",
    "LAUNCHED",
    "QUEUED",
    "RUNNING",
    "STATES",
    "STOPPED",
    "State",
    "StateRecord",
    "read_record",
    "read_states",
    "write_state",
]

QUEUED, LAUNCHED, RUNNING = "queued", "launched", "running"
FAILED, STOPPED, FINISHED = "failed", "stopped", "finished"
#: Later ones win where two markers are of the same second, which is how exactly S3 knows their age.
STATES = (QUEUED, LAUNCHED, RUNNING, FAILED, STOPPED, FINISHED)
#: Why an experiment failed.
INFRASTRUCTURE, CODE = "infrastructure", "code"
_MAX_TAIL = 40


@dataclass(frozen=True)
class State:
    """What the names of an experiment's markers say.

    :param state: that of the newest
    :param time: when it was written, by S3's clock, seconds since 1970
    :param markers: when each that there is was written
    """

    id8: str
    state: str
    time: float
    markers: Mapping[str, float]


@dataclass(frozen=True)
class StateRecord:
    """The content of a marker.

    :param name: the experiment's, see ``syne_core.paths.experiment_name``
    :param attempt: 0, then 1 for each further job that was made for it
    :param job: name of that job
    :param time: seconds since 1970, by the writer's clock
    :param cause: of a failure: ``"infrastructure"`` or ``"code"``
    :param log_tail: the last lines that were printed
    """

    name: str
    attempt: int
    job: str
    time: float
    cause: str | None = None
    reason: str | None = None
    log_tail: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As it lies on S3."""
        return {
            "name": self.name,
            "attempt": self.attempt,
            "job": self.job,
            "time": self.time,
            "cause": self.cause,
            "reason": self.reason,
            "log_tail": list(self.log_tail[-_MAX_TAIL:]),
        }

    def may_be_retried(self, max_retries: int) -> bool:
        """Whether a failed experiment gets another job unasked: AWS failed, and it had not too many yet."""
        return self.cause == INFRASTRUCTURE and self.attempt < max_retries

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> StateRecord:
        """The reverse of ``to_json``; what is missing is left empty."""
        return cls(
            str(content.get("name", "")),
            int(content.get("attempt") or 0),
            str(content.get("job") or ""),
            float(content.get("time") or 0.0),
            content.get("cause"),
            content.get("reason"),
            tuple(map(str, content.get("log_tail") or ())),
        )


def read_states(s3: Any, bucket: str, tag: str) -> dict[str, State]:
    """The states of all experiments that have a marker; one call for each 1000 markers.

    :param s3: a client of S3; its errors are botocore's
    """
    found: dict[str, dict[str, float]] = {}
    prefix = StudyKeys(tag).status
    for one in stored_objects(s3, bucket, prefix):
        id8, _, state = one.key[len(prefix) :].rpartition(".")
        if id8 and state in STATES:
            found.setdefault(id8, {})[state] = one.modified
    return {id8: _newest(id8, markers) for id8, markers in found.items()}


def read_record(s3: Any, bucket: str, tag: str, id8: str, state: str) -> StateRecord | None:
    """The content of a marker; None if there is none, or its content is not to be understood."""
    try:
        answer = s3.get_object(Bucket=bucket, Key=StudyKeys(tag).marker(id8, state))
    except Exception as error:
        if error_code(error) in ("NoSuchKey", "404"):
            return None
        raise
    try:
        return StateRecord.from_json(json.loads(answer["Body"].read()))
    except (ValueError, TypeError, AttributeError):
        return None


def write_state(
    s3: Any,
    bucket: str,
    tag: str,
    id8: str,
    state: str,
    record: StateRecord,
    known: Iterable[str] = STATES,
) -> None:
    """Say that an experiment is in ``state``: two calls.

    :param known: markers to delete afterwards, if they are there; one that somebody else may be writing now
        must not be among them
    :raises ValueError: there is no such state
    """
    if state not in STATES:
        raise ValueError(f"'{state}' is no state of an experiment: {', '.join(STATES)}")
    keys = StudyKeys(tag)
    body = json.dumps(record.to_json(), allow_nan=False).encode()
    s3.put_object(Bucket=bucket, Key=keys.marker(id8, state), Body=body, ContentType="application/json")
    others = [{"Key": keys.marker(id8, other)} for other in known if other != state]
    if others:
        s3.delete_objects(Bucket=bucket, Delete={"Objects": others, "Quiet": True})


def _newest(id8: str, markers: Mapping[str, float]) -> State:
    state = max(markers, key=lambda name: (markers[name], STATES.index(name)))
    return State(id8, state, markers[state], markers)
