"""What the launchers of all back-ends share: from a command line to experiments that leave nothing open."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

from benchmarking.commons.benchmark_definitions import BenchmarkDefinition, RealBenchmarkDefinition
from benchmarking.commons.choices import (
    BenchmarkDefinitions,
    choose_benchmarks,
    choose_methods,
    pick_benchmark,
    read_methods,
    registered_benchmarks,
    with_script,
)
from benchmarking.commons.command_line import print_help_if_asked
from benchmarking.commons.default_baselines import Method
from benchmarking.commons.flags import Flag, looks_like_path
from benchmarking.commons.launch_flags import (
    BASE_FLAGS,
    DEFAULT_BENCHMARK,
    METHODS_FLAG,
    ExtraArgs,
    extra_flags,
    mistakes_between,
)
from benchmarking.commons.remote.in_job.in_job import job_here
from benchmarking.commons.remote.jobs.experiment_document import ResolvedExperiment, given_experiments
from benchmarking.commons.settings import read_settings
from benchmarking.commons.study.experiment import Experiment, RunnableBenchmark
from benchmarking.commons.study_design import MapMethodArgs, StudyDesign, make_scheduler
from syne_core.errors import UsageError

__all__ = [
    "BenchmarkDefinitions",
    "ExtraArgs",
    "Launch",
    "Launcher",
    "MapMethodArgs",
    "Prepare",
    "make_scheduler",
    "pick_benchmark",
]

#: Makes a definition ready for a back-end: ``(name, definition, flags) -> RunnableBenchmark``; UsageError.
Prepare = Callable[[str, BenchmarkDefinition, SimpleNamespace], RunnableBenchmark]


@dataclass(frozen=True)
class Launch:
    """A command line, resolved: nothing is left to decide.

    :param settings: all flags by name, those of ``extra_args`` among them
    :param methods: the methods that occur, by name
    :param notes: what the user should know though nothing is wrong
    """

    settings: SimpleNamespace
    methods: Mapping[str, Method]
    experiments: tuple[Experiment, ...]
    notes: tuple[str, ...] = ()


def _with_script(name: str, definition: BenchmarkDefinition, _: SimpleNamespace) -> RealBenchmarkDefinition:
    """What back-ends that run scripts need: a definition that has one."""
    return with_script(name, definition)


@dataclass(frozen=True)
class Launcher:
    """What a launcher script offers, and how its command line becomes experiments.

    :param backend: ``"local"`` or ``"simulator"``
    :param backend_flags: flags that only this back-end has, and those about the choice of back-end
    :param about: what ``--help`` says first
    :param takes_methods_file: whether ``--methods FILE`` may replace ``methods``
    :param program: how the command is called, for ``--help``
    :param prepare: makes the chosen definitions ready for the back-end
    """

    backend: str
    methods: Mapping[str, Method]
    benchmark_definitions: BenchmarkDefinitions
    extra_args: ExtraArgs | None = None
    map_method_args: MapMethodArgs | None = None
    about: str = ""
    backend_flags: Sequence[Flag] = ()
    takes_methods_file: bool = False
    program: str = field(default_factory=lambda: os.path.basename(sys.argv[0]))
    prepare: Prepare = _with_script

    def flags(self) -> list[Flag]:
        """All flags of this launcher.

        :raises UsageError: if ``extra_args`` are wrong
        """
        own = [*BASE_FLAGS, *self.backend_flags, *([METHODS_FLAG] if self.takes_methods_file else [])]
        return [*own, *extra_flags(self.extra_args or (), own)]

    def resolve(self, words: Sequence[str], environment: Mapping[str, str] = os.environ) -> Launch:
        """Parse and check a command line; ``--help`` prints and exits.

        In a job that was given resolved experiments, these are what it asks for.

        :raises UsageError: that lists all mistakes
        """
        job = job_here(environment)
        if job is None:
            return self._resolve(words, environment)
        with job.failures_told():
            launch = self._resolve(words, environment, given_experiments(environment))
        if hasattr(launch.settings, "s3_bucket"):
            launch.settings.s3_bucket = job.bucket or launch.settings.s3_bucket
        return launch

    def _resolve(
        self,
        words: Sequence[str],
        environment: Mapping[str, str],
        given: Sequence[ResolvedExperiment] | None = None,
    ) -> Launch:
        """See ``resolve``.

        :param given: the experiments, where they need not be worked out any more
        """
        flags = self.flags()
        print_help_if_asked(flags, words, self.program, self.about)
        read = read_settings(flags, words, environment)
        settings, mistakes, notes = read.values, read.mistakes, read.notes
        mistakes += mistakes_between(settings)
        methods = self._methods(settings, mistakes)
        if given is not None:
            names = _names_of(given, settings.benchmark or ())
        else:
            names = settings.benchmark or self._default_benchmarks(mistakes)
        chosen = choose_benchmarks(names, self.benchmark_definitions, self.backend == "sagemaker")
        mistakes += chosen.mistakes
        if mistakes:
            raise UsageError.joined(mistakes)
        settings.benchmark = tuple(chosen.definitions)
        ready = self._prepared(chosen.definitions, settings)
        if given is not None:
            experiments = tuple(one.with_definition(ready[one.benchmark]) for one in given)
            return Launch(settings, methods, experiments, (*notes, *chosen.notes))
        simulates = self.backend == "simulator"  # there, whatever suits a benchmark runs on it
        design = StudyDesign(self.backend, settings, methods, ready, self.map_method_args, simulates)
        experiments = tuple(design.experiments())
        notes += [f"left out: {reason}" for reason in design.left_out]
        return Launch(settings, methods, experiments, (*notes, *chosen.notes))

    def _default_benchmarks(self, mistakes: list[str]) -> tuple[str, ...]:
        """What runs without ``--benchmark``: the only one, all with a table, or the sources' default."""
        if mistakes:  # maybe --benchmark was among them
            return ()
        known = registered_benchmarks(self.benchmark_definitions, self.backend == "sagemaker")
        if self.backend == "simulator" and len(known) > 1:
            return tuple(name for name, definition in known.items() if definition.blackbox is not None)
        if len(known) == 1:
            return tuple(known)
        if DEFAULT_BENCHMARK not in known:
            mistakes.append(f"Which benchmark? Give --benchmark; valid: {', '.join(known)}")
            return ()
        return (DEFAULT_BENCHMARK,)

    def _prepared(
        self, definitions: Mapping[str, BenchmarkDefinition], settings: SimpleNamespace
    ) -> dict[str, RunnableBenchmark]:
        ready: dict[str, RunnableBenchmark] = {}
        mistakes: list[str] = []
        for name, definition in definitions.items():
            try:
                ready[name] = self.prepare(name, definition, settings)
            except UsageError as error:
                mistakes += str(error).splitlines()
        if mistakes:
            raise UsageError.joined(mistakes)
        return ready

    def _methods(self, settings: SimpleNamespace, mistakes: list[str]) -> dict[str, Method]:
        try:
            path = getattr(settings, "methods", None) if self.takes_methods_file else None
            return choose_methods(settings.method, read_methods(path) if path else self.methods)
        except UsageError as error:
            mistakes.extend(str(error).splitlines())
            return {}


def _names_of(given: Sequence[ResolvedExperiment], benchmarks: Sequence[str]) -> tuple[str, ...]:
    """What to choose the benchmarks of ``given`` by: names, or files that flags or experiments name."""
    files = {Path(name).stem: name for name in benchmarks if looks_like_path(name)}
    return tuple(
        dict.fromkeys(one.benchmark_file or files.get(one.benchmark, one.benchmark) for one in given)
    )
