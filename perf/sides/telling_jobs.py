"""Jobs of an emulator in this process that run nothing, but tell S3 of their experiments as real ones do."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from benchmarking.commons.remote.jobs.experiment_document import EXPERIMENTS_VARIABLE
from benchmarking.commons.remote.records.markers import (
    FINISHED,
    LAUNCHED,
    QUEUED,
    RUNNING,
    StateRecord,
    write_state,
)
from syne_core.emulator.jobs.contract import JobEnd, JobEvents, JobSurroundings
from syne_core.paths import experiment_name

if TYPE_CHECKING:
    from syne_core.emulator import Emulator

__all__ = ["TellingJobs"]


class TellingJobs:
    """Starts them, and counts.

    :param seconds: that a job takes
    :ivar emulator: to be set before the first job
    :ivar runs: how often each experiment ran, by the start of its identity
    :ivar most: how many ran at a time, at most
    :ivar times: when the first began and the last ended, seconds of a clock
    """

    emulator: Emulator

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.runs: Counter[str] = Counter()
        self.most = self._now = 0
        self.times: list[float] = []
        self._lock = threading.Lock()
        self._client: Any = None

    def __call__(
        self, request: Mapping[str, Any], arn: str, surroundings: JobSurroundings, events: JobEvents
    ) -> _Job:
        return _Job(self, request, events)

    def begun(self, change: int) -> None:
        """One more runs, or one less."""
        with self._lock:
            self._now += change
            self.times = [*self.times[:1], time.monotonic()]
            self.most = max(self.most, self._now)

    @property
    def s3(self) -> Any:
        """A client of all jobs."""
        with self._lock:
            self._client = self._client or self.emulator.client("s3")
            return self._client


class _Job:
    def __init__(self, jobs: TellingJobs, request: Mapping[str, Any], events: JobEvents) -> None:
        self._jobs, self._events, self._name = jobs, events, request["TrainingJobName"]
        self._uri = str(request["Environment"][EXPERIMENTS_VARIABLE])
        self._told_to_stop, self._over = threading.Event(), threading.Event()
        jobs.begun(1)
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        self._events.secondary_status("Training", "")
        bucket, _, key = self._uri.removeprefix("s3://").partition("/")
        document = json.loads(self._jobs.s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        for one in document["experiments"]:
            self._tell(bucket, document["attempt"], one, RUNNING, (QUEUED, LAUNCHED))
            self._told_to_stop.wait(self._jobs.seconds)
            self._jobs.runs[one["id"][:8]] += 1
            self._tell(bucket, document["attempt"], one, FINISHED, (QUEUED, LAUNCHED, RUNNING))
        self._jobs.begun(-1)
        self._events.ended(JobEnd("Completed", "Completed"))
        self._over.set()

    def _tell(
        self, bucket: str, attempt: int, one: Mapping[str, Any], state: str, known: tuple[str, ...]
    ) -> None:
        id8 = one["id"][:8]
        name = experiment_name(one["tag"], one["method"], one["seed"], one["benchmark"], id8)
        record = StateRecord(name, attempt, self._name, time.time())
        write_state(self._jobs.s3, bucket, one["tag"], id8, state, record, known)

    def stop(self) -> None:
        """End soon."""
        self._told_to_stop.set()

    interrupt = kill = stop

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the end."""
        return self._over.wait(timeout)
