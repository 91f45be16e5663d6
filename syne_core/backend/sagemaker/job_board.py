"""The state of an experiment's jobs, shared by the tuner's thread, the watch and the workers."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime

from syne_core.aws.job_states import JobState
from syne_core.aws.report_reader import NewObject
from syne_core.aws.runner.report_objects import ReportObject
from syne_core.backend.sagemaker.timing import Timing
from syne_core.backend.sagemaker.trial_runs import Phase, TrialRecord, TrialRun
from syne_core.backend.trial_status import Status

__all__ = ["JobBoard"]

logger = logging.getLogger(__name__)

_LONGEST_WAIT = 3600.0
_MOST_INSIDE_FAILURES = 8


class JobBoard:
    """Knows all trials and runs. Everything on it is read and changed while holding ``lock``.

    :param again: starts a run over whose job never began, for want of an instance or by AWS's own fault
    """

    def __init__(self, timing: Timing) -> None:
        self.timing = timing
        self.lock = threading.Condition()
        self.records: dict[int, TrialRecord] = {}
        self.runs: dict[tuple[int, int], TrialRun] = {}
        #: Looks at S3 that were begun.
        self.cycle = 0
        #: Whether nobody wants the instances of what ends: a run is then over when its script is.
        self.is_ending = False
        self.is_closing = False
        #: What keeps us from learning anything, if it lasts.
        self.trouble: Exception | None = None
        self.again: Callable[[TrialRun], None] = lambda run: None
        self.on_end: Callable[[TrialRun], None] = lambda run: None
        self._news = False
        self._claimed: list[NewObject] = []

    def record(self, trial_id: int) -> TrialRecord:
        """The record of a trial, made if there is none."""
        with self.lock:
            return self.records.setdefault(trial_id, TrialRecord(trial_id))

    def active(self) -> list[TrialRun]:
        """Runs that have not ended."""
        with self.lock:
            runs = (record.run for record in self.records.values())
            return [run for run in runs if run is not None and run.phase is not Phase.ended]

    def register(self, run: TrialRun) -> None:
        """From now on what is reported for the run's number is its own; also what was found before."""
        with self.lock:
            assert run.number is not None
            self.runs[run.trial_id, run.number] = run
            record = self.record(run.trial_id)
            self._claimed.extend(new for new in record.past if new.key.run == run.number)
            record.past = [new for new in record.past if new.key.run != run.number]

    def take_claimed(self) -> list[NewObject]:
        """Objects that were found before their run was registered, to be read now."""
        with self.lock:
            claimed, self._claimed = self._claimed, []
            return claimed

    # -- news ------------------------------------------------------------------------------------

    def tell(self) -> None:
        """There is something new for the tuner."""
        with self.lock:
            self._news = True
            self.lock.notify_all()

    def note_fetch(self) -> None:
        """The tuner is told everything."""
        self._news = False

    def wait(self, timeout: float) -> None:
        """Until there is something new, at most ``timeout`` seconds."""
        with self.lock:
            self.lock.wait_for(lambda: self._news, min(timeout, _LONGEST_WAIT))

    # -- what is learnt --------------------------------------------------------------------------

    def add_object(self, run: TrialRun, content: ReportObject) -> None:
        """A report object was read."""
        with self.lock:
            run.log.add(content)
            if run.phase in (Phase.creating, Phase.waiting) and run.may_exist:
                self.note_job(run)  # the call that made it got no answer, but it runs
            self._take_reports(run)

    def note_job(self, run: TrialRun) -> None:
        """There is a job for ``run``, under ``run.job_name``."""
        with self.lock:
            record = self.records[run.trial_id]
            assert run.number is not None
            record.next_number = run.number + 1
            record.open_job = run.job_name
            if run.phase is not Phase.ended:
                run.phase = Phase.running
            run.waiting_since, run.num_refusals = None, 0
            run.look_interval = self.timing.first_look
            run.next_look = time.monotonic() + run.look_interval

    def note_state(self, run: TrialRun, job_name: str, state: JobState | None) -> None:
        """The run's job was described; None: there is none, somebody deleted it."""
        with self.lock:
            run.is_looking = False
            if run.phase is Phase.ended or run.job_name != job_name:
                return
            state = state or JobState(job_name, "Stopped")
            if state.has_ended:
                run.job, run.seen_at, run.next_look = state, self.cycle, None
                return
            interval = self._interval(run)
            run.next_look = None if interval is None else time.monotonic() + interval

    def settle(self, run: TrialRun, unread: bool) -> None:
        """See what is now known of ``run``, after a look at S3.

        :param unread: there are objects of it that could not be read yet
        """
        with self.lock:
            self._take_reports(run)
            if run.phase is Phase.ended or unread:
                return
            end = run.log.end
            if run.job is not None and self.cycle > run.seen_at:
                self._take_reports(run, everything=True)
                self._end_by_job(run, run.job)
            elif end is None:
                return
            elif run.wanted is not None:
                if self.is_ending or self.is_closing:
                    self.conclude(run, run.wanted)
                else:
                    self._look_soon(run)
            elif end["stopped"]:
                self._look_soon(run)  # by somebody else, or a spot instance was taken away
            elif end["exit_code"] == 0:
                self.conclude(run, Status.completed)
            else:
                self.conclude(run, Status.failed, end["reason"] or f"exit code {end['exit_code']}")

    def conclude(self, run: TrialRun, status: str, failure: str | None = None) -> None:
        """The run is over."""
        with self.lock:
            if run.phase is Phase.ended:
                return
            run.phase, run.status, run.failure, run.ended = Phase.ended, status, failure, datetime.now()
            run.next_look = None
            if run.job is not None:
                self.note_job_ended(self.records[run.trial_id], run.job_name)
            self.on_end(run)
            self.tell()

    def note_job_ended(self, record: TrialRecord, job_name: str) -> None:
        """A job holds its instances no longer, and has written its checkpoint."""
        with self.lock:
            if record.open_job == job_name:
                record.open_job = None

    def forget_tasks(self, runs: Iterable[TrialRun]) -> None:
        """End what nobody will tell the end of."""
        for run in runs:
            self.conclude(run, run.wanted or Status.stopped)

    # -- how -------------------------------------------------------------------------------------

    def _take_reports(self, run: TrialRun, everything: bool = False) -> None:
        reports = run.log.take(everything)
        if reports:
            self.records[run.trial_id].reports.extend(reports)
            self.tell()

    def _end_by_job(self, run: TrialRun, job: JobState) -> None:
        end = run.log.end
        if run.wanted is not None:
            self.conclude(run, run.wanted)
        elif job.status == "Completed" or (end is not None and not end["stopped"] and end["exit_code"] == 0):
            self.conclude(run, Status.completed)
        elif not run.log.started and self._is_worth_another(run, job):
            self.again(run)
        elif job.ran_too_long:
            self.conclude(run, Status.failed, f"{job.name} was stopped: {job.secondary}; see max_run")
        elif job.status == "Failed":
            self.conclude(run, Status.failed, f"{job.name}: {job.reason or 'no reason given'}")
        else:
            self.conclude(run, Status.stopped, f"{job.name} was stopped from outside")

    def _is_worth_another(self, run: TrialRun, job: JobState) -> bool:
        """Whether a job failed for no fault of the trial's; AWS's own faults may also be ours in disguise."""
        run.num_inside_failures += job.failed_inside
        return job.lacked_capacity or (job.failed_inside and run.num_inside_failures < _MOST_INSIDE_FAILURES)

    def _interval(self, run: TrialRun) -> float | None:
        end = run.log.end
        if run.phase is Phase.ending or (end is not None and end["stopped"]):
            return self.timing.ending
        if run.log.started:
            return None
        run.look_interval = min(2 * run.look_interval, self.timing.last_look)
        return run.look_interval

    def _look_soon(self, run: TrialRun) -> None:
        if run.job is None and not run.is_looking:
            soon = time.monotonic() + self.timing.ending
            run.next_look = soon if run.next_look is None else min(soon, run.next_look)
