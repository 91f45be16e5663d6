"""What a study shows: which setups are better than which, and what it is too small to tell.

Each benchmark is compared at the last second at which all its setups are known. Setups are paired by seed,
tested with Wilcoxon's signed-rank test, and p-values adjusted by Holm's method over all pairs of the
benchmark. Over several benchmarks, benchmark and seed make a pair, and values are scaled so that, on each
benchmark, 0 is the worst and 1 the best that any seed of any setup ended with.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from syne_core.experiments.known_optimum import known_optimum
from syne_core.experiments.pair_verdicts import PairVerdict, every_pair, judge_pairs
from syne_core.experiments.paired_values import PairedValues, paired_curves, paired_values
from syne_core.experiments.plain_json import plain_json
from syne_core.experiments.statistics.anytime import area_under_incumbent, common_target, normalised_regret
from syne_core.experiments.statistics.intervals import Interval, mean_interval
from syne_core.experiments.statistics.iqm import iqm_interval
from syne_core.experiments.statistics.ranking import FriedmanResult, friedman
from syne_core.experiments.statistics.run_time import SpeedUp, speed_up
from syne_core.experiments.study_notes import left_out_notes, study_notes
from syne_core.experiments.study_results import BenchmarkResults, StudyResults
from syne_core.experiments.verdict_words import BLOCKS, benchmark_sentences, budget_notes, overall_sentences

__all__ = [
    "BenchmarkVerdict",
    "OverallVerdict",
    "SetupSummary",
    "StudyVerdict",
    "judge",
    "judge_benchmark",
]

Floats = NDArray[np.float64]

#: The intervals of interquartile means are drawn with this seed.
_SEED = 0


@dataclass(frozen=True)
class SetupSummary:
    """One setup over its seeds, and among the others.

    :param value: mean with interval: of the metric on a benchmark, of scaled values over several
    :param iqm: interquartile mean of the same values with its bootstrap interval, stratified by benchmark
    :param mean_rank: 1 is best; NaN where no seed is known for all setups
    :param anytime: mean height of the incumbent from the start to the horizon, which is the area under it
        divided by the time, with interval; None over several benchmarks
    :param regret: mean distance from the optimum with interval, where 1 is the median distance of the first
        values of all seeds; None where the optimum is not known
    """

    setup: str
    value: Interval
    median: float
    iqm: Interval
    mean_rank: float
    anytime: Interval | None = None
    regret: Interval | None = None


@dataclass(frozen=True)
class BenchmarkVerdict:
    """What the study shows on one benchmark.

    :param horizon: seconds at which the setups are compared
    :param setups: in the order of the benchmark
    :param pairs: every two setups
    :param friedman: over the seeds that all setups have; its cliques are positions in ``setups``
    """

    benchmark: str
    metric: str
    mode: str
    horizon: float
    setups: tuple[SetupSummary, ...]
    pairs: tuple[PairVerdict, ...]
    friedman: FriedmanResult
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class OverallVerdict:
    """What it shows over the benchmarks together, of the setups that ran on all of them."""

    benchmarks: tuple[str, ...]
    setups: tuple[SetupSummary, ...]
    pairs: tuple[PairVerdict, ...]
    friedman: FriedmanResult
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class StudyVerdict:
    """The answer, in data and in words.

    :param overall: None for a single benchmark, or where no two setups ran on all
    :param sentences: over all benchmarks first, then of each
    :param caveats: what a reader must know before believing them
    """

    tag: str
    confidence: float
    benchmarks: tuple[BenchmarkVerdict, ...]
    overall: OverallVerdict | None
    sentences: tuple[str, ...]
    caveats: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """As an object of JSON; numbers that do not exist, or are infinite, are None."""
        return plain_json(self)


def judge(study: StudyResults, confidence: float = 0.95) -> StudyVerdict:
    """Judge every benchmark of ``study``, and all of them together.

    :param confidence: of the intervals; one minus it is the level of the tests
    :raises UsageError: ``confidence`` is not between 0 and 1
    """
    tables = [paired_values(benchmark) for benchmark in study.benchmarks]
    judged = tuple(
        judge_benchmark(benchmark, confidence, table)
        for benchmark, table in zip(study.benchmarks, tables, strict=True)
    )
    overall = _judge_overall(study.benchmarks, tables, confidence)
    sentences = [*(overall.sentences if overall else ()), *(s for one in judged for s in one.sentences)]
    caveats = [*budget_notes(study, tables), *study_notes(study), *left_out_notes(study)]
    return StudyVerdict(study.tag, confidence, judged, overall, tuple(sentences), tuple(caveats))


def judge_benchmark(
    benchmark: BenchmarkResults, confidence: float = 0.95, table: PairedValues | None = None
) -> BenchmarkVerdict:
    """Judge one benchmark.

    :param table: its values, if they are known already
    :raises UsageError: ``confidence`` is not between 0 and 1
    """
    found = paired_values(benchmark) if table is None else table
    mode = benchmark.mode
    ranks = friedman(found.ranked, mode, confidence)
    setups = _summaries(found.setups, [found.values], ranks, confidence)
    setups = _with_anytime(benchmark, found.horizon, setups, confidence)
    setups = _with_regret(benchmark, found, setups, confidence)
    pairs = judge_pairs(every_pair(found.setups, found.values, mode), confidence)
    speeds = _speed_ups(benchmark, found, confidence)
    pairs = [replace(pair, speed_up=speed) for pair, speed in zip(pairs, speeds, strict=True)]
    sentences = benchmark_sentences(benchmark, found.horizon, setups, pairs, ranks)
    return BenchmarkVerdict(
        benchmark.name,
        benchmark.metric,
        mode,
        found.horizon,
        tuple(setups),
        tuple(pairs),
        ranks,
        tuple(sentences),
    )


def _summaries(
    labels: Sequence[str], tables: Sequence[Floats], ranks: FriedmanResult, confidence: float
) -> list[SetupSummary]:
    """A summary for each column; ``tables`` has one table for each benchmark."""
    summaries = []
    for place, (label, rank) in enumerate(zip(labels, ranks.mean_ranks, strict=True)):
        columns = [table[:, place] for table in tables]
        values = np.concatenate(columns)
        known = values[np.isfinite(values)]
        median = float(np.median(known)) if known.size else math.nan
        iqm = iqm_interval(_stacked(columns), confidence, _SEED)
        summaries.append(SetupSummary(label, mean_interval(values, confidence), median, iqm, rank))
    return summaries


def _with_anytime(
    benchmark: BenchmarkResults, horizon: float, setups: list[SetupSummary], confidence: float
) -> list[SetupSummary]:
    """``setups`` with the area under their incumbents, if there is any time."""
    if not 0 < horizon < math.inf:
        return setups
    areas = [
        [area_under_incumbent(seed.curve, horizon) for seed in setup.seeds] for setup in benchmark.setups
    ]
    return [
        replace(one, anytime=mean_interval(of_seeds, confidence))
        for one, of_seeds in zip(setups, areas, strict=True)
    ]


def _with_regret(
    benchmark: BenchmarkResults, table: PairedValues, setups: list[SetupSummary], confidence: float
) -> list[SetupSummary]:
    """``setups`` with their regret, if the optimum is known."""
    optimum = known_optimum([seed.folder.metadata for seed in benchmark.seeds], benchmark.metric)
    firsts = [seed.curve.values[0] for seed in benchmark.seeds if seed.has_value]
    if optimum is None or not firsts:
        return setups
    regrets = normalised_regret(table.values, optimum, float(np.median(firsts)), benchmark.mode)
    return [
        replace(one, regret=mean_interval(column, confidence))
        for one, column in zip(setups, regrets.T, strict=True)
    ]


def _speed_ups(benchmark: BenchmarkResults, table: PairedValues, confidence: float) -> list[SpeedUp | None]:
    """For every two setups, over the seeds of which both have a value at the horizon."""
    curves = [paired_curves(setup, table.seeds) for setup in benchmark.setups]
    known = np.isfinite(table.values)
    found: list[SpeedUp | None] = []
    for i in range(len(curves)):
        for j in range(i + 1, len(curves)):
            both = np.flatnonzero(known[:, i] & known[:, j])
            a = [curve for row in both if (curve := curves[i][row]) is not None]
            b = [curve for row in both if (curve := curves[j][row]) is not None]
            target = common_target([*a, *b], benchmark.mode, table.horizon)
            found.append(speed_up(a, b, target, benchmark.mode, confidence) if a else None)
    return found


def _judge_overall(
    benchmarks: Sequence[BenchmarkResults], tables: Sequence[PairedValues], confidence: float
) -> OverallVerdict | None:
    """None if there is nothing to compare over."""
    shared = [
        label
        for label in (tables[0].setups if tables else ())
        if all(label in table.setups for table in tables)
    ]
    if len(tables) < 2 or len(shared) < 2:
        return None
    columns = [[table.setups.index(label) for label in shared] for table in tables]
    scaled = [
        _scaled(table.values, benchmark.mode)[:, chosen]
        for benchmark, table, chosen in zip(benchmarks, tables, columns, strict=True)
    ]
    ranked = [
        (table.ranked if benchmark.mode == "max" else -table.ranked)[:, chosen]
        for benchmark, table, chosen in zip(benchmarks, tables, columns, strict=True)
    ]
    ranks = friedman(np.concatenate(ranked), "max", confidence)
    values = np.concatenate(scaled)
    setups = _summaries(shared, scaled, ranks, confidence)
    pairs = judge_pairs(every_pair(shared, values, "max"), confidence, BLOCKS)
    names = tuple(benchmark.name for benchmark in benchmarks)
    sentences = overall_sentences(names, setups, pairs, ranks)
    return OverallVerdict(names, tuple(setups), tuple(pairs), ranks, tuple(sentences))


def _scaled(values: Floats, mode: str) -> Floats:
    """From 0 for the worst to 1 for the best of ``values``; 0.5 where all are the same."""
    oriented = values if mode == "max" else -values
    known = oriented[np.isfinite(oriented)]
    if not known.size:
        return oriented
    low, high = known.min() / 2, known.max() / 2  # halves cannot overflow
    width = high - low
    return (oriented / 2 - low) / width if width > 0 else np.where(np.isfinite(oriented), 0.5, np.nan)


def _stacked(rows: Sequence[Floats]) -> Floats:
    """``rows`` of different lengths as a table, filled up with NaN."""
    table = np.full((len(rows), max(row.size for row in rows)), np.nan)
    for line, row in zip(table, rows, strict=True):
        line[: row.size] = row
    return table
