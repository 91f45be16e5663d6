"""What a model-based searcher has learned, and what it is still waiting for."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from syne_core.optimizer.gaussian_process.features import FeatureMap

__all__ = ["Observations", "TrainingData"]

Array = NDArray[np.float64]

#: Resource of observations where there is none.
_END = 0


@dataclass(frozen=True)
class TrainingData:
    """Input of the model.

    :param rows: features of the configuration, then the position of the resource if there is one;
        shape (n, columns)
    :param values: metric to be minimised, maybe not finite, shape (n,)
    :param pending: rows that are being evaluated, shape (p, columns)
    :param configs: features of all configurations in ``rows`` or ``pending``, shape (c, features)
    """

    rows: Array
    values: Array
    pending: Array
    configs: Array


class Observations:
    """Values by trial and resource.

    Order matters to floating-point sums, so everything is kept in the order in which it came, which a replay
    repeats.

    :param max_resource: largest resource; None: observations have no resource
    """

    def __init__(self, features: FeatureMap, max_resource: int | None = None) -> None:
        self._features = features
        self._max_resource = max_resource
        self._row: dict[str, Array] = {}
        self._values: dict[str, dict[float, float]] = {}
        self._pending: dict[str, float] = {}
        self._count: Counter[float] = Counter()

    @property
    def num_values(self) -> int:
        """Number of observed values."""
        return self._count.total()

    def add_trial(self, trial_id: str, config: Mapping[str, Any]) -> None:
        """``trial_id`` runs ``config``."""
        self._row[trial_id] = self._features.encode(config)

    def add(self, trial_id: str, value: float, resource: float | None = None) -> None:
        """``trial_id`` has ``value`` at ``resource``; the first counts."""
        at = _END if resource is None else resource
        self._pending.pop(trial_id, None)
        if at not in self._values.setdefault(trial_id, {}):
            self._values[trial_id][at] = value
            self._count[at] += 1

    def remove(self, trial_id: str, resource: float | None = None) -> None:
        """Forget the value of ``trial_id`` at ``resource``, or all of its values."""
        known = self._values.get(trial_id, {})
        for at in [resource] if resource is not None else list(known):
            if known.pop(at, None) is not None:
                self._count[at] -= 1

    def expect(self, trial_id: str, resource: float | None = None) -> None:
        """``trial_id`` is running and will report at ``resource``."""
        at = _END if resource is None else resource
        if at not in self._values.get(trial_id, ()):
            self._pending[trial_id] = at

    def expect_nothing(self, trial_id: str) -> None:
        """``trial_id`` does not run any more."""
        self._pending.pop(trial_id, None)

    def position(self, resource: float) -> float:
        """Position of ``resource`` in [0, 1], on a logarithmic scale."""
        if self._max_resource is None or self._max_resource <= 1:
            return 1.0
        return math.log(max(resource, 1.0)) / math.log(self._max_resource)

    def largest_resource_with(self, count: int) -> float:
        """The largest resource at which at least ``count`` values are known, else the smallest with any."""
        return max((at for at, n in self._count.items() if n >= count), default=self.smallest_resource())

    def smallest_resource(self) -> float:
        """The smallest resource at which a value is known."""
        return min(at for at, n in self._count.items() if n > 0)

    def training_data(self, max_size: int) -> TrainingData:
        """What the model is fitted to, at most ``max_size`` values (but at least those of one trial)."""
        chosen = self._chosen(max_size)
        rows = [self._row_at(trial, at) for trial in chosen for at in self._values[trial]]
        values = [value for trial in chosen for value in self._values[trial].values()]
        pending = [self._row_at(trial, at) for trial, at in self._pending.items()]
        width = self._features.num_columns + (self._max_resource is not None)
        configs = [self._row[trial] for trial in dict.fromkeys([*chosen, *self._pending])]
        return TrainingData(
            np.array(rows).reshape(-1, width),
            np.array(values),
            np.array(pending).reshape(-1, width),
            np.array(configs),
        )

    def _row_at(self, trial_id: str, resource: float) -> Array:
        row = self._row[trial_id]
        return row if self._max_resource is None else np.append(row, self.position(resource))

    def _chosen(self, max_size: int) -> list[str]:
        """Trials whose values are used, in the order in which they were first observed.

        Whole trials are kept: half of the values belong to those that came furthest, the best of these first,
        and half to trials spread evenly over time, since a model of good configurations alone would not know
        that others are poor.
        """
        trials = [trial for trial, values in self._values.items() if values]
        if self.num_values <= max_size:
            return trials
        order = sorted(trials, key=self._standing)
        kept: dict[str, None] = {}
        size = self._take(order, kept, 0, max_size // 2)
        stride = max(1, len(trials) * 2 // max_size)
        spread = [trial for start in range(stride) for trial in trials[start::stride] if trial not in kept]
        self._take(spread, kept, size, max_size)
        return [trial for trial in trials if trial in kept]

    def _take(self, order: list[str], kept: dict[str, None], size: int, max_size: int) -> int:
        for trial in order:
            more = len(self._values[trial])
            if kept and size + more > max_size:
                break
            kept[trial] = None
            size += more
        return size

    def _standing(self, trial_id: str) -> tuple[float, float]:
        furthest, value = max(self._values[trial_id].items())
        return -furthest, value if math.isfinite(value) else math.inf
