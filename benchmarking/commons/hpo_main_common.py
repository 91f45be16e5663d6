"""What the launchers of all back-ends share: from a command line to experiments that leave nothing open."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import partial
from itertools import product
from types import SimpleNamespace
from typing import Any

from benchmarking.commons.benchmark_definitions import RealBenchmarkDefinition
from benchmarking.commons.choices import (
    BenchmarkDefinitions,
    choose_benchmarks,
    choose_methods,
    pick_benchmark,
    read_methods,
)
from benchmarking.commons.command_line import print_help_if_asked
from benchmarking.commons.default_baselines import Method, MethodArguments
from benchmarking.commons.flags import Flag
from benchmarking.commons.launch_flags import (
    BASE_FLAGS,
    METHODS_FLAG,
    ExtraArgs,
    extra_flags,
    mistakes_between,
)
from benchmarking.commons.settings import read_settings
from benchmarking.commons.study.experiment import Experiment, master_seed_of
from syne_core.errors import SyneError, UsageError
from syne_core.optimizer.scheduler import TrialScheduler

__all__ = [
    "BenchmarkDefinitions",
    "ExtraArgs",
    "Launch",
    "Launcher",
    "MapMethodArgs",
    "make_scheduler",
    "pick_benchmark",
]

MapMethodArgs = Callable[[SimpleNamespace, str, dict[str, Any]], dict[str, Any]]

_MOST_EXPERIMENTS = 10_000


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
    takes_methods_file: bool = False
    program: str = field(default_factory=lambda: os.path.basename(sys.argv[0]))

    def flags(self) -> list[Flag]:
        """All flags of this launcher.

        :raises UsageError: if ``extra_args`` are wrong
        """
        own = [*BASE_FLAGS, METHODS_FLAG] if self.takes_methods_file else [*BASE_FLAGS]
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
        experiments = self._experiments(settings, methods, chosen.definitions)
        return Launch(settings, methods, tuple(experiments), (*notes, *chosen.notes))

    def _methods(self, settings: SimpleNamespace, mistakes: list[str]) -> dict[str, Method]:
        try:
            path = getattr(settings, "methods", None) if self.takes_methods_file else None
            return choose_methods(settings.method, read_methods(path) if path else self.methods)
        except UsageError as error:
            mistakes.extend(str(error).splitlines())
            return {}

    def _experiments(
        self,
        settings: SimpleNamespace,
        methods: Mapping[str, Method],
        definitions: Mapping[str, RealBenchmarkDefinition],
    ) -> list[Experiment]:
        seeds = range(settings.start_seed, settings.num_seeds)
        combinations = list(product(definitions, settings.n_workers or (None,), methods))
        if len(combinations) * len(seeds) > _MOST_EXPERIMENTS:
            raise UsageError(
                f"These are {len(combinations) * len(seeds)} experiments; at most {_MOST_EXPERIMENTS}"
            )
        experiments: list[Experiment] = []
        mistakes: list[str] = []
        for benchmark, n_workers, name in combinations:
            own = SimpleNamespace(
                **{**vars(settings), "benchmark": benchmark, "n_workers": n_workers, "method": name}
            )
            resolve = partial(self._resolve_seeds, own, methods[name], definitions[benchmark])
            experiments += _collected(mistakes, resolve, f"method {name} on {benchmark}")
        if mistakes:
            raise UsageError.joined(dict.fromkeys(mistakes))
        return experiments

    def _resolve_seeds(
        self, settings: SimpleNamespace, method: Method, definition: RealBenchmarkDefinition
    ) -> list[Experiment]:
        master = settings.random_seed
        experiments = [
            Experiment.resolve(
                method,
                tag=settings.experiment_tag,
                benchmark=settings.benchmark,
                definition=definition,
                method=settings.method,
                seed=seed,
                master_seed=master_seed_of(settings.experiment_tag) if master is None else master,
                n_workers=settings.n_workers or definition.n_workers,
                max_wallclock_time=_max_wallclock_time(settings, definition),
                max_num_evaluations=settings.max_num_evaluations or definition.max_num_evaluations,
                backend=self.backend,
                method_arguments=_method_arguments(settings, self.map_method_args),
            )
            for seed in range(settings.start_seed, settings.num_seeds)
        ]
        if settings.run_one is None:  # a worker's parent has done this
            make_scheduler(method, experiments[0])  # a method that cannot be built is found out now
        return experiments


def make_scheduler(method: Method, experiment: Experiment) -> TrialScheduler:
    """The scheduler of ``experiment``.

    :raises UsageError: if the method does not return one
    """
    definition = experiment.definition
    kwargs = dict(experiment.method_arguments)
    scheduler_kwargs = dict(kwargs.pop("scheduler_kwargs", {}))
    if definition.points_to_evaluate is not None:
        scheduler_kwargs.setdefault("points_to_evaluate", definition.points_to_evaluate)
    scheduler = method(
        MethodArguments(
            config_space=dict(definition.config_space),
            metric=definition.metric,
            mode=definition.mode,
            random_seed=experiment.scheduler_seed,
            resource_attr=definition.resource_attr,
            scheduler_kwargs=scheduler_kwargs,
            **{"max_resource_attr": definition.max_resource_attr, **kwargs},
        )
    )
    if not isinstance(scheduler, TrialScheduler):
        raise UsageError(f"the method returns {scheduler!r}, which is no TrialScheduler")
    return scheduler


def _max_wallclock_time(settings: SimpleNamespace, definition: RealBenchmarkDefinition) -> float:
    """Fewer workers than usual get proportionally more time, with ``scale_max_wallclock_time``."""
    if settings.max_wallclock_time is not None:
        return float(settings.max_wallclock_time)
    usual = float(definition.max_wallclock_time)
    if settings.scale_max_wallclock_time and settings.n_workers is not None:
        return usual * definition.n_workers / min(int(settings.n_workers), definition.n_workers)
    return usual


def _method_arguments(settings: SimpleNamespace, map_method_args: MapMethodArgs | None) -> dict[str, Any]:
    mapped = map_method_args(settings, settings.method, {}) if map_method_args else {}
    known = {field.name for field in fields(MethodArguments)}
    if unknown := set(mapped) - known:
        raise UsageError(
            f"map_method_args returned {', '.join(sorted(unknown))}; MethodArguments has: "
            + ", ".join(sorted(known))
        )
    return mapped


def _collected(mistakes: list[str], action: Callable[[], list[Experiment]], about: str) -> list[Experiment]:
    """The result of ``action``, or nothing after adding its error to ``mistakes``."""
    try:
        return action()
    except Exception as error:  # methods and map_method_args are the user's
        kind = "" if isinstance(error, SyneError) else f"{type(error).__name__}: "
        mistakes.extend(f"{about}: {kind}{line}" for line in str(error).splitlines() or [""])
        return []
