"""Watches the jobs of an experiment: one listing of reports per look, whatever the number of trials."""

from __future__ import annotations

import logging
import random
import threading
import time
from datetime import datetime, timedelta, timezone
from functools import partial

from syne_core.aws.client_errors import error_code, explain, is_setup_error
from syne_core.aws.job_states import TrainingJobs, is_transient
from syne_core.aws.report_reader import NewObject, ReportReader
from syne_core.aws.runner.report_objects import decode_reports
from syne_core.aws.s3_objects import S3Objects
from syne_core.backend.sagemaker.experiment_home import ExperimentHome
from syne_core.backend.sagemaker.job_board import JobBoard
from syne_core.backend.sagemaker.trial_runs import Phase, TrialRun
from syne_core.backend.sagemaker.workers import Task, Workers

__all__ = ["JobWatch"]

logger = logging.getLogger(__name__)

_IDLE = 60.0
_LONGEST_PAUSE = 10.0
#: Seconds of failing looks after which the tuner is told.
_MAX_TROUBLE = 120.0
_BACKSTOP_MARGIN = timedelta(minutes=10)


class JobWatch:
    """A thread that looks for reports, and at the jobs from which none come."""

    def __init__(
        self,
        board: JobBoard,
        reader: ReportReader,
        store: S3Objects,
        jobs: TrainingJobs,
        home: ExperimentHome,
        readers: Workers,
        workers: Workers,
    ) -> None:
        self._board, self._reader, self._store, self._jobs = board, reader, store, jobs
        self._home, self._readers, self._workers = home, readers, workers
        self._unread: list[NewObject] = []
        self._woken = threading.Event()
        self._closed = False
        self._random = random.Random()
        self._last_listing = datetime.now(timezone.utc)
        self._next_listing: float | None = None
        self._failing_since: float | None = None
        self._num_failures = 0
        self._thread = threading.Thread(target=self._run, name="sagemaker-watch", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def wake(self) -> None:
        """Look now: there is something to watch."""
        self._woken.set()

    def close(self) -> None:
        """Look no more."""
        self._closed = True
        self._woken.set()
        self._thread.join(5.0)

    def _run(self) -> None:
        while not self._closed:
            delay = self._guarded_look()
            self._woken.wait(delay)
            self._woken.clear()

    def _guarded_look(self) -> float:
        """Look, and survive it; returns how long to pause."""
        began = time.monotonic()
        try:
            active = self._board.active()
            if active:
                self._look()
                self._plan(active)
        except Exception as error:
            return self._after_failure(error)
        self._failing_since, self._num_failures = None, 0
        self._board.trouble = None
        return max(0.0, self._pause(active) - (time.monotonic() - began)) if active else _IDLE

    def _pause(self, active: list[TrialRun]) -> float:
        timing = self._board.timing
        is_busy = any(run.log.started or run.phase is Phase.ending for run in active)
        return timing.poll if is_busy else timing.poll_starting

    def _after_failure(self, error: Exception) -> float:
        now = time.monotonic()
        self._num_failures += 1
        if self._failing_since is None:
            self._failing_since = now
        logger.debug("a look at S3 failed: %s", error, exc_info=not is_transient(error))
        is_hopeless = is_setup_error(error) and self._num_failures > 3
        if is_hopeless or now - self._failing_since > _MAX_TROUBLE:
            self._board.trouble = error
            logger.warning("%s", explain(error, "read the reports of the trials"))
            self._board.tell()
        return min(self._board.timing.poll * 2.0 ** min(self._num_failures, 20), _LONGEST_PAUSE)

    # -- reports ---------------------------------------------------------------------------------

    def _look(self) -> None:
        board = self._board
        with board.lock:
            board.cycle += 1
        objects = [*self._unread, *board.take_claimed()]
        self._unread = objects  # a listing may fail
        objects = [*objects, *self._reader.look()]
        self._unread = objects  # until they were read, whatever happens
        self._unread = self._read(objects)
        missing = {(new.key.trial, new.key.run) for new in self._unread}
        with board.lock:
            for run in board.active():
                board.settle(run, (run.trial_id, run.number) in missing)

    def _read(self, objects: list[NewObject]) -> list[NewObject]:
        """Read ``objects``; returns those that could not be read."""
        board = self._board
        with board.lock:
            runs = [board.runs.get((new.key.trial, new.key.run)) for new in objects]
            for new, run in zip(objects, runs, strict=True):
                if run is None:  # of another session, or of an experiment that was started over
                    board.record(new.key.trial).past.append(new)
        ours = [(new, run) for new, run in zip(objects, runs, strict=True) if run is not None]
        contents = self._readers.all([partial(self._store.get, new.name) for new, _ in ours])
        unread = []
        for (new, run), content in zip(ours, contents, strict=True):
            if isinstance(content, Exception):
                if is_setup_error(content):
                    raise content
                if error_code(content) != "NoSuchKey":
                    logger.debug("%s could not be read yet: %s", new.name, content)
                    unread.append(new)
                continue
            try:
                board.add_object(run, decode_reports(content))
            except ValueError as error:
                logger.warning("%s: %s", new.name, error)
        return unread

    # -- jobs ------------------------------------------------------------------------------------

    def _plan(self, active: list[TrialRun]) -> None:
        now = time.monotonic()
        with self._board.lock:
            for run in active:
                due = run.next_look is not None and run.next_look <= now
                exists = run.phase in (Phase.running, Phase.ending)
                if due and exists and not run.is_looking and run.job is None:
                    run.is_looking = True
                    self._workers.submit(Task(partial(self._describe, run), partial(self._no_answer, run)))
        if self._next_listing is None:
            self._next_listing = now + self._random.uniform(*self._board.timing.backstop)
        elif now >= self._next_listing:
            self._next_listing = now + self._random.uniform(*self._board.timing.backstop)
            self._workers.submit(Task(self._list, self._no_listing))

    def _describe(self, run: TrialRun) -> None:
        job_name = run.job_name
        state = self._jobs.describe(job_name)
        if state is not None and state.status == "InProgress" and run.phase is Phase.ending:
            self._jobs.stop(job_name)  # the first time it came too early, or got lost
        self._board.note_state(run, job_name, state)
        if run.job is not None:
            self.wake()

    def _no_answer(self, run: TrialRun, error: Exception) -> None:
        logger.warning("trial %d: %s", run.trial_id, explain(error, f"describe job {run.job_name}"))
        with self._board.lock:
            run.is_looking = False
            run.next_look = time.monotonic() + self._board.timing.last_look

    def _list(self) -> None:
        """Find jobs that ended without a word: their machine died, or the image is wrong."""
        began = datetime.now(timezone.utc)
        after = self._last_listing - _BACKSTOP_MARGIN
        for state in self._jobs.listed(f"{self._home.id8}-", modified_after=after):
            found = self._home.trial_of(state.name)
            with self._board.lock:
                run = self._board.runs.get(found) if found is not None else None
                if run is not None and run.job_name == state.name and state.has_ended:
                    run.next_look = 0.0
        self._last_listing = began

    def _no_listing(self, error: Exception) -> None:
        logger.warning("%s", explain(error, "list the jobs"))
