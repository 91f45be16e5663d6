"""Checkpoints on S3: copied and deleted on the server's side, after the last sync of whoever wrote them."""

from __future__ import annotations

import logging
import time
from functools import partial

from syne_core.aws.job_states import TrainingJobs
from syne_core.aws.s3_objects import S3Objects
from syne_core.backend.sagemaker.experiment_home import ExperimentHome
from syne_core.backend.sagemaker.job_board import JobBoard
from syne_core.backend.sagemaker.trial_runs import Phase, TrialRecord, TrialRun
from syne_core.backend.sagemaker.workers import Task, Workers

__all__ = ["Checkpoints"]

logger = logging.getLogger(__name__)


class Checkpoints:
    """The checkpoint prefixes of the trials.

    SageMaker mirrors a prefix and a folder both ways as long as a job runs, and once more when it ends: a
    checkpoint is whole, and stays deleted, only after that.
    """

    def __init__(
        self, board: JobBoard, store: S3Objects, jobs: TrainingJobs, home: ExperimentHome, workers: Workers
    ) -> None:
        self._board, self._store, self._jobs = board, store, jobs
        self._home, self._workers = home, workers

    def before_start(self, record: TrialRecord, run: TrialRun) -> float | None:
        """Do what is due before a trial runs; returns seconds to wait, None when done."""
        if record.deletions:
            return self._board.timing.ending
        if record.copy_from is None:
            return None
        source = self._board.record(record.copy_from)
        if self._is_being_written(source):
            return self._board.timing.ending
        self._store.copy_below(self._prefix(source), self._prefix(record))
        record.copy_from = None
        return None

    def delete(self, record: TrialRecord) -> None:
        """Remove a checkpoint; returns at once."""
        with self._board.lock:
            record.deletions += 1
        self._workers.submit(Task(partial(self._delete, record), partial(self._not_deleted, record)))

    def delete_now(self, record: TrialRecord, deadline: float) -> None:
        """Remove a checkpoint; returns when it is gone.

        :param deadline: until when a job that may still write is waited for (monotonic clock)
        """
        while self._is_being_written(record) and time.monotonic() < deadline:
            time.sleep(self._board.timing.ending)
        self._store.delete_below(self._prefix(record))

    def previous_run(self, record: TrialRecord, run: TrialRun) -> float | None:
        """Wait for the end of the trial's earlier job; returns seconds to wait, None when it has ended."""
        return self._board.timing.ending if self._job_goes_on(record) else None

    def _delete(self, record: TrialRecord) -> float | None:
        with self._board.lock:
            is_wanted = any(other.copy_from == record.trial_id for other in self._board.records.values())
        if is_wanted or self._is_being_written(record):
            return self._board.timing.ending
        self._store.delete_below(self._prefix(record))
        with self._board.lock:
            record.deletions -= 1
        return None

    def _not_deleted(self, record: TrialRecord, error: Exception) -> None:
        logger.warning("the checkpoint of trial %d could not be deleted: %s", record.trial_id, error)
        with self._board.lock:
            record.deletions -= 1

    def _is_being_written(self, record: TrialRecord) -> bool:
        """Whether a run of it is over, but its job is not, even if the next run is already to begin.

        A trial that runs on is copied as it stands.
        """
        run = record.run
        runs_on = run is not None and run.phase is not Phase.ended and run.job_name == record.open_job
        return not runs_on and self._job_goes_on(record)

    def _job_goes_on(self, record: TrialRecord) -> bool:
        name = record.open_job
        if name is None:
            return False
        state = self._jobs.describe(name)
        if state is not None and not state.has_ended:
            return True
        self._board.note_job_ended(record, name)
        return False

    def _prefix(self, record: TrialRecord) -> str:
        return self._home.trial(record.trial_id).checkpoints
