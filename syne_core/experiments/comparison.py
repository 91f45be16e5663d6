"""Two sides compared, setup by setup: the same methods in two studies, or two methods.

Runs are paired by benchmark and seed, and compared at the last second at which both setups are known.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from syne_core.errors import UsageError
from syne_core.experiments.comparison_sides import Margin, MatchedSetups
from syne_core.experiments.pair_verdicts import Pair, PairVerdict, judge_pairs, number_text, p_text
from syne_core.experiments.paired_values import PairedValues, paired_values
from syne_core.experiments.plain_json import plain_json
from syne_core.experiments.statistics.equivalence import Equivalence, equivalence_test
from syne_core.experiments.statistics.intervals import Interval, mean_interval, significance_level
from syne_core.experiments.statistics.paired import oriented_differences, sign_p

__all__ = ["OUTCOME_WORDS", "ComparedSetups", "Comparison", "Outcome", "compare_matched"]

Outcome = Literal["better", "worse", "equivalent", "too few seeds", "not shown"]

#: What each outcome says of B.
OUTCOME_WORDS: dict[str, str] = {
    "better": "B is better",
    "worse": "B is worse",
    "equivalent": "equivalent",
    "too few seeds": "too few seeds to tell",
    "not shown": "no difference shown",
}


@dataclass(frozen=True)
class ComparedSetups:
    """One line of a comparison; positive differences mean that B is better.

    :param name: the method
    :param horizon: seconds at which the setups are compared
    :param mean_a: over the pairs
    :param pair: difference, tests, and what they say, without regard to the margin
    :param margin: in units of the metric
    :param joint: interval of the mean difference that holds for all lines at once (Bonferroni)
    :param only_a: seeds in which A found something and B nothing finite
    :param only_b: likewise
    :param outcome: as that of ``pair``, unless the difference is shown to be within the margin
    """

    benchmark: str
    metric: str
    mode: str
    name: str
    horizon: float
    mean_a: float
    mean_b: float
    pair: PairVerdict
    margin: float
    equivalence: Equivalence
    joint: Interval
    only_a: int
    only_b: int
    outcome: Outcome
    sentence: str


@dataclass(frozen=True)
class Comparison:
    """All lines, and what they say together.

    :param wins: pairs of runs, over all lines, in which B is better
    :param sign_p: of the sign test over all of them
    """

    a: str
    b: str
    confidence: float
    lines: tuple[ComparedSetups, ...]
    wins: int
    losses: int
    ties: int
    sign_p: float
    sentence: str

    def to_json(self) -> dict[str, Any]:
        """As an object of JSON; numbers that do not exist are None."""
        return plain_json(self)


def compare_matched(
    matched: Sequence[MatchedSetups], a: str, b: str, margin: Margin, confidence: float = 0.95
) -> Comparison:
    """Compare B with A in each of ``matched``.

    :param a: how A is called
    :param margin: differences up to this do not matter
    :param confidence: of the intervals; one minus it is the level of the tests
    :raises UsageError: ``confidence`` is not between 0 and 1, or there is nothing to compare
    """
    if not matched:
        raise UsageError(f"{a} and {b} have no method on a benchmark in common")
    tables = [paired_values(one.benchmark) for one in matched]
    pairs = [_pair(one, table) for one, table in zip(matched, tables, strict=True)]
    verdicts = judge_pairs(pairs, confidence)
    lines = tuple(
        _line(one, table, verdict, margin, confidence)
        for one, table, verdict in zip(matched, tables, verdicts, strict=True)
    )
    wins, losses, ties = (
        sum(getattr(line.pair.comparison, name) for line in lines) for name in ("wins", "losses", "ties")
    )
    p = sign_p(wins, losses)
    sentence = _overall_sentence(lines, (wins, losses, ties), p, significance_level(confidence))
    return Comparison(a, b, confidence, lines, wins, losses, ties, p, sentence)


def _pair(one: MatchedSetups, table: PairedValues) -> Pair:
    """Called by their methods, with the study where that is the same."""
    name_a, name_b = (
        f"{setup.method} of {setup.tag}" if one.a.method == one.b.method else setup.label
        for setup in (one.a, one.b)
    )
    return Pair(name_a, name_b, table.values[:, 0], table.values[:, 1], one.benchmark.mode)


def _line(
    one: MatchedSetups, table: PairedValues, pair: PairVerdict, margin: Margin, confidence: float
) -> ComparedSetups:
    of_a, of_b = table.values.T
    both = np.isfinite(of_a) & np.isfinite(of_b)
    mean_a, mean_b = (mean_interval(side[both]).point for side in (of_a, of_b))
    allowed = margin.of(mean_a) if both.any() else math.nan
    differences = oriented_differences(of_a, of_b, one.benchmark.mode)
    equivalence = equivalence_test(differences, allowed if both.any() else 0.0, confidence)
    joint = mean_interval(differences, 1 - significance_level(confidence) / pair.tests)
    nothing_a, nothing_b = np.isinf(table.ranked).T
    outcome: Outcome = "equivalent" if equivalence.is_shown else pair.verdict
    return ComparedSetups(
        benchmark=one.benchmark.name,
        metric=one.benchmark.metric,
        mode=one.benchmark.mode,
        name=one.name,
        horizon=table.horizon,
        mean_a=mean_a,
        mean_b=mean_b,
        pair=pair,
        margin=allowed,
        equivalence=equivalence,
        joint=joint,
        only_a=int((np.isfinite(of_a) & nothing_b).sum()),
        only_b=int((np.isfinite(of_b) & nothing_a).sum()),
        outcome=outcome,
        sentence=_equivalent(pair, equivalence) if outcome == "equivalent" else pair.sentence,
    )


def _equivalent(pair: PairVerdict, found: Equivalence) -> str:
    one = pair.comparison
    if one.ties == one.n:
        return f"{pair.b} and {pair.a} are the same in all {one.n} seeds."
    return (
        f"{pair.b} and {pair.a} are equivalent: the mean difference, {number_text(one.mean_difference)}, is "
        f"within {number_text(found.margin)} of 0 ({one.n} seeds, {p_text(found.p)})."
    )


def _overall_sentence(
    lines: Sequence[ComparedSetups], runs: tuple[int, int, int], p: float, alpha: float
) -> str:
    """:param runs: pairs of runs in which B is better, in which it is worse, and ties."""
    counts = Counter(str(line.outcome) for line in lines)
    told = [f"{text} in {counts[name]}" for name, text in OUTCOME_WORDS.items() if counts[name]]
    compared = f"{len(lines)} comparison{'s' if len(lines) > 1 else ''}: {', '.join(told)}"
    wins, losses, _ = runs
    if not sum(runs):
        return f"{compared}. There is no pair of runs."
    counted = f"Over all, B is better in {wins} of {sum(runs)} pairs of runs, worse in {losses}"
    shown = f": B is {'better' if wins > losses else 'worse'} more often than by chance" if p <= alpha else ""
    return f"{compared}. {counted} (sign test: {p_text(p)}){shown}."
