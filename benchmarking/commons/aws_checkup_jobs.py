"""Small jobs that show what no policy tells: that reports arrive, pauses and stops work, logs are there."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from benchmarking.commons.aws_checkup_steps import Check, CheckupOptions
from syne_core.backend.trial_status import Status
from syne_core.errors import SyneError
from syne_core.paths import ExperimentKeys, bundle_prefix
from syne_core.report import REPORT_TAG

if TYPE_CHECKING:
    from syne_core.aws.session import AwsSession
    from syne_core.backend.sagemaker.sagemaker_backend import SageMakerBackend

__all__ = ["JobChecks"]

_RUNS, _PAUSES, _STOPS = 0, 1, 2
_HOLD_AFTER, _EPOCHS = 2, 4
#: Seconds within which CloudWatch shows what a finished job printed, and stopped jobs have ended.
_LOGS_S, _ENDING_S = 120.0, 300.0


class _GivenUp(SyneError):
    """A job did not do what it was expected to."""


@dataclass
class JobChecks:
    """Three trials at the same time: one runs, one is paused and resumed, one is stopped.

    :param tag: of the jobs, and of the prefix on S3
    :param timeout: seconds for each thing that a job is expected to do
    """

    #: One trial has two.
    NUM_JOBS: ClassVar[int] = 4

    session: AwsSession
    options: CheckupOptions
    bucket: str
    tag: str
    timeout: float
    script: Path

    @property
    def max_run(self) -> int:
        """Seconds after which SageMaker ends a job, whatever became of us."""
        return int(2 * self.timeout) + 60

    def run(self) -> Iterator[Check]:
        """All checks; afterwards no job runs, and S3 is as it was."""
        backend = self._backend()
        try:
            try:
                yield from self._checks(backend)
            finally:
                backend.close()
            yield self._none_left()
        finally:
            removed = self._removed()
        yield removed

    def _backend(self) -> SageMakerBackend:
        from syne_core.backend.sagemaker.estimators import PyTorch
        from syne_core.backend.sagemaker.sagemaker_backend import SageMakerBackend
        from syne_core.backend.sagemaker.timing import Timing

        timing = Timing.for_emulator() if self.session.is_emulator else Timing()
        description = PyTorch(
            entry_point=str(self.script),
            instance_type=self.options.instance_type,
            role=self.options.role,
            max_run=self.max_run,
            base_job_name=self.tag,
        )
        backend = SageMakerBackend(
            description,
            metrics_names=["epoch"],
            s3_path=f"s3://{self.bucket}",
            session=self.session,
            timing=replace(timing, give_up=self.timeout),
        )
        backend.set_path(tuner_name=f"{self.tag}/checkup")
        return backend

    def _checks(self, backend: SageMakerBackend) -> Iterator[Check]:
        step = "job"
        try:
            backend.check()
            watch = _Watch(backend, self.timeout)
            self._say("Starting three small jobs; on AWS, the first report may take five minutes ...")
            watch.start(self.timeout)
            yield self._first_report(watch)
            yield self._completed(watch)
            step = "stop"
            self._say("Pausing one of the others, stopping the other ...")
            watch.tell_to_end()
            yield self._stopped(watch)
            step = "pause and resume"
            yield self._resumed(watch)
            step = "logs"
            yield self._logs(backend)
        except SyneError as error:
            yield Check(step, "bad", str(error))

    def _say(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    # -- what jobs do ----------------------------------------------------------------------------

    def _first_report(self, watch: _Watch) -> Check:
        began = time.monotonic()
        watch.until(lambda: bool(watch.reports[_RUNS]), _RUNS, "a report")
        return Check("first report", "good", f"{time.monotonic() - began:.1f} s after the job was asked for")

    def _completed(self, watch: _Watch) -> Check:
        watch.until(lambda: watch.status[_RUNS] == Status.completed, _RUNS, "its end")
        epochs = [report["epoch"] for report in watch.reports[_RUNS]]
        if epochs != list(range(1, _EPOCHS + 1)):
            return Check("job", "bad", f"of {_EPOCHS} reports, these arrived: {epochs}")
        return Check("job", "good", f"it completed, and its {_EPOCHS} reports arrived in order")

    def _stopped(self, watch: _Watch) -> Check:
        watch.until(lambda: watch.status[_STOPS] == Status.stopped, _STOPS, "its stop")
        if any(report["told_to_stop"] for report in watch.reports[_STOPS]):
            return Check("stop", "good", "the script got SIGTERM, and its last report arrived")
        return Check(
            "stop", "bad", "the job was stopped, but the script was not told: SIGTERM did not reach it"
        )

    def _resumed(self, watch: _Watch) -> Check:
        watch.until(lambda: watch.status[_PAUSES] == Status.paused, _PAUSES, "its pause")
        before = len(watch.reports[_PAUSES])
        watch.resume()
        began = time.monotonic()
        watch.until(lambda: len(watch.reports[_PAUSES]) > before, _PAUSES, "reports after the pause")
        found = watch.reports[_PAUSES][before]["resumed_from"]
        if found == _HOLD_AFTER:
            watch.until(lambda: watch.status[_PAUSES] == Status.completed, _PAUSES, "its end")
        step = "pause and resume"
        if found == _HOLD_AFTER:
            seconds = time.monotonic() - began
            return Check(step, "good", f"the checkpoint was found again; the rest took {seconds:.1f} s")
        prefix = f"s3://{self.bucket}/{ExperimentKeys(self.tag).leaf}"
        rights = f"may the role s3:ListBucket, s3:GetObject and s3:PutObject below {prefix}?"
        return Check(step, "bad", f"the resumed trial did not find its checkpoint: {rights}")

    def _logs(self, backend: SageMakerBackend) -> Check:
        deadline = time.monotonic() + _LOGS_S
        while True:
            lines = [line for line in backend.stdout(_RUNS) if line.startswith(REPORT_TAG)]
            if len(lines) == _EPOCHS:
                return Check("logs", "good", f"CloudWatch shows all of {backend.job_name(_RUNS)}")
            if time.monotonic() > deadline:
                break
            time.sleep(backend.timing.ending)
        rights = "may the role logs:CreateLogGroup, logs:CreateLogStream and logs:PutLogEvents?"
        return Check("logs", "bad", f"CloudWatch shows {len(lines)} of {_EPOCHS} report lines: {rights}")

    # -- what is left ----------------------------------------------------------------------------

    def _none_left(self) -> Check:
        from syne_core.aws.client_errors import clear_errors
        from syne_core.aws.job_states import TrainingJobs

        jobs = TrainingJobs(self.session)
        deadline = time.monotonic() + _ENDING_S
        try:
            while True:
                with clear_errors("list the jobs of this checkup"):
                    left = [job.name for job in jobs.listed(self.tag) if not job.has_ended]
                if not left:
                    return Check("jobs left", "good", "none runs any more")
                if time.monotonic() > deadline:
                    break
                time.sleep(0.1 if self.session.is_emulator else 5.0)
        except SyneError as error:
            return Check("jobs left", "bad", f"not known: {error}")
        stop = "stop them with: aws sagemaker stop-training-job --training-job-name NAME"
        return Check("jobs left", "bad", f"{', '.join(left)}; {stop}")

    def _removed(self) -> Check:
        """Remove everything that the checkup wrote to S3."""
        from syne_core.aws.bundles import make_bundle
        from syne_core.aws.client_errors import clear_errors
        from syne_core.aws.s3_objects import S3Objects

        store = S3Objects(self.session, self.bucket)
        prefixes = (ExperimentKeys(self.tag).leaf, bundle_prefix(make_bundle(self.script.parent).sha256))
        try:
            with clear_errors(f"remove what the checkup wrote to s3://{self.bucket}/{prefixes[0]}"):
                for prefix in prefixes:
                    store.delete_below(prefix)
        except SyneError as error:
            return Check("clean-up", "bad", str(error))
        return Check("clean-up", "good", "what the jobs wrote to S3 is removed; their logs stay")


class _Watch:
    """Follows the three trials."""

    def __init__(self, backend: SageMakerBackend, timeout: float) -> None:
        self._backend, self._timeout = backend, timeout
        self._trials: list[int] = []
        self.reports: dict[int, list[dict[str, Any]]] = {}
        self.status: dict[int, str] = {}
        self._failures: dict[int, str | None] = {}

    def start(self, timeout: float) -> None:
        """Start all; two of them wait to be told to end."""
        for hold_after in (0, _HOLD_AFTER, _HOLD_AFTER):
            config = {"epochs": _EPOCHS, "hold_after": hold_after, "hold_s": 2 * timeout}
            trial_id = self._backend.start_trial(config).trial_id
            self._trials.append(trial_id)
            self.reports[trial_id] = []
        self._look()

    def tell_to_end(self) -> None:
        """Pause one and stop the other, once they hold."""
        for trial_id in (_PAUSES, _STOPS):
            self.until(lambda i=trial_id: len(self.reports[i]) >= _HOLD_AFTER, trial_id, "reports")  # type: ignore[misc]
        self._backend.pause_trial(_PAUSES)
        self._backend.stop_trial(_STOPS)

    def resume(self) -> None:
        """Resume the paused one."""
        self._backend.resume_trial(_PAUSES)
        self._look()

    def until(self, is_there: Callable[[], bool], trial_id: int, what: str) -> None:
        """Wait for something.

        :raises SyneError: the trial ended without it, or time is up
        """
        deadline = time.monotonic() + self._timeout
        while True:
            self._look()
            if is_there():
                return
            name = self._backend.job_name(trial_id) or "a job"
            status = self.status[trial_id]
            if status not in (Status.in_progress, Status.stopping):
                raise _GivenUp(f"{name} ended as {status}: {self._failures[trial_id] or 'no reason given'}")
            if time.monotonic() > deadline:
                raise _GivenUp(f"{name}: waited {self._timeout:g} s for {what} in vain; {self._stands(name)}")
            self._backend.wait(min(1.0, self._timeout / 10))

    def _look(self) -> None:
        states, fresh = self._backend.fetch_status_results(self._trials)
        for trial_id, (trial, status) in states.items():
            self.status[trial_id] = status
            self._failures[trial_id] = getattr(trial, "failure", None)
        for trial_id, report in fresh:
            self.reports[trial_id].append(report)

    def _stands(self, name: str) -> str:
        from syne_core.aws.client_errors import clear_errors
        from syne_core.aws.job_states import TrainingJobs

        with clear_errors(f"describe {name}"):
            state = TrainingJobs(self._backend.session).describe(name)
        if state is None:
            return "SageMaker had no instance for it (quota, capacity)"
        return f"it is {state.status} ({state.secondary or 'no more is known'}); --timeout gives it more"
