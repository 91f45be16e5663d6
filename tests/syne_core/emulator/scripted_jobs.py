"""Training jobs that do what a test tells them, in place of processes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from syne_core.emulator.jobs.contract import JobEnd, JobEvents, JobSurroundings

COMPLETED = JobEnd("Completed", "Completed", None, "s3://bucket/model.tar.gz")
STOPPED = JobEnd("Stopped", "Stopped")
INTERRUPTED = JobEnd("Stopped", "Interrupted")


@dataclass
class ScriptedJob:
    """A job in training, until the test, or what it is told, ends it."""

    request: Mapping[str, Any]
    arn: str
    surroundings: JobSurroundings
    events: JobEvents
    stop_asks_only: bool = False
    asked: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def train(self) -> None:
        """Say what a job says before its script runs."""
        self.events.secondary_status("Downloading", "Downloading input data")
        self.events.secondary_status("Training", "Training image download completed. Training in progress.")

    def end(self, end: JobEnd = COMPLETED) -> None:
        """It is over."""
        if not self.over.is_set():
            self.over.set()
            self.events.ended(end)

    def stop(self) -> None:
        self.asked.append("stop")
        if not self.stop_asks_only:
            threading.Thread(target=self.end, args=(STOPPED,)).start()

    def interrupt(self) -> None:
        self.asked.append("interrupt")
        threading.Thread(target=self.end, args=(INTERRUPTED,)).start()

    def kill(self) -> None:
        self.asked.append("kill")
        self.end(STOPPED)

    def join(self, timeout: float | None = None) -> bool:
        return self.over.wait(timeout)


class ScriptedJobs:
    """Starts such jobs. ``started`` has all runs, in order of their start."""

    def __init__(self, stop_asks_only: bool = False) -> None:
        self.started: list[ScriptedJob] = []
        self._stop_asks_only = stop_asks_only

    def __call__(
        self, request: Mapping[str, Any], arn: str, surroundings: JobSurroundings, events: JobEvents
    ) -> ScriptedJob:
        job = ScriptedJob(request, arn, surroundings, events, self._stop_asks_only)
        job.train()
        self.started.append(job)
        return job

    def run_of(self, name: str) -> ScriptedJob:
        """The newest run of a job, once it trains."""
        return wait_for(
            lambda: next((one for one in reversed(self.started) if one.arn.endswith(f"/{name}")), None)
        )


def wait_for(condition: Callable[[], Any], seconds: float = 120.0) -> Any:
    """What ``condition`` gives once it is true; the time only guards against hanging."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.005)
    return value
