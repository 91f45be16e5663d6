"""What differs between two experiments or studies in settings, code, packages, machine and command."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from benchmarking.cli.experiments import short_name
from syne_core.errors import UnknownNameError, UsageError
from syne_core.experiments import ExperimentFolder, scan_study, study_tags
from syne_core.experiments.metadata_entries import NOT_COMMITTED
from syne_core.experiments.selection import select_experiments
from syne_core.experiments.settings_differences import (
    SettingsDifference,
    matched_folders,
    settings_differences,
)
from syne_core.experiments.text_table import print_table

__all__ = ["difference_notes", "show_settings"]

_LONGEST = 60
_NAMED = 4


@dataclass(frozen=True)
class _Chosen:
    name: str
    folders: list[ExperimentFolder]


def show_settings(a: str, b: str, benchmarks: Sequence[str], methods: Sequence[str], as_json: bool) -> None:
    """Print the differences, and only them.

    :param a: TAG, TAG:METHOD, or TAG:EXPERIMENT, an experiment as ``synebench logs`` calls it
    :param benchmarks: only these; empty means all
    :raises UnknownNameError: no such study, method, experiment or benchmark
    :raises UsageError: a study has no experiment that can be read
    """
    of_a, of_b = (_chosen(text, benchmarks, methods) for text in (a, b))
    pairs = matched_folders(of_a.folders, of_b.folders)
    found = settings_differences((one.metadata, other.metadata) for one, other in pairs)
    if as_json:
        print(json.dumps(_as_json(of_a, of_b, len(pairs), found), indent=2, allow_nan=False))
    else:
        _print(of_a, of_b, len(pairs), found)
    for name, chosen in (("A", of_a), ("B", of_b)):
        if (alone := len(chosen.folders) - len(pairs)) > 0:
            print(
                f"Note: {alone} of {len(chosen.folders)} experiments of {name} have no counterpart",
                file=sys.stderr,
            )


def difference_notes(found: Sequence[SettingsDifference]) -> list[str]:
    """A line for each group that differs, but for commands; and one if pairs did not start alike."""
    notes = []
    for group, members in groupby(found, key=lambda one: one.group):
        if group == "command":
            continue
        differing = {one.name: f"{one.name} {_short(one.a, 12)} / {_short(one.b, 12)}" for one in members}
        files = [name for name in differing if name.startswith(NOT_COMMITTED)]
        shown = [text for name, text in differing.items() if name not in files]
        more = [f"{len(shown) - _NAMED} more"] if len(shown) > _NAMED else []
        more += [f"{len(files)} files with changes that were not committed"] if files else []
        differ = "differ" if group in ("settings", "packages") else "differs"
        notes.append(f"{group} {differ} (A / B): {', '.join([*shown[:_NAMED], *more])}")
    if any(one.group == "settings" and one.name == "random_seed" for one in found):
        notes.append(
            "A and B have different master seeds, so that pairs did not start alike: the comparison is fair, "
            "but needs more seeds. The same --random_seed for both makes it sharper"
        )
    return notes


def _chosen(text: str, benchmarks: Sequence[str], methods: Sequence[str]) -> _Chosen:
    tag, _, name = text.partition(":")
    if text in study_tags() or not name:
        tag, name = text, ""
    folders = select_experiments(scan_study(tag).good, benchmarks, methods)
    if not folders:
        raise UsageError(f"Study '{tag}' has no experiment that can be read")
    return _Chosen(text, _named(tag, name, folders) if name else folders)


def _named(tag: str, name: str, folders: list[ExperimentFolder]) -> list[ExperimentFolder]:
    """The method ``name``, or the experiment, which may be one on each benchmark."""
    for matches in (
        [folder for folder in folders if folder.method == name],
        [folder for folder in folders if short_name(folder) == name],
        [folder for folder in folders if name in folder.name],
    ):
        if matches:
            return matches
    known = {name for folder in folders for name in (folder.method, short_name(folder))}
    raise UnknownNameError(f"method or experiment of {tag},", name, known)


def _as_json(a: _Chosen, b: _Chosen, pairs: int, found: Sequence[SettingsDifference]) -> dict[str, object]:
    return {
        "a": {"name": a.name, "experiments": [str(folder.path) for folder in a.folders]},
        "b": {"name": b.name, "experiments": [str(folder.path) for folder in b.folders]},
        "pairs": pairs,
        "differences": [one.to_json() for one in found],
    }


def _print(a: _Chosen, b: _Chosen, pairs: int, found: Sequence[SettingsDifference]) -> None:
    compared = f"{pairs} pair{'s' if pairs != 1 else ''} of experiments"
    print(f"A: {a.name}\nB: {b.name}\n{compared} compared")
    if not found:
        print("\nNothing differs.")
    for group, members in groupby(found, key=lambda one: one.group):
        print(f"\n{group.upper()}")
        if group == "command":
            _print_commands(list(members))
        else:
            _print_group(list(members))


def _print_group(members: list[SettingsDifference]) -> None:
    some = any(one.count < one.of for one in members)
    columns = ["NAME", "A", "B", *(["PAIRS"] if some else [])]
    rows = [
        [one.name, _short(one.a), _short(one.b), *([f"{one.count} of {one.of}"] if some else [])]
        for one in members
    ]
    print_table(columns, rows, right=("PAIRS",))


def _print_commands(members: list[SettingsDifference]) -> None:
    """Below each other: they are long, and differ anywhere."""
    for one in members:
        some = f" ({one.count} of {one.of} pairs)" if one.count < one.of else ""
        print(f"A: {one.a or '-'}\nB: {one.b or '-'}{some}")


def _short(text: str | None, longest: int = _LONGEST) -> str:
    if text is None:
        return "-"
    return text if len(text) <= longest else f"{text[: longest - 2]}.."
