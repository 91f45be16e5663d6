"""From CreateTrainingJob to the end: delays, the running job's news, spot interruptions."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from syne_core.emulator.faults import Faults
from syne_core.emulator.instances import Instances
from syne_core.emulator.jobs.contract import JobEnd, JobSurroundings, RunningJob, StartsJobs
from syne_core.emulator.settings import EmulatorSettings
from syne_core.emulator.timeline import Timeline
from syne_core.emulator.training_job import TrainingJob, now

__all__ = ["INTERNAL_ERROR", "Lifecycle"]

#: ``FailureReason`` of jobs that AWS itself lost.
INTERNAL_ERROR = "InternalServerError: We encountered an internal error.  Please try again."

_NEWS_OF_STOPPING = ("Uploading", "Stopping")
_LAUNCHERS = 4


class Lifecycle:
    """Takes jobs through their statuses.

    :param lock: guards jobs and instances; whoever calls ``begin``, ``stop`` or ``keep_alive`` holds it
    :param start_jobs: runs them
    :param on_change: called, under the lock, with a job that went on to another status
    """

    def __init__(
        self,
        settings: EmulatorSettings,
        lock: threading.RLock,
        instances: Instances,
        faults: Faults,
        start_jobs: StartsJobs,
        surroundings: JobSurroundings,
        on_change: Callable[[TrainingJob], None],
    ) -> None:
        self._settings, self._lock, self._instances, self._faults = settings, lock, instances, faults
        self._start_jobs, self._surroundings, self._on_change = start_jobs, surroundings, on_change
        self._timeline = Timeline("emulator-timeline")
        self._launchers = ThreadPoolExecutor(_LAUNCHERS, "emulator-launcher")
        self._runs: dict[str, _Run] = {}
        self._is_closing = False

    def begin(self, job: TrainingJob, is_warm: bool) -> None:
        """``job`` gets its instances in a while."""
        job.enter("Starting", "Launching requested ML instances")
        if job.is_spot:
            wait = job.request["StoppingCondition"]["MaxWaitTimeInSeconds"]
            self._timeline.after(wait, lambda: self._waited_too_long(job))
        self._launch_after(self._settings.warm_start if is_warm else self._settings.cold_start, job)

    def stop(self, job: TrainingJob) -> None:
        """StopTrainingJob of a job that is in progress."""
        self._stop(job, JobEnd("Stopped", "Stopped"))

    def keep_alive(self, job: TrainingJob, seconds: float) -> None:
        """The warm pool of ``job`` ends in ``seconds``, unless that is changed meanwhile."""
        assert job.warm_pool is not None
        due = job.warm_pool.due = now() + seconds
        self._timeline.after(seconds, lambda: self._pool_expired(job, due))

    def close(self) -> None:
        """End all jobs now. They fail, as they do when the emulator is killed."""
        with self._lock:
            self._is_closing = True
        self._timeline.close()
        self._launchers.shutdown(wait=True)
        with self._lock:
            runs = list(self._runs.values())
        with ThreadPoolExecutor(_LAUNCHERS, "emulator-killer") as killers:
            list(killers.map(_Run.kill, runs))

    def _launch_after(self, seconds: float, job: TrainingJob) -> None:
        if seconds:
            self._timeline.after(seconds, lambda: self._launch(job))
        else:
            self._launch(job)

    def _launch(self, job: TrainingJob) -> None:
        with self._lock:
            if job.status != "InProgress" or self._is_closing:
                return
            is_restart = job.training_started is not None
            reason = None if is_restart else self._faults.of_job()
            if reason is not None:
                self._end(job, JobEnd("Failed", "Failed", reason))
                return
            job.enter("Starting", "Preparing the instances for training")
            run = self._runs[job.name] = _Run(job, self._lock, self._on_change, self._run_ended)
            self._launchers.submit(self._start, run)

    def _start(self, run: _Run) -> None:
        job = run.job
        try:
            running = self._start_jobs(_request_of_run(job), job.arn, self._surroundings, run)
        except Exception:
            traceback.print_exc()
            run.ended(JobEnd("Failed", "Failed", INTERNAL_ERROR))
            return
        run.has_started(running)
        interruption = self._faults.seconds_to_interruption() if job.is_spot else None
        if interruption is not None:
            self._timeline.after(interruption, run.interrupt)

    def _stop(self, job: TrainingJob, end: JobEnd) -> None:
        job.status = "Stopping"
        job.enter("Stopping", "Stopping the training job")
        self._on_change(job)
        run = self._runs.get(job.name)
        if run is None:
            self._end(job, end)
        else:
            run.stop(end)

    def _waited_too_long(self, job: TrainingJob) -> None:
        with self._lock:
            if job.status == "InProgress":
                self._stop(job, JobEnd("Stopped", "MaxWaitTimeExceeded"))

    def _run_ended(self, run: _Run, end: JobEnd) -> None:
        """Called under the lock, once per run."""
        job = run.job
        del self._runs[job.name]
        job.stops_training(now())
        if self._is_closing:
            self._end(job, JobEnd("Failed", "Failed", INTERNAL_ERROR))
        elif run.end_of_stop is not None and end.status == "Stopped":
            stopped = run.end_of_stop
            self._end(job, JobEnd("Stopped", stopped.secondary_status, None, end.model_artifacts))
        elif end.secondary_status == "Interrupted":
            job.enter("Interrupted", "Training job interrupted")
            job.enter("Restarting", "Restarting the training job")
            self._launch_after(self._settings.cold_start, job)
        else:
            self._end(job, end)

    def _end(self, job: TrainingJob, end: JobEnd) -> None:
        reason = end.failure_reason or ""
        job.finish(end)
        self._instances.release(job, keep=not reason.startswith(("InternalServerError", "CapacityError")))
        if self._instances.is_available(job):
            self.keep_alive(job, job.keep_alive)
        self._on_change(job)

    def _pool_expired(self, job: TrainingJob, due: float) -> None:
        with self._lock:
            pool = job.warm_pool
            if pool is not None and pool.due == due and self._instances.is_available(job):
                self._instances.terminate_pool(job)
                self._on_change(job)


class _Run:
    """One run of a job on its instances: a spot job may have several. The ``JobEvents`` of that run."""

    def __init__(
        self,
        job: TrainingJob,
        lock: threading.RLock,
        on_change: Callable[[TrainingJob], None],
        on_end: Callable[[_Run, JobEnd], None],
    ) -> None:
        self.job, self._lock, self._on_change, self._on_end = job, lock, on_change, on_end
        self.end_of_stop: JobEnd | None = None
        self._running: RunningJob | None = None
        self._is_over = self._is_interrupted = False

    def secondary_status(self, status: str, message: str) -> None:
        with self._lock:
            if self._is_over or (self.job.status == "Stopping" and status not in _NEWS_OF_STOPPING):
                return
            when = now()
            self.job.starts_training(when)
            if status == "Stopping" and not self._is_interrupted:
                self.job.status = "Stopping"
            self.job.enter(status, message, when)
            self._on_change(self.job)

    def metric(self, name: str, value: float, timestamp: float) -> None:
        with self._lock:
            datum = {"MetricName": name, "Value": value, "Timestamp": timestamp}
            self.job.metrics[name] = datum
            self.job.modified = now()

    def ended(self, end: JobEnd) -> None:
        with self._lock:
            if not self._is_over:
                self._is_over = True
                self._on_end(self, end)

    def has_started(self, running: RunningJob) -> None:
        """It may have ended already, or have been told to stop."""
        with self._lock:
            self._running = running
            if self.end_of_stop is not None and not self._is_over:
                running.stop()

    def stop(self, end: JobEnd) -> None:
        self.end_of_stop = end
        if self._running is not None:
            self._running.stop()

    def interrupt(self) -> None:
        with self._lock:
            if self._running is not None and not self._is_over and self.job.status == "InProgress":
                self._is_interrupted = True
                self._running.interrupt()

    def kill(self) -> None:
        if self._running is not None:
            self._running.kill()
            self._running.join()
        self.ended(JobEnd("Failed", "Failed", INTERNAL_ERROR))


def _request_of_run(job: TrainingJob) -> dict[str, Any]:
    """The request; ``MaxRuntimeInSeconds`` is what earlier runs left of it."""
    stopping = dict(job.request["StoppingCondition"])
    limit = stopping.get("MaxRuntimeInSeconds")
    if limit is not None and job.trained:
        stopping["MaxRuntimeInSeconds"] = max(1, round(limit - job.trained))
    return {**job.request, "StoppingCondition": stopping}
