"""``SageMakerBackend``: trials as SageMaker training jobs, on AWS or on the emulator."""

from __future__ import annotations

import atexit
import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from syne_core.aws.client_errors import clear_errors, explain
from syne_core.aws.session import AwsSession
from syne_core.backend.sagemaker.estimators import channels_of
from syne_core.backend.sagemaker.experiment_home import ExperimentHome, bucket_of
from syne_core.backend.sagemaker.foreign_estimators import description_of
from syne_core.backend.sagemaker.job_description import JobDescription
from syne_core.backend.sagemaker.job_factory import prepare
from syne_core.backend.sagemaker.job_logs import job_lines
from syne_core.backend.sagemaker.machinery import Machinery, patiently
from syne_core.backend.sagemaker.sessions import session_of
from syne_core.backend.sagemaker.timing import Timing
from syne_core.backend.sagemaker.trial_runs import Phase, TrialRecord, TrialRun
from syne_core.backend.trial_backend import TrialBackend
from syne_core.backend.trial_status import Status, Trial, TrialResult
from syne_core.errors import SyneError, UsageError, nearest_name
from syne_core.paths import experiment_path

__all__ = ["SageMakerBackend"]

logger = logging.getLogger(__name__)

_FIT_KEYWORDS = ("inputs", "wait", "logs", "job_name", "experiment_config")
#: Seconds that `close` goes on trying to stop jobs when AWS does not answer.
_STOP_PATIENCE = 60.0


