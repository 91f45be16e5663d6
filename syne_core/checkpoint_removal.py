"""Deletes the checkpoints of trials that can no longer continue, where the back-end is to do that."""

from __future__ import annotations

import logging

from syne_core.backend.trial_backend import TrialBackend
from syne_core.backend.trial_status import Status
from syne_core.optimizer.scheduler import TrialScheduler
from syne_core.trial_ledger import TrackedTrial, TrialLedger

__all__ = ["CheckpointRemoval"]

logger = logging.getLogger(__name__)


class CheckpointRemoval:
    """Keeps only checkpoints that a trial may still go on from.

    Those of trials that completed, failed or were stopped go at once; those of paused trials when their
    scheduler says that they will never be resumed, and the rest when the experiment is finished. An
    experiment that was interrupted, or ended with an error, may be continued and so keeps them. Without
    ``TrialBackend(delete_checkpoints=True)`` nothing is ever deleted.

    A session that dies before it deletes leaves that to the next one.
    """

    def __init__(self, backend: TrialBackend, scheduler: TrialScheduler, ledger: TrialLedger) -> None:
        self._backend = backend
        self._scheduler = scheduler
        self._ledger = ledger
        self._is_on = backend.delete_checkpoints
        # Trials that are never resumed, whose paused run has not ended yet.
        self._condemned: set[int] = set()
        self._deleted: set[int] = set()

    def on_run_end(self, tracked: TrackedTrial) -> None:
        """A run has ended, and all of it is in the journal."""
        trial_id = tracked.trial.trial_id
        self._deleted.discard(trial_id)  # it may have written another one
        if self._is_on and (tracked.state != Status.paused or trial_id in self._condemned):
            self._delete(trial_id)

    def ask_scheduler(self) -> None:
        """Find out about paused trials."""
        if not self._is_on:
            return
        for trial_id in self._scheduler.trials_checkpoints_can_be_removed():
            if self._ledger.trials[trial_id].is_active:
                self._condemned.add(trial_id)
            elif trial_id not in self._deleted:
                self._delete(trial_id)

    def on_finish(self) -> None:
        """The experiment is finished, and nothing runs: none of its trials will ever continue."""
        if self._is_on:
            for trial_id in sorted(self._ledger.trials.keys() - self._deleted):
                self._delete(trial_id)

    def _delete(self, trial_id: int) -> None:
        logger.debug("trial %d: its checkpoint is deleted", trial_id)
        self._condemned.discard(trial_id)
        self._deleted.add(trial_id)
        self._backend.delete_checkpoint(trial_id)
