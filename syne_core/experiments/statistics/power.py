"""How many seeds a comparison needs: what few of them cannot show, and what the observed effect asks for."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from syne_core.experiments.statistics.intervals import finite_values

__all__ = ["MOST_SEEDS", "seeds_for_p", "seeds_needed", "smallest_p"]

#: Larger numbers are not worth naming.
MOST_SEEDS = 10_000

#: Efficiency of Wilcoxon's test relative to Student's for normal differences (Hodges and Lehmann, 1956).
_EFFICIENCY = 3 / math.pi


def smallest_p(n: int) -> float:
    """The smallest two-sided p-value that ``n`` pairs can give, by the signed-rank and by the sign test.

    Both are smallest when all differences have one sign, which has probability 2 / 2**n by chance.
    """
    return min(1.0, 2.0 ** (1 - n))


def seeds_for_p(alpha: float) -> int:
    """The fewest pairs whose smallest p-value is at most ``alpha``: 6 for 0.05."""
    n = max(1, math.ceil(1 - math.log2(alpha)))
    return n - 1 if n > 1 and smallest_p(n - 1) <= alpha else n


def seeds_needed(differences: ArrayLike, alpha: float = 0.05, power: float = 0.8) -> int | None:
    """How many pairs let Wilcoxon's signed-rank test find the observed effect.

    The effect is the mean of the differences over their standard deviation. The number is that of Student's
    paired test (by the noncentral t distribution), divided by the efficiency of Wilcoxon's test, 3 / pi, and
    is at least ``seeds_for_p(alpha)``. The observed effect is itself uncertain: the number says how many
    about, not exactly.

    :param differences: shape (n,); what is not finite is passed over
    :param alpha: level of the two-sided test; divide it by the number of tests made at once
    :param power: probability of finding the effect
    :returns: None if there are fewer than two differences or no effect, or if more than
        ``MOST_SEEDS`` are needed
    """
    found = finite_values(differences)
    if found.size < 2 or not found.any():
        return None
    units = found / np.abs(found).max()  # cannot overflow
    mean, deviation = abs(float(units.mean())), float(units.std(ddof=1))
    fewest = seeds_for_p(alpha)
    if deviation < 1e-12 * mean:
        return fewest
    effect = mean / deviation
    if effect < 1e-6:
        return None
    needed = math.ceil(_pairs_of_student(effect, alpha, power) / _EFFICIENCY)
    return max(needed, fewest) if needed <= MOST_SEEDS else None


def _pairs_of_student(effect: float, alpha: float, power: float) -> int:
    """The fewest pairs, by bisection: power grows with their number."""
    too_few, enough = 1, 2
    while _power_of_student(enough, effect, alpha) < power:
        too_few, enough = enough, 2 * enough
        if enough > 2 * MOST_SEEDS:
            return enough
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        if _power_of_student(middle, effect, alpha) < power:
            too_few = middle
        else:
            enough = middle
    return enough


def _power_of_student(n: int, effect: float, alpha: float) -> float:
    """The same as by ``scipy.stats.nct``, in a hundredth of the time: studies have many pairs of methods."""
    from scipy.special import nctdtr, stdtrit

    critical = stdtrit(n - 1, 1 - alpha / 2)
    return 1 - float(nctdtr(n - 1, effect * math.sqrt(n), critical))
