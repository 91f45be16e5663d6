"""What is drawn of the seeds of a setup: a line in the middle, and a band.

``mean_and_ci``
    The mean, with Student's 95 % interval (``aggregate.mean_with_interval``).
``median_percentiles``
    The median, from the 25th to the 75th percentile of the seeds: their spread, not an interval.
``iqm_bootstrap``
    The interquartile mean (Agarwal et al., "Deep reinforcement learning at the edge of the statistical
    precipice", 2021): a quarter of the weight is cut off at either end, as in Syne Tune, while
    ``statistics.iqm``, which pools benchmarks, cuts whole values. Its 95 % interval is Student's, with
    the standard error of a bootstrap over seeds. Coverage in 20,000 simulations for 2, 3, 5, 10, 30 seeds:
    normal values 93, 95, 96, 96, 95 %, exponential ones 91, 93, 95, 95, 94 %; with the normal quantile, as in
    Syne Tune, 61, 81, 89, 93, 94 % and less.

The resampling is seeded: the same values give the same interval.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from syne_core.experiments.aggregate import MeanCurve, curve_table, mean_with_interval
from syne_core.experiments.incumbent import StepCurve

__all__ = [
    "AGGREGATE_MODES",
    "DEFAULT_AGGREGATE_MODE",
    "aggregate_curves",
    "aggregate_values",
    "band_in_words",
    "line_in_words",
]

Floats = NDArray[np.float64]

DEFAULT_AGGREGATE_MODE = "iqm_bootstrap"

_IN_WORDS = {
    "iqm_bootstrap": ("interquartile mean", "its 95 % interval (Student's t, bootstrapped standard error)"),
    "mean_and_ci": ("mean", "95 % confidence interval of the mean (Student's t)"),
    "median_percentiles": ("median", "25th to 75th percentile of the seeds"),
}

#: Names of the modes.
AGGREGATE_MODES = tuple(_IN_WORDS)

_CONFIDENCE = 0.95
_NUM_RESAMPLES = 2000
_SEED = 0


def line_in_words(mode: str) -> str:
    """What the line is, such as ``"median"``."""
    return _IN_WORDS[mode][0]


def band_in_words(mode: str) -> str:
    """What the band is."""
    return _IN_WORDS[mode][1]


def aggregate_curves(curves: Sequence[StepCurve], mode: str, horizon: float) -> MeanCurve:
    """The seeds at each time at which one of them steps, over those that have a value there.

    :param mode: one of ``AGGREGATE_MODES``
    :param horizon: last of the times, in seconds
    :returns: ``mean`` is the line of ``mode``, ``lower`` and ``upper`` its band
    """
    times, table = curve_table(curves, horizon=horizon)
    line, lower, upper = aggregate_values(table, mode)
    count = np.isfinite(table).sum(axis=0).astype(np.int64)
    seeds = sum(1 for curve in curves if curve.times.size)
    return MeanCurve(times, line, lower, upper, count, seeds, _CONFIDENCE)


def aggregate_values(table: Floats, mode: str) -> tuple[Floats, Floats, Floats]:
    """Line and band over the first axis.

    :param table: shape (seeds, times); NaN for a seed without a value
    :param mode: one of ``AGGREGATE_MODES``
    :returns: three arrays of shape (times,): line, over the seeds that have a value (NaN without any); lower
        and upper end of the band, NaN where a seed lacks that has a value at another time, and for a single
        seed
    """
    found = table[np.isfinite(table).any(axis=1)]
    ordered = np.sort(np.where(np.isfinite(found), found, np.nan), axis=0)  # NaN go to the end
    count = np.isfinite(ordered).sum(axis=0)
    line, lower, upper = (np.full(count.shape, np.nan) for _ in range(3))
    for n in np.unique(count[count > 0]):
        line[count == n] = _LINES[mode](ordered[:n, count == n])
    whole = count == len(found)
    if len(found) > 1 and whole.any():
        lower[whole], upper[whole] = _BANDS[mode](ordered[:, whole])
    return line, lower, upper


def _mean(ordered: Floats) -> Floats:
    return mean_with_interval(ordered, _CONFIDENCE)[0]


def _interval_of_mean(ordered: Floats) -> tuple[Floats, Floats]:
    return mean_with_interval(ordered, _CONFIDENCE)[1:]


def _median(ordered: Floats) -> Floats:
    return np.asarray(np.median(ordered, axis=0), dtype=np.float64)


def _quartiles(ordered: Floats) -> tuple[Floats, Floats]:
    lower, upper = np.percentile(ordered, [25, 75], axis=0)
    return lower, upper


def _iqm(ordered: Floats) -> Floats:
    line: Floats = _inner_weights(np.ones((1, len(ordered))))[0] @ ordered
    return line


def _interval_of_iqm(ordered: Floats) -> tuple[Floats, Floats]:
    from scipy.special import stdtrit

    n, line = len(ordered), _iqm(ordered)
    # Resample b is the weighted sum w_b @ ordered, so its variance is a quadratic form in their covariance.
    # Distances from the line, in units of the largest, neither cancel nor overflow.
    apart = ordered - line
    unit = np.max(np.abs(apart), axis=0)
    apart = apart / np.where(unit > 0, unit, 1.0)
    variance = np.sum(apart * (_covariance_of_weights(n) @ apart), axis=0)
    half = stdtrit(n - 1, (1 + _CONFIDENCE) / 2) * np.sqrt(np.maximum(variance, 0.0)) * unit
    return line - half, line + half


def _inner_weights(counts: Floats) -> Floats:
    """Weights of sorted values in the interquartile mean.

    :param counts: how often each value occurs, shape (resamples, n); rows sum to n
    """
    n = counts.shape[1]
    edges = np.clip(np.cumsum(counts, axis=1), n / 4, 3 * n / 4)
    weights: Floats = np.diff(edges, axis=1, prepend=n / 4) * (2 / n)
    return weights


@functools.lru_cache(maxsize=64)
def _covariance_of_weights(n: int) -> Floats:
    """Covariance of the weights that bootstrap resamples give to n sorted values, shape (n, n)."""
    drawn = np.random.default_rng([_SEED, n]).multinomial(n, np.full(n, 1 / n), size=_NUM_RESAMPLES)
    return np.atleast_2d(np.cov(_inner_weights(drawn.astype(np.float64)), rowvar=False))


_LINES = {"iqm_bootstrap": _iqm, "mean_and_ci": _mean, "median_percentiles": _median}
_BANDS = {
    "iqm_bootstrap": _interval_of_iqm,
    "mean_and_ci": _interval_of_mean,
    "median_percentiles": _quartiles,
}
