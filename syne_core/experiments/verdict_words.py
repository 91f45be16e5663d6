"""Sentences that say what a study shows, for people who read no tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from syne_core.experiments.pair_verdicts import PairVerdict, number_text, p_text
from syne_core.experiments.paired_values import PairedValues
from syne_core.experiments.statistics.ranking import FriedmanResult
from syne_core.experiments.study_results import BenchmarkResults, StudyResults

if TYPE_CHECKING:
    from syne_core.experiments.verdicts import SetupSummary

__all__ = ["benchmark_sentences", "budget_notes", "overall_sentences", "seconds_text"]

#: With more setups than this, only the comparisons with the leader are told.
_FEW = 3


def benchmark_sentences(
    benchmark: BenchmarkResults,
    horizon: float,
    setups: Sequence[SetupSummary],
    pairs: Sequence[PairVerdict],
    ranks: FriedmanResult,
) -> list[str]:
    """What there is to say of one benchmark; each sentence begins with its name."""
    order = _from_best(setups, benchmark.mode)
    if not order:
        return [f"{benchmark.name}: no setup has a value at {seconds_text(horizon)}."]
    good = "small" if benchmark.mode == "min" else "large"
    named = f"{benchmark.metric} ({good} is good) at {seconds_text(horizon)}"
    if len(order) == 1:
        told = [f"only {_with_mean(order[0])} has a value of {named}: nothing to compare."]
    else:
        rest = ", ".join(_with_mean(one) for one in order[1:])
        told = [f"best mean {named}: {_with_mean(order[0])}, then {rest}."]
    told += _ranks(ranks, "seeds")
    told += _of_pairs([one.setup for one in order], pairs)
    return [f"{benchmark.name}: {sentence}" for sentence in told]


def overall_sentences(
    benchmarks: Sequence[str],
    setups: Sequence[SetupSummary],
    pairs: Sequence[PairVerdict],
    ranks: FriedmanResult,
) -> list[str]:
    """What there is to say over all ``benchmarks``."""
    order = _from_best(setups, "max")
    if len(order) < 2:
        return []
    by_rank = sorted(setups, key=lambda one: (math.isnan(one.mean_rank), one.mean_rank))
    shown = ", ".join(f"{one.setup} {one.mean_rank:.2f}" for one in by_rank if not math.isnan(one.mean_rank))
    means = ", then ".join(_with_mean(one) for one in order)
    told = [f"best mean, where 0 is the worst and 1 the best of all seeds on a benchmark: {means}."]
    told += [f"mean ranks (1 is best): {shown}."] if shown else []
    told += _ranks(ranks, "pairs of benchmark and seed")
    told += _of_pairs([one.setup for one in order], pairs)
    return [f"Over {len(benchmarks)} benchmarks: {sentence}" for sentence in told]


def budget_notes(study: StudyResults, tables: Sequence[PairedValues]) -> list[str]:
    """Benchmarks on which setups ran for different times, and up to when they are compared.

    Other limits are among the notes of the study already.
    """
    notes = []
    for benchmark, table in zip(study.benchmarks, tables, strict=True):
        limits = {seed.folder.time_limit for seed in benchmark.seeds}
        if table.horizon < benchmark.horizon * (1 - 1e-9) and len(limits) == 1:
            at, longest = seconds_text(table.horizon), seconds_text(benchmark.horizon)
            name = f"{benchmark.name}: " if len(study.benchmarks) > 1 else ""
            notes.append(f"{name}compared at {at}, the time that all setups had; the longest ran {longest}")
    return notes


def seconds_text(seconds: float) -> str:
    """``12 s``, ``1 h 20 min``."""
    if not math.isfinite(seconds):
        return "the end"
    if seconds < 600:
        return f"{seconds:.3g} s"
    minutes = round(seconds / 60)
    hours, rest = divmod(minutes, 60)
    return " ".join([*([f"{hours} h"] if hours else []), *([f"{rest} min"] if rest else [])])


def _from_best(setups: Sequence[SetupSummary], mode: str) -> list[SetupSummary]:
    """Those that have a mean, the best first."""
    known = [one for one in setups if not math.isnan(one.value.point)]
    return sorted(known, key=lambda one: one.value.point, reverse=mode == "max")


def _with_mean(one: SetupSummary) -> str:
    seeds = f"{one.value.n} seed{'s' if one.value.n != 1 else ''}"
    return f"{one.setup} ({number_text(one.value.point)}, {seeds})"


def _ranks(ranks: FriedmanResult, rows: str) -> list[str]:
    if math.isnan(ranks.p):
        return []
    return [f"that all setups are alike: {p_text(ranks.p)} (Friedman's test, {ranks.blocks} {rows})."]


def _of_pairs(order: Sequence[str], pairs: Sequence[PairVerdict]) -> list[str]:
    """All comparisons of a few setups; of many, those with the first."""
    told = [pair for pair in pairs if len(order) <= _FEW or order[0] in (pair.a, pair.b)]
    place = {name: i for i, name in enumerate(order)}
    told = [pair for pair in told if pair.a in place and pair.b in place]
    told.sort(key=lambda pair: sorted((place[pair.a], place[pair.b])))
    return [sentence for pair in told for sentence in (pair.sentence, *_speed(pair))]


def _speed(pair: PairVerdict) -> list[str]:
    """Told where the interval excludes that they are as quick."""
    speed = pair.speed_up
    if speed is None or not (speed.ratio.lower > 1 or speed.ratio.upper < 1):
        return []
    b_is_quicker = speed.ratio.point > 1
    quick, slow = (pair.b, pair.a) if b_is_quicker else (pair.a, pair.b)
    found = (speed.ratio.point, speed.ratio.lower, speed.ratio.upper)
    times, low, high = found if b_is_quicker else (1 / found[0], 1 / found[2], 1 / found[1])
    return [
        f"{quick} reaches {number_text(speed.target)}, which all their seeds reach, {times:.3g} times "
        f"({low:.3g} to {high:.3g}) sooner than {slow}."
    ]
