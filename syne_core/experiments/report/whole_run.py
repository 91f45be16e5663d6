"""How good setups are over the whole of a run: robust finals, areas under incumbents, times to targets."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from syne_core.experiments.incumbent import StepCurve
from syne_core.experiments.report.curve_columns import plain_number
from syne_core.experiments.report.evidence import IntervalPart, WholeRunPart, WholeRunRow
from syne_core.experiments.statistics.intervals import Interval
from syne_core.experiments.statistics.run_time import run_time_ecdf, target_range
from syne_core.experiments.study_results import BenchmarkResults, StudyResults
from syne_core.experiments.verdicts import BenchmarkVerdict, SetupSummary, StudyVerdict

__all__ = ["whole_run_parts"]

_TARGETS = 50

# Shares of the time: even ones, and more of the beginning for a logarithmic axis.
_SHARES = np.unique(np.concatenate([np.linspace(0.02, 1.0, 50), np.geomspace(1e-3, 0.02, 20)]).round(6))

Floats = NDArray[np.float64]


def whole_run_parts(study: StudyResults, verdict: StudyVerdict) -> Iterator[WholeRunPart]:
    """Over all benchmarks, then on each of them; a setup alone has a part, too.

    Over all benchmarks, shares of reached targets are means of those of the benchmarks.
    """
    found = [
        (judged, _Targets(benchmark, judged))
        for benchmark, judged in zip(study.benchmarks, verdict.benchmarks, strict=True)
    ]
    overall = verdict.overall
    if overall is not None:
        labels = [one.setup for one in overall.setups]
        tables = [targets.of(labels) for _, targets in found if targets.values.size]
        yield _part(None, overall.setups, _SHARES, np.mean(tables, axis=0) if tables else None, None)
    for judged, targets in found:
        if any(one.value.n for one in judged.setups):
            reached = targets.of([one.setup for one in judged.setups]) if targets.values.size else None
            yield _part(judged.benchmark, judged.setups, _SHARES * judged.horizon, reached, targets)


class _Targets:
    """Targets of a benchmark, and the share of them that each setup has reached over time.

    :param values: from easy to hard; empty where there is nothing to reach
    """

    def __init__(self, benchmark: BenchmarkResults, judged: BenchmarkVerdict) -> None:
        horizon = judged.horizon
        self._curves = {
            setup.label: [
                _up_to(seed.curve, horizon) for seed in setup.seeds if seed.curve.known_until >= horizon
            ]
            for setup in benchmark.setups
        }
        self._mode = benchmark.mode
        self._horizon = horizon
        everything = [curve for curves in self._curves.values() for curve in curves]
        self.values = target_range(everything, self._mode, _TARGETS) if horizon > 0 else np.empty(0)

    def of(self, labels: Sequence[str]) -> Floats:
        """Shares, shape (setups, times); NaN for a setup none of whose seeds is known to the end."""
        return np.stack([self._reached(self._curves[label]) for label in labels])

    def _reached(self, curves: Sequence[StepCurve]) -> Floats:
        if not curves:
            return np.full(_SHARES.shape, np.nan)
        steps = run_time_ecdf(curves, self.values, self._mode)
        return np.nan_to_num(steps.at(_SHARES * self._horizon), nan=0.0)


def _up_to(curve: StepCurve, horizon: float) -> StepCurve:
    """Later steps do not count, since not all setups are known then."""
    count = int(np.searchsorted(curve.times, horizon, side="right"))
    return StepCurve(curve.times[:count], curve.values[:count], horizon)


def _part(
    benchmark: str | None,
    setups: Sequence[SetupSummary],
    times: Floats,
    reached: Floats | None,
    targets: _Targets | None,
) -> WholeRunPart:
    table = () if reached is None else reached
    has_range = targets is not None and targets.values.size
    return WholeRunPart(
        benchmark=benchmark,
        rows=tuple(_row(one) for one in setups),
        easiest=plain_number(targets.values[0]) if targets and has_range else None,
        hardest=plain_number(targets.values[-1]) if targets and has_range else None,
        time=tuple(float(f"{time:.6g}") for time in times) if len(table) else (),
        reached=tuple(tuple(plain_number(v, 4) for v in row) for row in table),
    )


def _row(one: SetupSummary) -> WholeRunRow:
    return WholeRunRow(
        setup=one.setup,
        n=one.value.n,
        iqm=_interval(one.iqm),
        median=plain_number(one.median),
        anytime=_interval(one.anytime),
        regret=_interval(one.regret),
    )


def _interval(found: Interval | None) -> IntervalPart | None:
    if found is None or not math.isfinite(found.point):
        return None
    return IntervalPart(*map(plain_number, (found.point, found.lower, found.upper)))
