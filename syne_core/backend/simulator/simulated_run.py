"""One run of a simulated trial: what it reports, and when, until it ends or is told to."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from syne_core.backend.simulator.delays import SimulatorDelays
from syne_core.backend.trial_status import Status
from syne_core.blackbox.blackbox import LearningCurve

__all__ = ["ReportNames", "SimulatedRun"]


class ReportNames:
    """What the values of a report are called.

    :param resource_attr: the resource
    :param elapsed_time_attr: seconds since the start of the training, over all runs of the trial
    """

    __slots__ = ("elapsed", "resource")

    def __init__(self, resource_attr: str, elapsed_time_attr: str) -> None:
        self.resource = resource_attr
        self.elapsed = elapsed_time_attr


class SimulatedRun:
    """Goes through a learning curve. ``due`` is when something happens next, in simulated seconds.

    :param begin: when the training begins
    :param reached: resource of the checkpoint that it goes on from, 0 for none
    :param limit: largest resource that it trains to
    :ivar due: time of the next arrival of a report, or of the end of the run
    :ivar ends: whether that is the end
    :ivar wanted: state that it was told to end in, None if it was not
    :ivar number: of the event that stands for this run in the queue; others of this run are void
    """

    __slots__ = (
        "_begin",
        "_columns",
        "_curve",
        "_delays",
        "_elapsed",
        "_first",
        "_last",
        "_next",
        "_offset",
        "_told_at",
        "due",
        "ends",
        "number",
        "trial_id",
        "wanted",
    )

    def __init__(
        self,
        trial_id: int,
        curve: LearningCurve,
        delays: SimulatorDelays,
        begin: float,
        reached: int = 0,
        limit: float = math.inf,
    ) -> None:
        self.trial_id = trial_id
        self._curve = curve
        self._columns = tuple(curve.metrics.items())
        self._elapsed: Sequence[float] = curve.elapsed
        self._delays = delays
        resources = curve.resources
        self._first = self._next = bisect_right(resources, reached)
        self._last = len(resources) if limit == math.inf else bisect_right(resources, limit)
        self._begin = begin
        before = self._elapsed[self._first - 1] if self._first else 0.0
        self._offset = begin - before
        self._told_at = math.inf
        self.wanted: str | None = None
        self.number = -1
        self._look_ahead(begin)

    def take_report(self, names: ReportNames) -> dict[str, Any]:
        """The report that arrives at ``due``; then ``due`` is the next event's."""
        at = self._next
        elapsed = self._elapsed[at]
        made = self._offset + elapsed
        report: dict[str, Any] = {names.resource: self._curve.resources[at]}
        for name, values in self._columns:
            report[name] = values[at]
        report[names.elapsed] = elapsed
        report["st_worker_timestamp"] = made
        report["st_worker_time"] = made - self._begin
        report["st_worker_iter"] = at - self._first
        self._next = at + 1
        self._look_ahead(self.due)
        return report

    def tell_to_end(self, now: float, wanted: str) -> None:
        """It is told at ``now`` to end, and to be in state ``wanted`` then. What it reports until it hears
        of that still arrives."""
        self.wanted = wanted
        self._told_at = now + self._delays.stop
        self._look_ahead(now)

    def reached_by(self, now: float) -> int:
        """Resource of the last report made until ``now``, 0 if there is none."""
        at = self._next
        while at < self._last and self._is_made(at, now):
            at += 1
        return self._curve.resources[at - 1] if at else 0

    def _is_made(self, at: int, now: float) -> bool:
        made = self._offset + self._elapsed[at]
        return made <= now and made < self._told_at

    def outcome(self) -> tuple[str, str | None]:
        """State after the end, and why it failed if it did."""
        if self._next < self._last or (self.wanted is not None and self._natural_end() > self._told_at):
            return self.wanted or Status.stopped, None
        if self._curve.failure is not None and self._last == len(self._curve.resources):
            return Status.failed, self._curve.failure
        return Status.completed, None

    def _look_ahead(self, now: float) -> None:
        """Find out what happens next; nothing before ``now``."""
        if self._next < self._last:
            made = self._offset + self._elapsed[self._next]
            if made < self._told_at:
                self.ends = False
                self.due = made + self._delays.report
                return
            end = self._told_at + self._delays.end_after_stop
        else:
            end = min(self._natural_end(), self._told_at + self._delays.end_after_stop)
        self.ends = True
        self.due = max(end, now)

    def _natural_end(self) -> float:
        done = self._offset + self._elapsed[self._next - 1] if self._next > self._first else self._begin
        return done + self._delays.complete
