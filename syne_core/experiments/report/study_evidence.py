"""What the statistics say of a study, collected for a report."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from syne_core.experiments.pair_verdicts import PairVerdict
from syne_core.experiments.report.evidence import ComparisonPart, Evidence, IntervalPart, SummaryPart
from syne_core.experiments.report.rank_parts import rank_parts
from syne_core.experiments.report.whole_run import whole_run_parts
from syne_core.experiments.statistics.run_time import SpeedUp
from syne_core.experiments.study_results import StudyResults
from syne_core.experiments.verdicts import StudyVerdict, judge

__all__ = ["study_evidence"]


def study_evidence(study: StudyResults, confidence: float) -> Evidence:
    """Comparisons, ranks, and the answer in words.

    :param confidence: of intervals; one minus it is the level of the tests
    :raises UsageError: ``confidence`` is not between 0 and 1
    """
    verdict = judge(study, confidence)
    comparisons: list[ComparisonPart] = []
    if verdict.overall is not None:
        comparisons += _comparisons(None, None, verdict.overall.pairs)
    for judged in verdict.benchmarks:
        comparisons += _comparisons(judged.benchmark, judged.horizon, judged.pairs)
    return Evidence(
        summary=tuple(_summary(verdict)),
        caveats=verdict.caveats,
        comparisons=tuple(comparisons),
        ranks=tuple(rank_parts(study, verdict)),
        whole_run=tuple(whole_run_parts(study, verdict)),
    )


def _summary(verdict: StudyVerdict) -> Iterator[SummaryPart]:
    if verdict.overall is not None and verdict.overall.sentences:
        yield _part(f"Over {len(verdict.overall.benchmarks)} benchmarks", None, verdict.overall.sentences)
    for judged in verdict.benchmarks:
        yield _part(judged.benchmark, judged.benchmark, judged.sentences)


def _part(title: str, benchmark: str | None, sentences: Sequence[str]) -> SummaryPart:
    """Each sentence begins with the title, which need not be said again and again."""
    told = (sentence.removeprefix(f"{title}: ") for sentence in sentences)
    return SummaryPart(title, benchmark, tuple(f"{text[:1].upper()}{text[1:]}" for text in told))


def _comparisons(
    benchmark: str | None, horizon: float | None, pairs: Iterable[PairVerdict]
) -> Iterator[ComparisonPart]:
    for pair in pairs:
        found = pair.comparison
        is_b_ahead = not found.mean_difference < 0
        sign = 1.0 if is_b_ahead else -1.0
        ends = sorted((sign * found.lower, sign * found.upper))
        yield ComparisonPart(
            benchmark=benchmark,
            better=pair.b if is_b_ahead else pair.a,
            worse=pair.a if is_b_ahead else pair.b,
            horizon=horizon,
            n=found.n,
            difference=_number(sign * found.mean_difference),
            lower=_number(ends[0]),
            upper=_number(ends[1]),
            wins=found.wins if is_b_ahead else found.losses,
            losses=found.losses if is_b_ahead else found.wins,
            ties=found.ties,
            p=_number(pair.holm_p),
            sign_p=_number(pair.holm_sign_p),
            is_significant=pair.is_significant,
            verdict=pair.verdict if is_b_ahead or pair.verdict in _WITHOUT_SIDE else "better",
            seeds_needed=pair.seeds_needed,
            speed_up=_speed_up(pair.speed_up, is_b_ahead),
            target=_number(pair.speed_up.target) if pair.speed_up else None,
            sentence=pair.sentence,
        )


def _speed_up(found: SpeedUp | None, is_b_ahead: bool) -> IntervalPart | None:
    """Of the one that is ahead over the other."""
    if found is None or not 0 < found.ratio.point < math.inf:
        return None
    ends = (found.ratio.lower, found.ratio.upper)
    if is_b_ahead:
        return IntervalPart(found.ratio.point, _number(ends[0]), _number(ends[1]))
    lower, upper = (1 / end if end else math.inf for end in reversed(ends))
    return IntervalPart(1 / found.ratio.point, _number(lower), _number(upper))


_WITHOUT_SIDE = ("too few seeds", "not shown")


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
