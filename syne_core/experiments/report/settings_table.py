"""Settings and environment of experiments: what they have in common, and where they differ.

Most entries of ``metadata.json`` are the same in all experiments. Those that are not tell a reader
either what is compared (the method), or why a comparison may be unfair (another machine, other packages).
"""

from __future__ import annotations

import json
import shlex
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from syne_core.experiments.metadata import metadata_config_space
from syne_core.experiments.metadata_entries import (
    NOT_COMMITTED,
    NOT_IN_REPOSITORY,
    OF_STUDY,
    code_entries,
    flat_entries,
)
from syne_core.experiments.report.document import SettingGroup, SettingRow
from syne_core.experiments.study_notes import seed_ranges
from syne_core.experiments.study_results import StudyResults

__all__ = ["setting_groups"]

# Of the code, the packages and the machine: the same questions for all benchmarks.
_ENVIRONMENT = ("synebench_version", "git", "packages", "machine", "versions", "python")
_SEEDS = ("seed", "experiment_id")
_MASTER_SEED = "random_seed"  # of a study: all its seeds follow from it
_OF_STUDY = frozenset(f"settings.{name}" for name in OF_STUDY)
_DESIGN = (
    *(
        "algorithm",
        "method_arguments",
        "method_notes",
        "scheduler",
        "searcher",
        "n_workers",
        "tag",
        "command",
    ),
    *("rung_levels", "num_brackets", "brackets", "num_init_random", "model", "extra_args", "replay"),
)
_CODE_CHANGES = (f"git.{NOT_COMMITTED}", f"git.{NOT_IN_REPOSITORY}")
_LONGEST = 300
_ABSENT = "(not recorded)"
_MOST_VALUES = 8

Flat = dict[str, str]
Owner = tuple[str, str, "int | str"]  # benchmark, setup, seed
Rows = Sequence[tuple[Owner, Flat]]


def setting_groups(study: StudyResults) -> list[SettingGroup]:
    """A group for the environment of all experiments, and one for each benchmark."""
    everything: dict[str, Rows] = {
        b.name: [
            ((b.name, setup.label, seed.folder.seed), _flat(seed.folder.metadata))
            for setup in b.setups
            for seed in setup.seeds
        ]
        for b in study.benchmarks
    }
    whole = [row for rows in everything.values() for row in rows]
    groups = [_group("Environment", whole, environment=True)]
    groups += [_group(name, rows, environment=False) for name, rows in everything.items()]
    return groups


def _group(title: str, rows: Rows, environment: bool) -> SettingGroup:
    names = dict.fromkeys(name for _, flat in rows for name in flat)
    everybody = [owner for owner, _ in rows]
    common: list[tuple[str, str]] = []
    different: list[SettingRow] = []
    for name in names:
        if _is_of(name, _ENVIRONMENT) != environment or _is_time(name) or name in _OF_STUDY:
            continue
        values: dict[str, list[Owner]] = defaultdict(list)
        for owner, flat in rows:
            values[flat.get(name, _absent(name))].append(owner)
        if len(values) == 1:
            common.append((name, next(iter(values))))
        else:
            different.append(_row(name, values, everybody))
    order = {"matters": 0, "design": 1, "seed": 2}
    return SettingGroup(title, tuple(common), tuple(sorted(different, key=lambda row: order[row.kind])))


def _row(name: str, values: Mapping[str, list[Owner]], everybody: Sequence[Owner]) -> SettingRow:
    kind = _kind(name, values)
    if kind == "seed":
        return SettingRow(name, kind, ((f"{len(values)} values", "one for each repetition"),))
    shown = [(value, _who(owners, everybody)) for value, owners in list(values.items())[:_MOST_VALUES]]
    if len(values) > _MOST_VALUES:
        shown.append((f"and {len(values) - _MOST_VALUES} more", ""))
    return SettingRow(name, kind, tuple(shown))


def _kind(name: str, values: Mapping[str, list[Owner]]) -> str:
    bare = name.removeprefix("settings.")
    is_seed = bare in _SEEDS or bare.endswith(("_seed", ".seed"))
    if is_seed and bare != _MASTER_SEED:
        return "seed"
    if bare == _MASTER_SEED or any(bare == p or bare.startswith((f"{p}.", f"{p}_")) for p in _DESIGN):
        return "design"
    if _is_of(name, _ENVIRONMENT):
        return "matters"
    homes: dict[str, set[str]] = defaultdict(set)
    for value, owners in values.items():
        for _, label, _ in owners:
            homes[label].add(value)
    describes_method = all(len(found) == 1 for found in homes.values()) and _ABSENT in values
    return "design" if describes_method else "matters"


def _who(owners: Sequence[Owner], everybody: Sequence[Owner]) -> str:
    """``RS seeds 0-4; ASHA`` (all of its seeds); with several benchmarks, each with its name."""
    several = len({benchmark for benchmark, _, _ in everybody}) > 1
    parts = []
    for benchmark in dict.fromkeys(benchmark for benchmark, _, _ in owners):
        mine = [owner for owner in owners if owner[0] == benchmark]
        all_of_it = [owner for owner in everybody if owner[0] == benchmark]
        text = "all" if len(mine) == len(all_of_it) else "; ".join(_setups(mine, all_of_it))
        parts.append(f"{benchmark}: {text}" if several else text)
    return _cut(" | ".join(parts))


def _setups(owners: Sequence[Owner], everybody: Sequence[Owner]) -> Iterator[str]:
    for label in dict.fromkeys(label for _, label, _ in owners):
        seeds = [seed for _, of, seed in owners if of == label]
        total = sum(1 for _, of, _ in everybody if of == label)
        yield label if len(seeds) == total else f"{label} {seed_ranges(seeds)}"


def _absent(name: str) -> str:
    """Code that is not said to be changed is not; of anything else, nobody knows."""
    return "no" if name.startswith(_CODE_CHANGES) else _ABSENT


def _is_of(name: str, parts: Sequence[str]) -> bool:
    return name.split(".")[0] in parts


def _is_time(name: str) -> bool:
    return name.startswith("st_tuner_") or name.endswith("timestamp")


def _flat(metadata: Mapping[str, Any]) -> Flat:
    flat: Flat = {}
    space = metadata_config_space(metadata)
    for name, value in metadata.items():
        if name == "config_space":
            flat |= {f"config_space.{n}": _cut(repr(entry)) for n, entry in space.items()}
        elif name == "command" and isinstance(value, list):
            flat[name] = _cut(shlex.join(map(str, value)))
        elif name == "git":
            flat |= {f"git.{entry}": _cut(text) for entry, text in code_entries(value)}
        else:
            flat |= {entry: _text(found) for entry, found in flat_entries(name, value)}
    return flat


def _text(value: Any) -> str:
    return _cut(value if isinstance(value, str) else json.dumps(value, default=str))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
