"""Up to which resource trials run, and at which resources they are compared on the way."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from syne_core.config_space import Domain
from syne_core.errors import UnknownNameError, UsageError

__all__ = ["MaxResource", "compute_rung_levels", "find_max_resource", "positive_integer"]

# Syne Tune looks for these constants where nothing is said.
_USUAL_NAMES = ("epochs", "max_t", "max_epochs")
_DEFAULT_REDUCTION_FACTOR = 3.0


@dataclass(frozen=True)
class MaxResource:
    """The largest resource of a trial.

    :param level: None if not known
    :param script_ends_there: whether the training script itself ends at ``level`` or before
    """

    level: int | None
    script_ends_there: bool = False


def find_max_resource(
    config_space: Mapping[str, Any], max_resource_attr: str | None, max_t: int | None
) -> MaxResource:
    """``max_t`` if given, else the constant named ``max_resource_attr``, else a constant of a usual name.

    :raises UsageError: ``max_t`` or the constant is not a positive integer
    :raises UnknownNameError: ``config_space`` has no ``max_resource_attr``
    """
    name = max_resource_attr
    if name is None and max_t is None:
        constants = (n for n in _USUAL_NAMES if n in config_space)
        name = next((n for n in constants if not isinstance(config_space[n], Domain)), None)
    elif name is not None and name not in config_space:
        raise UnknownNameError("max_resource_attr", str(name), config_space)
    limit = None
    if name is not None and not isinstance(config_space[name], Domain):
        limit = positive_integer(f"config_space['{name}'], the largest resource,", config_space[name])
    level = limit if max_t is None else positive_integer("max_t", max_t)
    return MaxResource(level, level is not None and limit is not None and limit <= level)


def compute_rung_levels(
    max_t: int,
    grace_period: int = 1,
    reduction_factor: float | None = None,
    rung_increment: int | None = None,
    rung_levels: Sequence[int] | None = None,
) -> list[int]:
    """Increasing resources below ``max_t`` at which trials are compared; at least one.

    They are ``rung_levels`` if given (a last one equal to ``max_t`` is dropped); else ``grace_period +
    rung_increment * k`` if that is given; else ``round(grace_period * reduction_factor**k)``, k = 0, 1, ...
    (Li et al. 2020, "A system for massively parallel hyperparameter tuning").

    :param reduction_factor: at least 2, default 3
    :raises UsageError: arguments that make no sense or exclude each other
    """
    given = {
        "rung_levels": rung_levels,
        "rung_increment": rung_increment,
        "reduction_factor": reduction_factor,
    }
    names = [name for name, value in given.items() if value is not None]
    if len(names) > 1:
        raise UsageError(f"give only one of {' and '.join(names)}: each determines the rung levels")
    if rung_levels is not None:
        return _checked_levels(rung_levels, max_t)
    first = positive_integer("grace_period", grace_period)
    if first >= max_t:
        raise UsageError(f"grace_period must be below the largest resource {max_t}, is {first}")
    if rung_increment is not None:
        return list(range(first, max_t, positive_integer("rung_increment", rung_increment)))
    return _geometric_levels(first, reduction_factor, max_t)


def positive_integer(name: str, value: Any) -> int:
    """``value`` as an int; 27.0 is one, True is not.

    :raises UsageError: it is not a positive integer
    """
    numeric = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not numeric or not 1 <= value < math.inf or value != int(value):
        raise UsageError(f"{name} must be a positive integer, not {value!r}")
    return int(value)


def _geometric_levels(first: int, reduction_factor: float | None, max_t: int) -> list[int]:
    factor = _DEFAULT_REDUCTION_FACTOR if reduction_factor is None else reduction_factor
    if isinstance(factor, bool) or not isinstance(factor, (int, float)) or not 2 <= factor < math.inf:
        raise UsageError(f"reduction_factor must be a number >= 2, not {factor!r}")
    levels: list[int] = []
    while (level := round(first * factor ** len(levels))) < max_t:
        levels.append(level)
    return levels


def _checked_levels(rung_levels: Any, max_t: int) -> list[int]:
    if not isinstance(rung_levels, Sequence) or isinstance(rung_levels, str):
        raise UsageError(f"rung_levels must be a list, not {rung_levels!r}")
    levels = [positive_integer(f"rung_levels[{i}]", level) for i, level in enumerate(rung_levels)]
    if any(b <= a for a, b in pairwise(levels)):
        raise UsageError(f"rung_levels must be strictly increasing: {levels}")
    if levels and levels[-1] > max_t:
        raise UsageError(f"the last of rung_levels, {levels[-1]}, is beyond the largest resource {max_t}")
    levels = levels[:-1] if levels and levels[-1] == max_t else levels
    if not levels:
        raise UsageError("rung_levels must hold at least one level below the largest resource")
    return levels
