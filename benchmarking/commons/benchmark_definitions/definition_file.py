"""Benchmarks of a user's own: one YAML or Python file each, named on the command line."""

from __future__ import annotations

import re
from pathlib import Path

from benchmarking.commons.benchmark_definitions.common import (
    BenchmarkDefinition,
    RealBenchmarkDefinition,
    SurrogateBenchmarkDefinition,
)
from benchmarking.commons.benchmark_definitions.yaml_definition import read_yaml_definition
from benchmarking.commons.python_file import object_in, run_python_file
from benchmarking.commons.quoting import one_line
from syne_core.errors import BenchmarkDefinitionError, UsageError

__all__ = ["benchmark_name", "read_definition"]

_SUFFIXES = (".yaml", ".yml", ".py")
_MEANING = (
    "a RealBenchmarkDefinition or SurrogateBenchmarkDefinition, "
    "or a function (sagemaker_backend=False) that returns one"
)


def benchmark_name(path: Path) -> str:
    """Name of the benchmark that ``path`` defines; it becomes part of folder names.

    :raises UsageError: if the file's name will not do for that, or it is no such file
    """
    if path.suffix not in _SUFFIXES:
        raise UsageError(f"{one_line(path)}: a benchmark is defined by a .yaml or .py file")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", path.stem, re.ASCII):
        raise UsageError(
            f"{one_line(path)}: the benchmark is named after the file, and folders after the benchmark; "
            "so call it by letters, digits, '-', '_' and '.'"
        )
    return path.stem


def read_definition(path: Path, sagemaker_backend: bool = False) -> BenchmarkDefinition:
    """The benchmark that a ``.yaml`` or ``.py`` file defines.

    :raises UsageError: with all mistakes
    """
    benchmark_name(path)
    if path.suffix == ".py":
        return _python_definition(path, sagemaker_backend)
    return read_yaml_definition(path)


def _python_definition(path: Path, sagemaker_backend: bool) -> BenchmarkDefinition:
    found = object_in(run_python_file(path), "benchmark", _MEANING)
    if callable(found):
        try:
            found = found(sagemaker_backend=sagemaker_backend)
        except Exception as error:  # whatever the user's function raises
            kind = "" if isinstance(error, UsageError) else f"{type(error).__name__}: "
            lines = str(error).splitlines() or [""]
            raise BenchmarkDefinitionError.joined(
                f"{one_line(path)}: benchmark(sagemaker_backend={sagemaker_backend}): {kind}{line}"
                for line in lines
            ) from None
    if not isinstance(found, (RealBenchmarkDefinition, SurrogateBenchmarkDefinition)):
        raise BenchmarkDefinitionError(
            f"{one_line(path)}: benchmark is of type {type(found).__name__}; expected {_MEANING}"
        )
    return found
