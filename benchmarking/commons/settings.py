"""The settings of a launch: flags, from the command line, the environment, a study file, or defaults."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarking.commons.command_line import read_words
from benchmarking.commons.flags import Flag, Given, read_value
from benchmarking.commons.quoting import shortened
from benchmarking.commons.study_file import read_study_file
from syne_core.errors import UsageError

__all__ = ["VARIABLE_PREFIX", "Settings", "read_settings"]

VARIABLE_PREFIX = "SYNEBENCH_"


@dataclass(frozen=True)
class Settings:
    """What was given, resolved.

    :param values: by flag name; None for what could not be read
    :param mistakes: everything wrong so far, a line each
    :param notes: what a user should know though nothing is wrong
    :param given: by flag name, what was given in words; nothing for defaults
    """

    values: SimpleNamespace
    mistakes: list[str]
    notes: list[str]
    given: Mapping[str, Given] = field(default_factory=dict)


def read_settings(flags: Sequence[Flag], words: Sequence[str], environment: Mapping[str, str]) -> Settings:
    """Command line before environment before study file before default.

    :param words: the command line; a lone word that ends in ``.yaml`` is the study file
    """
    on_command_line, loose, mistakes = read_words(flags, words)
    study = _study_path(on_command_line, loose, mistakes)
    in_environment = _from_environment(flags, environment)
    in_file, file_is_read = _from_file(study, flags, mistakes)
    given = {**in_file, **in_environment, **on_command_line}
    values = {flag.name: flag.default for flag in flags}
    for flag in flags:
        if flag.name in given:
            values[flag.name] = _value(flag, given[flag.name], mistakes)
        elif flag.required and file_is_read:
            mistakes.append(f"--{flag.name} is required: {flag.help}")
    values["study"] = study
    notes = [
        f"{name} is {shortened(value.texts[0])}, from {value.where}"
        for name, value in in_environment.items()
        if given[name] is value
    ]
    return Settings(SimpleNamespace(**values), mistakes, notes, given)


def _study_path(given: Mapping[str, Given], loose: list[str], mistakes: list[str]) -> Path | None:
    files = [Path(os.path.expanduser(text)) for text in given["study"].texts] if "study" in given else []
    for word in loose:
        if word.endswith((".yaml", ".yml")):
            files.append(Path(os.path.expanduser(word)))
        else:
            mistakes.append(f"Unexpected argument '{shortened(word)}'; flags begin with --")
    if len(files) > 1:
        mistakes.append(f"One study at a time, not {len(files)}: {', '.join(shortened(f) for f in files)}")
    return files[0] if files else None


def _from_environment(flags: Sequence[Flag], environment: Mapping[str, str]) -> dict[str, Given]:
    given = {}
    for flag in flags:
        name = VARIABLE_PREFIX + flag.name.upper()
        if flag.in_environment and environment.get(name):
            given[flag.name] = Given(f"${name}", (environment[name],))
    return given


def _from_file(
    path: Path | None, flags: Sequence[Flag], mistakes: list[str]
) -> tuple[dict[str, Given], bool]:
    """What the study file gives, and whether it could be read; without one there is nothing to read."""
    if path is None:
        return {}, True
    try:
        given, wrong = read_study_file(path, flags)
    except UsageError as error:
        mistakes.extend(str(error).splitlines())
        return {}, False
    mistakes.extend(wrong)
    return given, True


def _value(flag: Flag, given: Given, mistakes: list[str]) -> Any:
    try:
        return read_value(flag, given)
    except UsageError as error:
        mistakes.extend(str(error).splitlines())
        return None
