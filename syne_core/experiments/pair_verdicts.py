"""Two setups compared, in data and in words: which is better, or why that cannot be told."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from syne_core.experiments.statistics.intervals import significance_level
from syne_core.experiments.statistics.multiple import holm
from syne_core.experiments.statistics.paired import (
    PairedComparison,
    oriented_differences,
    paired_comparison,
    signed_rank_p,
)
from syne_core.experiments.statistics.power import seeds_for_p
from syne_core.experiments.statistics.run_time import SpeedUp

__all__ = ["Pair", "PairVerdict", "Verdict", "every_pair", "judge_pairs", "number_text", "p_text"]

Floats = NDArray[np.float64]

Verdict = Literal["better", "worse", "too few seeds", "not shown"]


@dataclass(frozen=True, eq=False)
class Pair:
    """Two setups and their values, those at the same place belong together.

    :param values_of_a: shape (n,), NaN where missing
    :param mode: ``"min"`` if small values are good, ``"max"`` if large ones are
    """

    a: str
    b: str
    values_of_a: Floats
    values_of_b: Floats
    mode: str


@dataclass(frozen=True)
class PairVerdict:
    """Setup ``b`` compared with setup ``a``; positive differences mean that ``b`` is better.

    :param holm_p: Wilcoxon's p-value, adjusted; NaN where there is nothing to compare
    :param holm_sign_p: likewise of the sign test, which asks only who wins how often
    :param tests: comparisons for which they are adjusted
    :param verdict: on ``b``; ``"not shown"`` means that there are seeds enough, and no difference shows
    :param seeds_needed: about how many would tell, if the observed difference is the true one
    :param speed_up: how many times sooner ``b`` reaches what all seeds of both reach; None if not asked for
    """

    a: str
    b: str
    comparison: PairedComparison
    holm_p: float
    holm_sign_p: float
    tests: int
    verdict: Verdict
    seeds_needed: int | None
    sentence: str
    speed_up: SpeedUp | None = None

    @property
    def is_significant(self) -> bool:
        """Whether one is shown to be better."""
        return self.verdict in ("better", "worse")


def every_pair(labels: Sequence[str], values: Floats, mode: str) -> list[Pair]:
    """Every two columns of ``values``, which has shape (seeds, setups)."""
    return [
        Pair(labels[i], labels[j], values[:, i], values[:, j], mode)
        for i, j in combinations(range(len(labels)), 2)
    ]


def judge_pairs(pairs: Sequence[Pair], confidence: float = 0.95, rows: str = "seeds") -> list[PairVerdict]:
    """Judge all ``pairs``, with p-values adjusted over those that have something to compare.

    :param confidence: of the intervals; one minus it is the level of the tests
    :param rows: what the values of a pair are paired by, in words
    :raises UsageError: ``confidence`` is not between 0 and 1
    """
    alpha = significance_level(confidence)
    differences = [oriented_differences(pair.values_of_a, pair.values_of_b, pair.mode) for pair in pairs]
    tests = max(1, sum(1 for found in differences if found.size))
    compared = [
        paired_comparison(pair.values_of_a, pair.values_of_b, pair.mode, confidence, tests) for pair in pairs
    ]
    adjusted = holm([one.wilcoxon_p for one in compared]).tolist()
    signs = holm([one.sign_p for one in compared]).tolist()
    verdicts = []
    for pair, found, one, p, sign in zip(pairs, differences, compared, adjusted, signs, strict=True):
        verdict = _verdict(found, p, tests, alpha)
        needed = _needed(one, tests, alpha)
        sentence = _sentence(pair, one, verdict, p, tests, needed, confidence, rows)
        verdicts.append(PairVerdict(pair.a, pair.b, one, p, sign, tests, verdict, needed, sentence))
    return verdicts


def number_text(value: float) -> str:
    """Four digits, without ``e+00``; a missing number is a dash."""
    return "-" if math.isnan(value) else f"{value:.4g}"


def p_text(p: float) -> str:
    """``p = 0.031``, ``p < 0.0001``."""
    return "p < 0.0001" if p < 0.0001 else f"p = {p:.2g}"


def _verdict(differences: Floats, p: float, tests: int, alpha: float) -> Verdict:
    """A significant test says which way the ranks lean, whatever a few large differences do to the mean."""
    if p <= alpha:
        return "better" if signed_rank_p(differences, "greater") < 0.5 else "worse"
    return "too few seeds" if differences.size < seeds_for_p(alpha / tests) else "not shown"


def _needed(one: PairedComparison, tests: int, alpha: float) -> int | None:
    """Never fewer than can tell at all; None where the number of seeds is not what is missing."""
    fewest = seeds_for_p(alpha / tests)
    return max(one.seeds_needed or fewest, fewest) if one.seeds_needed or one.n < fewest else None


def _sentence(
    pair: Pair,
    one: PairedComparison,
    verdict: Verdict,
    p: float,
    tests: int,
    needed: int | None,
    confidence: float,
    rows: str,
) -> str:
    if one.n == 0:
        return f"{pair.b} and {pair.a} have no {rows} in common: nothing to compare."
    b_leads = _b_leads(one, verdict)
    first, second = (pair.b, pair.a) if b_leads else (pair.a, pair.b)
    by = _by(one, b_leads, confidence)
    after = f" after Holm for {tests} comparisons" if tests > 1 else ""
    if verdict in ("better", "worse"):
        against = "" if _mean_agrees(one, verdict) else ", although the mean says otherwise"
        return (
            f"{first} is better than {second} by {by}, {_counted(one.n, rows)}, {p_text(p)}{after}{against}."
        )
    if verdict == "too few seeds":
        least = f"{one.n} cannot go below p = {one.smallest_p:.4g}"
        least += f", or {min(1.0, tests * one.smallest_p):.3g}{after}" if tests > 1 else ""
        lead = f" {first} is ahead by {by}." if one.mean_difference else ""
        return f"Too few {rows} to tell {first} from {second} ({least}); about {needed} are needed.{lead}"
    more = f" To show a difference like this, about {needed} {rows} are needed." if needed else ""
    shown = f"{first} is ahead by {by}" if one.mean_difference else "the mean difference is 0"
    told = f"{shown}, {_counted(one.n, rows)}, {p_text(p)}{after}."
    return f"No difference shown between {first} and {second}: {told}{more}"


def _counted(n: int, rows: str) -> str:
    """``1 seed``, ``3 pairs of benchmark and seed``."""
    first, _, rest = rows.partition(" ")
    return " ".join(filter(None, (str(n), first.removesuffix("s") if n == 1 else first, rest)))


def _b_leads(one: PairedComparison, verdict: Verdict) -> bool:
    return verdict == "better" or (verdict != "worse" and one.mean_difference >= 0)


def _mean_agrees(one: PairedComparison, verdict: Verdict) -> bool:
    return (one.mean_difference > 0) == (verdict == "better")


def _by(one: PairedComparison, b_leads: bool, confidence: float) -> str:
    """The mean difference as an advantage of the one that leads, with its interval."""
    found = (one.mean_difference, one.lower, one.upper)
    size, lower, upper = found if b_leads else (-found[0], -found[2], -found[1])
    if math.isnan(lower):
        return number_text(size)
    return (
        f"{number_text(size)} ({100 * confidence:g} % interval {number_text(lower)} to {number_text(upper)})"
    )
