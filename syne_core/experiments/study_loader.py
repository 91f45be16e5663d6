"""Load studies: find their experiments, choose those that count, read what is to be compared.

What cannot be read, or contradicts the others, is set aside by name, and the rest is loaded.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from syne_core.errors import ResultsError, UnknownNameError, UsageError
from syne_core.experiments.experiment_folder import BrokenExperiment, ExperimentFolder
from syne_core.experiments.metadata import declared_mode, metric_and_mode, metric_names
from syne_core.experiments.scan import scan_study
from syne_core.experiments.seed_results import SeedResults, seed_columns, seed_results
from syne_core.experiments.selection import newest_of_each, select_experiments
from syne_core.experiments.shared_metric import check_modes, says_metric, shared_metadata
from syne_core.experiments.study_results import BenchmarkResults, SetupResults, StudyResults

__all__ = ["load_studies", "load_study"]

logger = logging.getLogger(__name__)


def load_study(
    tag: str,
    root: str | Path | None = None,
    benchmarks: Sequence[str] = (),
    methods: Sequence[str] = (),
    metric: str | int = 0,
    mode: str | None = None,
) -> StudyResults:
    """The results of the study ``tag``; arguments and errors as for ``load_studies``."""
    return load_studies([tag], root, benchmarks, methods, metric, mode)


def load_studies(
    tags: Sequence[str],
    root: str | Path | None = None,
    benchmarks: Sequence[str] = (),
    methods: Sequence[str] = (),
    metric: str | int = 0,
    mode: str | None = None,
) -> StudyResults:
    """The results of one or more studies; what cannot be read is warned of and left out.

    With several, the setups of a study are labelled ``TAG: METHOD``.

    :param tags: names of the studies, the first of which comes first in the result
    :param root: default: the root of all experiments
    :param benchmarks: names; default: all
    :param methods: names; default: all
    :param metric: name of a reported value, or position among the metrics of the experiments
    :param mode: ``"min"`` or ``"max"``, needed only if the experiments do not declare the metric
    :raises UnknownNameError: no such study, benchmark, method or metric
    :raises UsageError: ``mode`` is needed, or contradicts the experiments
    :raises ResultsError: there is no experiment that can be read, or none that matches
    """
    names = list(dict.fromkeys(tags))
    chosen, broken = _chosen(names, root, benchmarks, methods)
    by_benchmark: dict[str, list[_Candidate]] = defaultdict(list)
    for candidate in chosen:
        by_benchmark[candidate.folder.benchmark].append(candidate)
    load = _BenchmarkLoader(names, metric, mode, broken)
    loaded = [load(name, by_benchmark[name]) for name in sorted(by_benchmark)]
    results = tuple(benchmark for benchmark in loaded if benchmark is not None)
    if not results:
        about = f": {'; '.join(map(str, broken))}" if broken else ""
        raise ResultsError(f"{_studies(names)} no experiment that can be read{about}")
    found = {candidate.folder.method for candidate in chosen}
    return StudyResults(", ".join(names), tuple(sorted(found)), results, tuple(broken), tuple(names))


@dataclass(frozen=True)
class _Candidate:
    """An experiment and the study in whose folder it lies, whatever its metadata say."""

    tag: str
    folder: ExperimentFolder


def _chosen(
    tags: list[str], root: str | Path | None, benchmarks: Sequence[str], methods: Sequence[str]
) -> tuple[list[_Candidate], list[BrokenExperiment]]:
    """The experiments asked for, and the folders that cannot be read."""
    if not tags:
        raise UsageError("Name at least one study")
    found: list[_Candidate] = []
    broken: list[BrokenExperiment] = []
    unknown: list[UnknownNameError] = []
    for tag in tags:
        try:
            scanned = scan_study(tag, root)
        except UnknownNameError as error:
            unknown.append(error)
            continue
        found += (_Candidate(tag, folder) for folder in scanned.good)
        broken += scanned.broken
    if unknown:
        raise unknown[0] if len(unknown) == 1 else UsageError.joined(map(str, unknown))
    if not found:
        return [], broken
    wanted = {id(f) for f in select_experiments([c.folder for c in found], benchmarks, methods)}
    if not wanted:
        asked = f"benchmark {' or '.join(benchmarks)} and method {' or '.join(methods)}"
        raise ResultsError(f"{_studies(tags)} no experiment with {asked}")
    return [candidate for candidate in found if id(candidate.folder) in wanted], broken


class _BenchmarkLoader:
    """Loads benchmark after benchmark.

    :param broken: takes what has to be set aside
    """

    def __init__(
        self, tags: list[str], metric: str | int, mode: str | None, broken: list[BrokenExperiment]
    ) -> None:
        self._tags = tags
        self._metric = metric
        self._mode = mode
        self._broken = broken

    def __call__(self, name: str, candidates: list[_Candidate]) -> BenchmarkResults | None:
        """The results on a benchmark; None if no experiment says what its metric is."""
        newest, superseded = [], []
        for tag in self._tags:
            new, old = newest_of_each(c.folder for c in candidates if c.tag == tag)
            newest += [_Candidate(tag, folder) for folder in new]
            superseded += old
        metadata = [candidate.folder.metadata for candidate in newest]
        declared = shared_metadata(metadata, self._metric, self._mode)
        if self._metric == 0 and self._mode is None and not says_metric(declared):
            for candidate in newest:
                self._set_aside(candidate.folder, "its metadata do not say which metric counts, or how")
            return None
        if isinstance(self._metric, str) and self._metric not in metric_names(declared):
            self._check_reported(name, newest, metric_names(declared))
        metric, mode = metric_and_mode(declared, self._metric, self._mode)
        check_modes(name, metadata, metric, self._mode)
        limits_differ = len({c.folder.time_limit for c in newest}) > 1
        groups: dict[_Key, list[SeedResults]] = defaultdict(list)
        for candidate in newest:
            folder = candidate.folder
            try:
                _check_mode(folder, metric, mode)
                results = folder.load_numbers(seed_columns(metric))
                seed = seed_results(folder, results, metric, mode, limits_differ)
            except ResultsError as error:
                self._set_aside(folder, str(error))
                continue
            groups[candidate.tag, folder.method, folder.n_workers].append(seed)
        return BenchmarkResults(name, metric, mode, self._setups(groups), tuple(superseded))

    def _check_reported(self, benchmark: str, candidates: list[_Candidate], declared: list[str]) -> None:
        """A metric need not be declared, but somebody must have reported it."""
        columns: set[str] = set()
        for candidate in candidates:
            try:
                columns.update(candidate.folder.load_numbers(()).names)
            except ResultsError:
                continue  # set aside when its turn comes
        reported = {c for c in columns if not c.startswith(("config_", "st_")) and c != "trial_id"}
        if self._metric not in columns:
            raise UnknownNameError(f"metric of {benchmark},", str(self._metric), {*declared, *reported})

    def _set_aside(self, folder: ExperimentFolder, reason: str) -> None:
        self._broken.append(BrokenExperiment(folder.path, reason))
        logger.warning("%s (left out)", self._broken[-1])

    def _setups(self, groups: dict[_Key, list[SeedResults]]) -> tuple[SetupResults, ...]:
        tag_and_method = [key[:2] for key in groups]
        tell_workers = len(set(tag_and_method)) < len(tag_and_method)
        setups = []
        for tag, method, n_workers in sorted(groups, key=self._order):
            seeds = groups[tag, method, n_workers]
            seeds.sort(key=lambda seed: (isinstance(seed.folder.seed, str), seed.folder.seed))
            label = f"{tag}: {method}" if len(self._tags) > 1 else method
            label += f", {_workers(n_workers)}" if tell_workers else ""
            setups.append(SetupResults(label, method, n_workers, tuple(seeds), tag))
        return tuple(setups)

    def _order(self, key: _Key) -> tuple[int, str, int]:
        tag, method, n_workers = key
        return self._tags.index(tag), method, n_workers or 0


_Key = tuple[str, str, "int | None"]


def _check_mode(folder: ExperimentFolder, metric: str, mode: str) -> None:
    own = declared_mode(folder.metadata, metric)
    if own not in (None, mode):
        raise ResultsError(f"it was run with mode {own} of '{metric}', the others with mode {mode}")


def _workers(count: int | None) -> str:
    return f"{'?' if count is None else count} worker{'' if count == 1 else 's'}"


def _studies(tags: list[str]) -> str:
    """Subject and verb of a sentence."""
    names = ", ".join(f"'{tag}'" for tag in tags)
    return f"Study {names} has" if len(tags) == 1 else f"Studies {names} have"
