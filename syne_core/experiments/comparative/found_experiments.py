"""The experiments of a comparison, each with its place in it; and what was left out, and why.

Nothing is asserted of them: an experiment that cannot be read, a setup that nobody has, or a repetition that
is missing is named, and the rest is compared.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from syne_core.errors import ResultsError, UnknownNameError, UsageError, nearest_name
from syne_core.experiments.comparative.experiment_names import (
    Bounds,
    bounds_by_name,
    is_within,
    named_experiments,
)
from syne_core.experiments.experiment_folder import BrokenExperiment, ExperimentFolder
from syne_core.experiments.selection import newest_of_each
from syne_core.paths import experiment_path

__all__ = ["SINGLE_BENCHMARK", "FoundExperiment", "FoundExperiments", "Question", "find_experiments"]

logger = logging.getLogger(__name__)

#: Name of the only benchmark where ``benchmark_key`` is None.
SINGLE_BENCHMARK = "SINGLE_BENCHMARK"

_MOST_NAMES = 5

Metadata = dict[str, Any]
MetadataToSetup = Callable[[Metadata], Any]
MetadataToSubplot = Callable[[Metadata], "int | None"]


@dataclass(frozen=True)
class Question:
    """Which experiments are compared; the arguments of ``ComparativeResults``."""

    experiment_names: Sequence[str]
    setups: Iterable[Any]
    metadata_to_setup: MetadataToSetup | Mapping[str, MetadataToSetup]
    metadata_to_subplot: MetadataToSubplot | None = None
    benchmark_key: str | None = "benchmark"
    with_subdirs: str | Sequence[str] | None = "*"
    datetime_bounds: Bounds | Mapping[str, Bounds] | None = None


@dataclass(frozen=True, eq=False)
class FoundExperiment:
    """An experiment and its place in the comparison."""

    folder: ExperimentFolder
    benchmark: str
    setup: Hashable
    subplot: int


@dataclass(frozen=True, eq=False)
class FoundExperiments:
    """Experiments by benchmark.

    :param setups: those that some experiment has, in the order in which they were asked for
    :param broken: what could not be used, and why
    :param notes: what else was left out or not found, a line each
    """

    by_benchmark: dict[str, tuple[FoundExperiment, ...]]
    setups: tuple[Hashable, ...]
    broken: tuple[BrokenExperiment, ...]
    notes: tuple[str, ...] = field(default=())

    def of(self, benchmark: str | None) -> tuple[str, tuple[FoundExperiment, ...]]:
        """Name and experiments of ``benchmark``; None: of the only one.

        :raises UnknownNameError: there is no such benchmark
        :raises UsageError: it is None, but there are several
        """
        if benchmark is None:
            if len(self.by_benchmark) > 1:
                names = ", ".join(self.by_benchmark)
                raise UsageError(f"Say which benchmark_name to plot; there are {names}")
            benchmark = next(iter(self.by_benchmark))
        if benchmark not in self.by_benchmark:
            raise UnknownNameError("benchmark", str(benchmark), self.by_benchmark)
        return benchmark, self.by_benchmark[benchmark]


def find_experiments(question: Question, root: str | Path | None = None) -> FoundExperiments:
    """The experiments that ``question`` asks for, without their results.

    :param root: default: the root of all experiments
    :raises UnknownNameError: no such experiment name; no experiment has any of the setups
    :raises UsageError: an argument is of the wrong kind
    :raises ResultsError: no experiment is left
    """
    wanted = _unique([question.setups] if isinstance(question.setups, str) else question.setups)
    if not wanted:
        raise UsageError("setups must name at least one setup")
    _check_functions(question)
    search = _Search(question, experiment_path() if root is None else Path(root))
    search.run()
    placed = search.placed
    if not placed:
        raise ResultsError(search.why_nothing())
    have = _unique(one.setup for one in placed)
    if not set(have) & set(wanted):
        raise UnknownNameError("setup", str(wanted[0]), map(str, have))
    notes = list(_about_setups(wanted, have, placed))
    chosen, superseded = _newest([one for one in placed if one.setup in wanted])
    if superseded:
        names = ", ".join(sorted(folder.name for folder in superseded))
        notes.append(f"left out for a newer experiment with the same seed: {names}")
    for broken in search.broken:
        logger.warning("%s (left out)", broken)
    for note in notes:
        logger.warning("%s", note)
    by_benchmark: dict[str, list[FoundExperiment]] = defaultdict(list)
    for one in chosen:
        by_benchmark[one.benchmark].append(one)
    return FoundExperiments(
        {name: tuple(by_benchmark[name]) for name in sorted(by_benchmark)},
        tuple(setup for setup in wanted if setup in have),
        tuple(search.broken),
        tuple(notes),
    )


class _Search:
    def __init__(self, question: Question, root: Path) -> None:
        self.question = question
        self.root = root
        self.broken: list[BrokenExperiment] = []
        self.placed: list[FoundExperiment] = []
        self.filtered = 0

    def run(self) -> None:
        given = self.question.experiment_names
        names = [given] if isinstance(given, str) else _unique(given)
        if not names:
            raise UsageError("experiment_names must name at least one study")
        bounds = bounds_by_name(self.question.datetime_bounds, names)
        for name in names:
            for folder in named_experiments(name, self.root, self.question.with_subdirs, self.broken):
                try:
                    place = self.place(folder) if is_within(folder, bounds[name]) else None
                except ResultsError as error:
                    self.broken.append(BrokenExperiment(folder.path, str(error)))
                    continue
                if place is None:
                    self.filtered += 1
                else:
                    self.placed.append(place)

    def place(self, folder: ExperimentFolder) -> FoundExperiment | None:
        """None if a filter leaves the experiment out.

        :raises ResultsError: it has no place
        """
        benchmark = self.benchmark_of(folder)
        to_setup = self.question.metadata_to_setup
        if isinstance(to_setup, Mapping):
            if benchmark not in to_setup:
                raise ResultsError(f"metadata_to_setup has no function for benchmark '{benchmark}'")
            to_setup = to_setup[benchmark]
        setup = _called(to_setup, folder.metadata, "metadata_to_setup")
        if setup is None:
            return None
        to_subplot = self.question.metadata_to_subplot
        subplot = 0
        if to_subplot is not None:
            answer = _called(to_subplot, folder.metadata, "metadata_to_subplot")
            if answer is None:
                return None
            subplot = _index(answer)
        if not isinstance(setup, Hashable):
            raise ResultsError(f"metadata_to_setup gives {setup!r}, which is no name")
        return FoundExperiment(folder, benchmark, setup, subplot)

    def benchmark_of(self, folder: ExperimentFolder) -> str:
        key = self.question.benchmark_key
        if key is None:
            return SINGLE_BENCHMARK
        if key not in folder.metadata:
            raise ResultsError(f"its metadata have no entry '{key}' (benchmark_key)")
        return str(folder.metadata[key])

    def why_nothing(self) -> str:
        given = self.question.experiment_names
        names = given if isinstance(given, str) else ", ".join(given)
        reasons = [str(one) for one in self.broken[:5]]
        if self.filtered:
            reasons.append(f"{self.filtered} are filtered out by the functions or datetime_bounds")
        if not reasons:
            reasons.append(f"none was found with with_subdirs={self.question.with_subdirs!r}")
        return f"No experiment of {names} can be used: {'; '.join(reasons)}"


def _check_functions(question: Question) -> None:
    given = question.metadata_to_setup
    functions = list(given.values()) if isinstance(given, Mapping) else [given]
    if not all(map(callable, functions)):
        raise UsageError("metadata_to_setup must be a function of the metadata, or one for each benchmark")
    if question.metadata_to_subplot is not None and not callable(question.metadata_to_subplot):
        raise UsageError("metadata_to_subplot must be a function of the metadata")


def _called(function: Callable[[Metadata], Any], metadata: Metadata, name: str) -> Any:
    """What a user's function says; what it raises is a fault of this experiment only."""
    try:
        return function(dict(metadata))
    except Exception as error:
        raise ResultsError(f"{name} raised {type(error).__name__}: {error}") from error


