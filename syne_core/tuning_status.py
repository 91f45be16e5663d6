"""What is known of an experiment while it runs: the input of stopping criteria and of progress displays."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

from syne_core.backend.trial_status import Status, Trial

__all__ = ["Incumbent", "MetricsStatistics", "TuningStatus", "is_better"]

_FINISHED = (Status.completed, Status.failed, Status.stopped)
_ACTIVE = (Status.in_progress, Status.stopping)


@dataclass(frozen=True)
class Incumbent:
    """The best report so far."""

    trial_id: int
    metric: str
    value: float
    config: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """As stored in ``status.json``."""
        return {
            "trial_id": self.trial_id,
            "metric": self.metric,
            "value": self.value,
            "config": self.config,
        }


class MetricsStatistics:
    """Count, extremes, sums and last values of the finite numbers reported."""

    def __init__(self) -> None:
        self.count = 0
        self.min_metrics: dict[str, float] = {}
        self.max_metrics: dict[str, float] = {}
        self.sum_metrics: dict[str, float] = {}
        self.last_metrics: dict[str, Any] = {}
        self.is_numeric: dict[str, bool] = {}

    def add(self, metrics: dict[str, Any]) -> None:
        """Take one report into account."""
        self.count += 1
        self.last_metrics = metrics
        for name, value in metrics.items():
            numeric = _is_number(value)
            self.is_numeric[name] = self.is_numeric.get(name, True) and numeric
            if numeric and math.isfinite(value):
                if value < self.min_metrics.get(name, math.inf):
                    self.min_metrics[name] = value
                if value > self.max_metrics.get(name, -math.inf):
                    self.max_metrics[name] = value
                self.sum_metrics[name] = self.sum_metrics.get(name, 0.0) + value


class _GrowingQuantity:
    """Sum over trials of something that grows within a run and starts at 0 with the next run."""

    def __init__(self) -> None:
        self.total = 0.0
        self._last: dict[int, float] = {}

    def update(self, trial_id: int, value: Any) -> None:
        if not _is_number(value) or not math.isfinite(value):
            return  # absent, or not from our Reporter
        last = self._last.get(trial_id, 0.0)
        self.total += value - last if value >= last else value
        self._last[trial_id] = value

    def new_run(self, trial_id: int) -> None:
        self._last.pop(trial_id, None)


class TuningStatus:
    """Counts and statistics of one experiment, over all its sessions.

    :param metric_names: the first one defines the incumbent
    :param mode: ``"min"`` or ``"max"``, of the first metric
    """

    def __init__(self, metric_names: list[str], mode: str = "min") -> None:
        self.metric_names = metric_names
        self.mode = mode
        self.overall_metric_statistics = MetricsStatistics()
        self.incumbent: Incumbent | None = None
        self.elapsed = 0.0
        self._states: dict[int, str] = {}
        self._counts: Counter[str] = Counter()
        self._time = _GrowingQuantity()
        self._cost = _GrowingQuantity()

    def set_state(self, trial_id: int, state: str) -> None:
        """``trial_id`` is now in ``state``."""
        before = self._states.get(trial_id)
        if before is not None:
            self._counts[before] -= 1
        self._states[trial_id] = state
        self._counts[state] += 1
        if state not in _ACTIVE:
            self.new_run(trial_id)

    def new_run(self, trial_id: int) -> None:
        """What ``trial_id`` reports from now on of its time and cost begins at 0."""
        self._time.new_run(trial_id)
        self._cost.new_run(trial_id)

    def add_report(self, trial: Trial, report: dict[str, Any]) -> None:
        """``trial`` reported ``report``."""
        self.overall_metric_statistics.add(report)
        self._time.update(trial.trial_id, report.get("st_worker_time"))
        self._cost.update(trial.trial_id, report.get("st_worker_cost"))
        metric = self.metric_names[0] if self.metric_names else None
        if metric is not None and is_better(value := report.get(metric), self._best_value, self.mode):
            assert value is not None  # is_better said so
            self.incumbent = Incumbent(trial.trial_id, metric, value, trial.config)

    @property
    def _best_value(self) -> float | None:
        return None if self.incumbent is None else self.incumbent.value

    @property
    def num_trials_started(self) -> int:
        """Trials that were started."""
        return len(self._states)

    @property
    def num_trials_completed(self) -> int:
        """Trials that ended by themselves."""
        return self._counts[Status.completed]

    @property
    def num_trials_failed(self) -> int:
        """Trials that failed."""
        return self._counts[Status.failed]

    @property
    def num_trials_finished(self) -> int:
        """Trials that completed, failed or were stopped, and have released their workers."""
        return sum(self._counts[state] for state in _FINISHED)

    @property
    def num_trials_running(self) -> int:
        """Trials that run now."""
        return self._counts[Status.in_progress]

    @property
    def num_reports(self) -> int:
        """Reports of all trials."""
        return self.overall_metric_statistics.count

    @property
    def wallclock_time(self) -> float:
        """Seconds since the start, over all sessions."""
        return self.elapsed

    @property
    def user_time(self) -> float:
        """Seconds that trials ran, summed over trials."""
        return self._time.total

    @property
    def cost(self) -> float:
        """Cost of all trials so far, as they reported it."""
        return self._cost.total

    def trial_counts(self) -> dict[str, int]:
        """Number of trials in each state that occurs."""
        return {state: n for state, n in sorted(self._counts.items()) if n}

    def in_words(self) -> str:
        """One line for a person."""
        counts = ", ".join(f"{n} {state}" for state, n in self.trial_counts().items()) or "no trials yet"
        best = self.incumbent
        incumbent = f"; best {best.metric} {best.value:.6g} (trial {best.trial_id})" if best else ""
        return f"{self.elapsed:.0f} s: {counts}{incumbent}"


def is_better(value: Any, than: float | None, mode: str) -> bool:
    """Whether ``value`` is a finite number better than ``than``; anything finite beats None."""
    if not _is_number(value) or not math.isfinite(value):
        return False
    if than is None:
        return True
    return bool(value < than if mode == "min" else value > than)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
