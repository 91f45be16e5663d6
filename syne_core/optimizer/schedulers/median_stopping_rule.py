"""The median stopping rule: trials that are worse than most others at the same resource are stopped."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping
from typing import Any

from syne_core.backend.trial_status import Trial
from syne_core.errors import UnknownNameError, UsageError
from syne_core.optimizer.scheduler import SchedulerDecision, TrialScheduler, TrialSuggestion
from syne_core.optimizer.schedulers.resource_levels import positive_integer

__all__ = ["MedianStoppingRule"]


class MedianStoppingRule(TrialScheduler):
    """Leaves all to another scheduler, but stops trials that rank low among all that got as far.

    At each report, the trial's value is ranked among those of all trials that reported at this resource
    before; it is stopped if its share of better ones is above ``rank_cutoff``. This is the rule of Golovin et
    al. (2017), "Google Vizier", with the rank in place of the median, as in Syne Tune. A value that is not
    finite ranks worst, also where all others diverged too, and so does a running average that holds one.

    The other scheduler sees every report, and where it pauses or stops a trial, that holds. To it, a trial
    that the rule stops has completed with the report that it was stopped at: a searcher may learn from it.

    :param scheduler: proposes configurations; resume is as exact as its own
    :param resource_attr: name of the resource in reports
    :param running_average: rank the averages of the values up to here instead of the values
    :param metric: default: the first one of ``scheduler``, whose mode counts
    :param grace_time: reports below this resource stop nothing; None: all count
    :param grace_population: fewer trials than this at a resource, with the one in question, stop nothing
    :param rank_cutoff: in [0, 1]; 0.5 is the median
    :raises UnknownNameError: ``scheduler`` does not know ``metric``
    :raises UsageError: another argument makes no sense
    """

    def __init__(
        self,
        scheduler: TrialScheduler,
        resource_attr: str,
        running_average: bool = True,
        metric: str | None = None,
        grace_time: float | None = 1,
        grace_population: int = 5,
        rank_cutoff: float = 0.5,
    ) -> None:
        if not isinstance(scheduler, TrialScheduler):
            raise UsageError(f"MedianStoppingRule needs a scheduler to wrap, not {scheduler!r}")
        if not isinstance(resource_attr, str) or not resource_attr:
            raise UsageError(f"resource_attr must be the name of the resource, not {resource_attr!r}")
        super().__init__(scheduler.config_space)
        # Declared by the class, but here it depends on what is wrapped.
        vars(self)["replay"] = scheduler.replay
        self.scheduler = scheduler
        self.resource_attr = resource_attr
        self.running_average = running_average
        self.metric, self.mode = _metric_and_mode(scheduler, metric)
        self.grace_time = -math.inf if grace_time is None else _number("grace_time", grace_time)
        self.grace_population = positive_integer("grace_population", grace_population)
        self.rank_cutoff = _number("rank_cutoff", rank_cutoff, 0.0, 1.0)
        self._sign = 1.0 if self.mode == "min" else -1.0
        # Values of all trials by resource, sorted, smaller ones being better.
        self._values: dict[float, list[float]] = {}
        self._averages: dict[int, tuple[int, float]] = {}
        # Last reports of trials that were stopped here and are about to be removed.
        self._stopped: dict[int, dict[str, Any]] = {}

    # -- the rule ------------------------------------------------------------------------------

    def on_trial_result(self, trial: Trial, result: dict[str, Any]) -> str:
        is_poor = self._is_poor(trial.trial_id, result[self.resource_attr], result[self.metric])
        decision = self.scheduler.on_trial_result(trial, result)
        if not is_poor or decision != SchedulerDecision.CONTINUE:
            return decision
        self._stopped[trial.trial_id] = result
        return SchedulerDecision.STOP

    def _is_poor(self, trial_id: int, resource: float, metric: float) -> bool:
        """Enter the value, and tell whether the trial is to be stopped for it."""
        value = self._value(trial_id, metric)
        if resource != resource:  # NaN is no resource at which anything could be compared
            return False
        values = self._values.setdefault(resource, [])
        rank = bisect_left(values, value)
        values.insert(rank, value)
        if resource < self.grace_time or len(values) < self.grace_population:
            return False
        return value == math.inf or rank > self.rank_cutoff * len(values)

    def _value(self, trial_id: int, metric: float) -> float:
        """What is ranked: less is better, infinity is worst."""
        try:
            value = self._sign * float(metric)
        except OverflowError:  # an int beyond all floats
            value = math.inf
        if not math.isfinite(value):
            value = math.inf
        if not self.running_average:
            return value
        count, average = self._averages.get(trial_id, (0, 0.0))
        # Not from the sum, which may overflow where the average does not.
        average = average * (count / (count + 1)) + value / (count + 1)
        self._averages[trial_id] = (count + 1, average)
        return average

    # -- what is left to the other scheduler ---------------------------------------------------

    def _suggest(self, trial_id: int) -> TrialSuggestion | None:
        return self.scheduler.suggest(trial_id)

    def state(self) -> dict[str, Any]:
        return self.scheduler.state()

    def replay_suggestion(
        self, trial_id: int, suggestion: TrialSuggestion | None, state: Mapping[str, Any]
    ) -> None:
        self.scheduler.replay_suggestion(trial_id, suggestion, state)

    def on_trial_add(self, trial: Trial) -> None:
        self.scheduler.on_trial_add(trial)

    def on_trial_complete(self, trial: Trial, result: dict[str, Any]) -> None:
        self._averages.pop(trial.trial_id, None)
        self.scheduler.on_trial_complete(trial, result)

    def on_trial_error(self, trial: Trial) -> None:
        self._averages.pop(trial.trial_id, None)
        self.scheduler.on_trial_error(trial)

    def on_trial_remove(self, trial: Trial) -> None:
        last = self._stopped.pop(trial.trial_id, None)
        if last is None:
            self.scheduler.on_trial_remove(trial)  # the average stays: it may be a pause
        else:
            self.on_trial_complete(trial, last)

    def trials_checkpoints_can_be_removed(self) -> list[int]:
        return self.scheduler.trials_checkpoints_can_be_removed()

    def metric_names(self) -> list[str]:
        return self.scheduler.metric_names()

    def metric_mode(self) -> str | list[str]:
        return self.scheduler.metric_mode()

    def is_multiobjective_scheduler(self) -> bool:
        return self.scheduler.is_multiobjective_scheduler()

    def metadata(self) -> dict[str, Any]:
        return {
            **self.scheduler.metadata(),
            "scheduler_name": type(self).__name__,
            "wrapped_scheduler": type(self.scheduler).__name__,
            "resource_attr": self.resource_attr,
            "running_average": self.running_average,
            "grace_population": self.grace_population,
            "rank_cutoff": self.rank_cutoff,
        }


def _metric_and_mode(scheduler: TrialScheduler, metric: str | None) -> tuple[str, str]:
    names, modes = scheduler.metric_names(), scheduler.metric_mode()
    if metric is not None and metric not in names:
        raise UnknownNameError("metric", str(metric), names)
    position = 0 if metric is None else names.index(metric)
    return names[position], modes if isinstance(modes, str) else modes[position]


def _number(name: str, value: Any, lower: float = -math.inf, upper: float = math.inf) -> float:
    numeric = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not numeric or not lower <= value <= upper:
        limits = f" from {lower:g} to {upper:g}" if math.isfinite(lower) else ""
        raise UsageError(f"{name} must be a number{limits}, not {value!r}")
    return float(value)
