"""What a table must fulfil before anything is simulated with it; every mistake names its cell."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from syne_core.blackbox.mistakes import brief, refuse, require, shown
from syne_core.config_space import Domain, check_config_space, config_mistakes
from syne_core.config_space.values import json_mistake
from syne_core.errors import ConfigSpaceError, nearest_name

__all__ = [
    "Shape",
    "check_cells",
    "check_configurations",
    "check_failures",
    "check_kinds",
    "check_names",
    "check_resources",
    "domains_of",
    "duplicate_rows",
    "numbers",
    "repetitions_in",
]


@dataclass(frozen=True)
class Shape:
    """How long the axes of a table are."""

    configurations: int
    seeds: int
    resources: int


def check_kinds(lists: Mapping[str, Any], objects: Mapping[str, Any]) -> list[str]:
    """Arguments that are no lists, or no dicts, though they must be; by their names."""
    mistakes = []
    for name, value in lists.items():
        is_array = isinstance(value, np.ndarray) and value.ndim == 1
        if not (is_array or isinstance(value, Sequence)) or isinstance(value, (str, bytes)):
            mistakes.append(f"'{name}' must be a list, not {_kind(value)}")
    for name, value in objects.items():
        if not isinstance(value, Mapping):
            mistakes.append(f"'{name}' must be a dict, not {_kind(value)}")
    return mistakes


def _kind(value: Any) -> str:
    return "None" if value is None else type(value).__name__


def domains_of(config_space: Any, where: str) -> dict[str, Domain]:
    """The domains of ``config_space``; its constants are left out.

    :raises BlackboxError: it is no configuration space, or has no domain
    """
    try:
        check_config_space(config_space)
    except ConfigSpaceError as error:
        refuse(where, [f"configuration space: {line}" for line in str(error).splitlines()])
    domains = {name: entry for name, entry in config_space.items() if isinstance(entry, Domain)}
    require(where, [] if domains else ["the configuration space has no hyperparameter"])
    return domains


def check_names(
    domains: Mapping[str, Domain], resource_attr: Any, elapsed_time_attr: Any, metric_names: Sequence[Any]
) -> list[str]:
    """Mistakes of the names under which reports carry values."""
    roles = [("resource_attr", resource_attr), ("elapsed_time_attr", elapsed_time_attr)]
    roles += [("metric", name) for name in metric_names]
    mistakes = [] if metric_names else ["there is no metric"]
    seen: dict[str, str] = {}
    for role, name in roles:
        if not isinstance(name, str) or not name:
            mistakes.append(f"{role} must be a nonempty string, not {name!r}")
        elif name.startswith("st_"):
            mistakes.append(f"{role} '{name}': names starting with 'st_' are reserved")
        elif name in seen:
            mistakes.append(f"{role} '{name}' is also the name of the {seen[name]}")
        else:
            seen[name] = role
    return mistakes


def check_resources(resources: Sequence[Any]) -> list[str]:
    """Mistakes of the resources: whole numbers, at least 1, increasing."""
    if not len(resources):
        return ["there is no resource"]
    whole = [isinstance(r, int) and not isinstance(r, bool) and r >= 1 for r in resources]
    wrong = [brief(r) for r, good in zip(resources, whole, strict=True) if not good]
    if wrong:
        return [f"resources must be whole numbers >= 1, not {', '.join(shown(wrong, 'more'))}"]
    pairs = itertools.pairwise(resources)
    return [f"resources must increase, but {b} comes after {a}" for a, b in pairs if b <= a][:1]


def check_configurations(
    configurations: Sequence[Any], domains: Mapping[str, Domain]
) -> tuple[list[tuple[Any, ...]], list[str]]:
    """Keys of all rows, as ``config_key`` makes them, and mistakes of rows and columns."""
    rows_are = [isinstance(config, Mapping) for config in configurations]
    if not all(rows_are):
        row = rows_are.index(False)
        return [], [f"row {row}: a configuration is a dict, not {brief(configurations[row])}"]
    unknown = sorted({str(name) for config in configurations for name in config if name not in domains})
    mistakes = shown([_unknown_column(name, domains) for name in unknown], "more unknown columns")
    keys: list[tuple[Any, ...]] = []
    in_cells: list[str] = []
    methods = [(name, domain.match_key) for name, domain in domains.items()]
    for row, config in enumerate(configurations):
        try:
            keys.append(tuple([key(config[name]) for name, key in methods]))
        except (KeyError, ConfigSpaceError):
            known = {name: config[name] for name in domains if name in config}
            in_cells += [f"row {row}, {why}" for why in config_mistakes(known, domains)]
    absent = [name for name in domains if configurations and not any(name in c for c in configurations)]
    if absent:
        in_cells = [f"column '{name}' of the configuration space is missing" for name in absent]
    return keys, [*mistakes, *shown(in_cells, "more cells")]


def _unknown_column(name: str, domains: Mapping[str, Domain]) -> str:
    near = nearest_name(name, domains)
    hint = f"; did you mean '{near}'?" if near else f"; it has {', '.join(domains)}"
    return f"column '{name}' is not in the configuration space{hint}"


def duplicate_rows(keys: Sequence[tuple[Any, ...]]) -> list[list[int]]:
    """Rows that have the same configuration, each group in order, groups by their first row."""
    groups: dict[tuple[Any, ...], list[int]] = {}
    for row, key in enumerate(keys):
        groups.setdefault(key, []).append(row)
    return [rows for rows in groups.values() if len(rows) > 1]


def repetitions_in(elapsed: Any) -> int:
    """How many repetitions a table has, by its array of times; 1 if that is no array of three axes."""
    try:
        lengths = np.shape(elapsed)
    except ValueError:
        return 1
    return lengths[1] if len(lengths) == 3 and lengths[1] else 1


def numbers(name: str, values: Any, shape: Shape) -> tuple[NDArray[Any], list[str]]:
    """``values`` as an array of floats (32 bits stay 32), and what is wrong with its type or shape."""
    wanted = (shape.configurations, shape.seeds, shape.resources)
    empty = np.full(wanted, np.nan)
    try:
        array = np.asarray(values)
    except (TypeError, ValueError) as error:  # for example, rows of unequal length
        return empty, [f"'{name}' is not an array: {error}"]
    if array.dtype.kind not in "fiu":
        return empty, [f"'{name}' holds {array.dtype} instead of numbers"]
    if array.shape != wanted:
        axes = "(configurations, repetitions, resources)"
        return empty, [f"'{name}' has shape {array.shape}; {axes} is {wanted}"]
    return array.astype(np.float32 if array.dtype == np.float32 else np.float64), []


def check_cells(
    elapsed: NDArray[Any], metrics: Mapping[str, NDArray[Any]], resource_attr: str, resources: Sequence[int]
) -> list[str]:
    """Mistakes of times and metrics, all of one shape (configurations, seeds, resources)."""

    def at(where: NDArray[Any], why: str, of: NDArray[Any]) -> list[str]:
        cells = [tuple(cell) for cell in np.argwhere(where).tolist()]
        return shown([f"{place(cell)}: {why.format(float(of[cell]))}" for cell in cells[:1000]], "more cells")

    def place(cell: tuple[int, ...]) -> str:
        return f"row {cell[0]}, repetition {cell[1]}, {resource_attr} {resources[cell[2]]}"

    mistakes = at(np.isinf(elapsed), "the elapsed time is {}", elapsed)
    mistakes += at(elapsed < 0, "the elapsed time {} is negative", elapsed)
    before = np.fmax.accumulate(elapsed, axis=2)[:, :, :-1]
    falls = np.zeros(elapsed.shape, dtype=bool)
    falls[:, :, 1:] = elapsed[:, :, 1:] < before
    mistakes += at(falls, "the elapsed time {} is less than at the resource before", elapsed)
    for name, values in metrics.items():
        lone = np.isnan(elapsed) & ~np.isnan(values)
        mistakes += at(lone, f"{name} is {{}}, but the elapsed time is missing", values)
    return mistakes


def check_failures(failures: Mapping[Any, Any], shape: Shape) -> list[str]:
    """Mistakes of the reasons why runs failed, by (row, repetition)."""
    mistakes = []
    for place, why in failures.items():
        good = isinstance(place, tuple) and len(place) == 2 and all(type(i) is int for i in place)
        if not good or not (0 <= place[0] < shape.configurations and 0 <= place[1] < shape.seeds):
            mistakes.append(f"failure of {brief(place)}: not a (row, repetition) of the table")
        elif not isinstance(why, str) or not why or json_mistake(why):
            mistakes.append(
                f"row {place[0]}, repetition {place[1]}: a failure needs a text, not {brief(why)}"
            )
    return shown(mistakes, "more failures")
