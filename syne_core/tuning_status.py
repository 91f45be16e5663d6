"""What is known of an experiment while it runs: the input of stopping criteria and of progress displays."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import chain
from typing import Any

from syne_core.backend.trial_status import Status, Trial

__all__ = ["Incumbent", "MetricsStatistics", "TuningStatus", "is_better"]

_STATES = (
    Status.completed,
    Status.in_progress,
    Status.failed,
    Status.paused,
    Status.stopped,
    Status.stopping,
)
_ACTIVE = (Status.in_progress, Status.stopping)
_NUMBERS = frozenset({int, float})
_MOST_WAITING = 200


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
    """Count, extremes, sums and last values of the finite numbers reported.

    Reports are added up when somebody asks, or when many wait: a hundred at a time cost a fifth of what they
    cost one by one, and most experiments are asked at their end only.
    """

    def __init__(self) -> None:
        self.count = 0
        self.last_metrics: dict[str, Any] = {}
        self._waiting: list[dict[str, Any]] = []
        self._min: dict[str, float] = {}
        self._max: dict[str, float] = {}
        self._sum: dict[str, float] = {}
        self._is_numeric: dict[str, bool] = {}

    def add(self, metrics: dict[str, Any]) -> None:
        """Take one report into account."""
        self.count += 1
        self.last_metrics = metrics
        self._waiting.append(metrics)
        if len(self._waiting) >= _MOST_WAITING:
            self._add_up()

    @property
    def min_metrics(self) -> dict[str, float]:
        """Smallest finite value of each name."""
        self._add_up()
        return self._min

    @property
    def max_metrics(self) -> dict[str, float]:
        """Largest finite value of each name."""
        self._add_up()
        return self._max

    @property
    def sum_metrics(self) -> dict[str, float]:
        """Sum of the finite values of each name."""
        self._add_up()
        return self._sum

    @property
    def is_numeric(self) -> dict[str, bool]:
        """Whether all values of a name were numbers."""
        self._add_up()
        return self._is_numeric

    def _add_up(self) -> None:
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        for name in dict.fromkeys(chain.from_iterable(waiting)):
            values = [report[name] for report in waiting if name in report]
            if not _NUMBERS.issuperset(map(type, values)):
                numbers = [value for value in values if _is_number(value)]
                self._is_numeric[name] = len(numbers) == len(values) and self._is_numeric.get(name, True)
                values = numbers
            else:
                self._is_numeric.setdefault(name, True)
            self._add_numbers(name, values)

    def _add_numbers(self, name: str, values: list[float]) -> None:
        finite = [value for value in values if math.isfinite(value)]
        if finite:
            self._min[name] = min(self._min.get(name, math.inf), *finite)
            self._max[name] = max(self._max.get(name, -math.inf), *finite)
            self._sum[name] = sum(finite, self._sum.get(name, 0.0))


class _GrowingQuantity:
    """Sum over trials of something that grows within a run and starts at 0 with the next run."""

    def __init__(self) -> None:
        self.total = 0.0
        self._last: dict[int, float] = {}

    def update(self, trial_id: int, value: Any) -> None:
        if not _is_number(value) or not math.isfinite(value):
            return  # not from our Reporter
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
        self._counts = dict.fromkeys(_STATES, 0)
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
        if (seconds := report.get("st_worker_time")) is not None:
            self._time.update(trial.trial_id, seconds)
        if (cost := report.get("st_worker_cost")) is not None:
            self._cost.update(trial.trial_id, cost)
        if self.metric_names:
            metric = self.metric_names[0]
            value, best = report.get(metric), self.incumbent
            if is_better(value, None if best is None else best.value, self.mode):
                assert value is not None  # is_better said so
                self.incumbent = Incumbent(trial.trial_id, metric, value, trial.config)

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
        counts = self._counts
        return counts[Status.completed] + counts[Status.failed] + counts[Status.stopped]

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
    return type(value) is float or (isinstance(value, (int, float)) and not isinstance(value, bool))
