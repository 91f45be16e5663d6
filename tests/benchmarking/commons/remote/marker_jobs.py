"""Training jobs that do nothing but say how their experiment gets on, as ``in_job`` does."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from benchmarking.commons.remote.records.markers import (
    CODE,
    FAILED,
    FINISHED,
    RUNNING,
    StateRecord,
    write_state,
)
from syne_core.emulator.jobs.contract import JobEnd, JobEvents, JobSurroundings

if TYPE_CHECKING:
    from syne_core.emulator import Emulator

ENDS = {
    "ok": JobEnd("Completed", "Completed"),
    "code": JobEnd("Failed", "Failed", "AlgorithmError: exit code 1"),
    "internal": JobEnd("Failed", "Failed", "InternalServerError: try again"),
    "capacity": JobEnd("Failed", "Failed", "CapacityError: none there"),
}


class MarkerJob:
    """A job in a thread."""

    def __init__(self, jobs: MarkerJobs, request: Mapping[str, Any], events: JobEvents) -> None:
        self._jobs, self._events = jobs, events
        self._environment, self._name = request["Environment"], request["TrainingJobName"]
        self._told_to_stop, self._over = threading.Event(), threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        self._events.secondary_status("Downloading", "")
        self._events.secondary_status("Training", "")
        id8, attempt = self._environment["ID8"], int(self._environment["ATTEMPT"])
        kind = self._jobs.kind_of(id8, attempt)
        if kind in ("ok", "code"):
            self._mark(RUNNING)
        was_stopped = self._told_to_stop.wait(self._jobs.seconds)
        if not was_stopped and kind == "ok":
            self._jobs.runs[id8] += 1
            self._mark(FINISHED)
        elif not was_stopped and kind == "code" and attempt % 2 == 0:
            self._mark(FAILED, cause=CODE, reason="it broke", log_tail=("the end",))
        self._events.secondary_status("Uploading", "")
        self._events.ended(JobEnd("Stopped", "Stopped") if was_stopped else ENDS[kind])
        self._over.set()

    def _mark(self, state: str, **more: Any) -> None:
        variables = self._environment
        attempt = int(variables["ATTEMPT"])
        record = StateRecord(variables["NAME"], attempt, self._name, time.time(), **more)
        write_state(self._jobs.s3, self._jobs.bucket, variables["TAG"], variables["ID8"], state, record)

    def stop(self) -> None:
        self._told_to_stop.set()

    interrupt = kill = stop

    def join(self, timeout: float | None = None) -> bool:
        return self._over.wait(timeout)


class MarkerJobs:
    """Starts them; ``emulator`` is to be set before the first."""

    emulator: Emulator

    def __init__(
        self, seconds: float = 0.0, kind_of: Callable[[str, int], str] = lambda id8, attempt: "ok"
    ) -> None:
        self.seconds, self.kind_of = seconds, kind_of
        self.runs: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._client: Any = None

    def __call__(
        self, request: Mapping[str, Any], arn: str, surroundings: JobSurroundings, events: JobEvents
    ) -> MarkerJob:
        return MarkerJob(self, request, events)

    @property
    def s3(self) -> Any:
        with self._lock:
            if self._client is None:
                self._client = self.emulator.client("s3")
            return self._client

    @property
    def bucket(self) -> str:
        return self.emulator.bucket
