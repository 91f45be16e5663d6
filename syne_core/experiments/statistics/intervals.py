"""Confidence intervals of one sample: for the mean (Student), and for the median (order statistics)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from syne_core.errors import UsageError
from syne_core.experiments.aggregate import mean_with_interval

__all__ = ["Interval", "finite_values", "mean_interval", "median_interval", "significance_level"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """An estimate with its confidence interval.

    :param point: the estimate; NaN without values
    :param lower: NaN where there is no interval, since the values are too few
    :param n: number of values
    :param confidence: share of such intervals that cover the truth
    """

    point: float
    lower: float
    upper: float
    n: int
    confidence: float


def mean_interval(values: ArrayLike, confidence: float = 0.95) -> Interval:
    """The mean with Student's interval, as in ``aggregate.mean_with_interval``.

    :param values: shape (n,); what is not finite is passed over
    :raises UsageError: ``confidence`` is not between 0 and 1
    """
    found = finite_values(values)
    point, lower, upper = mean_with_interval(found, confidence)
    return Interval(float(point), float(lower), float(upper), found.size, confidence)


def median_interval(values: ArrayLike, confidence: float = 0.95) -> Interval:
    """The median with an interval that assumes no distribution.

    Between order statistics, interpolated as by Hettmansperger and Sheather, "Confidence intervals based on
    interpolated order statistics", Statistics & Probability Letters 4, 1986. Smallest and largest of n values
    cover the median with probability 1 - 2**(1 - n), so there is no interval of 95 % for fewer than 6.

    :param values: shape (n,); what is not finite is passed over
    :raises UsageError: ``confidence`` is not between 0 and 1
    """
    from scipy.stats import binom

    alpha = significance_level(confidence)
    found = np.sort(finite_values(values))
    n = found.size
    if n == 0:
        return Interval(math.nan, math.nan, math.nan, 0, confidence)
    point = float(np.median(found))
    if 1 - 2.0 ** (1 - n) < confidence:
        return Interval(point, math.nan, math.nan, n, confidence)
    # The values numbered depth from either end cover with probability 1 - 2 P(Binomial(n, 1/2) < depth).
    depth = max(int(binom.ppf(alpha / 2, n, 0.5)), 1)
    if 1 - 2 * binom.cdf(depth - 1, n, 0.5) < confidence:
        depth -= 1
    inner = min(depth + 1, (n + 1) // 2)
    outside, inside = (1 - 2 * float(binom.cdf(d - 1, n, 0.5)) for d in (depth, inner))
    share = (outside - confidence) / (outside - inside) if outside > inside else 0.0
    weight = (n - depth) * share / (depth + (n - 2 * depth) * share)
    lower = (1 - weight) * found[depth - 1] + weight * found[inner - 1]
    upper = (1 - weight) * found[n - depth] + weight * found[n - inner]
    return Interval(point, float(lower), float(upper), n, confidence)


def finite_values(values: ArrayLike) -> Floats:
    """Those of ``values`` that are finite numbers, in order, shape (n,)."""
    array = np.asarray(values, dtype=np.float64).ravel()
    return array[np.isfinite(array)]


def significance_level(confidence: float) -> float:
    """One minus ``confidence``, without the noise of binary fractions: 0.05 for 0.95.

    :raises UsageError: ``confidence`` is not between 0 and 1
    """
    if not 0 < confidence < 1:
        raise UsageError(f"confidence must be between 0 and 1, such as 0.95; it is {confidence}")
    return round(1 - confidence, 12)
