"""Configurations as points, for distances and regression."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from syne_core.config_space import Categorical, Domain, Ordinal

__all__ = ["PointEncoding"]

# Two different categories are then at distance 1, as far as the ends of an interval.
_HOT = math.sqrt(0.5)


class PointEncoding:
    """Maps configurations to points: numbers to [0, 1], categories without an order to corners of a simplex.

    :param domains: domains by name; their order is that of the coordinates
    :ivar size: number of coordinates
    """

    def __init__(self, domains: Mapping[str, Domain]) -> None:
        self._domains = dict(domains)
        self._width = {name: _coordinates(domain) for name, domain in self._domains.items()}
        self.size = sum(self._width.values())

    def point(self, config: Mapping[str, Any]) -> NDArray[np.float64]:
        """Coordinates of one configuration, shape (size,).

        :raises KeyError: a hyperparameter is missing
        :raises ConfigSpaceError: one has no position
        """
        return np.array(self._coordinates_of(config))

    def points(self, configs: Sequence[Mapping[str, Any]]) -> NDArray[np.float64]:
        """Coordinates of several, shape (len(configs), size)."""
        flat = [x for config in configs for x in self._coordinates_of(config)]
        return np.array(flat, dtype=float).reshape(len(configs), self.size)

    def _coordinates_of(self, config: Mapping[str, Any]) -> list[float]:
        result: list[float] = []
        for name, domain in self._domains.items():
            u, width = domain.to_unit(config[name]), self._width[name]
            if width == 1:
                result.append(u)
                continue
            hot = [0.0] * width
            hot[min(int(u * width), width - 1)] = _HOT
            result += hot
        return result


def _coordinates(domain: Domain) -> int:
    if isinstance(domain, Categorical) and not isinstance(domain, Ordinal):
        return max(len(domain.categories), 1)
    return 1
