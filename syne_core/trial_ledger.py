"""What the tuner knows of its trials, and the rules on reports that come twice or late.

Live tuning and replay drive the same ledger, so that a replayed experiment stands exactly where
the original stood.
"""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from syne_core.backend.trial_status import Status, Trial
from syne_core.errors import ExperimentError
from syne_core.optimizer.scheduler import SchedulerDecision, TrialScheduler
from syne_core.tuning_status import TuningStatus

__all__ = ["TrackedTrial", "TrialLedger"]

logger = logging.getLogger(__name__)

_OUTCOME = {
    SchedulerDecision.CONTINUE: None,
    SchedulerDecision.PAUSE: Status.paused,
    SchedulerDecision.STOP: Status.stopped,
}


@dataclass(slots=True)
class TrackedTrial:
    """A trial as the tuner sees it.

    :param source: trial whose checkpoint it was started from
    :param outcome: state to be in once the run has ended, None while it may go on
    :param is_through: its run completed, though the scheduler paused it before that
    :param held: reports that came after a PAUSE; shown to the scheduler when the trial is resumed
    :param seen: keys of the reports received
    """

    trial: Trial
    source: int | None = None
    state: str = Status.in_progress
    outcome: str | None = None
    is_through: bool = False
    last: dict[str, Any] | None = None
    num_reports: int = 0
    held: deque[dict[str, Any]] = field(default_factory=deque)
    seen: set[Any] = field(default_factory=set)

    @property
    def is_active(self) -> bool:
        """Whether its run has not ended, as far as we know."""
        return self.state in (Status.in_progress, Status.stopping)


