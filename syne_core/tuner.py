"""The tuner: runs one experiment, on any back-end, with any scheduler."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from syne_core.backend.trial_backend import TrialBackend
from syne_core.config_space import config_space_to_json_dict
from syne_core.constants import (
    ST_DATETIME_FORMAT,
    ST_TUNER_CREATION_TIMESTAMP,
    ST_TUNER_START_TIMESTAMP,
    TUNER_DEFAULT_SLEEP_TIME,
)
from syne_core.errors import ExperimentError, UsageError
from syne_core.experiment_record import ExperimentRecord
from syne_core.experiment_status import ExperimentState
from syne_core.optimizer.scheduler import TrialScheduler
from syne_core.paths import ExperimentPaths, experiment_path
from syne_core.results_callback import StoreResultsCallback
from syne_core.trial_ledger import TrialLedger
from syne_core.tuner_callback import CallbackList, TunerCallback
from syne_core.tuning_loop import TuningLoop
from syne_core.tuning_status import TuningStatus

__all__ = ["Tuner"]

logger = logging.getLogger(__name__)


class Tuner:
    """Runs one experiment: asks the scheduler for trials, the back-end to run them, and keeps the record.

    A tuner with a fixed name (``suffix_tuner_name=False``) that finds the journal of an earlier
    session continues it: finished experiments return at once, trials that ran go on from their
    checkpoints, the clock continues.

    :param stop_criterion: called with the ``TuningStatus``; usually a ``StoppingCriterion``
    :param n_workers: trials at a time
    :param sleep_time: longest wait in seconds without looking at the back-end; news wake it earlier
    :param results_update_interval: seconds between rewrites of the results table
    :param print_update_interval: seconds between lines of progress in the log
    :param max_failures: this many trials may fail; one more ends the experiment
    :param tuner_name: folder below the root of all experiments; default: named after the script
    :param asynchronous_scheduling: False: start new trials only when all workers are free
    :param wait_trial_completion_when_stopping: at the end, let running trials complete
    :param callbacks: default: one ``StoreResultsCallback``
    :param metadata: more entries for ``metadata.json``
    :param suffix_tuner_name: add date, time and a random part to the name
    :param save_tuner: accepted for Syne Tune's sake; the journal makes it needless
    :param start_jobs_without_delay: do not wait for a stopping trial to release its worker
    :param trial_backend_path: folder for the trials if not the experiment's
    :param resource_attr: name of the resource in reports; default: the scheduler's, else the back-end's
    :raises UsageError: at once, if an argument makes no sense
    """

    def __init__(
        self,
        trial_backend: TrialBackend,
        scheduler: TrialScheduler,
        stop_criterion: Callable[[TuningStatus], bool],
        n_workers: int,
        sleep_time: float = TUNER_DEFAULT_SLEEP_TIME,
        results_update_interval: float = 10.0,
        print_update_interval: float = 30.0,
        max_failures: int = 1,
        tuner_name: str | None = None,
        asynchronous_scheduling: bool = True,
        wait_trial_completion_when_stopping: bool = False,
        callbacks: list[TunerCallback] | None = None,
        metadata: dict[str, Any] | None = None,
        suffix_tuner_name: bool = True,
        save_tuner: bool = True,
        start_jobs_without_delay: bool = True,
        trial_backend_path: str | None = None,
        resource_attr: str | None = None,
    ) -> None:
        if n_workers < 1:
            raise UsageError(f"n_workers must be at least 1, is {n_workers}")
        if max_failures < 0:
            raise UsageError(f"max_failures must not be negative, is {max_failures}")
        self.trial_backend = trial_backend
        self.scheduler = scheduler
        self.stop_criterion = stop_criterion
        self.max_wallclock_time: float | None = getattr(stop_criterion, "max_wallclock_time", None)
        self.n_workers = n_workers
        self.sleep_time = sleep_time
        self.results_update_interval = results_update_interval
        self.print_update_interval = print_update_interval
        self.max_failures = max_failures
        self.asynchronous_scheduling = asynchronous_scheduling
        self.wait_trial_completion_when_stopping = wait_trial_completion_when_stopping
        self.start_jobs_without_delay = start_jobs_without_delay
        self.callbacks: list[TunerCallback] = [StoreResultsCallback()] if callbacks is None else callbacks
        known = getattr(scheduler, "resource_attr", None) or trial_backend.resource_attr
        self.resource_attr: str | None = resource_attr or known
        self.tuner_name = _full_name(tuner_name, trial_backend, suffix_tuner_name)
        self.tuner_path = experiment_path(self.tuner_name)
        self.paths = ExperimentPaths(self.tuner_path)
        self.metadata = {ST_TUNER_CREATION_TIMESTAMP: time.time(), **(metadata or {})}
        metrics, mode = scheduler.metric_names(), scheduler.metric_mode()
        self.tuning_status = TuningStatus(metrics, mode if isinstance(mode, str) else mode[0])
        self.ledger = TrialLedger(scheduler, self.tuning_status, self.resource_attr)
        self._record: ExperimentRecord | None = None
        trial_backend.set_path(trial_backend_path or str(self.tuner_path))

    def run(self) -> None:
        """Run the experiment to its end, or continue it. To continue it once more, make a new tuner.

        :raises TooManyFailuresError: if more than ``max_failures`` trials failed
        :raises ExperimentLockedError: if another process is running this experiment
        :raises JournalError: if the folder holds another experiment
        :raises KeyboardInterrupt: after a clean stop
        :raises UsageError: if this tuner ran before
        """
        if self._record is not None:
            raise UsageError(f"this Tuner of {self.tuner_name} ran before; make a new Tuner to continue")
        backend = self.trial_backend
        record = ExperimentRecord(
            self.paths, backend.time, self.max_wallclock_time, durable=not backend.is_simulated
        )
        try:
            self._record = record
            past = record.replay_into(self.ledger, self._identity())
            if past.end is not None:
                self.tuning_status.elapsed = past.elapsed
                record.restore_status(past.end, self.tuning_status)
                logger.info("%s is finished: %s", self.tuner_name, past.end["reason"])
                return
            callbacks = CallbackList(self.callbacks)
            self._run_session(TuningLoop(self, record, past, callbacks), record, callbacks)
        finally:
            record.close()

    @property
    def name(self) -> str:
        """``tuner_name``, which is what ``load_experiment`` wants."""
        return self.tuner_name

    @property
    def elapsed(self) -> float:
        """Seconds since the start of the experiment, over all sessions."""
        return 0.0 if self._record is None else self._record.elapsed

    def best_config(self, metric: str | int | None = 0) -> tuple[int, dict[str, Any]]:
        """Trial id and configuration of the incumbent (of the first metric).

        :raises ExperimentError: if nothing finite was reported yet
        """
        best = self.tuning_status.incumbent
        if best is None:
            raise ExperimentError("no trial has reported a finite metric yet")
        return best.trial_id, best.config

    def keep_results(self) -> None:
        """Keep the table of results at hand while the experiment runs; for callbacks that write it."""
        if self._record is not None:
            self._record.keep_results()

    def write_results(self) -> None:
        """Write the table of results as it stands.

        :raises ExperimentError: if the experiment has not begun
        """
        if self._record is None:
            raise ExperimentError("there are no results yet: the tuner has not started")
        self._record.write_results()

    def in_words(self, report: dict[str, Any]) -> str:
        """Resource and metrics of ``report``, for a person."""
        names = [*([self.resource_attr] if self.resource_attr else []), *self.tuning_status.metric_names]
        return ", ".join(f"{name} {report[name]}" for name in names if name in report)

    def _run_session(self, loop: TuningLoop, record: ExperimentRecord, callbacks: CallbackList) -> None:
        status = self.tuning_status
        record.begin_session(self._identity(), self._describe())
        record.write_status(ExperimentState.running, status)
        try:
            callbacks.call("on_tuning_start", self)
            reason = loop.run()
            loop.end_trials(reason)
            self.trial_backend.close()
            callbacks.call("on_tuning_end")
            loop.checkpoints.on_finish()
            # Not earlier: what is finished is not run again, and its results would never be written.
            record.append("end", state=ExperimentState.finished, reason=reason)
            record.commit()
            record.write_status(ExperimentState.finished, status, reason)
            logger.info("finished: %s; %s", reason, status.in_words())
        except BaseException as error:
            self._abort(error, record, callbacks)
            raise

    def _abort(self, error: BaseException, record: ExperimentRecord, callbacks: CallbackList) -> None:
        """Stop everything; the journal stays as it is, and the next session continues from it."""
        interrupted = isinstance(error, KeyboardInterrupt)
        state = ExperimentState.interrupted if interrupted else ExperimentState.failed
        reason = "interrupted" if interrupted else f"{type(error).__name__}: {error}"
        try:
            self.trial_backend.close()
            record.commit()
            callbacks.call("on_tuning_end")
        finally:
            record.write_status(state, self.tuning_status, reason)

    def _identity(self) -> dict[str, Any]:
        """What must be the same for a journal to be continued."""
        described = self.scheduler.metadata()
        return {
            "scheduler": described.get("scheduler_name"),
            "metric_names": described.get("metric_names"),
            "metric_mode": described.get("metric_mode"),
            "config_space": config_space_to_json_dict(self.scheduler.config_space),
        }

    def _describe(self) -> dict[str, Any]:
        """The content of ``metadata.json``."""
        return {
            ST_TUNER_START_TIMESTAMP: time.time(),
            "n_workers": self.n_workers,
            "max_failures": self.max_failures,
            "max_wallclock_time": self.max_wallclock_time,
            "resource_attr": self.resource_attr,
            **self.trial_backend.metadata(),
            **self.scheduler.metadata(),
            "config_space": config_space_to_json_dict(self.scheduler.config_space),
            **self.metadata,
        }


def _full_name(tuner_name: str | None, backend: TrialBackend, suffix: bool) -> str:
    name = tuner_name or backend.entrypoint_path().stem.replace("_", "-")
    if not suffix:
        return name
    return f"{name}-{datetime.now().strftime(ST_DATETIME_FORMAT)}-{secrets.token_hex(2)}"
