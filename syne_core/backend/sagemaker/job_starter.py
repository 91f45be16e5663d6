"""Starts and stops the jobs of runs, in threads of its own."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from functools import partial

from syne_core.aws.client_errors import explain
from syne_core.aws.job_states import JobState, TrainingJobs, is_name_taken, wants_patience
from syne_core.aws.s3_objects import S3Objects
from syne_core.backend.sagemaker.checkpoints import Checkpoints
from syne_core.backend.sagemaker.job_board import JobBoard
from syne_core.backend.sagemaker.job_factory import JobFactory
from syne_core.backend.sagemaker.past_runs import PastRuns
from syne_core.backend.sagemaker.trial_runs import Phase, TrialRecord, TrialRun
from syne_core.backend.sagemaker.workers import Task, Workers
from syne_core.backend.trial_status import Status

__all__ = ["JobStarter"]

logger = logging.getLogger(__name__)

#: Clocks may differ by so much when it is decided whose job has our name, seconds.
_CLOCK_MARGIN = 900.0
_MOST_ENDED = 64


class JobStarter:
    """Takes runs from the wish to have a job to a job, and stops jobs.

    :param wake: called when there is a job to watch
    """

    def __init__(
        self,
        board: JobBoard,
        store: S3Objects,
        jobs: TrainingJobs,
        factory: JobFactory,
        past: PastRuns,
        checkpoints: Checkpoints,
        workers: Workers,
        wake: Callable[[], None],
    ) -> None:
        self._board, self._store, self._jobs, self._factory = board, store, jobs, factory
        self._past, self._checkpoints, self._workers, self._wake = past, checkpoints, workers, wake
        self._tasks: dict[int, Task] = {}
        self._ended: deque[tuple[TrialRecord, str]] = deque(maxlen=_MOST_ENDED)
        self._is_watching = False
        board.again, board.on_end = self._start_again, self._on_end

    def start(self, run: TrialRun, delay: float = 0.0) -> None:
        """Get a job for ``run``."""
        task = Task(partial(self._start, run), partial(self._cannot_start, run))
        with self._board.lock:
            self._tasks[run.trial_id] = task
        self._workers.submit(task, delay)

    def end(self, run: TrialRun, status: str) -> None:
        """End a run that has not ended; it is then in state ``status``."""
        with self._board.lock:
            run.wanted, run.status = status, Status.stopping
            if run.phase is Phase.running:
                self._stop(run)
            elif run.phase is Phase.waiting:
                if run.may_exist:
                    self._hurry(run)
                else:
                    self._board.conclude(run, status)

    # -- starting --------------------------------------------------------------------------------

    def _start(self, run: TrialRun) -> float | None:
        record = self._board.record(run.trial_id)
        steps = (
            self._past.look_up,
            self._checkpoints.previous_run,
            self._checkpoints.before_start,
            self._create,
        )
        for step in steps:
            if run.phase not in (Phase.waiting, Phase.creating):
                break
            if self._is_not_wanted(run):
                return self._call_off(run)
            again = step(record, run)
            if again is not None:
                return again
        if run.phase is Phase.running:
            self._wake()
            if run.wanted is not None or self._board.is_closing:
                self.end(run, run.wanted or Status.stopped)
        return None

    def _create(self, record: TrialRecord, run: TrialRun) -> float | None:
        self._take_number(record, run)
        assert run.number is not None
        if not run.has_document:
            key = self._factory.home.trial(run.trial_id).job(run.number)
            self._store.put_json(key, self._factory.document(run.trial_id, run.number, run.config))
            run.has_document = True
        request = self._factory.request(run.trial_id, run.number, run.config)
        with self._board.lock:
            if self._is_not_wanted(run):
                return 0.0
            run.may_exist = True
        try:
            self._jobs.create(request)
        except Exception as error:
            if wants_patience(error):
                return self._be_patient(run, error)
            if not is_name_taken(error):
                raise
            return self._share_name(record, run)
        self._board.note_job(run)
        logger.debug("trial %d: job %s", run.trial_id, run.job_name)
        return None

    def _take_number(self, record: TrialRecord, run: TrialRun) -> None:
        with self._board.lock:
            if run.number is None:
                assert record.next_number is not None
                run.number = record.next_number
                run.job_name = self._factory.home.job_name(run.trial_id, run.number)
                run.first_attempt = time.time()
                self._board.register(run)
                self._wake()
            if run.phase is Phase.waiting:
                run.phase = Phase.creating

    def _is_not_wanted(self, run: TrialRun) -> bool:
        return run.wanted is not None or self._board.is_closing

    def _call_off(self, run: TrialRun) -> float | None:
        """The run was told to end before it is known to have a job."""
        if run.may_exist and self._jobs.describe(run.job_name) is not None:
            with self._board.lock:
                self._board.note_job(run)
                self.end(run, run.wanted or Status.stopped)
            self._wake()
        else:
            self._board.conclude(run, run.wanted or Status.stopped)
        return None

    def _share_name(self, record: TrialRecord, run: TrialRun) -> float | None:
        """There is a job of our name: most likely we made it, by a call that got no answer."""
        state = self._jobs.describe(run.job_name)
        if state is None:
            return self._board.timing.ending
        if self._is_ours(run, state):
            self._board.note_job(run)
            return None
        logger.info("%s exists, from an experiment whose files are gone: next number", run.job_name)
        with self._board.lock:
            assert run.number is not None
            del self._board.runs[run.trial_id, run.number]
            record.next_number, run.number, run.may_exist = run.number + 1, None, False
            run.has_document = False
            run.phase = Phase.waiting
        return 0.0

    def _is_ours(self, run: TrialRun, state: JobState) -> bool:
        if state.created is None:
            return True
        return _epoch(state.created) > run.first_attempt - _CLOCK_MARGIN

    def _cannot_start(self, run: TrialRun, error: Exception) -> None:
        self._board.conclude(
            run, Status.failed, explain(error, f"start job {run.job_name or 'of trial ' + str(run.trial_id)}")
        )

    # -- waiting for an instance -----------------------------------------------------------------

    def _be_patient(self, run: TrialRun, error: Exception) -> float:
        board = self._board
        with board.lock:
            if run.phase is Phase.creating:
                run.phase = Phase.waiting
            delay = self._next_delay(run, _first_sentence(error))
            self._watch_releases()
            return delay

    def _next_delay(self, run: TrialRun, why: str) -> float:
        timing, now = self._board.timing, time.monotonic()
        if run.waiting_since is None:
            run.waiting_since = now
            logger.info("trial %d: waits for an instance: %s", run.trial_id, why)
        if timing.give_up is not None and now - run.waiting_since > timing.give_up:
            reason = f"got no instance within {timing.give_up:g} s: {why}"
            self._board.conclude(run, Status.failed, reason)
            return 0.0
        run.num_refusals += 1
        delay = min(timing.first_wait * 2.0 ** min(run.num_refusals - 1, 30), timing.longest_wait)
        return self._workers.jittered(delay)

    def _start_again(self, run: TrialRun) -> None:
        """Its job ended before anything ran. Called with the board's lock."""
        job, since = run.job, run.waiting_since
        assert job is not None
        assert run.number is not None
        del self._board.runs[run.trial_id, run.number]
        self._board.note_job_ended(self._board.record(run.trial_id), run.job_name)
        run.number, run.job, run.may_exist, run.next_look = None, None, False, None
        run.has_document = False
        run.phase, run.waiting_since = Phase.waiting, since
        delay = self._next_delay(run, job.reason or job.status)
        if run.phase is Phase.waiting:
            self.start(run, delay)

    def _on_end(self, run: TrialRun) -> None:
        """A run is over; its job may hold its instances for some seconds more. With the board's lock."""
        if run.job_name:
            self._ended.append((self._board.records[run.trial_id], run.job_name))
            self._watch_releases()

    def _watch_releases(self) -> None:
        """As long as somebody waits for an instance, see when ours come free."""
        if not self._is_watching and self._longest_waiting() is not None and self._ended:
            self._is_watching = True
            self._workers.submit(Task(self._look_for_releases, self._cannot_look))

    def _look_for_releases(self) -> float | None:
        board = self._board
        with board.lock:
            ended = list(self._ended)
        for record, job_name in ended:
            if record.open_job == job_name:
                state = self._jobs.describe(job_name)
                if state is not None and not state.has_ended:
                    continue
                board.note_job_ended(record, job_name)
            with board.lock:
                if (record, job_name) in self._ended:
                    self._ended.remove((record, job_name))
                waiting = self._longest_waiting()
                if waiting is not None:
                    self._hurry(waiting)
        with board.lock:
            self._is_watching = self._longest_waiting() is not None and bool(self._ended)
            return board.timing.ending if self._is_watching else None

    def _cannot_look(self, error: Exception) -> None:
        logger.warning("%s", explain(error, "describe a job"))
        self._is_watching = False

    def _longest_waiting(self) -> TrialRun | None:
        waiting = [
            run
            for run in self._board.active()
            if run.phase is Phase.waiting and run.waiting_since is not None and not self._is_due(run)
        ]
        return min(waiting, key=lambda run: run.waiting_since or 0.0, default=None)

    def _is_due(self, run: TrialRun) -> bool:
        task = self._tasks.get(run.trial_id)
        return task is None or task.due <= time.monotonic()

    def _hurry(self, run: TrialRun) -> None:
        if not self._is_due(run):
            self._workers.submit(self._tasks[run.trial_id])

    # -- stopping --------------------------------------------------------------------------------

    def _stop(self, run: TrialRun) -> None:
        run.phase = Phase.ending
        self._workers.submit(Task(partial(self._send_stop, run), partial(self._cannot_stop, run)))

    def _send_stop(self, run: TrialRun) -> float | None:
        self._jobs.stop(run.job_name)
        with self._board.lock:
            run.is_stop_sent = True
            if run.phase is not Phase.ended:
                run.next_look = time.monotonic() + self._board.timing.ending
        self._wake()
        return None

    def _cannot_stop(self, run: TrialRun, error: Exception) -> None:
        logger.warning("trial %d: %s", run.trial_id, explain(error, f"stop job {run.job_name}"))
        with self._board.lock:
            run.is_stop_sent = True  # nothing more can be done
            run.next_look = time.monotonic() + self._board.timing.ending


def _first_sentence(error: Exception) -> str:
    """AWS's message without its advice."""
    response = getattr(error, "response", None)
    said = response.get("Error", {}).get("Message", "") if isinstance(response, dict) else ""
    return (said or str(error)).partition(". ")[0]


def _epoch(time_of_day: datetime) -> float:
    return time_of_day.timestamp()
