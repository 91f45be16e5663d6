"""Does a blackbox know what a definition wants to know?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from benchmarking.commons.quoting import shortened
from syne_core.blackbox import Blackbox
from syne_core.config_space import Categorical, Domain, FiniteRange, Float, Integer
from syne_core.errors import nearest_name

__all__ = ["fit_mistakes"]

# Where data lie decides nothing.
_NOT_COMPARED = ("dataset_path",)


def fit_mistakes(values: Mapping[str, Any], blackbox: Blackbox) -> list[str]:
    """What of a definition the blackbox does not know.

    :param values: fields of the definition by name
    """
    return [*_in_names(values, blackbox), *_in_space(values, blackbox), *_in_resource(values, blackbox)]


def _in_names(values: Mapping[str, Any], blackbox: Blackbox) -> Iterator[str]:
    metric, mode = values["metric"], values["mode"]
    if metric not in blackbox.metric_names:
        yield f"it has no metric '{metric}'; valid: {', '.join(blackbox.metric_names)}"
    recorded = getattr(blackbox, "modes", {}).get(metric)
    if recorded is not None and recorded != mode:
        yield f"mode of '{metric}' is {recorded}, in the definition {mode}"
    if values["resource_attr"] != blackbox.resource_attr:
        yield f"its resource is '{blackbox.resource_attr}', in the definition '{values['resource_attr']}'"


def _in_space(values: Mapping[str, Any], blackbox: Blackbox) -> Iterator[str]:
    space, known = values["config_space"], blackbox.config_space
    for name, domain in known.items():
        if name not in space:
            yield f"hyperparameter '{name}' is not in the definition's configuration space"
        elif not isinstance(space[name], Domain):
            if not domain.is_valid(space[name]):
                yield f"hyperparameter '{name}' is {shortened(repr(space[name]))}, not in {domain!r}"
        elif not _is_within(space[name], domain):
            yield f"hyperparameter '{name}' is {domain!r}, in the definition {space[name]!r}"
    recorded = _recorded(blackbox)
    for name, entry in space.items():
        if name in known:
            continue
        if isinstance(entry, Domain):
            near = nearest_name(name, known)
            hint = f"; did you mean '{near}'?" if near else ""
            yield f"it knows nothing of hyperparameter '{name}'{hint}"
        elif _is_compared(name, values) and name in recorded and recorded[name] != entry:
            yield f"'{name}' is {shortened(repr(entry))}, but was {recorded[name]!r} when it was recorded"


def _is_compared(name: str, values: Mapping[str, Any]) -> bool:
    return name not in (*_NOT_COMPARED, values["max_resource_attr"])


def _in_resource(values: Mapping[str, Any], blackbox: Blackbox) -> Iterator[str]:
    name, last = values["max_resource_attr"], blackbox.resources[-1]
    if (limit := values["config_space"].get(name)) is not None and limit > last:
        yield f"it ends at {blackbox.resource_attr} {last}, but '{name}' is {limit}"


def _recorded(blackbox: Blackbox) -> Mapping[str, Any]:
    """Constants that the table was recorded with, if it says."""
    table = getattr(blackbox, "table", blackbox)
    constants = getattr(table, "provenance", {}).get("constants")
    return constants if isinstance(constants, Mapping) else {}


def _is_within(own: Domain, known: Domain) -> bool:
    """Whether all values of ``own`` are values of ``known``."""
    if own == known:
        return True
    if isinstance(own, Categorical):
        return all(map(known.is_valid, own.categories))
    if isinstance(own, FiniteRange):
        return own.cardinality is not None and all(known.is_valid(own.value_at(i)) for i in range(len(own)))
    if isinstance(own, (Float, Integer)) and isinstance(known, (Float, type(own))):
        return known.lower <= own.lower and own.upper <= known.upper
    return False
