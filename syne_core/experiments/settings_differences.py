"""What differs between experiments beside their results: settings, code, packages, machine, command.

Read from ``metadata.json``. What follows from something else that is shown (seeds of schedulers, identities,
times of creation) is passed over.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syne_core.experiments.experiment_folder import ExperimentFolder
from syne_core.experiments.metadata_entries import OF_STUDY, code_entries, flat_entries
from syne_core.experiments.plain_json import plain_json

__all__ = ["GROUPS", "SettingsDifference", "matched_folders", "settings_differences"]

#: In the order in which they are shown.
GROUPS = ("settings", "code", "packages", "machine", "command")

Entry = tuple[str, str]

_FOLLOWS = {
    *("tag", "settings", "experiment_id", "scheduler_seed", "simulator_seed"),
    *("st_tuner_creation_timestamp", "st_tuner_start_timestamp"),
}
_TAG_FLAGS = ("--experiment_tag", "--experiment-tag")


@dataclass(frozen=True)
class SettingsDifference:
    """One entry that is not the same on both sides.

    :param group: one of ``GROUPS``
    :param a: its value in A as text; None if it has none
    :param count: pairs of experiments that differ like this
    :param of: pairs of experiments that were looked at
    """

    group: str
    name: str
    a: str | None
    b: str | None
    count: int
    of: int

    def to_json(self) -> dict[str, Any]:
        """As an object of JSON."""
        return plain_json(self)


def matched_folders(
    of_a: Sequence[ExperimentFolder], of_b: Sequence[ExperimentFolder]
) -> list[tuple[ExperimentFolder, ExperimentFolder]]:
    """Experiments of both sides that belong together, the newest of several alike.

    By benchmark, method, workers and seed; if that finds none, without workers, then without the method, then
    without the seed. One experiment on either side belongs to the other.
    """
    if len(of_a) == 1 and len(of_b) == 1:
        return [(of_a[0], of_b[0])]
    for names in (
        ("benchmark", "method", "n_workers", "seed"),
        ("benchmark", "method", "seed"),
        ("benchmark", "seed"),
        ("benchmark", "method"),
        ("benchmark",),
        (),
    ):
        a, b = _by(names, of_a), _by(names, of_b)
        if shared := [key for key in a if key in b]:
            return [(a[key], b[key]) for key in shared]
    return []


def settings_differences(
    pairs: Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]],
) -> list[SettingsDifference]:
    """What differs between the metadata of each pair, by group and name.

    :param pairs: contents of ``metadata.json``
    """
    found: dict[Entry, Counter[tuple[str | None, str | None]]] = defaultdict(Counter)
    total = 0
    for of_a, of_b in pairs:
        total += 1
        a, b = dict(_entries(of_a)), dict(_entries(of_b))
        for entry in {**a, **b}:
            if a.get(entry) != b.get(entry):
                found[entry][a.get(entry), b.get(entry)] += 1
    order = sorted(found, key=lambda entry: (GROUPS.index(entry[0]), entry[1]))
    return [
        SettingsDifference(*entry, *values, count, total)
        for entry in order
        for values, count in found[entry].most_common()
    ]


def _by(names: Sequence[str], folders: Sequence[ExperimentFolder]) -> dict[tuple[Any, ...], ExperimentFolder]:
    ordered = sorted(folders, key=lambda folder: (folder.created, str(folder.path)))
    return {tuple(getattr(folder, name) for name in names): folder for folder in ordered}


def _entries(metadata: Mapping[str, Any]) -> Iterator[tuple[Entry, str]]:
    """Group and name, and value as text, of all that may be compared.

    Settings of the whole study come first: the experiment's own take the place of those of the same name.
    """
    for name, text in _flat("", metadata.get("settings")):
        if name and name not in OF_STUDY:
            yield ("settings", name), text
    for key, value in metadata.items():
        if key in ("packages", "machine") and isinstance(value, Mapping):
            yield from (((key, name), text) for name, text in _flat("", value))
        elif key == "git":
            yield from ((("code", name), text) for name, text in code_entries(value))
        elif key == "command":
            yield ("command", "command"), _command(value)
        elif key in ("synebench_version", "versions"):
            yield from ((("packages", name), text) for name, text in _flat(key, value))
        elif key not in _FOLLOWS:
            yield from ((("settings", name), text) for name, text in _flat(key, value))


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Names and texts; an absent value, None and an empty object are the same."""
    for entry, found in flat_entries(name, value):
        if found is not None and found != {}:
            yield entry, found if isinstance(found, str) else repr(found)


def _command(words: Any) -> str:
    """As typed, but for the name of the study, which always differs."""
    if not isinstance(words, list):
        return str(words)
    kept, skip = [], False
    for word in map(str, words):
        if skip:
            skip = False
        elif word in _TAG_FLAGS:
            skip = True
        elif not word.startswith(tuple(f"{flag}=" for flag in _TAG_FLAGS)):
            kept.append(word)
    return " ".join(kept)