class TrialLedger:
    """Keeps the trials of one experiment and tells the scheduler of them.

    :param resource_attr: name of the resource in reports; (trial, resource) identifies a report
    """

    def __init__(self, scheduler: TrialScheduler, status: TuningStatus, resource_attr: str | None) -> None:
        self.scheduler = scheduler
        self.status = status
        self.resource_attr = resource_attr
        self.trials: dict[int, TrackedTrial] = {}
        self.active: dict[int, TrackedTrial] = {}
        asked = getattr(scheduler, "resource_attr", None)
        self._needed = (*scheduler.metric_names(), *([asked] if asked else []))
        self._complained: set[str] = set()

    @property
    def next_trial_id(self) -> int:
        """The id that a new trial gets."""
        return len(self.trials)

    def begin_session(self) -> None:
        """Trials that an earlier session left running run again: their clocks begin at 0."""
        for tracked in self.active.values():
            if tracked.outcome is None:
                self.status.new_run(tracked.trial.trial_id)

    def add(self, trial: Trial, source: int | None = None) -> TrackedTrial:
        """A new trial, started from the checkpoint of ``source`` if given."""
        tracked = self.trials[trial.trial_id] = TrackedTrial(trial, source)
        self._set_state(tracked, Status.in_progress)
        self.scheduler.on_trial_add(trial)
        return tracked

    def resume(self, trial_id: int, config: dict[str, Any] | None) -> TrackedTrial:
        """A paused trial goes on, with a new ``config`` if given."""
        tracked = self.trials[trial_id]
        if config is not None and config != tracked.trial.config:
            tracked.trial = Trial(trial_id, config, tracked.trial.creation_time)
            tracked.is_through = False
        tracked.outcome = None
        self._set_state(tracked, Status.in_progress)
        return tracked

    def is_repeat(self, tracked: TrackedTrial, report: dict[str, Any], plain: bool) -> bool:
        """Whether the report for this (trial, resource) was received before; takes note of it.

        :param plain: see ``is_plain``; such a report does not stand in for the one with the metric
        """
        key = report.get(self.resource_attr) if self.resource_attr else None
        if key is None or isinstance(key, (list, dict)):
            key = _time_of(report)
        if plain:
            key = (key, *report)
        if key in tracked.seen:
            return True
        tracked.seen.add(key)
        return False

    def note(self, tracked: TrackedTrial, report: dict[str, Any]) -> None:
        """Every report counts, also those that the scheduler is not shown."""
        tracked.num_reports += 1
        self.status.add_report(tracked.trial, report)

    def is_plain(self, tracked: TrackedTrial, report: dict[str, Any]) -> bool:
        """Whether ``report`` lacks a number that the scheduler needs; complains once for each name."""
        for name in self._needed:
            value = report.get(name)
            if type(value) is float or type(value) is int:
                continue
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                self._complain(tracked, name, report)
                return True
        return False

    def show(self, tracked: TrackedTrial, report: dict[str, Any], recorded: str | None = None) -> str:
        """Ask the scheduler about ``report``; returns its decision, or ``recorded`` in a replay.

        :raises ExperimentError: if it returns something else
        """
        decision = self.scheduler.on_trial_result(tracked.trial, report)
        if decision == SchedulerDecision.CONTINUE and recorded is None:
            tracked.last = report
            return decision
        if decision not in _OUTCOME:
            raise ExperimentError(
                f"{type(self.scheduler).__name__}.on_trial_result returned {decision!r}; "
                f"valid: {', '.join(_OUTCOME)}"
            )
        if recorded is not None and decision != recorded:
            self._complain_once(
                "replay",
                f"replay: the scheduler now decides {decision} where it decided {recorded} "
                f"(trial {tracked.trial.trial_id}); the record wins",
            )
        decision = recorded or decision
        tracked.last = report
        if (outcome := _OUTCOME[decision]) is not None:
            self.tell_to_end(tracked, outcome)
            self.scheduler.on_trial_remove(tracked.trial)
        return decision

    def tell_to_end(self, tracked: TrackedTrial, outcome: str) -> None:
        """The run is to end; what still arrives from it is late."""
        tracked.outcome = outcome
        self._set_state(tracked, Status.stopping)

    def hold(self, tracked: TrackedTrial, report: dict[str, Any]) -> None:
        """Keep a late report for when the trial is resumed."""
        if tracked.outcome == Status.paused:
            tracked.held.append(report)

    def end_run(self, tracked: TrackedTrial, state: str, is_through: bool = False) -> None:
        """The run has ended, and all its reports are in.

        :param is_through: see ``TrackedTrial``
        """
        trial = tracked.trial
        tracked.is_through = tracked.is_through or is_through
        self._set_state(tracked, state)
        if state == Status.completed:
            self.scheduler.on_trial_complete(trial, tracked.last or {})
        elif state == Status.failed:
            self.scheduler.on_trial_error(trial)
        if state != Status.paused:
            tracked.seen = set()
            tracked.held.clear()

    def _set_state(self, tracked: TrackedTrial, state: str) -> None:
        trial_id = tracked.trial.trial_id
        tracked.state = state
        self.status.set_state(trial_id, state)
        if tracked.is_active:
            self.active[trial_id] = tracked
        else:
            self.active.pop(trial_id, None)

    def _complain(self, tracked: TrackedTrial, name: str, report: dict[str, Any]) -> None:
        names = ", ".join(n for n in report if not n.startswith("st_")) or "nothing"
        self._complain_once(
            name,
            f"trial {tracked.trial.trial_id} sent a report without a number for '{name}' (it has: {names}); "
            "such reports are stored, but the scheduler does not see them",
        )

    def _complain_once(self, subject: str, message: str) -> None:
        if subject not in self._complained:
            self._complained.add(subject)
            logger.warning(message)


def _time_of(report: dict[str, Any]) -> tuple[Any, ...]:
    """What tells a report apart that names no resource."""
    time, count = report.get("st_worker_timestamp"), report.get("st_worker_iter")
    if type(time) is float and type(count) is int:
        return (time, count)
    if time is None and count is None:  # printed by hand
        return ("line", repr(report))
    return ("at", repr(time), repr(count))
