"""What earlier sessions of an experiment left on AWS: jobs that may still run, reports, checkpoints."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from functools import partial

from syne_core.aws.job_states import JobState, TrainingJobs
from syne_core.aws.report_reader import NewObject, RunLog
from syne_core.aws.runner.report_objects import decode_reports
from syne_core.aws.s3_objects import S3Objects
from syne_core.backend.sagemaker.job_board import JobBoard
from syne_core.backend.sagemaker.job_factory import JobFactory
from syne_core.backend.sagemaker.trial_runs import Phase, TrialRecord, TrialRun
from syne_core.backend.sagemaker.workers import Workers
from syne_core.backend.trial_status import Status
from syne_core.errors import SyneError

__all__ = ["PastRuns"]

logger = logging.getLogger(__name__)

_DOCUMENT = re.compile(r"job-r(\d+)\.json")
_REPORTS = "_reports"


class PastRuns:
    """Finds out what there is, and settles it before a trial gets its next run.

    A trial that is started, not restored, begins anew: what lies under its id belongs to an experiment
    that was started over, and is removed. A trial that is restarted takes over its job if that still runs
    with the same configuration, or ran to its end.
    """

    def __init__(
        self, board: JobBoard, store: S3Objects, jobs: TrainingJobs, factory: JobFactory, workers: Workers
    ) -> None:
        self._board, self._store, self._jobs, self._workers = board, store, jobs, workers
        self._factory, self._home = factory, factory.home
        self._trials: set[int] = set()

    @property
    def is_empty(self) -> bool:
        """Whether this is the experiment's first session."""
        return not self._trials

    def find(self, objects: Iterable[NewObject]) -> None:
        """See which trials there were.

        :param objects: all report objects there are
        """
        names = self._store.folders(self._home.keys.trials)
        self._trials.update(int(name) for name in names if name.isdecimal())
        for new in objects:
            self._trials.add(new.key.trial)
            self._board.record(new.key.trial).past.append(new)

    def recall(self, record: TrialRecord) -> None:
        """Read what earlier runs of a trial reported.

        :raises SyneError: S3 does not answer
        """
        with self._board.lock:
            objects, record.past = record.past, []
        if not objects:
            return
        logs: dict[int, RunLog] = {}
        for new, content in zip(objects, self._read(objects), strict=True):
            logs.setdefault(new.key.run, RunLog()).add(decode_reports(content))
        board, last = self._board, max(logs)
        with board.lock:
            for number in sorted(logs):
                run = TrialRun(record.trial_id, {}, number, self._home.job_name(record.trial_id, number))
                run.phase, run.status, run.log = Phase.ended, Status.stopped, logs[number]
                record.reports.extend(run.log.take(everything=number != last))
                board.register(run)
            record.last_past = run
            if record.run is None:
                record.run = run

    def look_up(self, record: TrialRecord, run: TrialRun) -> float | None:
        """Find the number of the trial's next run, before that is started; adopt a job if there is one.

        :returns: seconds to wait before the next attempt, None when done
        """
        if record.next_number is not None:
            return None
        numbers = self._numbers(record) if record.trial_id in self._trials else []
        if not numbers:
            record.next_number = 0
            return None
        last = max(numbers)
        state = self._jobs.describe(self._home.job_name(record.trial_id, last))
        if record.is_new:
            return self._start_over(record, last, state)
        if state is None and record.last_past is None:
            record.next_number = last  # it was never created
        elif state is not None and record.may_adopt and self._is_right(record, run, last, state):
            self._adopt(record, run, last)
        else:
            self._leave_behind(record, last, state)
        return None

    def stop_orphans(self) -> None:
        """End the jobs of earlier sessions that nobody took over: those of trials that are to run no more."""
        for status in ("InProgress", "Stopping"):
            for state in list(self._jobs.listed(f"{self._home.id8}-", status)):
                found = self._home.trial_of(state.name)
                if found is not None and self._is_orphan(*found, state):
                    logger.info("%s is left from an earlier session and is stopped", state.name)
                    self._jobs.stop(state.name)

    def _is_orphan(self, trial_id: int, number: int, state: JobState) -> bool:
        board = self._board
        with board.lock:
            record = board.record(trial_id)
            run = record.run
            if run is not None and run.phase is not Phase.ended:
                return run.phase is not Phase.waiting and run.job_name != state.name
            record.open_job = state.name
            past = record.last_past
            is_over = past is not None and past.number == number and past.log.end is not None
            if not is_over:
                self._wait_for(record, number, state)
        return state.status == "InProgress"

    def _wait_for(self, record: TrialRecord, number: int, state: JobState) -> None:
        """Its reports are still to come."""
        past = record.last_past
        if past is None or past.number != number:
            past = TrialRun(record.trial_id, {}, number, state.name)
            self._board.register(past)
        past.phase, past.status, past.wanted = Phase.ending, Status.stopping, Status.stopped
        past.is_stop_sent, past.next_look = True, 0.0
        record.run = past

    def _numbers(self, record: TrialRecord) -> list[int]:
        """Of the runs that were begun: their job documents are written before their jobs are created."""
        keys = self._store.listing(f"{self._home.trial(record.trial_id).prefix}job-r").keys
        found = (_DOCUMENT.fullmatch(key.rpartition("/")[2]) for key in keys)
        numbers = [int(match.group(1)) for match in found if match is not None]
        return [*numbers, *(new.key.run for new in record.past)] + (
            [record.last_past.number] if record.last_past and record.last_past.number is not None else []
        )

    def _start_over(self, record: TrialRecord, last: int, state: JobState | None) -> float | None:
        if state is not None and not state.has_ended:
            self._jobs.stop(state.name)
            return self._board.timing.ending
        self._store.delete_below(self._home.trial(record.trial_id).prefix)
        self._store.delete(new.name for new in record.past)
        record.past.clear()
        record.next_number = last + 1
        return None

    def _is_right(self, record: TrialRecord, run: TrialRun, last: int, state: JobState) -> bool:
        """Whether the job does, or did, what the run is to do."""
        end = record.last_past.log.end if record.last_past and record.last_past.number == last else None
        if end is None and state.status not in ("InProgress", "Completed"):
            return False
        if end is not None and end["stopped"]:
            return False
        document = self._store.get(self._home.trial(record.trial_id).job(last))
        return self._factory.same_config(document, run.config)

    def _adopt(self, record: TrialRecord, run: TrialRun, number: int) -> None:
        board = self._board
        with board.lock:
            run.number, run.job_name = number, self._home.job_name(record.trial_id, number)
            run.may_exist, record.copy_from = True, None
            if record.last_past is not None and record.last_past.number == number:
                run.log = record.last_past.log
            board.register(run)
            board.note_job(run)
            run.next_look = 0.0
        logger.info(
            "trial %d: goes on in %s, which an earlier session started", record.trial_id, run.job_name
        )

    def _leave_behind(self, record: TrialRecord, last: int, state: JobState | None) -> None:
        """The next run begins where the last one ends."""
        if state is not None and state.status == "InProgress":
            self._jobs.stop(state.name)
        with self._board.lock:
            record.next_number = last + 1
            if state is not None and not state.has_ended:
                record.open_job = state.name

    def _read(self, objects: list[NewObject]) -> list[bytes]:
        contents: list[bytes] = []
        for new, content in zip(objects, self._attempts(objects), strict=True):
            if isinstance(content, Exception):
                raise SyneError(f"reports of an earlier session cannot be read: {new.name}: {content}")
            contents.append(content)
        return contents

    def _attempts(self, objects: list[NewObject]) -> list[bytes | Exception]:
        found: dict[int, bytes | Exception] = {}
        for _ in range(5):
            missing = [i for i in range(len(objects)) if not isinstance(found.get(i), bytes)]
            if not missing:
                break
            found.update(
                zip(
                    missing,
                    self._workers.all([partial(self._store.get, objects[i].name) for i in missing]),
                    strict=True,
                )
            )
        return [found[i] for i in range(len(objects))]