def _index(answer: Any) -> int:
    try:
        index = int(answer)
    except (TypeError, ValueError):
        index = -1
    if index < 0 or index != answer:
        raise ResultsError(f"metadata_to_subplot gives {answer!r}, not an index from 0")
    return index


def _about_setups(wanted: list[Any], have: list[Any], placed: list[FoundExperiment]) -> Iterable[str]:
    for setup in wanted:
        if setup not in have:
            near = nearest_name(str(setup), [str(one) for one in have if one not in wanted])
            hint = f" (did you mean '{near}'?)" if near else ""
            yield f"no experiment has setup '{setup}'{hint}"
    if others := [setup for setup in have if setup not in wanted]:
        number = Counter(one.setup for one in placed)
        counts = ", ".join(f"'{setup}' ({number[setup]})" for setup in others[:_MOST_NAMES])
        more = f", and {len(others) - _MOST_NAMES} more" if len(others) > _MOST_NAMES else ""
        yield f"setups not asked for, left out: {counts}{more}"


def _newest(placed: list[FoundExperiment]) -> tuple[list[FoundExperiment], list[ExperimentFolder]]:
    """A study that ran again with other settings makes folders that are no other repetitions."""
    groups: dict[tuple[object, ...], list[FoundExperiment]] = defaultdict(list)
    for one in placed:
        groups[one.folder.tag, one.benchmark, one.setup, one.subplot].append(one)
    others: list[ExperimentFolder] = []
    for group in groups.values():
        others += newest_of_each(one.folder for one in group)[1]
    left_out = {folder.path for folder in others}
    return [one for one in placed if one.folder.path not in left_out], others


def _unique(values: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys(values))
