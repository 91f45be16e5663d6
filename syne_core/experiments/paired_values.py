"""The setups of a benchmark side by side: their incumbents at one time, seed by seed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from syne_core.experiments.incumbent import StepCurve
from syne_core.experiments.study_results import BenchmarkResults, SetupResults

__all__ = ["PairedValues", "paired_curves", "paired_values"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PairedValues:
    """Values of several setups, those of one seed in one row.

    :param setups: labels, the columns
    :param seeds: the rows
    :param horizon: seconds at which the values are taken
    :param values: shape (seeds, setups); NaN where a seed is missing, not known at ``horizon``, or has
        reported nothing finite
    :param ranked: likewise, but a seed that is known and has nothing finite has the worst value, infinite
    """

    setups: tuple[str, ...]
    seeds: tuple[int | str, ...]
    horizon: float
    values: Floats
    ranked: Floats


def paired_values(benchmark: BenchmarkResults, horizon: float | None = None) -> PairedValues:
    """The incumbents of all setups of ``benchmark``.

    :param horizon: seconds; default: the last second at which all setups are known
    """
    at = benchmark.common_horizon if horizon is None else horizon
    seeds = _all_seeds(benchmark.setups)
    shape = (len(seeds), len(benchmark.setups))
    values, ranked = np.full(shape, np.nan), np.full(shape, np.nan)
    worst = -math.inf if benchmark.mode == "max" else math.inf
    for column, setup in enumerate(benchmark.setups):
        for row, curve in enumerate(paired_curves(setup, seeds)):
            if curve is not None and at <= curve.known_until:
                values[row, column] = value = float(curve.at(at))
                ranked[row, column] = worst if math.isnan(value) else value
    labels = tuple(setup.label for setup in benchmark.setups)
    return PairedValues(labels, tuple(seeds), at, values, ranked)


def paired_curves(setup: SetupResults, seeds: Sequence[int | str]) -> list[StepCurve | None]:
    """The curve of each of ``seeds``, None where the setup lacks it."""
    curves = {seed.folder.seed: seed.curve for seed in setup.seeds}
    return [curves.get(seed) for seed in seeds]


def _all_seeds(setups: Sequence[SetupResults]) -> list[int | str]:
    """The seeds of any setup; those without a number, which no other setup has, come last."""
    found = {seed.folder.seed for setup in setups for seed in setup.seeds}
    return sorted(found, key=lambda seed: (isinstance(seed, str), seed))
