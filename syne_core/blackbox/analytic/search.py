"""Numerical search for the optimum of a problem that has no closed form for it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from typing import Any

from syne_core.config_space import Categorical, Domain, Ordinal, decode_config, encode_config

__all__ = ["smallest"]

_STARTS = (0.3, 0.5, 0.7)
_FIRST_STEP, _LAST_STEP = 0.25, 1e-7


def smallest(
    value: Callable[[Mapping[str, Any]], float], domains: Mapping[str, Domain]
) -> tuple[float, dict[str, Any]]:
    """The smallest value found, and where: a pattern search from several starts in each category.

    Hooke and Jeeves (1961), "Direct search solution of numerical and statistical problems", on the unit
    cube, with steps halved until they no longer matter. Deterministic. NaN counts as infinite.
    """
    fixed = [i for i, domain in enumerate(domains.values()) if _is_unordered(domain)]
    free = [i for i in range(len(domains)) if i not in fixed]
    shares = [len(domain) for domain in domains.values() if _is_unordered(domain)]

    def at(units: list[float]) -> float:
        found = value(decode_config(units, domains))
        return math.inf if math.isnan(found) else found

    best: tuple[float, list[float]] = (math.inf, [0.5] * len(domains))
    for categories in itertools.product(*map(range, shares)):
        for start in _STARTS:
            units = [start] * len(domains)
            for position, category, n in zip(fixed, categories, shares, strict=True):
                units[position] = (category + 0.5) / n
            best = min(best, _descend(at, units, free))
    config = decode_config(best[1], domains)
    return value(config), decode_config(encode_config(config, domains), domains)


def _is_unordered(domain: Domain) -> bool:
    return isinstance(domain, Categorical) and not isinstance(domain, Ordinal)


def _descend(
    at: Callable[[list[float]], float], units: list[float], free: list[int]
) -> tuple[float, list[float]]:
    value, step = at(units), _FIRST_STEP
    while step > _LAST_STEP:
        before, units_before = value, units
        for position, sign in itertools.product(free, (1, -1)):
            moved = [*units]
            moved[position] = min(max(moved[position] + sign * step, 0.0), 1.0)
            found = at(moved)
            if found < value:
                value, units = found, moved
        if value == before:
            step /= 2
            continue
        onward = [min(max(2 * b - a, 0.0), 1.0) for a, b in zip(units_before, units, strict=True)]
        found = at(onward)
        if found < value:
            value, units = found, onward
    return value, units
