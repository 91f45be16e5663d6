"""The queue of a remote study: makes jobs as there is room for them, and sees what becomes of them.

Everything that it has to know lies in the markers on S3 and in the names of jobs, which are the same
whoever makes them. So it may be killed at any moment: the next one adopts the jobs that there are and makes
those that are missing. What it holds in memory is only what it could find out again.

Nothing runs twice, since (1) a marker names the job before the job is made, (2) a taken name is adopted, and
(3) the next attempt is made only when SageMaker says that the last one has ended.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from benchmarking.commons.remote.queue.pacing import Backoff, CreatePace
from benchmarking.commons.remote.queue.queue_items import Item, first_items, items_of_others
from benchmarking.commons.remote.queue.queue_model import (
    BadRequestError,
    Clock,
    ExperimentOutcome,
    JobService,
    Limits,
    NameTakenError,
    NoInstanceError,
    Progress,
    QueuedJob,
    QueueResult,
    ServiceError,
    ThrottledError,
    TroubleError,
)
from benchmarking.commons.remote.queue.queue_watch import QueueWatch
from benchmarking.commons.remote.queue.room import Budget, InstanceRoom, refuse_what_never_fits
from benchmarking.commons.remote.records.markers import LAUNCHED, QUEUED, RUNNING, STOPPED

__all__ = ["run_queue"]

logger = logging.getLogger(__name__)

#: Seconds.
_SHORTEST_SLEEP, _LONGEST_TROUBLE, _BETWEEN_NOTES = 0.01, 60.0, 10.0


def run_queue(
    jobs: Sequence[QueuedJob],
    service: JobService,
    clock: Clock,
    limits: Limits,
    *,
    others: Sequence[QueuedJob] = (),
    wait: bool = False,
    retry_failed: bool = False,
    guard: Callable[[], None] = lambda: None,
    notes: Mapping[str, Any] | None = None,
    keep_notes: Callable[[Mapping[str, Any]], None] = lambda notes: None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    generator: random.Random | None = None,
) -> QueueResult:
    """Launch what is missing of ``jobs``, in their order, as there is room; nothing is ever dropped.

    :param others: further experiments of the study, one in each: those that run count, none is launched
    :param wait: return when all have ended; else when all are launched
    :param retry_failed: run those experiments that failed, and no others
    :param guard: raises if this process must not make jobs any more, as another one does
    :param notes: what ``keep_notes`` was given last in an earlier launch of the study
    :param keep_notes: stores what a later launch has to know of costs; JSON
    :param on_progress: called when something has changed
    :raises RefusedError: a job does not fit into the quotas even if it is alone
    :raises AwsSetupError: the user has to change something; the same launch goes on afterwards
    """
    refuse_what_never_fits(jobs, limits.quotas)
    random_numbers = generator or random.Random()
    queue = _Queue(service, clock, limits, Budget(limits, notes or {}), random_numbers)
    queue.guard, queue.keep_notes, queue.on_progress = guard, keep_notes, on_progress
    return queue.run(jobs, others, wait, retry_failed)


class _Queue:
    guard: Callable[[], None]
    keep_notes: Callable[[Mapping[str, Any]], None]
    on_progress: Callable[[Progress], None]

    def __init__(
        self,
        service: JobService,
        clock: Clock,
        limits: Limits,
        budget: Budget,
        generator: random.Random,
    ) -> None:
        self._service, self._clock, self._limits = service, clock, limits
        self._budget, self._pace = budget, CreatePace()
        self._room = InstanceRoom(limits, generator)
        self._trouble = Backoff(limits.first_wait, min(limits.longest_wait, _LONGEST_TROUBLE), generator)
        self._generator = generator
        self._items: list[Item] = []
        self._outcomes: dict[str, ExperimentOutcome] = {}
        self._next_look = 0.0
        self._created = 0
        self._waits_for: str | None = None
        self._is_short = False
        self._refused: str | None = None
        self._last_progress: Progress | None = None
        self._kept: Mapping[str, Any] = {}
        self._next_keeping = 0.0

    def run(
        self, jobs: Sequence[QueuedJob], others: Sequence[QueuedJob], wait: bool, retry_failed: bool
    ) -> QueueResult:
        while not self._begin(jobs, others, retry_failed):
            self._clock.sleep(self._trouble.pause())
        while True:
            self.guard()
            pause = self._step()
            self._tell()
            if self._is_done(wait):
                self._keep_notes_if_possible(at_once=True)
                return self._result(jobs)
            self._clock.sleep(pause)

    def _begin(self, jobs: Sequence[QueuedJob], others: Sequence[QueuedJob], retry_failed: bool) -> bool:
        service, limits = self._service, self._limits
        try:
            states = service.states()
            self._items, self._outcomes = first_items(jobs, states, service, limits, retry_failed)
            self._items += items_of_others(others, states, service)
        except (TroubleError, ThrottledError) as error:
            logger.warning("%s", error)
            return False
        self._trouble.reset()
        for item in self._active():
            self._room.take(item.job)
            self._budget.start(item.name, item.job, item.since)
        names = {item.name for item in self._active()}
        self._budget.end_others(names, states, self._clock.now())
        self._watch = QueueWatch(
            service, self._clock, limits, self._room, self._budget, states, self._generator
        )
        return True

    def _step(self) -> float:
        """Look and launch as far as that is due; how long to sleep."""
        try:
            if self._clock.now() >= self._next_look:
                self._look()
            self._launch()
        except (TroubleError, ThrottledError) as error:
            logger.warning("%s", error)
            return self._trouble.pause()
        self._trouble.reset()
        return self._pause()

    def _look(self) -> None:
        began = self._clock.now()
        self._watch.look(self._items, self._is_short)
        self._items = [item for item in self._items if item.is_active or (item.left() and item.is_ours)]
        if self._budget.is_limited and self._budget.is_exceeded(self._clock.now()):
            self._stop_all("the study has used what it may")
        took = self._clock.now() - began
        self._next_look = self._clock.now() + max(self._limits.poll, took)

    def _active(self) -> list[Item]:
        return [item for item in self._items if item.is_active]

    def _waiting(self) -> list[Item]:
        return [item for item in self._items if item.is_ours and not item.is_active and item.left()]

    # -- launching -------------------------------------------------------------------------------

    def _launch(self) -> None:
        """Make jobs for those that may start, in order; who waits for a type is not overtaken at it."""
        lacking: set[tuple[str, str]] = set()
        self._waits_for, self._is_short = None, False
        active, unaffordable = len(self._active()), None
        # What may have been made already, by a call without an answer, comes first: it has its place.
        for item in sorted(self._waiting(), key=lambda one: not one.may_be_ours):
            now = self._clock.now()
            if now >= self._next_look:
                return
            if self._limits.max_parallel_jobs is not None and active >= self._limits.max_parallel_jobs:
                self._waits_for, self._is_short = f"one of {active} jobs to end (max_parallel_jobs)", True
                return
            if now < self._pace.next:
                self._waits_for = self._waits_for or "SageMaker, which throttles"
                return
            if now < item.not_before or (item.after and not self._has_ended(item)):
                continue
            lacks = self._room.lacks(item.job, now)
            if lacks or lacking & item.job.needs.keys():
                lacking |= lacks
                self._is_short = True
                self._waits_for = "instances: " + ", ".join(sorted({name for name, _ in lacking}))
                continue
            if (reason := self._budget.why_not(item.job)) is not None:
                unaffordable = unaffordable or reason
                continue
            self.guard()
            active += self._try(item)
        if unaffordable is not None:
            self._waits_for, self._is_short = unaffordable, True
            if not self._active() and all(self._budget.why_not(i.job) for i in self._waiting()):
                self._give_up(unaffordable)

    def _has_ended(self, item: Item) -> bool:
        state = self._service.describe(item.after)
        if state is not None and not state.has_ended:
            item.not_before = self._clock.now() + self._limits.poll
            return False
        item.after = ""
        return True

    def _try(self, item: Item) -> bool:
        """Make the job; whether there is one now."""
        item.job = item.job.only({one.id8 for one in item.left()})
        name = self._service.job_name(item.job, item.attempt)
        if item.name not in ("", name) and item.may_be_ours:
            # A call without an answer may have made it, with an experiment whose outcome is known by now.
            item.is_suspect, self._next_look = True, 0.0
            self._has_job(item)
            return True
        item.is_marked &= item.name == name
        item.name = name
        if not item.is_marked:
            self._watch.mark(item, LAUNCHED)
            item.is_marked = True
        self._spend(item)
        try:
            self._created += 1
            self._service.create(item.job, item.attempt)
            item.is_seen = item.may_be_ours = True
        except NameTakenError:
            item.is_suspect = True
            self._next_look = 0.0
        except NoInstanceError as error:
            self._be_patient(item, str(error))
            return False
        except ThrottledError:
            self._pace.throttled(self._clock.now())
            self._budget.forget(item.name)
            return False
        except TroubleError:
            item.may_be_ours = True
            raise
        except BadRequestError as error:
            self._pace.worked(self._clock.now())
            self._budget.forget(item.name)
            self._watch.fail(item, item.left(), "code", str(error))
            return False
        self._has_job(item)
        return True

    def _spend(self, item: Item) -> None:
        """Before the job is made, so that a launch after this one knows of it."""
        self._budget.start(item.name, item.job, self._clock.now())
        if self._budget.is_limited:
            self._keep_notes(at_once=True)

    def _keep_notes(self, at_once: bool = False) -> None:
        now, notes = self._clock.now(), self._budget.to_notes()
        if notes != self._kept and (at_once or now >= self._next_keeping):
            self.keep_notes(notes)
            self._kept, self._next_keeping = notes, now + _BETWEEN_NOTES

    def _has_job(self, item: Item) -> None:
        now = self._clock.now()
        self._pace.worked(now)
        self._room.take(item.job)
        item.is_active, item.since = True, now

    def _keep_notes_if_possible(self, at_once: bool = False) -> None:
        try:
            self._keep_notes(at_once)
        except ServiceError as error:
            logger.warning("%s", error)

    def _be_patient(self, item: Item, reason: str) -> None:
        now = self._clock.now()
        self._pace.worked(now)
        self._budget.forget(item.name)
        self._room.refuse(item.job, now)
        logger.info("%s waits for an instance: %s", item.name, reason)
        if item.is_marked:
            self._watch.mark(item, QUEUED, reason)
            item.is_marked = False

    # -- ending ----------------------------------------------------------------------------------

    def _give_up(self, reason: str) -> None:
        self._refused = reason
        for item in self._waiting():
            for one in item.left():
                item.settle(one, QUEUED, reason)

    def _stop_all(self, reason: str) -> None:
        for item in self._active():
            self._watch.stop(item, reason)
        self._give_up(reason)

    def _is_done(self, wait: bool) -> bool:
        ours = [item for item in self._items if item.is_ours]
        if self._waiting() or any(item.is_suspect for item in ours):
            return False
        return not wait or all(not item.left() for item in ours)

    def _pause(self) -> float:
        now = self._clock.now()
        due = [self._next_look]
        waiting = self._waiting()
        if waiting:
            due.extend(item.not_before for item in waiting if item.not_before > now)
            due.append(self._room.next_try(now) or self._next_look)
            due.extend([self._pace.next] if self._pace.next > now else [])
        return max(min(due) - now, _SHORTEST_SLEEP)

    # -- telling ---------------------------------------------------------------------------------

    def _tell(self) -> None:
        self._keep_notes_if_possible()
        states = [outcome.state for outcome in self._outcomes.values()]
        progress = Progress(
            queued=sum(len(item.left()) for item in self._waiting()) + states.count(QUEUED),
            active=sum(len(item.left()) for item in self._active() if item.is_ours),
            finished=states.count("finished"),
            failed=states.count("failed"),
            stopped=states.count(STOPPED),
            waits_for=self._waits_for if self._waiting() else None,
        )
        if progress != self._last_progress:
            self._last_progress = progress
            self.on_progress(progress)

    def _result(self, jobs: Sequence[QueuedJob]) -> QueueResult:
        for item in self._active():
            for one in item.left():
                state = RUNNING if self._watch.is_running(one.id8) else LAUNCHED
                item.settle(one, state)
        outcomes = tuple(self._outcomes[one.id8] for job in jobs for one in job.experiments)
        return QueueResult(outcomes, self._refused, self._created)
