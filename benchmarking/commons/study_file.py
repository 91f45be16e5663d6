"""Study files: YAML whose keys are the flags of a launcher.

::

    experiment_tag: first-study
    benchmark: [mlp_digits, mine.yaml]      # benchmark, method, n_workers may be lists: all combinations
    n_workers: [2, 4]
    num_seeds: 5
    max_wallclock_time: 10m
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarking.commons.flags import Flag, Given
from benchmarking.commons.quoting import one_line, shortened
from benchmarking.commons.strict_yaml import YamlValue, read_yaml
from syne_core.errors import UsageError, nearest_name

__all__ = ["read_study_file"]


def read_study_file(path: Path, flags: Sequence[Flag]) -> tuple[dict[str, Given], list[str]]:
    """What ``path`` gives by flag name, and mistakes. Values are read as on the command line.

    :raises UsageError: if the file cannot be read at all
    """
    by_name = {flag.name: flag for flag in flags if not flag.hidden}
    folder = path.absolute().parent
    given: dict[str, Given] = {}
    file = read_yaml(path)
    if {"script", "config_space"} <= file.entries.keys():
        raise UsageError(f"{one_line(path)} defines a benchmark, no study; give it as --benchmark")
    mistakes = list(file.mistakes)
    for key, value in file.entries.items():
        flag = by_name.get(key)
        try:
            if flag is None or not flag.in_files:
                raise UsageError(_not_a_key(key, flag, by_name))
            given[key] = Given(f"{value.where}: {key}", _texts(flag, value), bool(value.elements), folder)
        except UsageError as error:
            mistakes.append(f"{value.where}: {error}")
    return given, mistakes


def _texts(flag: Flag, value: YamlValue) -> tuple[str, ...]:
    if isinstance(value.value, list):
        if not flag.many:
            raise UsageError(f"{flag.name} takes one value, not a list")
        if not value.elements:
            raise UsageError(f"{flag.name} is an empty list; leave the key out for the default")
        return tuple(_scalar(flag, element) for element in value.elements)
    return (_scalar(flag, value),)


def _scalar(flag: Flag, value: YamlValue) -> str:
    if value.value is None:
        raise UsageError(f"{flag.name} has no value; leave the key out for the default")
    if value.text is None:
        raise UsageError(f"{flag.name} takes {'names or numbers' if flag.many else 'one value'}")
    return value.text


def _not_a_key(key: str, flag: Flag | None, by_name: dict[str, Flag]) -> str:
    if flag is not None:
        return f"'{key}' is for the command line only"
    near = nearest_name(key, [name for name, flag in by_name.items() if flag.in_files])
    hint = f" Did you mean '{near}'?" if near else " The keys are the launcher's flags; --help lists them."
    return f"unknown key '{shortened(key)}'.{hint}"
