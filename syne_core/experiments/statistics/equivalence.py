"""Are two methods as good as equal? Two one-sided tests (TOST)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from syne_core.errors import UsageError
from syne_core.experiments.statistics.intervals import finite_values, mean_interval, significance_level

__all__ = ["Equivalence", "equivalence_test"]


@dataclass(frozen=True)
class Equivalence:
    """Whether the mean difference lies within a margin.

    :param margin: largest difference that does not matter, in units of the differences
    :param lower: end of the interval of confidence 1 - 2 alpha, which decides; NaN for fewer than two pairs
    :param p: the larger one of the two tests; NaN for fewer than two pairs
    :param is_shown: whether ``p`` is at most alpha, that is, the interval lies within the margin
    """

    n: int
    margin: float
    lower: float
    upper: float
    p: float
    is_shown: bool


def equivalence_test(differences: ArrayLike, margin: float, confidence: float = 0.95) -> Equivalence:
    """Test that the mean difference is neither below ``-margin`` nor above ``margin``.

    Schuirmann, "A comparison of the two one-sided tests procedure and the power approach for assessing the
    equivalence of average bioavailability", Journal of Pharmacokinetics and Biopharmaceutics 15, 1987; with
    Student's paired test, which takes differences to be about normal.

    :param differences: shape (n,); what is not finite is passed over
    :param confidence: 1 - alpha
    :raises UsageError: ``margin`` is negative, or ``confidence`` not between 0 and 1
    """
    alpha = significance_level(confidence)
    if not 0 <= margin < math.inf:
        raise UsageError(f"a margin must be at least 0; it is {margin}")
    found = finite_values(differences)
    if found.size < 2:
        return Equivalence(found.size, margin, math.nan, math.nan, math.nan, False)
    # At half confidence or less the interval has no width left.
    interval = mean_interval(found, max(1 - 2 * alpha, 1e-9))
    p = max(_one_sided(found + margin), _one_sided(margin - found))
    return Equivalence(found.size, margin, interval.lower, interval.upper, p, p <= alpha)


def _one_sided(differences: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    """P-value of Student's test that the mean is positive; without spread, what is seen is certain."""
    from scipy.special import stdtr

    scale = float(np.abs(differences).max())
    if scale == 0:
        return 1.0
    units = differences / scale
    mean, error = float(units.mean()), float(units.std(ddof=1)) / math.sqrt(units.size)
    if error < 1e-14:
        return 0.0 if mean > 0 else 1.0
    return float(stdtr(units.size - 1, -mean / error))
