"""Benchmark definitions written in YAML: the fields of ``RealBenchmarkDefinition``, one key each.

A file without a script and with a ``blackbox`` holds the fields of ``SurrogateBenchmarkDefinition``.

::

    script: train.py                        # relative to this file
    config_space:
      learning_rate: loguniform(1e-6, 1)    # a call of a constructor of syne_core.config_space
      epochs: 27                            # anything else is a constant
    max_wallclock_time: 1h
    n_workers: 4
    metric: accuracy
    mode: max
    max_resource_attr: epochs
    resource_attr: epoch
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from benchmarking.commons.benchmark_definitions.common import (
    BenchmarkDefinition,
    RealBenchmarkDefinition,
    SurrogateBenchmarkDefinition,
)
from benchmarking.commons.benchmark_definitions.definition_checks import (
    definition_mistakes,
    surrogate_mistakes,
)
from benchmarking.commons.benchmark_definitions.space_expression import read_space_entry
from benchmarking.commons.durations import as_duration
from benchmarking.commons.flags import looks_like_path
from benchmarking.commons.quoting import one_line, shortened
from benchmarking.commons.strict_yaml import YamlValue, read_yaml
from syne_core.errors import BenchmarkDefinitionError, ConfigSpaceError, nearest_name

__all__ = ["REQUIRED", "read_yaml_definition"]

#: Keys that have no default, and what they mean.
REQUIRED = {
    "script": "the training script",
    "config_space": "domains and constants by name",
    "max_wallclock_time": "suggested length of an experiment",
    "n_workers": "suggested number of trials at a time",
    "metric": "name of the metric in reports",
    "mode": "min or max",
    "max_resource_attr": "name of the constant in config_space that limits the resource, such as epochs",
}
_Kind = type[RealBenchmarkDefinition] | type[SurrogateBenchmarkDefinition]


def read_yaml_definition(path: Path) -> BenchmarkDefinition:
    """The benchmark that ``path`` defines.

    :raises BenchmarkDefinitionError: with all mistakes, each with file, line and key
    """
    file = read_yaml(path)
    if "experiment_tag" in file.entries:
        raise BenchmarkDefinitionError(f"{one_line(path)} describes a study; give it as --study")
    is_real = "script" in file.entries or "blackbox" not in file.entries
    kind: _Kind = RealBenchmarkDefinition if is_real else SurrogateBenchmarkDefinition
    reader = _Reader(path, file.entries, kind)
    values = reader.values()
    checked = {k: v for k, v in values.items() if k != "points_to_evaluate" or not reader.space_is_broken}
    for field, text in definition_mistakes(checked) if is_real else surrogate_mistakes(checked):
        if field in file.entries:
            reader.note(file.entries[field], text)
    mistakes = [*file.mistakes, *reader.missing(), *(text for _, text in sorted(reader.mistakes))]
    if mistakes:
        raise BenchmarkDefinitionError.joined(mistakes)
    return kind(**values)


class _Reader:
    """Turns entries into values of fields and collects what cannot be read, with its line."""

    def __init__(self, path: Path, entries: dict[str, YamlValue], kind: _Kind) -> None:
        self._keys = [f.name for f in fields(kind)]
        needed = {f.name for f in fields(kind) if f.default is f.default_factory is MISSING}
        self._required = {name: meaning for name, meaning in REQUIRED.items() if name in needed}
        self._path = path
        self._entries = entries
        self.space_is_broken = False
        self.mistakes: list[tuple[int, str]] = []

    def missing(self) -> list[str]:
        """Keys that are needed and not there, not even misspelt."""
        meant = {nearest_name(key, self._keys) for key in self._entries if key not in self._keys}
        return [
            f"{one_line(self._path)}: '{name}' is missing ({meaning})"
            for name, meaning in self._required.items()
            if name not in self._entries and name not in meant
        ]

    def note(self, entry: YamlValue, text: str) -> None:
        """Something is wrong with ``entry``."""
        self.mistakes.append((entry.line, f"{entry.where}: {text}"))

    def values(self) -> dict[str, Any]:
        special: dict[str, Callable[[YamlValue], Any]] = {
            "script": self._script,
            "blackbox": self._blackbox,
            "config_space": self._space,
            "max_wallclock_time": self._duration,
        }
        values: dict[str, Any] = {}
        for key, entry in self._entries.items():
            if key not in self._keys:
                near = nearest_name(key, self._keys)
                hint = f" Did you mean '{near}'?" if near else f" Valid: {', '.join(self._keys)}"
                self.note(entry, f"unknown key '{shortened(key)}'.{hint}")
            elif entry.value is None:
                self.note(entry, f"{key} has no value")
            else:
                try:
                    values[key] = special.get(key, _plain)(entry)
                except ValueError as error:
                    self.note(entry, f"{key} '{shortened(entry.text)}': {error}")
        return values

    def _script(self, entry: YamlValue) -> Any:
        if not isinstance(entry.value, str) or not entry.value:
            return entry.value
        path = self._path.absolute().parent / os.path.expanduser(entry.value)
        return Path(os.path.normpath(path))

    def _blackbox(self, entry: YamlValue) -> Any:
        """A folder, relative to this file, or a name."""
        if not isinstance(entry.value, str) or not looks_like_path(entry.value):
            return entry.value
        path = self._path.absolute().parent / os.path.expanduser(entry.value)
        return Path(os.path.normpath(path))

    def _duration(self, entry: YamlValue) -> Any:
        return entry.value if entry.text is None else as_duration(entry.text)

    def _space(self, entry: YamlValue) -> Any:
        space = {}
        for name, value in entry.entries.items():
            try:
                space[name] = read_space_entry(value.value) if isinstance(value.value, str) else value.value
            except ConfigSpaceError as error:
                self.note(value, f"config_space, {shortened(name)}: {error}")
                self.space_is_broken = True
                space[name] = 1  # the name is known; what is wrong with the value has been said
        return space if isinstance(entry.value, dict) else entry.value


def _plain(entry: YamlValue) -> Any:
    return entry.value
