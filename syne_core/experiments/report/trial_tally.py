"""Adds up what is known of one trial, report by report, whichever file the reports come from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from syne_core.backend.trial_status import Status
from syne_core.experiments.report.trial_history import ReportPoint, TrialRecord

__all__ = ["TrialTally", "finite"]


class TrialTally:
    """One trial, as far as its reports were read.

    :param mode: ``"min"`` or ``"max"``
    :ivar state: to be set by whoever knows
    :ivar reason: likewise
    """

    def __init__(self, trial_id: int, config: Mapping[str, Any], mode: str) -> None:
        self.trial_id = trial_id
        self.config = config
        self.state = Status.in_progress
        self.reason = ""
        self._pick = max if mode == "max" else min
        self._best: float | None = None
        self._resource: float | None = None
        self._num_reports = 0
        self._cost = 0.0
        self._cost_of_run: float | None = None
        self._has_cost = False

    def add(self, time: float, value: object, resource: object, cost: object) -> ReportPoint:
        """A report; without a resource it counts as the next.

        :param cost: of the run so far
        """
        self._num_reports += 1
        number = finite(value)
        if number is not None:
            self._best = number if self._best is None else self._pick(self._best, number)
        reached = finite(resource)
        reached = float(self._num_reports) if reached is None else reached
        self._resource = reached if self._resource is None else max(self._resource, reached)
        paid = finite(cost)
        if paid is not None:
            self._has_cost = True
            self._cost_of_run = paid
        return ReportPoint(self.trial_id, time, reached, number)

    def end_run(self) -> None:
        """The costs of the next run begin at 0."""
        self._cost += self._cost_of_run or 0.0
        self._cost_of_run = None

    def record(self) -> TrialRecord:
        """The trial so far."""
        cost = self._cost + (self._cost_of_run or 0.0) if self._has_cost else None
        return TrialRecord(
            self.trial_id,
            self.config,
            self.state,
            self.reason,
            self._best,
            self._resource,
            self._num_reports,
            cost,
        )


def finite(value: object) -> float | None:
    """``value`` if it is a finite number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:  # an integer beyond the floats
        return None
