"""When an experiment ends."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from numbers import Real
from operator import attrgetter
from typing import Any

from syne_core.errors import UsageError
from syne_core.tuning_status import TuningStatus

__all__ = ["StoppingCriterion"]

_QUANTITIES = {
    "max_wallclock_time": attrgetter("wallclock_time"),
    "max_num_evaluations": attrgetter("num_reports"),
    "max_num_trials_started": attrgetter("num_trials_started"),
    "max_num_trials_completed": attrgetter("num_trials_completed"),
    "max_cost": attrgetter("cost"),
    "max_num_trials_finished": attrgetter("num_trials_finished"),
}


@dataclass(frozen=True)
class StoppingCriterion:
    """True as soon as one of the given limits is reached; limits that are None do not count.

    :param max_wallclock_time: seconds since the start, over all sessions
    :param max_num_evaluations: reports, over all trials
    :param max_num_trials_started: trials started
    :param max_num_trials_completed: trials that ended by themselves
    :param max_cost: sum of ``st_worker_cost`` over trials
    :param max_num_trials_finished: trials that completed, failed or were stopped
    :param min_metric_value: end when a metric falls to its value or below, ``{"loss": 0.1}``
    :param max_metric_value: end when a metric rises to its value or above
    :raises UsageError: if no limit is given, or a limit is not a finite number, positive but for metrics
    """

    max_wallclock_time: float | None = None
    max_num_evaluations: int | None = None
    max_num_trials_started: int | None = None
    max_num_trials_completed: int | None = None
    max_cost: float | None = None
    max_num_trials_finished: int | None = None
    min_metric_value: dict[str, float] | None = None
    max_metric_value: dict[str, float] | None = None

    def __post_init__(self) -> None:
        given = {f.name: getattr(self, f.name) for f in fields(self)}
        given = {name: value for name, value in given.items() if value is not None and value != {}}
        if not given:
            raise UsageError(
                f"StoppingCriterion needs at least one of: {', '.join(f.name for f in fields(self))}"
            )
        mistakes = [mistake for name, value in given.items() if (mistake := _mistake(name, value))]
        if mistakes:
            raise UsageError.joined(mistakes)
        limits = [(name, _QUANTITIES[name], limit) for name, limit in given.items() if name in _QUANTITIES]
        vars(self)["_limits"] = limits  # asked after every report

    def __call__(self, status: TuningStatus) -> bool:
        """Whether the experiment should end."""
        return self.reason(status) is not None

    def reason(self, status: TuningStatus) -> str | None:
        """The limit that is reached, in words; None if none is."""
        for name, quantity, limit in vars(self)["_limits"]:
            if quantity(status) >= limit:
                return f"{name} = {limit:g} reached"
        if self.min_metric_value or self.max_metric_value:
            return self._metric_reason(status)
        return None

    def _metric_reason(self, status: TuningStatus) -> str | None:
        statistics = status.overall_metric_statistics
        for metric, limit in (self.min_metric_value or {}).items():
            if (low := statistics.min_metrics.get(metric)) is not None and low <= limit:
                return f"{metric} <= {limit:g} reached"
        for metric, limit in (self.max_metric_value or {}).items():
            if (high := statistics.max_metrics.get(metric)) is not None and high >= limit:
                return f"{metric} >= {limit:g} reached"
        return None


def _mistake(name: str, value: Any) -> str | None:
    if name.endswith("_metric_value"):
        if isinstance(value, dict) and all(map(_is_finite, value.values())):
            return None
        return f"StoppingCriterion: {name} must give a number for each metric, is {value!r}"
    if _is_finite(value) and value > 0:
        return None
    return f"StoppingCriterion: {name} must be a positive number, is {value!r}"


def _is_finite(value: Any) -> bool:
    return isinstance(value, Real) and math.isfinite(value)
