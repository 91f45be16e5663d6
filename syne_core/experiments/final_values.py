"""Where the methods of a study ended: a row for each benchmark and setup."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from syne_core.experiments.aggregate import mean_with_interval
from syne_core.experiments.seed_results import SeedResults
from syne_core.experiments.study_results import BenchmarkResults, SetupResults, StudyResults

__all__ = ["FinalRow", "final_table"]


@dataclass(frozen=True)
class FinalRow:
    """The final incumbents of one setup on one benchmark.

    :param setup: the method, with its number of workers where that varies
    :param seeds: seeds that have a value
    :param ended: seeds, of these, whose experiment has ended; mean and interval are over them, or, if
        there are none, over all so far, and ``is_provisional`` says so
    :param mean: None if there is no value
    :param lower: end of the confidence interval of the mean; None for fewer than two seeds
    :param best: the best value of all seeds
    :param num_trials: trials started, over all seeds
    :param trials_per_hour: per experiment
    :param until: where time limits differ, the second up to which experiments count; seeds that are not
        known then do not. None: values are final
    """

    benchmark: str
    metric: str
    mode: str
    setup: str
    method: str
    n_workers: int | None
    seeds: int
    ended: int
    is_provisional: bool
    mean: float | None
    lower: float | None
    upper: float | None
    confidence: float
    best: float | None
    num_trials: int
    trials_per_hour: float | None
    until: float | None = None

    def to_json(self) -> dict[str, Any]:
        """As an object of JSON."""
        return asdict(self)


def final_table(study: StudyResults, confidence: float = 0.95) -> list[FinalRow]:
    """A row for each benchmark and setup, in the order of ``study``.

    :param confidence: of Student's interval for the mean over seeds
    :raises UsageError: ``confidence`` is not between 0 and 1
    """
    return [_row(b, setup, confidence) for b in study.benchmarks for setup in b.setups]


def _row(benchmark: BenchmarkResults, setup: SetupResults, confidence: float) -> FinalRow:
    until = benchmark.common_horizon if benchmark.budgets_differ else None
    finals = [(seed, v) for seed in setup.seeds if (v := _value(seed, until)) is not None]
    ended = [value for seed, value in finals if seed.has_ended]
    mean, lower, upper = mean_with_interval(ended or [value for _, value in finals], confidence)
    trials = sum(seed.num_trials for seed in setup.seeds)
    hours = sum(seed.elapsed for seed in setup.seeds) / 3600
    pick = max if benchmark.mode == "max" else min
    return FinalRow(
        benchmark=benchmark.name,
        metric=benchmark.metric,
        mode=benchmark.mode,
        setup=setup.label,
        method=setup.method,
        n_workers=setup.n_workers,
        seeds=len(finals),
        ended=len(ended),
        is_provisional=not ended and bool(finals),
        mean=_finite(mean),
        lower=_finite(lower),
        upper=_finite(upper),
        confidence=confidence,
        best=pick((value for _, value in finals), default=None),
        num_trials=trials,
        trials_per_hour=trials / hours if hours > 0 else None,
        until=until,
    )


def _value(seed: SeedResults, until: float | None) -> float | None:
    return seed.curve.final if until is None else _finite(seed.curve.at(until))


def _finite(value: Any) -> float | None:
    return float(value) if math.isfinite(value) else None
