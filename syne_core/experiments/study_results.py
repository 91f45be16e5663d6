"""What a study found, ready to be compared: by benchmark, then setup, then seed.

A method that ran with several numbers of workers on a benchmark, or in several studies, counts as
several *setups*. ``study_loader`` makes these objects.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from syne_core.experiments.aggregate import MeanCurve, mean_curve
from syne_core.experiments.experiment_folder import BrokenExperiment, ExperimentFolder
from syne_core.experiments.seed_results import SeedResults

__all__ = ["BenchmarkResults", "SetupResults", "StudyResults"]


@dataclass(frozen=True, eq=False)
class SetupResults:
    """The seeds of one method, with one number of workers, on one benchmark, in one study.

    :param label: the method, with whatever else tells the setups of the benchmark apart
    :param tag: name of the study
    """

    label: str
    method: str
    n_workers: int | None
    seeds: tuple[SeedResults, ...]
    tag: str = ""

    @property
    def common_horizon(self) -> float:
        """The last second at which all its seeds are known, infinite if they stay as they are.

        Seeds that broke off do not count, unless all did: they would hide what the others found. Nor do
        seeds without a value.
        """
        with_value = [seed for seed in self.seeds if seed.has_value]
        ended = [seed for seed in with_value if seed.has_ended] or with_value
        return min((seed.curve.known_until for seed in ended), default=math.inf)

    def mean_curve(self, confidence: float = 0.95, horizon: float | None = None) -> MeanCurve:
        """The mean incumbent over the seeds; arguments as in ``aggregate.mean_curve``."""
        return mean_curve([seed.curve for seed in self.seeds], confidence, horizon=horizon)


@dataclass(frozen=True, eq=False)
class BenchmarkResults:
    """The setups on one benchmark.

    :param mode: ``"min"`` or ``"max"``
    :param superseded: experiments that were left out for newer ones
    """

    name: str
    metric: str
    mode: str
    setups: tuple[SetupResults, ...]
    superseded: tuple[ExperimentFolder, ...]

    @property
    def seeds(self) -> list[SeedResults]:
        """The seeds of all setups."""
        return [seed for setup in self.setups for seed in setup.seeds]

    @property
    def horizon(self) -> float:
        """Seconds of the longest experiment."""
        return max((seed.elapsed for seed in self.seeds), default=0.0)

    @property
    def budgets_differ(self) -> bool:
        """Whether experiments were given different times."""
        return len({seed.folder.time_limit for seed in self.seeds}) > 1

    @property
    def common_horizon(self) -> float:
        """The last second at which all setups are known: where budgets differ, compare up to here."""
        return min([self.horizon, *(setup.common_horizon for setup in self.setups)])


@dataclass(frozen=True, eq=False)
class StudyResults:
    """A study or several, or the chosen part of them.

    :param tag: name of the study; those of several with commas between them
    :param methods: the chosen methods, on whichever benchmark
    :param broken: folders that could not be read or do not fit the others
    :param tags: names of the studies
    """

    tag: str
    methods: tuple[str, ...]
    benchmarks: tuple[BenchmarkResults, ...]
    broken: tuple[BrokenExperiment, ...]
    tags: tuple[str, ...] = ()
