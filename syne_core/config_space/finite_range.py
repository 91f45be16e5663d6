"""Evenly spaced numbers between two bounds: :class:`FiniteRange`."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from syne_core.config_space.domain import Domain
from syne_core.config_space.unit_interval import BACKWARD, FORWARD, Scale, increasing, nearest, share
from syne_core.config_space.values import from_text, number, require_bounds, require_integer, require_number

# All values are kept in memory.
_MOST_VALUES = 2**20
# They are computed, so 0.3 must match 0.1 + 2 * 0.1.
_TOLERANCE = 1e-9


@dataclass(frozen=True, repr=False)
class FiniteRange(Domain):
    """``size`` numbers from lower to upper, evenly spaced (``log_scale``: in the log).

    They own equal shares of the unit interval. A float counts as a member if it equals one up to
    rounding.

    :param size: at least 2
    :param cast_int: round the values to ints; they must remain distinct
    :ivar values: all of them, increasing
    :raises ConfigSpaceError: bounds or size that make no sense
    """

    lower: float
    upper: float
    size: int
    log_scale: bool = False
    cast_int: bool = False
    values: tuple[float, ...] = field(init=False, compare=False)
    # The values, on the scale.
    _points: tuple[float, ...] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        lower, upper = map(float, require_bounds(self.lower, self.upper, self))
        size = require_integer("size", self.size, self)
        if not isinstance(self.cast_int, bool):
            self.refuse("cast_int must be True or False")
        if not 2 <= size <= _MOST_VALUES:
            self.refuse(f"size must be from 2 to {_MOST_VALUES}")
        if self.log_scale and lower <= 0:
            self.refuse("lower must be > 0")
        vars(self).update(lower=lower, upper=upper, size=size, cardinality=size)
        values = self._spaced()
        if self.log_scale and values[0] <= 0:
            self.refuse("its smallest value is 0 as an integer")
        points = tuple(map(FORWARD[self._scale], values))
        if not increasing(points):
            self.refuse(f"its {size} values are not distinct" + (" as integers" if self.cast_int else ""))
        vars(self).update(value_type=int if self.cast_int else float, values=values, _points=points)

    @property
    def _scale(self) -> Scale:
        return "log" if self.log_scale else "linear"

    def _spaced(self) -> tuple[float, ...]:
        start, end = FORWARD[self._scale](self.lower), FORWARD[self._scale](self.upper)
        # Step times index: Syne Tune's order of operations, so that linear ranges agree to the last bit.
        step = (end - start) / (self.size - 1)
        spaced = (BACKWARD[self._scale](index * step + start) for index in range(self.size))
        within = (min(max(x, self.lower), self.upper) for x in spaced)
        return tuple(map(round, within)) if self.cast_int else tuple(within)

    def _nearest_index(self, x: float) -> int:
        within = min(max(x, self.values[0]), self.values[-1])
        return nearest(self._points, FORWARD[self._scale](within))

    def cast(self, value: Any) -> float:
        return self.values[self._nearest_index(require_number(from_text(value), self))]

    def to_unit(self, value: Any) -> float:
        return (self._nearest_index(require_number(value, self)) + 0.5) / self.size

    def from_unit(self, u: float) -> float:
        return self.values[share(u, self.size)]

    def _key(self, value: Any) -> int | None:
        x = number(value)
        if x is None or (self.cast_int and not isinstance(x, int)):
            return None
        index = self._nearest_index(x)
        if self.cast_int:
            return index if x == self.values[index] else None
        # On the linear scale, rounding errors are relative to the range: a value may be 1e-17 for 0.
        slack = 0.0 if self.log_scale else _TOLERANCE * (self.upper - self.lower)
        return index if math.isclose(x, self.values[index], rel_tol=_TOLERANCE, abs_tol=slack) else None

    def value_at(self, index: int) -> float:
        return self.values[index]

    def __repr__(self) -> str:
        name = "logfinrange" if self.log_scale else "finrange"
        rounding = ", cast_int=True" if self.cast_int else ""
        return f"{name}({self.lower!r}, {self.upper!r}, {self.size!r}{rounding})"
