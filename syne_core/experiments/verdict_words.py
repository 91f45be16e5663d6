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

__all__ = ["BLOCKS", "benchmark_sentences", "budget_notes", "overall_sentences", "seconds_text"]

#: What is compared over several benchmarks.
BLOCKS = "pairs of benchmark and seed"

#: With more setups than this, only the comparisons with the leader are told, in groups.
_FEW = 3

#: Names that are listed.
_MOST = 6


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
        rest = _listed([_with_mean(one) for one in order[1:]])
        told = [f"best mean {named}: {_with_mean(order[0])}, then {rest}."]
    told += _regrets(order)
    told += _ranks(ranks, "seeds")
    told += _of_pairs(order, pairs, "seeds")
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
    shown = _listed([f"{one.setup} {one.mean_rank:.2f}" for one in by_rank if not math.isnan(one.mean_rank)])
    means = _listed([f"{one.setup} {one.value.point:.2f}" for one in order])
    told = [f"means, where 0 is the worst and 1 the best of all seeds on a benchmark: {means}."]
    told += [f"mean ranks (1 is best): {shown}."] if shown else []
    told += _ranks(ranks, BLOCKS)
    told += _of_pairs(order, pairs, BLOCKS)
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


def _regrets(order: Sequence[SetupSummary]) -> list[str]:
    shown = [f"{one.setup} {one.regret.point:.2g}" for one in order if one.regret and one.regret.n]
    if not shown:
        return []
    return [f"mean regret, where 0 is the optimum and 1 the median first value: {_listed(shown)}."]


def _ranks(ranks: FriedmanResult, rows: str) -> list[str]:
    if math.isnan(ranks.p):
        return []
    return [f"Friedman's test, that all setups are alike: {p_text(ranks.p)} ({ranks.blocks} {rows})."]


def _of_pairs(order: Sequence[SetupSummary], pairs: Sequence[PairVerdict], rows: str) -> list[str]:
    """All comparisons of a few setups; of many, those with the first, grouped by what they say."""
    place = {one.setup: i for i, one in enumerate(order)}
    told = [pair for pair in pairs if pair.a in place and pair.b in place]
    told.sort(key=lambda pair: sorted((place[pair.a], place[pair.b])))
    if len(order) <= _FEW:
        return [sentence for pair in told for sentence in (pair.sentence, *_speed(pair))]
    first, level = order[0].setup, f"{100 * order[0].value.confidence:g} % interval"
    return _grouped(first, [pair for pair in told if first in (pair.a, pair.b)], rows, level)


def _grouped(first: str, pairs: Sequence[PairVerdict], rows: str, level: str) -> list[str]:
    """What the comparisons of ``first`` with the others show, the others by name."""
    groups: dict[str, list[PairVerdict]] = {}
    for pair in pairs:
        wins = (pair.verdict == "better") == (pair.b == first)
        groups.setdefault(
            pair.verdict if not pair.is_significant else ("win" if wins else "loss"), []
        ).append(pair)
    told = []
    for name, kind in (("win", "better"), ("loss", "worse")):
        if found := groups.get(name):
            worst = p_text(max(pair.holm_p for pair in found)) + (" or less" if len(found) > 1 else "")
            after = f"{worst} after Holm for {found[0].tests} comparisons"
            told.append(
                f"{first} is {kind} than {_listed([_by(first, one, level) for one in found])}; {after}."
            )
            told += [sentence for pair in found[:_FEW] for sentence in _speed(pair)]
    if found := groups.get("too few seeds"):
        few = [pair for pair in found if pair.comparison.n]
        most = max((pair.comparison.n for pair in found), default=0)
        needed = max((pair.seeds_needed for pair in few if pair.seeds_needed), default=None)
        more = f"; about {needed} are needed for all of them" if needed else ""
        told.append(f"Too few {rows} to tell {first} from {_others(first, found)} ({most} at most{more}).")
    if found := groups.get("not shown"):
        told.append(f"No difference shown between {first} and {_listed([_needed(first, p) for p in found])}.")
    return told


def _by(first: str, pair: PairVerdict, level: str) -> str:
    """``RS by 0.016 (95 % interval 0.004 to 0.028)``: the other, and the mean difference."""
    other, one = _other(first, pair), pair.comparison
    size, lower, upper = one.mean_difference, one.lower, one.upper
    is_first_ahead = (pair.verdict == "better") == (pair.b == first)
    if is_first_ahead != (pair.b == first):
        size, lower, upper = -size, -upper, -lower
    return f"{other} by {number_text(size)} ({level} {number_text(lower)} to {number_text(upper)})"


def _needed(first: str, pair: PairVerdict) -> str:
    """The other, and how many seeds would tell."""
    more = f" (about {pair.seeds_needed} would tell)" if pair.seeds_needed else ""
    return f"{_other(first, pair)}{more}"


def _others(first: str, pairs: Sequence[PairVerdict]) -> str:
    return _listed([_other(first, pair) for pair in pairs])


def _other(first: str, pair: PairVerdict) -> str:
    return pair.a if pair.b == first else pair.b


def _listed(names: Sequence[str]) -> str:
    """Not all of many."""
    more = len(names) - _MOST
    return ", ".join(names) if more < 2 else f"{', '.join(names[:_MOST])} and {more} more"


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
