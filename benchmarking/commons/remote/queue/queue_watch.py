"""What the queue learns of jobs that were made: from markers, and from SageMaker where markers are silent."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from benchmarking.commons.remote.queue.job_endings import Ending, Verdict, ending_of
from benchmarking.commons.remote.queue.pacing import Backoff
from benchmarking.commons.remote.queue.queue_items import Item
from benchmarking.commons.remote.queue.queue_model import Clock, JobService, Limits, QueuedExperiment
from benchmarking.commons.remote.queue.room import Budget, InstanceRoom
from benchmarking.commons.remote.records.markers import (
    FAILED,
    FINISHED,
    INFRASTRUCTURE,
    QUEUED,
    RUNNING,
    STOPPED,
    State,
    StateRecord,
)
from syne_core.aws.job_states import JobState

__all__ = ["QueueWatch"]

logger = logging.getLogger(__name__)

#: DescribeTrainingJob calls in one look.
_MOST_DESCRIBED = 20


class QueueWatch:
    """Looks after jobs.

    :param states: the markers as they were when the launch began
    """

    def __init__(
        self,
        service: JobService,
        clock: Clock,
        limits: Limits,
        room: InstanceRoom,
        budget: Budget,
        states: Mapping[str, State],
        generator: random.Random,
    ) -> None:
        self._service, self._clock, self._limits = service, clock, limits
        self._room, self._budget, self._generator = room, budget, generator
        self._states = states
        self._old_stops = {id8: state.markers.get(STOPPED) for id8, state in states.items()}
        self._written: dict[str, set[str]] = {}
        self._records: dict[tuple[str, float], StateRecord | None] = {}
        self._next_listing = 0.0

    def look(self, items: Sequence[Item], is_short: bool) -> None:
        """Bring all ``items`` up to date.

        SageMaker is asked for jobs that may have ended in silence before the markers are read: what such a
        job has left is there then. Of jobs whose markers tell the end, it is asked afterwards, if it
        is for their instances that others wait.
        """
        active = [item for item in items if item.is_active]
        ended = self._ended(self._suspects(active))
        self._states = self._service.states()
        for item in items:
            self._read_markers(item)
        for item, state in ended:
            self._settle(item, state)
        over = [i for i in active if i.is_active and i.is_over and (is_short or i.setbacks)]
        for item, state in self._ended(over[:_MOST_DESCRIBED]):
            self._settle(item, state)

    def is_running(self, id8: str) -> bool:
        """Whether the job says that the experiment runs."""
        state = self._states.get(id8)
        return state is not None and RUNNING in state.markers

    # -- markers ---------------------------------------------------------------------------------

    def mark(self, item: Item, state: str, reason: str | None = None) -> None:
        """Write the markers of an item's experiments that have no outcome."""
        for one in item.left():
            self._mark(item, one, state, reason=reason)

    def fail(self, item: Item, experiments: Iterable[QueuedExperiment], cause: str, reason: str) -> None:
        """Experiments have failed for good."""
        failed = list(experiments)
        tail = self._service.log_tail(item.name) if item.is_seen and failed else ()
        for one in failed:
            self._mark(item, one, FAILED, cause, reason, tail)
            self._stop_trials(item, one)
            item.settle(one, FAILED, reason, cause, tail)

    def stop(self, item: Item, reason: str) -> None:
        """Stop the item's job."""
        self._service.stop(item.name)
        item.is_stopping = True
        for one in item.left():
            self._mark(item, one, STOPPED, reason=reason)
            self._stop_trials(item, one)
            item.settle(one, STOPPED, reason)

    def _mark(
        self,
        item: Item,
        one: QueuedExperiment,
        state: str,
        cause: str | None = None,
        reason: str | None = None,
        tail: tuple[str, ...] = (),
    ) -> None:
        record = StateRecord(one.name, item.attempt, item.name, self._clock.now(), cause, reason, tail)
        self._write(one.id8, state, record)

    def _write(self, id8: str, state: str, record: StateRecord) -> None:
        """What others write meanwhile is not deleted: that the job runs, a wish to stop."""
        known, mine = self._states.get(id8), self._written.setdefault(id8, set())
        markers = mine | set(known.markers if known else ())
        if self._old_stops.get(id8) is None:
            markers -= {STOPPED}
        mine.add(state)
        self._service.mark(id8, state, record, markers - {FINISHED, state})
        self._written[id8] = {state}

    def _stop_trials(self, item: Item, one: QueuedExperiment) -> None:
        if len(item.job.needs) > 1 or sum(item.job.needs.values()) > 1:
            self._service.stop_trials(one)

    def _read_markers(self, item: Item) -> None:
        for one in item.left():
            state = self._states.get(one.id8)
            if state is None:
                continue
            if FINISHED in state.markers:
                item.settle(one, FINISHED)
            elif self._is_new_stop(state):
                item.settle(one, STOPPED, "it was told to stop")
                self._stop_trials(item, one)
            elif FAILED in state.markers and item.is_active:
                self._read_failure(item, one, state)
        if item.is_active and not item.left() and not item.is_stopping and self._was_stopped(item):
            self._service.stop(item.name)
            item.is_stopping = True

    def _is_new_stop(self, state: State) -> bool:
        written = state.markers.get(STOPPED)
        return written is not None and written != self._old_stops.get(state.id8)

    def _was_stopped(self, item: Item) -> bool:
        outcomes = [item.outcomes[one.id8].state for one in item.job.experiments]
        return STOPPED in outcomes

    def _read_failure(self, item: Item, one: QueuedExperiment, state: State) -> None:
        key = (one.id8, state.markers[FAILED])
        if self._records.get(key) is None:
            self._records[key] = self._service.record(one.id8, FAILED)
        record = self._records[key]
        if record is None or record.attempt < item.attempt:
            return
        if record.cause == INFRASTRUCTURE and item.failures < self._limits.max_retries:
            item.setbacks[one.id8] = record
        else:
            tail = record.log_tail or self._add_log_tail(item, one, record)
            item.settle(one, FAILED, record.reason, record.cause, tail)
            self._stop_trials(item, one)

    def _add_log_tail(self, item: Item, one: QueuedExperiment, record: StateRecord) -> tuple[str, ...]:
        """The job could not read what it had printed; CloudWatch can."""
        tail = self._service.log_tail(item.name)
        if tail:
            self._service.mark(one.id8, FAILED, replace(record, log_tail=tail), ())
        return tail

    # -- jobs ------------------------------------------------------------------------------------

    def _suspects(self, active: Sequence[Item]) -> list[Item]:
        """Jobs that may have ended in silence, or may not exist; from time to time a listing tells which."""
        now, limits = self._clock.now(), self._limits
        suspects = [item for item in active if item.is_suspect]
        are_silent = any(not item.is_over and not item.is_suspect for item in active)
        if (are_silent or len(suspects) > _MOST_DESCRIBED) and now >= self._next_listing:
            self._next_listing = now + self._generator.uniform(limits.backstop, 2 * limits.backstop)
            running = self._service.running([item.name for item in active])
            for item in active:
                is_running = item.name in running
                item.is_seen, item.may_be_ours = item.is_seen or is_running, item.may_be_ours or is_running
                item.is_suspect = not is_running and bool(item.left())
                if not is_running and not item.left():
                    self._release(item)
            suspects = [item for item in active if item.is_suspect]
        return suspects

    def _ended(self, items: Sequence[Item]) -> list[tuple[Item, JobState | None]]:
        """Those of the jobs that have ended, or that there are not."""
        return [(item, state) for item in items if self._is_gone(item, state := self._ask(item))]

    def _ask(self, item: Item) -> JobState | None:
        state = self._service.describe(item.name)
        item.is_seen = item.is_seen or state is not None
        return state

    def _is_gone(self, item: Item, state: JobState | None) -> bool:
        """A job that has not ended is no suspect; one that has is, until it is settled."""
        item.is_suspect = state is None or state.has_ended
        if not item.is_suspect:
            item.may_be_ours = True
        return item.is_suspect

    def _settle(self, item: Item, state: JobState | None) -> None:
        for one in item.left():
            if one.id8 not in item.setbacks and self._service.has_finished(one):
                self._mark(item, one, FINISHED)
                item.settle(one, FINISHED)
        if item.left():
            self._conclude(item, ending_of(state, item.is_seen, item.may_be_ours))
        else:
            self._release(item)

    def _release(self, item: Item) -> None:
        if item.is_active:
            self._room.release(item.job)
            self._budget.end(item.name, self._clock.now())
        item.is_active = item.is_suspect = False

    def _conclude(self, item: Item, ending: Ending) -> None:
        verdict, now = ending.verdict, self._clock.now()
        if verdict is Verdict.never_made:
            self._release(item)
            # Part of a job that was to be made has another name, which its markers are to say.
            name = self._service.job_name(item.job.only({one.id8 for one in item.left()}), item.attempt)
            item.may_be_ours = item.name == name
            item.is_marked &= item.name == name
            item.name = name
            return
        if verdict is Verdict.stopped and not item.setbacks:
            for one in item.left():
                self._mark(item, one, STOPPED, reason=ending.reason)
                self._stop_trials(item, one)
                item.settle(one, STOPPED, ending.reason)
        elif verdict is Verdict.code:
            self.fail(item, self._guilty(item), "code", ending.reason)
        is_failure = bool(item.setbacks) or verdict is Verdict.infrastructure
        if is_failure and item.failures >= self._limits.max_retries:
            self.fail(item, item.left(), INFRASTRUCTURE, ending.reason)
        if item.left():
            reason = next((record.reason for record in item.setbacks.values()), None) or ending.reason
            self._again(item, verdict, is_failure, reason, now)
        else:
            self._release(item)

    def _guilty(self, item: Item) -> list[QueuedExperiment]:
        """Of several experiments in a job, the one that ran when it failed; those after it had no chance."""
        left = [one for one in item.left() if one.id8 not in item.setbacks]
        return [one for one in left if self.is_running(one.id8)] or left

    def _again(self, item: Item, verdict: Verdict, is_failure: bool, reason: str, now: float) -> None:
        limits = self._limits
        pause = 0.0
        if is_failure or verdict is Verdict.no_capacity:
            item.backoff = item.backoff or Backoff(limits.first_wait, limits.longest_wait, self._generator)
            pause = item.backoff.pause()
        logger.info("%s: %s: once more", item.name, reason)
        job = item.name
        for one in item.left():
            record = StateRecord(one.name, item.attempt + 1, job, now, None, reason)
            self._write(one.id8, QUEUED, record)
            if not item.is_ours:
                item.settle(one, QUEUED, reason)
        self._release(item)
        item.next_attempt(is_failure, now + pause)
