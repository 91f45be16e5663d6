"""The experiments of a study, ready to be compared: by benchmark, then method, then seed.

A method that ran with several numbers of workers on a benchmark counts as several *setups*.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syne_core.errors import ResultsError, UnknownNameError, UsageError
from syne_core.experiments.aggregate import MeanCurve, mean_curve
from syne_core.experiments.experiment_folder import BrokenExperiment, ExperimentFolder
from syne_core.experiments.metadata import metric_and_mode, metric_names
from syne_core.experiments.scan import scan_study
from syne_core.experiments.seed_results import SeedResults, seed_results
from syne_core.experiments.selection import newest_of_each, select_experiments

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BenchmarkResults", "SetupResults", "StudyResults", "load_study"]

logger = logging.getLogger(__name__)

Loaded = list[tuple[ExperimentFolder, "pd.DataFrame"]]


@dataclass(frozen=True, eq=False)
class SetupResults:
    """The seeds of one method, with one number of workers, on one benchmark."""

    label: str
    method: str
    n_workers: int | None
    seeds: tuple[SeedResults, ...]

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


@dataclass(frozen=True, eq=False)
class StudyResults:
    """A study, or the chosen part of it.

    :param methods: the chosen methods, on whichever benchmark
    :param broken: folders that could not be read
    """

    tag: str
    methods: tuple[str, ...]
    benchmarks: tuple[BenchmarkResults, ...]
    broken: tuple[BrokenExperiment, ...]


def load_study(
    tag: str,
    root: str | Path | None = None,
    benchmarks: Sequence[str] = (),
    methods: Sequence[str] = (),
    metric: str | int = 0,
    mode: str | None = None,
) -> StudyResults:
    """The results of the study ``tag``; what cannot be read is warned of and left out.

    :param root: default: the root of all experiments
    :param benchmarks: names; default: all
    :param methods: names; default: all
    :param metric: name of a reported value, or position among the metrics of the experiments
    :param mode: ``"min"`` or ``"max"``, needed only if the experiments do not declare the metric
    :raises UnknownNameError: no such study, benchmark, method or metric
    :raises UsageError: ``mode`` is needed, or contradicts the experiments
    :raises ResultsError: the study has no experiment that can be read
    """
    scanned = scan_study(tag, root)
    broken = list(scanned.broken)
    by_benchmark = defaultdict(list)
    for folder in select_experiments(scanned.good, benchmarks, methods) if scanned.good else ():
        by_benchmark[folder.benchmark].append(folder)
    loaded = [_benchmark(n, by_benchmark[n], metric, mode, broken) for n in sorted(by_benchmark)]
    results = tuple(benchmark for benchmark in loaded if benchmark is not None)
    if not results:
        about = f": {'; '.join(map(str, broken))}" if broken else ""
        raise ResultsError(f"Study '{tag}' has no experiment that can be read{about}")
    found = {folder.method for folders in by_benchmark.values() for folder in folders}
    return StudyResults(tag, tuple(sorted(found)), results, tuple(broken))


def _benchmark(
    name: str,
    folders: list[ExperimentFolder],
    metric: str | int,
    mode: str | None,
    broken: list[BrokenExperiment],
) -> BenchmarkResults | None:
    """None if no experiment says what its metric is."""
    newest, superseded = newest_of_each(folders)
    declared = _declared(newest)
    if metric == 0 and mode is None and not _says_metric(declared):
        for folder in newest:
            _set_aside(folder, "its metadata do not say which metric counts, or how", broken)
        return None
    loaded = _load(newest, broken)
    if isinstance(metric, str):
        _check_metric(name, metric, metric_names(declared), loaded)
    metric, mode = metric_and_mode(declared, metric, mode)
    limits_differ = len({folder.time_limit for folder in newest}) > 1
    groups: dict[tuple[str, int | None], list[SeedResults]] = defaultdict(list)
    for folder, table in loaded:
        try:
            seed = seed_results(folder, table, metric, mode, limits_differ)
        except ResultsError as error:
            _set_aside(folder, str(error), broken)
            continue
        groups[folder.method, folder.n_workers].append(seed)
    return BenchmarkResults(name, metric, mode, _setups(groups), tuple(superseded))


def _declared(folders: list[ExperimentFolder]) -> dict[str, Any]:
    """What most of the experiments say of their metrics, as far as that is something."""
    said = [{key: f.metadata.get(key) for key in ("metric_names", "metric_mode")} for f in folders]
    said = list(filter(_says_metric, said)) or said
    counts = Counter(map(repr, said))
    return max(said, key=lambda one: counts[repr(one)])


def _says_metric(declared: dict[str, Any]) -> bool:
    try:
        metric_and_mode(declared)
    except UsageError:
        return False
    return True


def _load(folders: list[ExperimentFolder], broken: list[BrokenExperiment]) -> Loaded:
    loaded: Loaded = []
    for folder in folders:
        try:
            loaded.append((folder, folder.load().results))
        except ResultsError as error:
            _set_aside(folder, str(error), broken)
    return loaded


def _set_aside(folder: ExperimentFolder, reason: str, broken: list[BrokenExperiment]) -> None:
    broken.append(BrokenExperiment(folder.path, reason))
    logger.warning("%s (left out)", broken[-1])


def _check_metric(benchmark: str, metric: str, declared: list[str], loaded: Loaded) -> None:
    """A metric need not be declared, but somebody must have reported it."""
    columns = {str(column) for _, table in loaded for column in table.columns}
    reported = {c for c in columns if not c.startswith(("config_", "st_")) and c != "trial_id"}
    if metric not in declared and metric not in columns:
        raise UnknownNameError(f"metric of {benchmark},", metric, {*declared, *reported})


def _setups(groups: dict[tuple[str, int | None], list[SeedResults]]) -> tuple[SetupResults, ...]:
    methods = [method for method, _ in groups]
    tell_workers = len(set(methods)) < len(methods)
    setups = []
    for method, n_workers in sorted(groups, key=lambda key: (key[0], key[1] or 0)):
        seeds = groups[method, n_workers]
        seeds.sort(key=lambda seed: (isinstance(seed.folder.seed, str), seed.folder.seed))
        label = f"{method}, {_workers(n_workers)}" if tell_workers else method
        setups.append(SetupResults(label, method, n_workers, tuple(seeds)))
    return tuple(setups)


def _workers(count: int | None) -> str:
    return f"{'?' if count is None else count} worker{'' if count == 1 else 's'}"
