"""Small jobs that show what no policy tells: that reports arrive, pauses and stops work, logs are there."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from benchmarking.commons.aws_checkup_steps import Check, CheckupOptions
from benchmarking.commons.aws_checkup_trials import EPOCHS, HOLD_AFTER, CheckupTrials
from syne_core.backend.trial_status import Status
from syne_core.errors import SyneError
from syne_core.paths import ExperimentKeys, bundle_prefix
from syne_core.report import REPORT_TAG

if TYPE_CHECKING:
    from syne_core.aws.session import AwsSession
    from syne_core.backend.sagemaker.sagemaker_backend import SageMakerBackend

__all__ = ["JobChecks"]

#: Seconds within which CloudWatch shows what a finished job printed, and stopped jobs have ended.
_LOGS_S, _ENDING_S = 120.0, 300.0


@dataclass
class JobChecks:
    """Three trials: one runs, one is paused and resumed, one is stopped.

    :param bucket: exists, and may be used
    :param tag: of the jobs, and of the prefix on S3
    :param timeout: seconds for each thing that a job is expected to do
    :param script: what they run
    :param at_once: start all three at the same time, which saves waiting
    """

    #: One trial has two.
    NUM_JOBS: ClassVar[int] = 4
    #: Instances that ``at_once`` needs.
    NUM_AT_ONCE: ClassVar[int] = 3

    session: AwsSession
    options: CheckupOptions
    bucket: str
    tag: str
    timeout: float
    script: Path
    at_once: bool

    @property
    def max_run(self) -> int:
        """Seconds after which SageMaker ends a job, whatever became of us."""
        return int(2 * self.timeout) + 60

    def run(self) -> Iterator[Check]:
        """All checks; afterwards, also if they are interrupted, no job runs, and S3 is as it was."""
        backend = self._backend()
        try:
            yield from self._checks(backend)
        finally:
            _say("Waiting until all of the jobs have ended ...")
            backend.close()
            left, removed = self._none_left(), self._removed()
        yield left
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
            how = "Starting three small jobs" if self.at_once else "Starting a small job, two others later"
            _say(f"{how}; on AWS, the first report may take five minutes ...")
            trials, began = CheckupTrials(backend, self.timeout), time.monotonic()
            runs = trials.start(holds=False)
            held = [trials.start(holds=True) for _ in range(2)] if self.at_once else []
            trials.until_reports(runs, 1)
            seconds = time.monotonic() - began
            yield Check("first report", "good", f"{seconds:.1f} s after the job was asked for")
            yield _completed(trials, runs)
            step = "pause and resume"
            pauses = held[0] if held else trials.start(holds=True)
            yield self._resumed(trials, backend, pauses)
            step = "stop"
            stops = held[1] if held else trials.start(holds=True)
            yield _stopped(trials, backend, stops)
            step = "logs"
            yield _logs(backend, runs)
        except SyneError as error:
            yield Check(step, "bad", str(error))

    def _resumed(self, trials: CheckupTrials, backend: SageMakerBackend, pauses: int) -> Check:
        trials.until_reports(pauses, HOLD_AFTER)
        _say("Pausing it, and resuming it as another job ..." if self.at_once else "Pausing it ...")
        backend.pause_trial(pauses)
        trials.until_status(pauses, Status.paused)
        before, began = len(trials.reports[pauses]), time.monotonic()
        backend.resume_trial(pauses)
        trials.until_reports(pauses, before + 1)
        step = "pause and resume"
        if trials.reports[pauses][before]["resumed_from"] != HOLD_AFTER:
            backend.stop_trial(pauses)  # it started over, and waits once more
            prefix = f"s3://{self.bucket}/{ExperimentKeys(self.tag).leaf}"
            rights = f"may the role s3:ListBucket, s3:GetObject and s3:PutObject below {prefix}?"
            return Check(step, "bad", f"the resumed trial did not find its checkpoint: {rights}")
        seconds = time.monotonic() - began
        trials.until_status(pauses, Status.completed)
        return Check(step, "good", f"it went on from its checkpoint, {seconds:.1f} s after it was asked to")

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


def _completed(trials: CheckupTrials, runs: int) -> Check:
    trials.until_status(runs, Status.completed)
    epochs = [report["epoch"] for report in trials.reports[runs]]
    if epochs != list(range(1, EPOCHS + 1)):
        return Check("job", "bad", f"of {EPOCHS} reports, these arrived: {epochs}")
    return Check("job", "good", f"it completed, and its {EPOCHS} reports arrived in order")


def _stopped(trials: CheckupTrials, backend: SageMakerBackend, stops: int) -> Check:
    trials.until_reports(stops, HOLD_AFTER)
    backend.stop_trial(stops)
    trials.until_status(stops, Status.stopped)
    if any(report["told_to_stop"] for report in trials.reports[stops]):
        return Check("stop", "good", "the script got SIGTERM, and its last report arrived")
    return Check("stop", "bad", "the job was stopped, but SIGTERM did not reach the script")


def _logs(backend: SageMakerBackend, runs: int) -> Check:
    deadline = time.monotonic() + _LOGS_S
    while True:
        lines = [line for line in backend.stdout(runs) if line.startswith(REPORT_TAG)]
        if len(lines) == EPOCHS:
            return Check("logs", "good", f"CloudWatch shows all that {backend.job_name(runs)} printed")
        if time.monotonic() > deadline:
            break
        time.sleep(backend.timing.ending)
    rights = "may the role logs:CreateLogGroup, logs:CreateLogStream and logs:PutLogEvents?"
    return Check("logs", "bad", f"CloudWatch shows {len(lines)} of {EPOCHS} report lines: {rights}")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
