"""Curves of several seeds on one grid of times: their mean, with a confidence interval.

The interval is Student's: mean ± t * s / sqrt(n), with s the standard deviation of the sample (ddof=1)
and t the quantile for n - 1 degrees of freedom (Student, "The probable error of a mean", Biometrika 6,
1908). It assumes that values of different seeds are independent and about normally distributed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from syne_core.errors import UsageError
from syne_core.experiments.incumbent import StepCurve

__all__ = ["MeanCurve", "curve_table", "mean_curve", "mean_with_interval"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MeanCurve:
    """The mean over seeds at each of ``times``; all arrays have the shape of ``times``.

    :param times: seconds, increasing; between two of them the curve keeps the value of the first
    :param mean: NaN where no seed has a value
    :param lower: lower end of the confidence interval; NaN where fewer than two seeds have a value
    :param upper: its upper end
    :param n: number of seeds that have a value
    :param num_seeds: seeds that have a value at some time
    :param confidence: of the interval, such as 0.95
    """

    times: Floats
    mean: Floats
    lower: Floats
    upper: Floats
    n: NDArray[np.int64]
    num_seeds: int
    confidence: float

    @property
    def is_complete(self) -> NDArray[np.bool_]:
        """Where all seeds have a value."""
        return np.asarray((self.n == self.num_seeds) & (self.n > 0), dtype=np.bool_)


def mean_curve(
    curves: Sequence[StepCurve],
    confidence: float = 0.95,
    times: ArrayLike | None = None,
    horizon: float | None = None,
) -> MeanCurve:
    """The mean of ``curves``, one for each seed, at each time over those that have a value there.

    :param times: seconds; default: wherever one of the curves steps, begins or ends, so that nothing
        is lost
    :param horizon: last of the default times; default: the last at which something happens
    :raises UsageError: ``confidence`` is not between 0 and 1
    """
    grid, table = curve_table(curves, times, horizon)
    mean, lower, upper = mean_with_interval(table, confidence)
    count = np.isfinite(table).sum(axis=0)
    seeds = sum(1 for curve in curves if curve.times.size)
    return MeanCurve(grid, mean, lower, upper, count.astype(np.int64), seeds, confidence)


def curve_table(
    curves: Sequence[StepCurve], times: ArrayLike | None = None, horizon: float | None = None
) -> tuple[Floats, Floats]:
    """Times, and the values of ``curves`` at these, of shape (number of curves, number of times).

    :param times: seconds; default: wherever one of the curves steps, begins or ends, so that nothing
        is lost
    :param horizon: last of the default times; default: the last at which something happens
    """
    grid = _grid(curves, horizon) if times is None else np.asarray(times, dtype=np.float64)
    table = np.full((len(curves), grid.size), np.nan)
    for row, curve in zip(table, curves, strict=True):
        row[:] = curve.at(grid)
    return grid, table


def mean_with_interval(values: ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats, Floats]:
    """Mean and ends of its confidence interval, each over the first axis.

    :param values: shape (seeds, ...); NaN for a seed without a value
    :returns: three arrays of shape (...): mean (NaN without values), lower and upper end (NaN where
        fewer than two seeds have a value)
    :raises UsageError: ``confidence`` is not between 0 and 1
    """
    from scipy.special import stdtrit

    if not 0 < confidence < 1:
        raise UsageError(f"confidence must be between 0 and 1, such as 0.95; it is {confidence}")
    table = np.asarray(values, dtype=np.float64)
    present = np.isfinite(table)
    n = present.sum(axis=0)
    # In units of the largest value, squares can neither overflow nor vanish.
    scale = np.max(np.abs(table), axis=0, initial=0.0, where=present)
    scale = np.where(scale > 0, scale, 1.0)
    units = np.where(present, table / scale, 0.0)
    mean = units.sum(axis=0) / np.maximum(n, 1)
    squares = np.where(present, units - mean, 0.0) ** 2
    deviation = np.sqrt(squares.sum(axis=0) / np.maximum(n - 1, 1))
    half = stdtrit(np.maximum(n - 1, 1), (1 + confidence) / 2) * deviation / np.sqrt(np.maximum(n, 1))
    half = np.where(n > 1, half, np.nan)
    with np.errstate(over="ignore"):  # an interval may reach beyond the largest float
        lower, upper = (mean - half) * scale, (mean + half) * scale
    return np.where(n > 0, mean * scale, np.nan), lower, upper


def _grid(curves: Sequence[StepCurve], horizon: float | None) -> Floats:
    """Every time at which the mean may change; a curve's end and the moment just after it both count."""
    steps = [curve.times for curve in curves]
    ends = [c.known_until for c in curves if c.times.size and math.isfinite(c.known_until)]
    after = [np.nextafter(end, np.inf) for end in ends]
    grid = np.unique(np.concatenate([*steps, np.array([*ends, *after, *_finite(horizon)])]))
    last = _last_time(curves) if horizon is None else horizon
    return grid[grid <= last]


def _last_time(curves: Sequence[StepCurve]) -> float:
    known = [c.known_until if math.isfinite(c.known_until) else c.times[-1] for c in curves if c.times.size]
    return float(max(known, default=0.0))


def _finite(value: float | None) -> list[float]:
    return [value] if value is not None and math.isfinite(value) else []
