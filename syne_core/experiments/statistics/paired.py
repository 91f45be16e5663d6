"""Two methods compared by pairs: runs with the same seed (and on the same benchmark) belong together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from syne_core.errors import UsageError
from syne_core.experiments.statistics.intervals import mean_interval, significance_level
from syne_core.experiments.statistics.power import seeds_needed, smallest_p

__all__ = ["PairedComparison", "oriented_differences", "paired_comparison", "sign_p", "signed_rank_p"]

Floats = NDArray[np.float64]

#: Pairs up to which the exact distribution is used.
_MOST_EXACT = 50


@dataclass(frozen=True)
class PairedComparison:
    """How b differs from a; positive differences mean that b is better.

    :param n: pairs, both of whose values are known
    :param mean_difference: NaN without pairs
    :param lower: end of Student's interval for the mean difference; NaN for fewer than two pairs
    :param wins: pairs in which b is better
    :param losses: pairs in which a is
    :param wilcoxon_p: of the signed-rank test, two-sided; 1 where all pairs are tied; NaN without pairs
    :param sign_p: of the sign test, likewise
    :param smallest_p: below which ``n`` pairs cannot get
    :param seeds_needed: pairs with which the observed effect would be found; None if that cannot be said
    """

    n: int
    mean_difference: float
    lower: float
    upper: float
    wins: int
    losses: int
    ties: int
    wilcoxon_p: float
    sign_p: float
    smallest_p: float
    seeds_needed: int | None


def paired_comparison(
    a: ArrayLike, b: ArrayLike, mode: str, confidence: float = 0.95, tests: int = 1
) -> PairedComparison:
    """Compare ``b`` with ``a``, pair by pair.

    :param a: shape (n,); pairs with a value that is not finite are passed over
    :param b: shape (n,)
    :param mode: ``"min"`` if small values are good, ``"max"`` if large ones are
    :param confidence: of the interval; one minus it is the level for which seeds are needed
    :param tests: how many comparisons are made at once, which makes more seeds needed
    :raises UsageError: shapes differ; bad ``mode`` or ``confidence``
    """
    alpha = significance_level(confidence)
    differences = oriented_differences(a, b, mode)
    interval = mean_interval(differences, confidence)
    wins, losses = int((differences > 0).sum()), int((differences < 0).sum())
    return PairedComparison(
        n=differences.size,
        mean_difference=interval.point,
        lower=interval.lower,
        upper=interval.upper,
        wins=wins,
        losses=losses,
        ties=differences.size - wins - losses,
        wilcoxon_p=signed_rank_p(differences),
        sign_p=sign_p(wins, losses) if differences.size else math.nan,
        smallest_p=smallest_p(differences.size),
        seeds_needed=seeds_needed(differences, alpha / max(tests, 1)),
    )


def oriented_differences(a: ArrayLike, b: ArrayLike, mode: str) -> Floats:
    """How much better ``b`` is than ``a``, for each pair of finite values.

    :raises UsageError: shapes differ, or bad ``mode``
    """
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if first.shape != second.shape or first.ndim != 1:
        shapes = f"{first.shape} and {second.shape}"
        raise UsageError(f"pairs need two lists of one length; their shapes are {shapes}")
    if mode not in ("min", "max"):
        raise UsageError(f"mode must be min or max, not {mode!r}")
    known = np.isfinite(first) & np.isfinite(second)
    better, worse = (second, first) if mode == "max" else (first, second)
    with np.errstate(over="ignore"):
        found: Floats = better[known] - worse[known]
    return found


def sign_p(wins: int, losses: int) -> float:
    """Two-sided p-value of the sign test, without ties: are wins as likely as losses?"""
    from scipy.stats import binomtest

    return float(binomtest(wins, wins + losses).pvalue) if wins + losses else 1.0


def signed_rank_p(
    differences: ArrayLike, alternative: Literal["two-sided", "less", "greater"] = "two-sided"
) -> float:
    """P-value of Wilcoxon's signed-rank test, exact for up to 50 differences, also where some are equal.

    Differences of zero are left out. Differences that are equal but for the noise of floating point share
    their rank, so that 0.3 - 0.2 ties with 0.2 - 0.1.

    :param differences: shape (n,), finite
    :param alternative: ``"greater"`` asks whether they tend to be positive
    :returns: 1 if all are zero; NaN if there is none
    """
    from scipy.stats import wilcoxon

    given = np.asarray(differences, dtype=np.float64)
    found = given[given != 0]
    if not found.size:
        return 1.0 if given.size else math.nan
    sizes = _equal_made_same(np.abs(found))
    snapped = np.copysign(sizes, found)
    tied = np.unique(sizes).size < sizes.size
    if found.size <= _MOST_EXACT and tied:
        return _exact_with_ties(snapped, alternative)
    method: Literal["exact", "auto"] = "exact" if found.size <= _MOST_EXACT else "auto"
    return float(wilcoxon(snapped, alternative=alternative, method=method, correction=True).pvalue)


def _equal_made_same(sizes: Floats) -> Floats:
    """``sizes`` with those that differ by rounding errors of a subtraction set to the smallest of them."""
    order = np.argsort(sizes, kind="stable")
    ordered = sizes[order]
    begins = np.append(True, np.diff(ordered) > 1e-12 * ordered[1:])
    same = ordered[np.flatnonzero(begins)[np.cumsum(begins) - 1]]
    result = np.empty_like(sizes)
    result[order] = same
    return result


def _exact_with_ties(differences: Floats, alternative: str) -> float:
    """All 2**n signs are equally likely; counts how many give a sum of positive ranks as extreme.

    scipy's exact distribution knows no ties, and its permutations end at few pairs.
    """
    from scipy.stats import rankdata

    doubled = np.rint(2 * rankdata(np.abs(differences))).astype(int)  # mid-ranks are halves
    chances = np.ones(1)
    for rank in doubled:
        shifted = np.concatenate([np.zeros(rank), chances])
        shifted[: chances.size] += chances
        chances = shifted / 2
    observed = int(doubled[differences > 0].sum())
    below, above = float(chances[: observed + 1].sum()), float(chances[observed:].sum())
    if alternative == "two-sided":
        return min(1.0, 2 * min(below, above))
    return min(1.0, below if alternative == "less" else above)
