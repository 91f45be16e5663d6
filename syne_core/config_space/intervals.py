"""Numbers between two bounds: :class:`Float` and :class:`Integer`."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from syne_core.config_space.domain import Domain
from syne_core.config_space.unit_interval import BACKWARD, FORWARD, Scale, clip
from syne_core.config_space.values import from_text, number, require_bounds, require_integer, require_number
from syne_core.errors import ConfigSpaceError

# Of the functions that construct a domain.
_PREFIXES = {"linear": "", "log": "log", "reverse-log": "reverselog"}
# Beyond it, positions on the log scale could no longer tell neighbouring integers apart.
_LARGEST_INTEGER = 2**40


@dataclass(frozen=True, repr=False)
class _Interval(Domain):
    """What floats and integers share: bounds, both included, and a scale that positions follow."""

    lower: float
    upper: float
    scale: Scale = "linear"
    # The unit interval, on the scale.
    _start: float = field(init=False, compare=False)
    _span: float = field(init=False, compare=False)

    _constructor: ClassVar[str]

    def _require_scale(self, valid: Iterable[str]) -> None:
        if self.scale not in valid:
            what = f"{type(self).__name__}: unknown scale {self.scale!r}"
            raise ConfigSpaceError(f"{what}; valid: {', '.join(valid)}")

    def _lay_out(self, left: float, right: float) -> None:
        start = FORWARD[self.scale](left)
        vars(self).update(_start=start, _span=FORWARD[self.scale](right) - start)

    @abstractmethod
    def _member_near(self, x: float) -> Any:
        """The member that is nearest to ``x``."""

    def cast(self, value: Any) -> Any:
        return self._member_near(require_number(from_text(value), self))

    def to_unit(self, value: Any) -> float:
        within = self._member_near(require_number(value, self))
        return clip((FORWARD[self.scale](within) - self._start) / self._span)

    def from_unit(self, u: float) -> Any:
        if not 0.0 < u < 1.0:  # meet the bounds exactly, which exp(log(lower)) would not grant
            return self.upper if clip(u) else self.lower
        return self._member_near(BACKWARD[self.scale](self._start + u * self._span))

    def __repr__(self) -> str:
        return f"{_PREFIXES[self.scale]}{self._constructor}({self.lower!r}, {self.upper!r})"


@dataclass(frozen=True, repr=False)
class Float(_Interval):
    """A real number in the closed interval [lower, upper].

    :param scale: what is uniform: x, log(x), or -log(1 - x) for ``"reverse-log"``
    :raises ConfigSpaceError: bounds that make no sense on that scale
    """

    value_type = float
    cardinality = None
    _constructor = "uniform"

    def __post_init__(self) -> None:
        self._require_scale(FORWARD)
        lower, upper = require_bounds(self.lower, self.upper, self)
        if self.scale == "log" and lower <= 0:
            self.refuse("lower must be > 0")
        if self.scale == "reverse-log" and not 0 <= lower < upper < 1:
            self.refuse("bounds must be >= 0 and < 1")
        self._lay_out(lower, upper)
        if not 0 < self._span < math.inf:
            self.refuse("lower and upper are too close or too far apart for floats on this scale")
        vars(self).update(lower=float(lower), upper=float(upper))

    def _member_near(self, x: float) -> float:
        if x <= self.lower:
            return self.lower
        return float(x) if x < self.upper else self.upper

    def _key(self, value: Any) -> float | None:
        x = number(value)
        if x is None or not self.lower <= x <= self.upper:
            return None
        # Readers of tables may be off in the last digit. Splitting the number (Dekker, Numer. Math. 18, 1971)
        # rounds it to 53 - 13 = 40 bits, ten times faster than printing 12 digits would.
        shifted = x * 8193.0
        rounded = shifted - (shifted - x)
        return rounded if rounded == rounded else x  # NaN if ``shifted`` overflows


@dataclass(frozen=True, repr=False)
class Integer(_Interval):
    """An integer from lower to upper, both included.

    Each integer v owns the share [v - 0.5, v + 0.5] of the unit interval, on either scale, so that the
    smallest and largest value are not sampled half as often as they should be.

    :param scale: ``"linear"`` or ``"log"``
    :raises ConfigSpaceError: bounds that make no sense, or lie beyond 2**40
    """

    lower: int
    upper: int

    value_type = int
    _constructor = "randint"

    def __post_init__(self) -> None:
        self._require_scale(("linear", "log"))
        lower, upper = require_bounds(self.lower, self.upper, self)
        lower, upper = require_integer("lower", lower, self), require_integer("upper", upper, self)
        if self.scale == "log" and lower < 1:
            self.refuse("lower must be >= 1")
        if max(-lower, upper) > _LARGEST_INTEGER:
            self.refuse("bounds must be within -2**40 and 2**40")
        self._lay_out(lower - 0.5, upper + 0.5)
        vars(self).update(lower=lower, upper=upper, cardinality=upper - lower + 1)

    def _member_near(self, x: float) -> int:
        if x <= self.lower:
            return self.lower
        return math.floor(x + 0.5) if x < self.upper else self.upper

    def _key(self, value: Any) -> int | None:
        if type(value) is int:
            return value if self.lower <= value <= self.upper else None
        x = number(value)
        return x if isinstance(x, int) and self.lower <= x <= self.upper else None

    def value_at(self, index: int) -> int:
        return self.lower + index