class SageMakerBackend(TrialBackend):
    """Runs each trial as a training job, and each time it is resumed as another one.

    Reports come through S3: one listing per look, whatever the number of trials. Nothing that takes long
    happens in the tuner's thread. What waits for an instance (quota, capacity) is InProgress.

    A tuner that was killed and starts again takes over the jobs of trials that go on, and stops the rest.
    Jobs that nobody takes over end at their ``max_run``.

    :param sm_estimator: what jobs are like: ``PyTorch(...)`` and its like of
        ``syne_core.backend.sagemaker_backend``, an estimator of SageMaker's SDK v2, a ModelTrainer of v3
    :param metrics_names: shown for each job in SageMaker's console, at most 40
    :param s3_path: ``s3://bucket`` instead of the default bucket
    :param delete_checkpoints: see ``TrialBackend``
    :param pass_args_as_json: see ``TrialBackend``
    :param session: default: that of ``sm_estimator``, else what the environment describes
    :param timing: default: that for AWS or for the emulator
    :param grace: seconds between SIGTERM and SIGKILL of a script; SageMaker allows 120 for everything
    :param sagemaker_fit_kwargs: as in Syne Tune: ``inputs``
    :raises AwsSetupError: no region or no credentials
    :raises UsageError: no such image, bucket name or keyword
    """

    def __init__(
        self,
        sm_estimator: Any,
        metrics_names: Sequence[str] | None = None,
        s3_path: str | None = None,
        delete_checkpoints: bool = False,
        pass_args_as_json: bool = False,
        *,
        session: AwsSession | None = None,
        timing: Timing | None = None,
        grace: float = 20.0,
        **sagemaker_fit_kwargs: Any,
    ) -> None:
        super().__init__(delete_checkpoints, pass_args_as_json)
        description = description_of(sm_estimator)
        channels = {**description.channels, **_channels(sagemaker_fit_kwargs)}
        self.description: JobDescription = replace(description, channels=channels)
        self.metrics_names = tuple(metrics_names or ())
        self.grace = grace
        self.session = session or session_of(description.session)
        self.timing = timing or (Timing.for_emulator() if self.session.is_emulator else Timing())
        self.description.image(self.session.region)
        self._bucket = bucket_of(s3_path)
        self._home = self._home_of(experiment_path("unnamed"))
        self._machinery: Machinery | None = None
        self._is_closed = False
        self._restored: set[int] = set()
        self._orphans_are_known = False

    # -- names ---------------------------------------------------------------------------------

    def set_path(self, results_root: str | None = None, tuner_name: str | None = None) -> None:
        """See ``TrialBackend``. The experiment's folder decides where its trials lie on S3."""
        self._home = self._home_of(experiment_path(tuner_name, results_root))

    def _home_of(self, folder: Path) -> ExperimentHome:
        return ExperimentHome.of_folder(folder, self.description.base_job_name)

    def entrypoint_path(self) -> Path:
        """See ``TrialBackend``."""
        return self.description.script

    def set_entrypoint(self, entry_point: str) -> None:
        """See ``TrialBackend``."""
        path = Path(entry_point).expanduser()
        folder = None if path.is_absolute() else self.description.source_dir
        self.description = replace(self.description, entry_point=str(path), source_dir=folder)

    @property
    def sm_estimator(self) -> JobDescription:
        """What jobs are like; Syne Tune's name for it."""
        return self.description

    def job_name(self, trial_id: int) -> str | None:
        """Name of the trial's current or last job in this session; None if it has none."""
        run = self._machinery.board.record(trial_id).run if self._machinery else None
        return run.job_name or None if run else None

    @property
    def num_looks(self) -> int:
        """How often it looked for reports so far."""
        return self._machinery.board.cycle if self._machinery else 0

    def metadata(self) -> dict[str, Any]:
        """See ``TrialBackend``."""
        job = self.description
        return {
            **super().metadata(),
            "entrypoint": job.script.stem,
            "script": str(job.script),
            "instance_type": job.instance_type,
            "instance_count": job.instance_count,
            "image_uri": job.image(self.session.region),
            "region": self.session.region,
            "is_emulator": self.session.is_emulator,
            "use_spot_instances": job.use_spot_instances,
            "keep_alive_period_in_seconds": job.keep_alive_period_in_seconds,
        }

    # -- starting and ending -------------------------------------------------------------------

    def check(self) -> None:
        """See that jobs can be started, before anything is: rights, role, bucket, instance type, image.

        :raises AwsSetupError: something is missing
        :raises UsageError: something is wrong with the description
        """
        self._connect()

    def restore_trial(self, trial: Trial) -> None:
        """See ``TrialBackend``."""
        super().restore_trial(trial)
        self._restored.add(trial.trial_id)

    def restart_trial(self, trial_id: int, checkpoint_trial_id: int | None = None) -> None:
        """See ``TrialBackend``; takes over its job, if that still runs or ran to its end."""
        self._connect().board.record(trial_id).may_adopt = True
        super().restart_trial(trial_id, checkpoint_trial_id)

    def _schedule(self, trial_id: int, config: dict[str, Any]) -> None:
        machinery = self._connect()
        record = self._record(machinery, trial_id)
        with machinery.board.lock:
            machinery.board.is_ending = False
            run = record.run = TrialRun(trial_id, dict(config))
        machinery.starter.start(run)

    def _resume_trial(self, trial_id: int) -> None:
        if self._machinery is not None:
            self._machinery.board.record(trial_id).may_adopt = False

    def _pause_trial(self, trial_id: int, result: dict[str, Any] | None) -> None:
        self._end(trial_id, Status.paused)

    def _stop_trial(self, trial_id: int, result: dict[str, Any] | None) -> None:
        self._end(trial_id, Status.stopped)

    def _end(self, trial_id: int, status: str) -> None:
        machinery = self._connect()
        record = self._record(machinery, trial_id)
        with machinery.board.lock:
            if record.run is None:
                record.run = TrialRun(trial_id, {}, phase=Phase.ended)
            if record.run.phase is Phase.ended:
                record.run.status = status
            else:
                machinery.starter.end(record.run, status)

    def _record(self, machinery: Machinery, trial_id: int) -> TrialRecord:
        """The record of a trial; what earlier sessions reported is read first."""
        record = machinery.board.record(trial_id)
        if trial_id not in self._restored:
            record.is_new = True
        elif record.past and record.run is None:
            machinery.past.recall(record)
        return record

    def _connect(self) -> Machinery:
        if self._machinery is None:
            if self._is_closed:
                raise UsageError("this back-end was closed; make a new one")
            if not self.session.is_emulator:  # where the Python is this machine's
                self.description.check_python()
            with clear_errors(f"set up SageMaker on {self.session.target}"):
                factory = prepare(
                    self.session,
                    self._home,
                    self.description,
                    self._bucket,
                    self.metrics_names,
                    self.pass_args_as_json,
                    self.grace,
                )
            machinery = Machinery(self.session, factory, self.timing)
            try:
                machinery.start()
            except BaseException:
                machinery.close()
                raise
            self._machinery = machinery
            atexit.register(self.close)
            logger.info("trials are jobs of %s, in bucket %s", self.session.target, factory.bucket)
        return self._machinery

    # -- watching ------------------------------------------------------------------------------

    def busy_trial_ids(self) -> list[tuple[int, str]]:
        """See ``TrialBackend``."""
        if self._machinery is None:
            return []
        with self._machinery.board.lock:
            return [(run.trial_id, run.status) for run in self._machinery.board.active()]

    def wait(self, timeout: float) -> None:
        """See ``TrialBackend``."""
        if self._machinery is None:
            time.sleep(min(timeout, 0.05))
        else:
            self._machinery.board.wait(timeout)

    def _all_trial_results(self, trial_ids: list[int]) -> list[TrialResult]:
        if self._is_closed and self._machinery is None:
            return [self._trials[i].add_results([], Status.stopped, None) for i in trial_ids]
        if not trial_ids and self._machinery is None:
            return []
        machinery = self._connect()
        board = machinery.board
        if board.trouble is not None:
            raise SyneError(explain(board.trouble, "read the reports of the trials"))
        for trial_id in trial_ids:
            self._record(machinery, trial_id)
        self._end_orphans(machinery)
        with board.lock:
            board.note_fetch()
            return [self._result(board.record(trial_id)) for trial_id in trial_ids]

    def _result(self, record: TrialRecord) -> TrialResult:
        trial, run = self._trials[record.trial_id], record.run
        # Reports go on coming in other threads: the caller gets those that belong to this state.
        reports = list(record.reports)
        if run is None:
            return trial.add_results(reports, Status.stopped, None)
        result = trial.add_results(reports, run.status, run.ended)
        result.failure = run.failure
        return result

    def _end_orphans(self, machinery: Machinery) -> None:
        """Once the tuner has restarted what goes on: nobody will take over the other jobs."""
        if self._orphans_are_known:
            return
        self._orphans_are_known = True
        if not machinery.past.is_empty:
            with clear_errors("list the jobs of earlier sessions"):
                patiently(machinery.past.stop_orphans)
            machinery.watch.wake()

    def stdout(self, trial_id: int) -> list[str]:
        """Lines that the trial's jobs printed; CloudWatch does not tell output from errors."""
        lines: list[str] = []
        if self._machinery is not None:
            with self._machinery.board.lock:
                runs = self._machinery.board.runs
                names = [runs[key].job_name for key in sorted(runs) if key[0] == trial_id]
            for name in names:
                lines.extend(job_lines(self.session, name))
        return lines

    def stderr(self, trial_id: int) -> list[str]:
        """The same as ``stdout``."""
        return self.stdout(trial_id)

    # -- the experiment as a whole -------------------------------------------------------------

    def stop_all(self) -> None:
        """See ``TrialBackend``."""
        if self._machinery is not None:
            # Nobody waits for their instances any more.
            self._machinery.board.is_ending = True
            super().stop_all()

    def close(self) -> None:
        """Stop all jobs, and wait a little for their last reports."""
        if self._machinery is None or self._is_closed:
            self._is_closed = True
            return
        self._is_closed = True
        machinery, board = self._machinery, self._machinery.board
        try:
            with board.lock:
                board.is_closing = True
                for run in board.active():
                    if run.status != Status.stopping:
                        machinery.starter.end(run, Status.stopped)
            self._drain(machinery)
        finally:
            machinery.close()
            atexit.unregister(self.close)
            left = [run for run in board.active() if run.has_job and not run.is_stop_sent]
            if left:
                names = ", ".join(run.job_name for run in left)
                logger.warning("these jobs could not be stopped, please look after them: %s", names)
            for run in board.active():
                board.conclude(run, run.wanted or Status.stopped)
        for record in list(board.records.values()):
            if record.deletions:
                self._delete_now(machinery, record, time.monotonic() + self.timing.close)

    def _drain(self, machinery: Machinery) -> None:
        board = machinery.board
        start = time.monotonic()
        while active := board.active():
            elapsed = time.monotonic() - start
            if board.trouble is not None:
                return
            is_told = all(run.is_stop_sent or not run.has_job for run in active)
            if elapsed > (self.timing.close if is_told else self.timing.close + _STOP_PATIENCE):
                return
            board.note_fetch()
            board.wait(0.1)

    # -- checkpoints ---------------------------------------------------------------------------

    def copy_checkpoint(self, src_trial_id: int, tgt_trial_id: int) -> None:
        """See ``TrialBackend``; happens before the target runs next, once the source has saved."""
        machinery = self._connect()
        self._record(machinery, tgt_trial_id).copy_from = src_trial_id

    def delete_checkpoint(self, trial_id: int) -> None:
        """See ``TrialBackend``; happens once the trial's job has saved for the last time."""
        if self._machinery is None and self._is_closed:
            return
        machinery = self._connect()
        record = machinery.board.record(trial_id)
        if self._is_closed:
            self._delete_now(machinery, record, time.monotonic() + self.timing.close)
        else:
            machinery.checkpoints.delete(record)

    def _delete_now(self, machinery: Machinery, record: TrialRecord, deadline: float) -> None:
        with clear_errors(f"delete the checkpoint of trial {record.trial_id}"):
            patiently(lambda: machinery.checkpoints.delete_now(record, deadline))


def _channels(fit_kwargs: dict[str, Any]) -> dict[str, str]:
    """What Syne Tune hands to ``fit``.

    :raises UsageError: a keyword is unknown
    """
    for name, value in fit_kwargs.items():
        if name not in _FIT_KEYWORDS:
            near = nearest_name(name, (*_FIT_KEYWORDS, "session", "timing", "grace", "metrics_names"))
            hint = f" Did you mean '{near}'?" if near else ""
            raise UsageError(f"Unknown keyword '{name}' of SageMakerBackend.{hint}")
        if name in ("job_name", "experiment_config") and value is not None:
            raise UsageError(f"{name} is not supported: the experiment decides what jobs are called")
    return channels_of(fit_kwargs.get("inputs"))
