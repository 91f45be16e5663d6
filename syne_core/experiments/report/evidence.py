"""What the statistics say of a study, in the form in which a report holds it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ComparisonPart", "Evidence", "RankPart", "SummaryPart"]


@dataclass(frozen=True)
class SummaryPart:
    """The answer in words.

    :param benchmark: None: over all benchmarks
    """

    title: str
    benchmark: str | None
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class ComparisonPart:
    """Two setups, paired by seed; differences are positive where ``better`` is better.

    :param benchmark: None: over all benchmarks, in units of each one's range
    :param better: the one that is ahead, whether that is shown to be real or not
    :param horizon: seconds at which they are compared
    :param n: pairs
    :param wins: pairs in which ``better`` is better
    :param p: of Wilcoxon's signed-rank test, adjusted by Holm's method for all pairs of setups
    :param seeds_needed: about how many would tell, if the difference is what it seems to be
    :param speed_up: how many times sooner ``better`` reaches what all seeds of both reach
    :param sentence: what follows, in words
    """

    benchmark: str | None
    better: str
    worse: str
    horizon: float | None
    n: int
    difference: float | None
    lower: float | None
    upper: float | None
    wins: int
    losses: int
    ties: int
    p: float | None
    is_significant: bool
    verdict: str
    seeds_needed: int | None
    speed_up: float | None
    sentence: str


@dataclass(frozen=True)
class RankPart:
    """Ranks of setups, 1 for the best, over blocks (a seed on a benchmark).

    :param benchmark: None: over all benchmarks
    :param setups: labels
    :param mean_ranks: of each setup at the end
    :param p: of Friedman's test; None for fewer than three setups or two blocks
    :param critical_difference: mean ranks that are further apart differ significantly (Nemenyi)
    :param cliques: groups of setups that cannot be told apart, as positions in ``setups``
    :param time: seconds; over all benchmarks, shares of each one's time
    :param over_time: mean ranks at these times, for each setup
    """

    benchmark: str | None
    setups: tuple[str, ...]
    mean_ranks: tuple[float | None, ...]
    blocks: int
    p: float | None
    critical_difference: float | None
    cliques: tuple[tuple[int, ...], ...]
    time: tuple[float, ...]
    over_time: tuple[tuple[float | None, ...], ...]
    note: str


@dataclass(frozen=True)
class Evidence:
    """The answer in words, and what it rests on.

    :param caveats: what a reader must know before believing them
    """

    summary: tuple[SummaryPart, ...]
    caveats: tuple[str, ...]
    comparisons: tuple[ComparisonPart, ...]
    ranks: tuple[RankPart, ...]
