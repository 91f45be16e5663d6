"""What the launchers of all back-ends share: flags, resolving them to experiments, running a study."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from types import SimpleNamespace
from typing import Any

from benchmarking.commons.benchmark_definitions import RealBenchmarkDefinition
from benchmarking.commons.command_line import Flag, as_bool, parse_flags
from benchmarking.commons.default_baselines import Method, MethodArguments
from benchmarking.commons.study.experiment import Experiment, master_seed_of
from syne_core.errors import SyneError, UnknownNameError, UsageError
from syne_core.optimizer.scheduler import TrialScheduler
from syne_core.paths import is_valid_tag

__all__ = [
    "BASE_FLAGS",
    "BenchmarkDefinitions",
    "ExtraArgs",
    "Launch",
    "MapMethodArgs",
    "make_scheduler",
    "resolve_launch",
]

DEFAULT_BENCHMARK = "resnet_cifar10"

ExtraArgs = Sequence[Mapping[str, Any]]
MapMethodArgs = Callable[[SimpleNamespace, str, dict[str, Any]], dict[str, Any]]
BenchmarkDefinitions = (
    Mapping[str, RealBenchmarkDefinition] | Callable[..., Mapping[str, RealBenchmarkDefinition]]
)

BASE_FLAGS = (
    Flag("experiment_tag", str, "name of the study; results go to ~/syne-tune/TAG/", required=True),
    Flag("benchmark", str, "benchmark to run", default=DEFAULT_BENCHMARK),
    Flag("method", str, "method to run; default: all methods, one after the other"),
    Flag("num_seeds", int, "run seeds start_seed, ..., num_seeds - 1", default=1),
    Flag("start_seed", int, "first seed", default=0),
    Flag("n_workers", int, "trials at a time; default: the benchmark's"),
    Flag("max_wallclock_time", float, "seconds for an experiment; default: the benchmark's"),
    Flag("max_num_evaluations", int, "end an experiment after so many reports"),
    Flag("max_failures", int, "this many trials may fail in an experiment", default=3),
    Flag("random_seed", int, "master seed of the study; default: derived from the tag"),
    Flag(
        "scale_max_wallclock_time",
        as_bool,
        "with n_workers = A below the benchmark's B, multiply max_wallclock_time by B / A",
        default=False,
    ),
    Flag("restart", as_bool, "start over instead of skipping or continuing what exists", switch=True),
    Flag("dry_run", as_bool, "show what would run, start nothing", switch=True),
    Flag("json", as_bool, "print the plan (--dry_run) or the summary as JSON", switch=True),
    Flag("debug", as_bool, "show tracebacks", switch=True),
)

_EXTRA_KEYS = ("name", "type", "default", "help", "required")


@dataclass(frozen=True)
class Launch:
    """A command line, resolved: nothing is left to decide.

    :param settings: all flags by name, those of ``extra_args`` among them
    :param methods: the methods that occur, by name
    """

    settings: SimpleNamespace
    methods: Mapping[str, Method]
    experiments: tuple[Experiment, ...]


def resolve_launch(
    backend: str,
    methods: Mapping[str, Method],
    benchmark_definitions: BenchmarkDefinitions,
    extra_args: ExtraArgs | None,
    map_method_args: MapMethodArgs | None,
    arguments: Sequence[str] | None,
    about: str,
) -> Launch:
    """Parse and check the command line.

    :raises UsageError: that lists all mistakes
    """
    extra = [_extra_flag(described) for described in extra_args or ()]
    values, mistakes = parse_flags([*BASE_FLAGS, *extra], arguments, sys.argv[0], about)
    settings = SimpleNamespace(**values)
    for line in mistakes:  # a value that could not be read is reported once, and not checked further
        name = line.partition(" ")[0].removeprefix("--")
        if name in values:
            setattr(settings, name, None)
    mistakes += _mistakes_in(settings)
    definition = _collect(mistakes, lambda: _pick_benchmark(settings.benchmark, benchmark_definitions))
    chosen = _collect(mistakes, lambda: _pick_methods(settings.method, methods)) or {}
    if mistakes or definition is None:
        raise UsageError.joined(mistakes)
    experiments = _experiments(settings, backend, chosen, definition, map_method_args)
    for method, experiment in {e.method: e for e in experiments}.items():
        _collect(mistakes, partial(make_scheduler, chosen[method], experiment), about=method)
    if mistakes:
        raise UsageError.joined(mistakes)
    return Launch(settings, chosen, tuple(experiments))


def make_scheduler(method: Method, experiment: Experiment) -> TrialScheduler:
    """The scheduler of ``experiment``."""
    definition = experiment.definition
    kwargs = dict(experiment.method_arguments)
    scheduler_kwargs = dict(kwargs.pop("scheduler_kwargs", {}))
    if definition.points_to_evaluate is not None:
        scheduler_kwargs.setdefault("points_to_evaluate", definition.points_to_evaluate)
    return method(
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


def continue_hint() -> str:
    """How to continue what was interrupted."""
    return "the same command continues: " + shlex.join(["python", *sys.argv])


def _experiments(
    settings: SimpleNamespace,
    backend: str,
    methods: Mapping[str, Method],
    definition: RealBenchmarkDefinition,
    map_method_args: MapMethodArgs | None,
) -> list[Experiment]:
    master = settings.random_seed
    return [
        Experiment.resolve(
            method,
            tag=settings.experiment_tag,
            benchmark=settings.benchmark,
            definition=definition,
            method=name,
            seed=seed,
            master_seed=master_seed_of(settings.experiment_tag) if master is None else master,
            n_workers=settings.n_workers or definition.n_workers,
            max_wallclock_time=_max_wallclock_time(settings, definition),
            max_num_evaluations=settings.max_num_evaluations or definition.max_num_evaluations,
            backend=backend,
            method_arguments=_method_arguments(settings, name, map_method_args),
        )
        for name, method in methods.items()
        for seed in range(settings.start_seed, settings.num_seeds)
    ]


def _max_wallclock_time(settings: SimpleNamespace, definition: RealBenchmarkDefinition) -> float:
    """Fewer workers than usual get proportionally more time, with ``scale_max_wallclock_time``."""
    if settings.max_wallclock_time is not None:
        return float(settings.max_wallclock_time)
    usual = float(definition.max_wallclock_time)
    if settings.scale_max_wallclock_time and settings.n_workers is not None:
        return usual * definition.n_workers / min(int(settings.n_workers), definition.n_workers)
    return usual


def _method_arguments(
    settings: SimpleNamespace, method: str, map_method_args: MapMethodArgs | None
) -> dict[str, Any]:
    mapped = map_method_args(settings, method, {}) if map_method_args else {}
    known = {field.name for field in fields(MethodArguments)}
    if unknown := set(mapped) - known:
        raise UsageError(
            f"map_method_args returned {', '.join(sorted(unknown))}; MethodArguments has: "
            + ", ".join(sorted(known))
        )
    return mapped


def _pick_benchmark(name: str | None, definitions: BenchmarkDefinitions) -> RealBenchmarkDefinition | None:
    known = definitions() if callable(definitions) else definitions
    if name is None:
        return None
    if name not in known:
        raise UnknownNameError("benchmark", name, known)
    return known[name]


def _pick_methods(name: str | None, methods: Mapping[str, Method]) -> dict[str, Method]:
    if name is None:
        return {key: methods[key] for key in methods}
    if name not in methods:
        raise UnknownNameError("method", name, methods)
    return {name: methods[name]}


def _mistakes_in(settings: SimpleNamespace) -> list[str]:
    mistakes = []
    tag = settings.experiment_tag
    if tag is not None and not is_valid_tag(tag):
        mistakes.append(
            f"--experiment_tag '{tag}': letters, digits, '-' and '_', at most 60, "
            "beginning and ending with a letter or digit"
        )
    for name in ("n_workers", "max_wallclock_time", "max_num_evaluations"):
        value = getattr(settings, name)
        if value is not None and not value > 0:
            mistakes.append(f"--{name} must be positive, is {value}")
    for name in ("start_seed", "max_failures", "random_seed"):
        value = getattr(settings, name)
        if value is not None and value < 0:
            mistakes.append(f"--{name} must not be negative, is {value}")
    start, stop = settings.start_seed, settings.num_seeds
    if start is not None and stop is not None and start >= stop:
        mistakes.append(
            f"No seeds: seeds are start_seed, ..., num_seeds - 1, here --start_seed {start} --num_seeds {stop}"
        )
    return mistakes


def _collect(mistakes: list[str], action: Callable[[], Any], about: str = "") -> Any:
    """The result of ``action``, or None after adding its error to ``mistakes``."""
    try:
        return action()
    except (SyneError, TypeError, ValueError) as error:
        if not isinstance(error, SyneError) and not about:
            raise
        prefix = f"method {about}: " if about else ""
        mistakes.extend(f"{prefix}{line}" for line in str(error).splitlines())
        return None


def _extra_flag(described: Mapping[str, Any]) -> Flag:
    if unknown := set(described) - set(_EXTRA_KEYS):
        raise UsageError(
            f"extra_args: unknown key {', '.join(sorted(unknown))}; valid: {', '.join(_EXTRA_KEYS)}"
        )
    values = dict(described)
    name = str(values.get("name", "")).removeprefix("--")
    if not name.isidentifier() or name in {flag.name for flag in BASE_FLAGS}:
        raise UsageError(f"extra_args: '{name}' is taken or is no valid name")
    parse = values.get("type", str)
    return Flag(
        name,
        as_bool if parse is bool else parse,
        values.get("help", ""),
        values.get("default"),
        values.get("required", False),
    )
