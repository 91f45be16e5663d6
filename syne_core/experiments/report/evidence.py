"""What the statistics say of a study, in the form in which a report holds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["ComparisonPart", "Evidence", "RankPart"]


@dataclass(frozen=True)
class ComparisonPart:
    """Two setups on one benchmark, paired by seed; differences are positive where ``better`` is better.

    :param n: pairs
    :param wins: pairs in which ``better`` is better
    :param p: Wilcoxon's, adjusted by Holm's method for all comparisons on the benchmark
    :param sentence: what follows, in words
    """

    benchmark: str
    better: str
    worse: str
    n: int
    difference: float | None
    lower: float | None
    upper: float | None
    wins: int
    losses: int
    ties: int
    p: float | None
    is_significant: bool
    sentence: str


@dataclass(frozen=True)
class RankPart:
    """Ranks of setups, 1 for the best, over blocks (seeds, or benchmarks and seeds).

    :param title: what the blocks are
    :param over_time: ``time`` and a list of mean ranks for each setup; empty where there is none
    :param p: of Friedman's test
    :param critical_difference: mean ranks that differ by more differ significantly (Nemenyi); None if unknown
    :param cliques: groups of setups that cannot be told apart, as positions in ``setups``
    """

    title: str
    setups: tuple[str, ...]
    mean_ranks: tuple[float, ...]
    blocks: int
    p: float | None
    critical_difference: float | None
    cliques: tuple[tuple[int, ...], ...]
    over_time: dict[str, Any]
    note: str


@dataclass(frozen=True)
class Evidence:
    """The answer in words, and what it rests on.

    :param summary: sentences
    :param caveats: what a reader must know before believing them
    """

    summary: tuple[str, ...]
    caveats: tuple[str, ...]
    comparisons: tuple[ComparisonPart, ...]
    ranks: tuple[RankPart, ...]
