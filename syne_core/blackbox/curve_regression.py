"""Learning curves predicted by regression: metrics and times of all resources at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from syne_core.blackbox.blackbox import LearningCurve
from syne_core.blackbox.tabular import BlackboxTabular
from syne_core.errors import BlackboxError

__all__ = ["CurveRegression", "Estimator"]


class Estimator(Protocol):
    """A regressor of several outputs, as scikit-learn's are."""

    def fit(self, X: Any, Y: Any, /) -> Any:
        """Learn from inputs (n, d) and outputs (n, outputs)."""

    def predict(self, X: Any, /) -> Any:
        """Outputs (m, outputs) for inputs (m, d)."""


class CurveRegression:
    """A regression of one repetition of a table, fitted at once.

    Each row that reported finite metrics gives one example. What its curve lacks is filled in for the
    fit: a metric keeps its last finite value (or takes the first, at the beginning), and seconds between
    reports go on as in the mean so far. Seconds are regressed on a log scale, and never negative.

    :param make: makes an estimator for a number of examples
    :param name: what messages call it
    :raises BlackboxError: nothing to learn from, or the estimator fails
    """

    def __init__(
        self, table: BlackboxTabular, seed: int, make: Callable[[int], Estimator], name: str
    ) -> None:
        self._table, self._name = table, name
        rows, metrics, steps = _examples(table, seed)
        if not rows:
            raise BlackboxError(
                f"surrogate {name}: no row has a finite value of each metric in repetition {seed}"
            )
        self._estimator = make(len(rows))
        positive = steps[steps > 0]
        self._offset = 1e-3 * float(np.median(positive)) if positive.size else 1e-9
        self._shape = metrics.shape[1:]
        outputs = np.hstack([metrics.reshape(len(rows), -1), np.log(steps + self._offset)])
        self._mean, spread = outputs.mean(axis=0), outputs.std(axis=0)
        self._scale = np.where(spread > 0, spread, 1.0)
        self._fit(table.points()[rows], (outputs - self._mean) / self._scale)

    def _fit(self, inputs: NDArray[np.float64], outputs: NDArray[np.float64]) -> None:
        try:
            self._estimator.fit(inputs, outputs)
        except Exception as error:
            raise BlackboxError(
                f"surrogate {self._name} cannot be fitted to {inputs.shape} inputs and {outputs.shape} "
                f"outputs: {type(error).__name__}: {error}"
            ) from error

    def curve(self, point: NDArray[np.float64], model: LearningCurve) -> LearningCurve:
        """The curve predicted for ``point``, with the resources, divergence and failure of ``model``."""
        metrics, elapsed = self.predict(point)
        at = {resource: index for index, resource in enumerate(self._table.resources)}
        rows = [at[resource] for resource in model.resources]
        values = {}
        for column, name in enumerate(self._table.metric_names):
            known = np.where(np.isnan(model.metrics[name]), np.nan, metrics[rows, column])
            values[name] = known.tolist()
        return LearningCurve(model.resources, elapsed[rows].tolist(), values, model.failure)

    def predict(self, point: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Metrics, shape (resources, metrics), and elapsed seconds, shape (resources,).

        :raises BlackboxError: the estimator fails, or predicts something else
        """
        try:
            found = np.asarray(self._estimator.predict(point.reshape(1, -1)), dtype=float).reshape(-1)
        except Exception as error:
            raise BlackboxError(f"surrogate {self._name}: {type(error).__name__}: {error}") from error
        if found.shape != self._mean.shape or not np.isfinite(found).all():
            raise BlackboxError(f"surrogate {self._name} did not predict {len(self._mean)} finite numbers")
        outputs = found * self._scale + self._mean
        size = int(np.prod(self._shape))
        with np.errstate(over="ignore"):
            steps = np.exp(np.minimum(outputs[size:], 700.0)) - self._offset
        return outputs[:size].reshape(self._shape), np.cumsum(np.maximum(steps, 0.0))


def _examples(
    table: BlackboxTabular, seed: int
) -> tuple[list[int], NDArray[np.float64], NDArray[np.float64]]:
    """Rows to learn from; their metrics (rows, resources, metrics); seconds between reports."""
    rows, metrics, steps = [], [], []
    at = {resource: index for index, resource in enumerate(table.resources)}
    for row in range(len(table.configurations)):
        curve = table.curve_at(row, seed)
        present = [at[resource] for resource in curve.resources]
        values = np.full((len(at), len(table.metric_names)), np.nan)
        if present:
            values[present] = np.column_stack([curve.metrics[name] for name in table.metric_names])
        if np.isfinite(values).any(axis=0).all():
            rows.append(row)
            metrics.append(np.column_stack([_filled(column) for column in values.T]))
            steps.append(_steps(present, curve.elapsed, len(at)))
    return rows, np.array(metrics), np.array(steps)


def _filled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """NaN replaced by the last finite value before, or the first after."""
    known = np.flatnonzero(np.isfinite(values))
    source = np.searchsorted(known, np.arange(len(values)), side="right") - 1
    return values[known[np.maximum(source, 0)]]


def _steps(present: list[int], elapsed: Any, resources: int) -> NDArray[np.float64]:
    """Seconds from each resource to the next, the gaps of a curve shared out evenly."""
    ends = np.array([-1, *present])
    seconds = np.diff(np.array([0.0, *elapsed])) / np.diff(ends)
    owner = np.searchsorted(ends[1:], np.arange(resources))
    last = float(elapsed[-1]) / (present[-1] + 1)
    return np.append(seconds, last)[np.minimum(owner, len(seconds))]
