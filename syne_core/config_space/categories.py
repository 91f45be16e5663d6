"""Lists of values: :class:`Categorical`, :class:`Ordinal`, :class:`OrdinalNearestNeighbor`."""

from __future__ import annotations

import json
import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

from syne_core.config_space.domain import Domain
from syne_core.config_space.unit_interval import FORWARD, clip, increasing, nearest, share
from syne_core.config_space.values import from_text, json_mistake, own, plain, reads_as, require_number
from syne_core.errors import ConfigSpaceError

_SCALAR_TYPES = frozenset({str, int, float, bool})
# Float categories that went through a table or 32 bits are still recognised.
_TOLERANCE = 1e-6
_sorted_json = json.JSONEncoder(sort_keys=True).encode


def category_list(constructor: str, categories: Any) -> list[Any]:
    """Categories as a list of plain values; text, sets and mappings are refused, as they hide mistakes."""
    if hasattr(categories, "tolist"):
        categories = categories.tolist()
    if not isinstance(categories, (list, tuple, range)):
        raise ConfigSpaceError(f"{constructor}({categories!r}): categories must be a list")
    return [own(plain(value)) for value in categories]


def _typed(value: Any) -> tuple[type, Hashable] | None:
    """A hashable that tells 1, 1.0, True and "1" apart; None if ``value`` cannot be a category."""
    value = plain(value)
    kind = type(value)
    if kind in _SCALAR_TYPES:
        return kind, value
    if kind in (list, dict):
        try:
            return kind, _sorted_json(value)
        except (TypeError, ValueError, RecursionError):
            return None
    return None


@dataclass(frozen=True, repr=False)
class Categorical(Domain):
    """One of several values of one type, without an order between them.

    Categories are strings, ints, floats, bools, or lists and dictionaries that JSON can hold. They own
    equal shares of the unit interval and are encoded at the centre of theirs.

    :param categories: not empty, of one type, no two equal; kept as a tuple
    :raises ConfigSpaceError: otherwise
    """

    categories: Sequence[Any] = field(compare=False)
    _keys: tuple[tuple[type, Hashable], ...] = field(init=False)
    _indices: dict[tuple[type, Hashable], int] = field(init=False, compare=False)

    _constructor = "choice"

    def __post_init__(self) -> None:
        values = category_list(self._constructor, self.categories)
        vars(self).update(categories=tuple(values), cardinality=len(values))
        if not values:
            self.refuse("needs at least one category")
        kinds = sorted({type(value).__name__ for value in values})
        if len(kinds) > 1:
            self.refuse(f"all categories must have one type, found {', '.join(kinds)}")
        indices: dict[tuple[type, Hashable], int] = {}
        for value in values:
            key, why = _typed(value), json_mistake(value)
            if key in indices:
                why = "occurs twice"
            if key is None or why is not None:
                self.refuse(f"category {value!r} {why or 'is not a str, int, float, bool, list or dict'}")
            indices[key] = len(indices)
        vars(self).update(value_type=type(values[0]), _keys=tuple(indices), _indices=indices)

    def _key(self, value: Any) -> int | None:
        key = _typed(value)
        if key is None:
            return None
        if key[0] is int and self.value_type is float:
            key = (float, key[1])
        return self._indices.get(key)

    def cast(self, value: Any) -> Any:
        index = self._key(value)
        if index is None:
            text = str(value)
            index = next((i for i, c in enumerate(self.categories) if reads_as(c, text)), None)
        if index is None and self.value_type in (int, float):
            x, tolerance = require_number(from_text(value), self), _TOLERANCE * (self.value_type is float)
            close = (i for i, c in enumerate(self.categories) if math.isclose(c, x, rel_tol=tolerance))
            index = next(close, None)
        if index is None:
            raise self._not_in(value)
        return self.value_at(index)

    def to_unit(self, value: Any) -> float:
        index = self._key(value)
        if index is None:
            raise self._not_in(value)
        return (index + 0.5) / len(self.categories)

    def from_unit(self, u: float) -> Any:
        return self.value_at(share(u, len(self.categories)))

    def value_at(self, index: int) -> Any:
        return own(self.categories[index])

    def __repr__(self) -> str:
        return f"choice({list(self.categories)!r})"


@dataclass(frozen=True, repr=False)
class Ordinal(Categorical):
    """Ordered categories at equal distances; else as :class:`Categorical`."""

    _constructor = "ordinal"

    def __repr__(self) -> str:
        return f"ordinal({list(self.categories)!r}, kind='equal')"


@dataclass(frozen=True, repr=False)
class OrdinalNearestNeighbor(Ordinal):
    """Increasing numbers, at the distances that their values (or logs of these) have.

    The unit interval stands for [first - g/2, last + g/2], where g is the mean gap between neighbours
    (Syne Tune's choice); a position decodes to the nearest category. So a category is sampled as often as
    its neighbours are far.

    :param categories: strictly increasing ints or floats, > 0 if ``log_scale``
    :raises ConfigSpaceError: otherwise
    """

    log_scale: bool = False
    _start: float = field(init=False, compare=False)
    _span: float = field(init=False, compare=False)
    _points: tuple[float, ...] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        values = self.categories
        if self.value_type not in (int, float):
            self.refuse(f"categories must be int or float, not {self.value_type.__name__}")
        if not increasing(values):
            self.refuse("categories must be strictly increasing")
        if self.log_scale and values[0] <= 0:
            self.refuse("categories must be > 0 on a log scale")
        on_scale = FORWARD["log" if self.log_scale else "linear"]
        points = tuple(on_scale(require_number(value, self)) for value in values)
        half_gap = 0.5 * (points[-1] - points[0]) / (len(points) - 1) if len(points) > 1 else 0.5
        start, span = points[0] - half_gap, points[-1] - points[0] + 2 * half_gap
        vars(self).update(_start=start, _span=span, _points=points)
        if not math.isfinite(span) or any(self.from_unit(self.to_unit(value)) != value for value in values):
            self.refuse("categories are too close or too far apart on this scale; use kind='equal'")

    def _on_scale(self, x: float) -> float:
        within = min(max(x, self.categories[0]), self.categories[-1])
        return FORWARD["log" if self.log_scale else "linear"](within)

    def cast(self, value: Any) -> Any:
        return self.categories[nearest(self._points, self._on_scale(require_number(from_text(value), self)))]

    def to_unit(self, value: Any) -> float:
        return clip((self._on_scale(require_number(value, self)) - self._start) / self._span)

    def from_unit(self, u: float) -> Any:
        return self.categories[nearest(self._points, self._start + clip(u) * self._span)]

    def __repr__(self) -> str:
        values = list(self.categories)
        return f"logordinal({values!r})" if self.log_scale else f"ordinal({values!r}, kind='nn')"
