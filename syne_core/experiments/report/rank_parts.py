"""Ranks of setups: at the end, with critical differences, and over time."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from syne_core.experiments.paired_values import paired_curves, paired_values
from syne_core.experiments.report.curve_columns import plain_number
from syne_core.experiments.report.evidence import RankPart
from syne_core.experiments.statistics.ranking import FriedmanResult, ranks_over_time
from syne_core.experiments.study_results import BenchmarkResults, StudyResults
from syne_core.experiments.verdicts import BenchmarkVerdict, OverallVerdict, StudyVerdict

__all__ = ["rank_parts"]

_TIMES = 80

Floats = NDArray[np.float64]


def rank_parts(study: StudyResults, verdict: StudyVerdict) -> Iterator[RankPart]:
    """Ranks over all benchmarks, then on each of them; nothing where a single setup ran."""
    by_name = {benchmark.name: benchmark for benchmark in study.benchmarks}
    shares = np.linspace(0.0, 1.0, _TIMES + 1)[1:]
    curves = {name: _over_time(benchmark, shares) for name, benchmark in by_name.items()}
    overall = verdict.overall
    if overall is not None and len(overall.setups) > 1:
        setups = _labels(overall)
        found = [_of_setups(by_name[name], curves[name], setups) for name in overall.benchmarks]
        note = _note(overall.friedman, len(setups), verdict.confidence)
        yield _part(None, setups, overall.friedman, shares, _weighted(found), note)
    for judged in verdict.benchmarks:
        if len(judged.setups) < 2:
            continue
        ranks, _ = curves[judged.benchmark]
        note = _note(judged.friedman, len(judged.setups), verdict.confidence)
        times = shares * by_name[judged.benchmark].common_horizon
        yield _part(judged.benchmark, _labels(judged), judged.friedman, times, ranks, note)


def _labels(verdict: BenchmarkVerdict | OverallVerdict) -> tuple[str, ...]:
    return tuple(summary.setup for summary in verdict.setups)


def _part(
    benchmark: str | None,
    setups: tuple[str, ...],
    result: FriedmanResult,
    times: Floats,
    ranks: Floats,
    note: str,
) -> RankPart:
    known = np.isfinite(ranks).all(axis=0)
    return RankPart(
        benchmark=benchmark,
        setups=setups,
        mean_ranks=tuple(map(plain_number, result.mean_ranks)),
        blocks=result.blocks,
        p=_number(result.p),
        critical_difference=_number(result.critical_difference),
        cliques=result.cliques,
        time=tuple(float(f"{time:.6g}") for time in times[known]),
        over_time=tuple(tuple(map(plain_number, row[known])) for row in ranks),
        note=note,
    )


def _over_time(benchmark: BenchmarkResults, shares: Floats) -> tuple[Floats, Floats]:
    """Ranks, shape (setups, times), and the number of seeds they are over, shape (times,)."""
    seeds = paired_values(benchmark).seeds
    curves = [paired_curves(setup, seeds) for setup in benchmark.setups]
    ranks, number = ranks_over_time(curves, shares * benchmark.common_horizon, benchmark.mode)
    return ranks, number.astype(np.float64)


def _of_setups(
    benchmark: BenchmarkResults, found: tuple[Floats, Floats], setups: tuple[str, ...]
) -> tuple[Floats, Floats]:
    """Ranks among ``setups`` only, in their order."""
    labels = [setup.label for setup in benchmark.setups]
    ranks, number = found
    if len(labels) > len(setups):
        seeds = paired_values(benchmark).seeds
        chosen = [next(s for s in benchmark.setups if s.label == label) for label in setups]
        curves = [paired_curves(setup, seeds) for setup in chosen]
        times = np.linspace(0.0, 1.0, _TIMES + 1)[1:] * benchmark.common_horizon
        again, seen = ranks_over_time(curves, times, benchmark.mode)
        return again, seen.astype(np.float64)
    return ranks[[labels.index(label) for label in setups]], number


def _weighted(found: list[tuple[Floats, Floats]]) -> Floats:
    """The mean over benchmarks, each weighted with its number of seeds."""
    total = np.sum([np.where(number > 0, ranks, 0.0) * number for ranks, number in found], axis=0)
    number = np.sum([number for _, number in found], axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean: Floats = np.where(number > 0, total / number, np.nan)
    return mean


def _note(result: FriedmanResult, setups: int, confidence: float) -> str:
    if not result.blocks:
        return "No seed has a value for every setup, so there are no ranks."
    level = 1 - confidence
    if math.isnan(result.p):
        why = "fewer than three setups" if setups < 3 else "a single seed"
        return f"Friedman's test does not apply: {why}."
    told = "The setups are not all alike" if result.p <= level else "That all setups are alike is not refuted"
    return f"{told} (Friedman's test: p = {result.p:.2g}, over {result.blocks} blocks)."


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
