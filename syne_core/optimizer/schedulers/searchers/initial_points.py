"""The configurations that are tried first: ``points_to_evaluate``."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from syne_core.config_space import (
    Categorical,
    Domain,
    FiniteRange,
    Float,
    Integer,
    Ordinal,
    OrdinalNearestNeighbor,
    config_key,
    config_mistakes,
)
from syne_core.errors import ConfigSpaceError

__all__ = ["default_value", "impute_points_to_evaluate"]


def default_value(domain: Domain) -> Any:
    """What an initial configuration holds where nothing is given.

    As in Syne Tune: the first category, the middle one of ordered categories, and for numbers the mid-point
    of the range on the scale on which they are encoded.
    """
    if isinstance(domain, OrdinalNearestNeighbor):
        return _middle(domain, domain.categories[0], domain.categories[-1])
    if isinstance(domain, Categorical):
        middle = len(domain.categories) // 2 if isinstance(domain, Ordinal) else 0
        return copy.deepcopy(domain.categories[middle])
    if isinstance(domain, (Float, Integer, FiniteRange)):
        return _middle(domain, domain.lower, domain.upper)
    return domain.from_unit(0.5)


def _middle(domain: Domain, lower: float, upper: float) -> Any:
    # Not simply 0.5: integers and ordinals are encoded in from the ends of the unit interval.
    return domain.from_unit(0.5 * (domain.to_unit(lower) + domain.to_unit(upper)))


def impute_points_to_evaluate(
    points_to_evaluate: Sequence[Mapping[str, Any]] | None, config_space: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The complete configurations, constants included, that ``points_to_evaluate`` stands for.

    :param points_to_evaluate: configurations, maybe partial: what is missing becomes ``default_value``.
        None means one that is all defaults, an empty list means none. Repetitions are dropped
    :raises ConfigSpaceError: with every value that does not fit and every unknown name, one per line
    """
    if points_to_evaluate is None:
        points_to_evaluate = [{}]
    if not isinstance(points_to_evaluate, Sequence) or isinstance(points_to_evaluate, str):
        kind = type(points_to_evaluate).__name__
        raise ConfigSpaceError(f"points_to_evaluate is a list of configurations, not {kind}")
    configs: dict[Any, dict[str, Any]] = {}
    mistakes: list[str] = []
    for position, point in enumerate(points_to_evaluate):
        where = f"points_to_evaluate[{position}]"
        if not isinstance(point, Mapping):
            mistakes.append(f"{where}: a configuration is a dict, not {type(point).__name__}")
            continue
        config = _complete(point, config_space)
        wrong = config_mistakes(config, config_space)
        mistakes.extend(f"{where}: {mistake}" for mistake in wrong)
        if not wrong:
            configs.setdefault(config_key(config, config_space), _in_order(config, config_space))
    if mistakes:
        raise ConfigSpaceError.joined(mistakes)
    return list(configs.values())


def _complete(point: Mapping[str, Any], space: Mapping[str, Any]) -> dict[str, Any]:
    config = dict(point)
    for name, entry in space.items():
        if name not in point:
            config[name] = default_value(entry) if isinstance(entry, Domain) else copy.deepcopy(entry)
        elif isinstance(entry, (Integer, FiniteRange)):
            config[name] = _adjusted(point[name], entry)
    return config


def _adjusted(value: Any, domain: Integer | FiniteRange) -> Any:
    """``value``, but 3.0 for an integer becomes 3, and a number within a finite range its nearest member."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    if not domain.lower <= value <= domain.upper:
        return value
    nearest = domain.cast(value)
    return nearest if isinstance(domain, FiniteRange) or nearest == value else value


def _in_order(config: Mapping[str, Any], space: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: entry.cast(config[name]) if isinstance(entry, Domain) else copy.deepcopy(entry)
        for name, entry in space.items()
    }
