"""The contract of a back-end: where trials run."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from syne_core.backend.trial_status import Status, Trial, TrialResult

__all__ = ["BUSY_STATUS", "TrialAndStatusInformation", "TrialBackend", "TrialIdAndResultList"]

TrialAndStatusInformation = dict[int, tuple[Trial, str]]
TrialIdAndResultList = list[tuple[int, dict[str, Any]]]
BUSY_STATUS = frozenset({Status.in_progress, Status.stopping})


class TrialBackend(ABC):
    """Runs trials, for one tuner, from one thread.

    Obligations of an implementation, over the hooks ``_schedule``, ``_all_trial_results``,
    ``_pause_trial``, ``_resume_trial``, ``_stop_trial``:

    * ``_stop_trial`` and ``_pause_trial`` may return before the trial has ended; until then its state
      is Stopping and it counts as busy. They may be called for a trial that has just ended by itself.
    * Reports may arrive late, also after a stop; but once a trial's state is no longer busy, every
      report of that run has been returned, in the order made, none twice.
    * ``_resume_trial`` is called only for a paused trial that has ended. Its reports are appended
      to those of its earlier runs.
    * A trial that cannot start is a failed trial, not an exception.
    * No trial outlives the tuner's process, however that ends.

    :param delete_checkpoints: the tuner calls ``delete_checkpoint`` for trials that can no longer continue,
        see ``CheckpointRemoval``; also after ``close``
    :param pass_args_as_json: hand the configuration over as a file, ``--st_config_json_filename``
    """

    #: Whether ``time`` is simulated and ``wait`` jumps to the next event. The experiment can then be repeated
    #: at little cost, so the tuner neither waits for the disk nor looks at the back-end between events.
    is_simulated: ClassVar[bool] = False
    #: Name of the resource in reports, where the back-end knows it.
    resource_attr: str | None = None

    def __init__(self, delete_checkpoints: bool = False, pass_args_as_json: bool = False) -> None:
        self.delete_checkpoints = delete_checkpoints
        self.pass_args_as_json = pass_args_as_json
        self._trials: dict[int, Trial] = {}
        self._num_returned: dict[int, int] = {}
        self._next_trial_id = 0

    # -- starting and ending trials ------------------------------------------------------------

    def start_trial(self, config: dict[str, Any], checkpoint_trial_id: int | None = None) -> Trial:
        """Start a new trial, from the checkpoint of ``checkpoint_trial_id`` if given."""
        trial_id = self.new_trial_id()
        if checkpoint_trial_id is not None:
            self.copy_checkpoint(src_trial_id=checkpoint_trial_id, tgt_trial_id=trial_id)
        trial = Trial(trial_id=trial_id, config=config, creation_time=datetime.now())
        self._trials[trial_id] = trial
        self._schedule(trial_id, config)
        return trial

    def resume_trial(self, trial_id: int, new_config: dict[str, Any] | None = None) -> Trial:
        """Resume a paused trial from its checkpoint, with ``new_config`` if given."""
        trial = self._trials[trial_id]
        if new_config is not None:
            trial = self._trials[trial_id] = Trial(trial_id, new_config, trial.creation_time)
        self._resume_trial(trial_id)
        self._schedule(trial_id, trial.config)
        return trial

    def pause_trial(self, trial_id: int, result: dict[str, Any] | None = None) -> None:
        """End the run of ``trial_id``, keeping its checkpoint; ``result`` is the report that led to it."""
        self._pause_trial(trial_id, result)

    def stop_trial(self, trial_id: int, result: dict[str, Any] | None = None) -> None:
        """End ``trial_id`` for good."""
        self._stop_trial(trial_id, result)

    def restore_trial(self, trial: Trial) -> None:
        """Make known a trial of an earlier session of this experiment; starts nothing."""
        self._trials[trial.trial_id] = trial
        self._next_trial_id = max(self._next_trial_id, trial.trial_id + 1)

    def restart_trial(self, trial_id: int, checkpoint_trial_id: int | None = None) -> None:
        """Run again a trial that an earlier session left running; it finds its checkpoint if it has one.

        Reports of the earlier session are returned again, also those that it did not get to return;
        the tuner drops repeated ones.

        :param checkpoint_trial_id: the trial is to start from the checkpoint of this one
        """
        if checkpoint_trial_id is not None:
            self.copy_checkpoint(src_trial_id=checkpoint_trial_id, tgt_trial_id=trial_id)
        self._schedule(trial_id, self._trials[trial_id].config)

    def new_trial_id(self) -> int:
        """The next free trial id: 0, 1, ..."""
        self._next_trial_id += 1
        return self._next_trial_id - 1

    # -- watching ------------------------------------------------------------------------------

    def fetch_status_results(
        self, trial_ids: list[int]
    ) -> tuple[TrialAndStatusInformation, TrialIdAndResultList]:
        """State of each trial, and the reports that were not returned before, ``(trial_id, report)``."""
        states: TrialAndStatusInformation = {}
        fresh: TrialIdAndResultList = []
        for trial in self._all_trial_results(trial_ids):
            trial_id = trial.trial_id
            states[trial_id] = (trial, trial.status)
            seen = self._num_returned.get(trial_id, 0)
            fresh.extend((trial_id, report) for report in trial.metrics[seen:])
            self._num_returned[trial_id] = len(trial.metrics)
        return states, fresh

    @abstractmethod
    def busy_trial_ids(self) -> list[tuple[int, str]]:
        """Trials that hold a worker, with their state (InProgress or Stopping)."""

    def wait(self, timeout: float) -> None:
        """Return when something may have happened (a report, an end), at the latest after ``timeout`` s."""
        time.sleep(min(timeout, 0.05))

    def time(self) -> float:
        """Seconds on this back-end's monotonic clock: real, or simulated."""
        return time.monotonic()

    def stdout(self, trial_id: int) -> list[str]:
        """Lines that the trial printed to standard output so far."""
        raise NotImplementedError

    def stderr(self, trial_id: int) -> list[str]:
        """Lines that the trial printed to standard error so far."""
        raise NotImplementedError

    # -- the experiment as a whole -------------------------------------------------------------

    def stop_all(self) -> None:
        """Tell every busy trial to end."""
        for trial_id, status in self.busy_trial_ids():
            if status == Status.in_progress:
                self.stop_trial(trial_id)

    def close(self) -> None:
        """Release what the back-end holds; ends whatever still runs. May be called twice."""

    def set_path(self, results_root: str | None = None, tuner_name: str | None = None) -> None:
        """Where trial folders go: the experiment's folder, or a root and the experiment's name."""

    def entrypoint_path(self) -> Path:
        """The training script."""
        raise NotImplementedError

    def set_entrypoint(self, entry_point: str) -> None:
        """Use another training script from now on."""
        raise NotImplementedError

    def metadata(self) -> dict[str, Any]:
        """What is stored with the results; JSON."""
        return {"backend": type(self).__name__}

    # -- checkpoints ---------------------------------------------------------------------------

    @abstractmethod
    def copy_checkpoint(self, src_trial_id: int, tgt_trial_id: int) -> None:
        """Give ``tgt_trial_id`` a copy of the checkpoint of ``src_trial_id``."""

    @abstractmethod
    def delete_checkpoint(self, trial_id: int) -> None:
        """Remove the checkpoint of ``trial_id``, if there is one."""

    # -- hooks ---------------------------------------------------------------------------------

    @abstractmethod
    def _schedule(self, trial_id: int, config: dict[str, Any]) -> None:
        """Start a run of the trial."""

    @abstractmethod
    def _all_trial_results(self, trial_ids: list[int]) -> list[TrialResult]:
        """State and all reports so far of each trial."""

    @abstractmethod
    def _pause_trial(self, trial_id: int, result: dict[str, Any] | None) -> None: ...

    def _resume_trial(self, trial_id: int) -> None:
        """Called before ``_schedule`` when a paused trial is resumed."""

    @abstractmethod
    def _stop_trial(self, trial_id: int, result: dict[str, Any] | None) -> None: ...
