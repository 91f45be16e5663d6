"""What the launchers of all back-ends share: from a command line to experiments that leave nothing open."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace

from benchmarking.commons.choices import (
    BenchmarkDefinitions,
    choose_benchmarks,
    choose_methods,
    pick_benchmark,
    read_methods,
)
from benchmarking.commons.command_line import print_help_if_asked
from benchmarking.commons.default_baselines import Method
from benchmarking.commons.flags import Flag
from benchmarking.commons.launch_flags import (
    BASE_FLAGS,
    METHODS_FLAG,
    ExtraArgs,
    extra_flags,
    mistakes_between,
)
from benchmarking.commons.settings import read_settings
from benchmarking.commons.study.experiment import Experiment
from benchmarking.commons.study_design import MapMethodArgs, StudyDesign, make_scheduler
from syne_core.errors import UsageError

__all__ = [
    "BenchmarkDefinitions",
    "ExtraArgs",
    "Launch",
    "Launcher",
    "MapMethodArgs",
    "make_scheduler",
    "pick_benchmark",
]


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


@dataclass(frozen=True)
class Launcher:
    """What a launcher script offers, and how its command line becomes experiments.

    :param backend: ``"local"``
    :param backend_flags: flags that only this back-end has
    :param about: what ``--help`` says first
    :param takes_methods_file: whether ``--methods FILE`` may replace ``methods``
    :param program: how the command is called, for ``--help``
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

    def flags(self) -> list[Flag]:
        """All flags of this launcher.

        :raises UsageError: if ``extra_args`` are wrong
        """
        own = [*BASE_FLAGS, *self.backend_flags, *([METHODS_FLAG] if self.takes_methods_file else [])]
        return [*own, *extra_flags(self.extra_args or (), own)]

    def resolve(self, words: Sequence[str], environment: Mapping[str, str] = os.environ) -> Launch:
        """Parse and check a command line; ``--help`` prints and exits.

        :raises UsageError: that lists all mistakes
        """
        flags = self.flags()
        print_help_if_asked(flags, words, self.program, self.about)
        read = read_settings(flags, words, environment)
        settings, mistakes, notes = read.values, read.mistakes, read.notes
        mistakes += mistakes_between(settings)
        methods = self._methods(settings, mistakes)
        chosen = choose_benchmarks(
            settings.benchmark or (), self.benchmark_definitions, self.backend == "sagemaker"
        )
        mistakes += chosen.mistakes
        if mistakes:
            raise UsageError.joined(mistakes)
        if settings.benchmark is not None:
            settings.benchmark = tuple(chosen.definitions)
        design = StudyDesign(self.backend, settings, methods, chosen.definitions, self.map_method_args)
        return Launch(settings, methods, tuple(design.experiments()), (*notes, *chosen.notes))

    def _methods(self, settings: SimpleNamespace, mistakes: list[str]) -> dict[str, Method]:
        try:
            path = getattr(settings, "methods", None) if self.takes_methods_file else None
            return choose_methods(settings.method, read_methods(path) if path else self.methods)
        except UsageError as error:
            mistakes.extend(str(error).splitlines())
            return {}
