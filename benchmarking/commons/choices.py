"""The benchmarks and methods that a command chooses, from registries, dictionaries or files."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarking.commons.benchmark_definitions import BenchmarkDefinition, RealBenchmarkDefinition
from benchmarking.commons.benchmark_definitions.definition_file import benchmark_name, read_definition
from benchmarking.commons.default_baselines import Method
from benchmarking.commons.flags import looks_like_path
from benchmarking.commons.python_file import object_in, run_python_file
from benchmarking.commons.quoting import one_line, shortened
from benchmarking.commons.registry import Registry
from syne_core.errors import UnknownNameError, UsageError

__all__ = [
    "BenchmarkDefinitions",
    "ChosenBenchmarks",
    "choose_benchmarks",
    "choose_methods",
    "pick_benchmark",
    "read_methods",
    "registered_benchmarks",
    "with_script",
]

BenchmarkDefinitions = Mapping[str, BenchmarkDefinition] | Callable[..., Mapping[str, BenchmarkDefinition]]


@dataclass
class ChosenBenchmarks:
    """Definitions by name, with what went wrong and what a user should know."""

    definitions: dict[str, BenchmarkDefinition] = field(default_factory=dict)
    mistakes: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def choose_benchmarks(
    names: Sequence[str], known: BenchmarkDefinitions, sagemaker_backend: bool
) -> ChosenBenchmarks:
    """The benchmarks called ``names``; a name that looks like a path is that of a definition file."""
    registered = registered_benchmarks(known, sagemaker_backend)
    chosen = ChosenBenchmarks()
    for name in names:
        try:
            if name in registered:
                _add(chosen, name, registered[name])
            elif looks_like_path(name):
                _add_file(chosen, Path(name), registered, sagemaker_backend)
            else:
                raise UsageError(_unknown_benchmark(name, registered))
        except UsageError as error:
            chosen.mistakes.extend(str(error).splitlines())
    return chosen


def pick_benchmark(
    name: str, known: BenchmarkDefinitions, sagemaker_backend: bool = False
) -> RealBenchmarkDefinition:
    """The one benchmark called ``name``, which may be the path of a definition file.

    :raises UsageError: with all mistakes; also if it has no script
    """
    chosen = choose_benchmarks([name], known, sagemaker_backend)
    if chosen.mistakes:
        raise UsageError.joined(chosen.mistakes)
    return with_script(name, next(iter(chosen.definitions.values())))


def with_script(name: str, definition: object) -> RealBenchmarkDefinition:
    """``definition`` of benchmark ``name``, if it can be run for real.

    :raises UsageError: it has no script
    """
    if not isinstance(definition, RealBenchmarkDefinition):
        raise UsageError(f"benchmark '{name}' has no training script: it runs with --backend simulator only")
    return definition


def registered_benchmarks(
    known: BenchmarkDefinitions, sagemaker_backend: bool = False
) -> Mapping[str, BenchmarkDefinition]:
    """The benchmarks of a launcher by name."""
    if not callable(known):
        return known
    return known(sagemaker_backend=True) if sagemaker_backend else known()


def choose_methods(names: Sequence[str] | None, methods: Mapping[str, Method]) -> dict[str, Method]:
    """The methods called ``names``; None: all, but of a registry only those that need no extra.

    :raises UsageError: with all mistakes
    """
    mistakes = [
        str(UnknownNameError("method", shortened(n), methods)) for n in names or () if n not in methods
    ]
    mistakes += [
        f"method {shortened(repr(name))}: a name must be text that can be part of a folder's name"
        for name in methods
        if not _fits_folder(name)
    ]
    if mistakes:
        raise UsageError.joined(mistakes)
    if names is None:
        names = methods.unasked if isinstance(methods, Registry) else list(methods)
    return {name: methods[name] for name in names}


def read_methods(path: Path) -> dict[str, Method]:
    """The dictionary ``methods`` of a Python file.

    :raises UsageError: if the file fails, or defines none
    """
    shown = one_line(path)
    meaning = "a dictionary of functions MethodArguments -> TrialScheduler by name"
    methods = object_in(run_python_file(path), "methods", meaning)
    if not isinstance(methods, Mapping) or not methods:
        raise UsageError(f"{shown}: methods is {shortened(repr(methods))}; expected {meaning}")
    wrong = [name for name, method in methods.items() if not callable(method)]
    if wrong:
        raise UsageError.joined(
            f"{shown}: methods[{shortened(repr(name))}] is {shortened(repr(methods[name]))}, "
            "not a function MethodArguments -> TrialScheduler"
            for name in wrong
        )
    return dict(methods)


def _add(chosen: ChosenBenchmarks, name: str, definition: BenchmarkDefinition) -> None:
    if name in chosen.definitions:
        raise UsageError(f"two benchmarks are called '{name}'; rename a file")
    chosen.definitions[name] = definition


def _add_file(
    chosen: ChosenBenchmarks,
    path: Path,
    registered: Mapping[str, BenchmarkDefinition],
    sagemaker_backend: bool,
) -> None:
    if "," in str(path) and not os.path.exists(path):
        raise UsageError(f"{one_line(path)}: no such file; a list that names files belongs into a study file")
    name = benchmark_name(path)
    _add(chosen, name, read_definition(path, sagemaker_backend))
    if name in registered:
        chosen.notes.append(f"benchmark '{name}' is that of {one_line(path)}, not the registered one")


def _unknown_benchmark(name: str, registered: Mapping[str, BenchmarkDefinition]) -> str:
    text = str(UnknownNameError("benchmark", shortened(name), registered))
    files = [f"{name}{suffix}" for suffix in (".yaml", ".yml", ".py") if os.path.isfile(f"{name}{suffix}")]
    return f"{text}; or the file {files[0]}: --benchmark {files[0]}" if files else text


def _fits_folder(name: object) -> bool:
    return isinstance(name, str) and name not in ("", ".", "..") and "/" not in name and name.isprintable()
