"""What the statistics say of a study, in the form in which a report holds it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "ComparisonPart",
    "Evidence",
    "IntervalPart",
    "RankPart",
    "SummaryPart",
    "WholeRunPart",
    "WholeRunRow",
]


@dataclass(frozen=True)
class SummaryPart:
    """The answer in words.

    :param benchmark: None: over all benchmarks
    """

    title: str
    benchmark: str | None
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class IntervalPart:
    """A number with its interval; ends are None where there is none."""

    point: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True)
class ComparisonPart:
    """Two setups, paired by seed; differences are positive where ``better`` is better.

    :param benchmark: None: over all benchmarks, in units of each one's range
    :param better: the one that is ahead, whether that is shown to be real or not
    :param horizon: seconds at which they are compared
    :param n: pairs
    :param wins: pairs in which ``better`` is better
    :param p: of Wilcoxon's signed-rank test, adjusted by Holm's method for all pairs of setups
    :param sign_p: likewise of the sign test
    :param seeds_needed: about how many would tell, if the difference is what it seems to be
    :param speed_up: how many times sooner ``better`` reaches what all seeds of both reach:
        geometric mean over pairs, with interval
    :param target: what they all reach
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
    sign_p: float | None
    is_significant: bool
    verdict: str
    seeds_needed: int | None
    speed_up: IntervalPart | None
    target: float | None
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
class WholeRunRow:
    """One setup over the whole of a run.

    :param n: values that the first two are over
    :param iqm: interquartile mean of final values; over all benchmarks, of values scaled to 0 (worst) and 1
    :param anytime: mean height of the incumbent: the area under it, divided by the time
    :param regret: 0 at the optimum, 1 at the median first value; None where the optimum is not known
    """

    setup: str
    n: int
    iqm: IntervalPart | None
    median: float | None
    anytime: IntervalPart | None
    regret: IntervalPart | None


@dataclass(frozen=True)
class WholeRunPart:
    """How good setups are over the whole of a run.

    :param benchmark: None: over all benchmarks
    :param easiest: of 50 targets: the median of all first values
    :param hardest: a hundredth as far from the best value of all; those between are spaced evenly by the
        logarithm of this distance
    :param time: seconds; over all benchmarks, shares of each one's time
    :param reached: share of all pairs of a run and a target that has been reached, at these times, for
        each of ``rows``; the run-time distribution of COCO
    """

    benchmark: str | None
    rows: tuple[WholeRunRow, ...]
    easiest: float | None
    hardest: float | None
    time: tuple[float, ...]
    reached: tuple[tuple[float | None, ...], ...]


@dataclass(frozen=True)
class Evidence:
    """The answer in words, and what it rests on.

    :param caveats: what a reader must know before believing them
    """

    summary: tuple[SummaryPart, ...]
    caveats: tuple[str, ...]
    comparisons: tuple[ComparisonPart, ...]
    ranks: tuple[RankPart, ...]
    whole_run: tuple[WholeRunPart, ...]
