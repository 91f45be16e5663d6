"""Configuration spaces: which values each hyperparameter may take.

A space is a plain dictionary. A value that is a :class:`Domain` is searched over, any other is a constant
that every configuration carries::

    space = {"lr": loguniform(1e-5, 0.1), "n_layers": randint(1, 4), "epochs": 27}

Names, signatures, meaning of bounds and the JSON form are those of Syne Tune 0.13, so that each reads the
spaces of the other. Domains are immutable and hashable, and each maps its values to and from the unit
interval, which is all that samplers and surrogate models need to know of it. Random numbers come only from
the generator that the caller passes. Standard library only: definitions are imported by every command.

The file holds, in this order: reading numbers; the domains; their constructors; functions over a whole
space; the JSON form; command line arguments.
"""

from __future__ import annotations

import copy
import itertools
import json
import math
from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Protocol, final

from syne_core.errors import ConfigSpaceError, nearest_name

if TYPE_CHECKING:
    import argparse

__all__ = [
    "Categorical",
    "Domain",
    "FiniteRange",
    "Float",
    "Integer",
    "Ordinal",
    "OrdinalNearestNeighbor",
    "RandomSource",
    "add_to_argparse",
    "cast_config_values",
    "check_config_space",
    "choice",
    "config_key",
    "config_mistakes",
    "config_space_from_json_dict",
    "config_space_size",
    "config_space_to_json_dict",
    "decode_config",
    "encode_config",
    "enumerate_configs",
    "finrange",
    "from_dict",
    "is_valid_config",
    "logfinrange",
    "logordinal",
    "lograndint",
    "loguniform",
    "non_constant_hyperparameter_keys",
    "ordinal",
    "randint",
    "reverseloguniform",
    "sample_config",
    "to_dict",
    "uniform",
]

Scale = Literal["linear", "log", "reverse-log"]
OrdinalKind = Literal["equal", "nn", "nn-log"]

# Beyond these, float arithmetic on the unit interval could no longer tell neighbouring integers apart.
_MOST_INTEGERS = 2**50
_LARGEST_LOG_INTEGER = 2**40
# Ints from here on may overflow a float.
_HUGE = 2**1023
# All values of a finite range are kept in memory.
_MOST_RANGE_VALUES = 2**20
# Values of a float range are computed, so 0.3 must match 0.1 + 2 * 0.1.
_RANGE_TOLERANCE = 1e-9
# Float categories that went through a table or 32 bits are still recognised.
_CATEGORY_TOLERANCE = 1e-6


class RandomSource(Protocol):
    """Anything with ``random()`` in [0, 1): ``random.Random``, a NumPy ``Generator``, a test double."""

    def random(self) -> float: ...


# --- reading numbers -----------------------------------------------------------------------------------


def _plain(value: Any) -> Any:
    """Python's own form of a NumPy scalar, recognised by its empty shape; anything else as it is."""
    if type(value) in _PLAIN_TYPES or getattr(value, "shape", None) != () or not hasattr(value, "item"):
        return value
    return value.item()


_PLAIN_TYPES = frozenset({str, int, float, bool, list, dict, type(None)})


def _number(value: Any) -> float | None:
    """``value`` as an int or float, maybe NaN; None if it is neither (a bool is neither).

    Ints too large for a float become infinite: they are out of bounds everywhere, and must not overflow.
    """
    value = _plain(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if isinstance(value, int) and not -_HUGE < value < _HUGE:
        return math.inf if value > 0 else -math.inf
    return value


def _parse_number(value: Any, domain: Domain) -> float:
    """The number that ``value`` is or spells.

    :raises ConfigSpaceError: it is no number, or NaN
    """
    number = _number(value)
    if isinstance(value, str):
        for read in (int, float):
            try:
                number = _number(read(value))
                break
            except ValueError:
                continue
    if number is None or number != number:
        raise ConfigSpaceError(f"{value!r} is not a number, so it cannot become a value of {domain!r}")
    return number


def _bad(call: str, why: str) -> NoReturn:
    shown = call if len(call) <= 120 else f"{call[:110]} ...)"
    raise ConfigSpaceError(f"{shown}: {why}")


def _bounds(call: str, lower: Any, upper: Any) -> tuple[float, float]:
    """Both bounds as plain numbers, finite and in order.

    :param call: how the user would have written the domain, for messages
    """
    numbers = []
    for name, value in (("lower", lower), ("upper", upper)):
        number = _number(value)
        if number is None:
            _bad(call, f"{name} must be a number, not {value!r}")
        if not -math.inf < number < math.inf:
            _bad(call, f"{name} must be finite")
        numbers.append(number)
    if numbers[0] == numbers[1]:
        _bad(call, f"lower and upper are equal; write the constant {numbers[0]!r} instead")
    if numbers[0] > numbers[1]:
        _bad(call, "lower must be < upper")
    return numbers[0], numbers[1]


def _float_bounds(call: str, lower: Any, upper: Any) -> tuple[float, float]:
    low, high = _bounds(call, lower, upper)
    # Adding zero turns -0.0 into 0.0, which else would read differently and still be equal.
    low, high = float(low) + 0.0, float(high) + 0.0
    if not math.isfinite(high - low):
        _bad(call, "upper - lower is too large for a float")
    return low, high


def _integer(call: str, name: str, value: Any) -> int:
    number = _number(value)
    if number is None or (isinstance(number, float) and not number.is_integer()):
        _bad(call, f"{name} must be an integer, not {value!r}")
    return int(number)


def _flag(call: str, name: str, value: Any) -> bool:
    flag = _plain(value)
    if not isinstance(flag, bool):
        _bad(call, f"{name} must be True or False, not {value!r}")
    return flag


def _clip_unit(u: float) -> float:
    """``u`` moved into [0, 1].

    :raises ConfigSpaceError: it is NaN
    """
    if u != u:
        raise ConfigSpaceError("a position in the unit interval is NaN")
    return 0.0 if u < 0.0 else 1.0 if u > 1.0 else float(u)


def _log_or_same(log_scale: bool) -> Callable[[float], float]:
    return math.log if log_scale else float


def _nearest(points: Sequence[float], x: float) -> int:
    """Index of the member of increasing ``points`` that is nearest to ``x``; the lower if two are."""
    after = bisect_left(points, x)
    if after == 0:
        return 0
    if after == len(points) or x - points[after - 1] <= points[after] - x:
        return after - 1
    return after


# --- the domains ---------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, repr=False)
class Domain(ABC):
    """The values that one hyperparameter may take.

    Subclasses are frozen dataclasses. They promise: construction raises :class:`ConfigSpaceError` if the
    bounds make no sense; ``from_unit`` accepts any number (clipped to [0, 1]) and returns valid values
    only; ``from_unit(to_unit(v)) == v`` for every valid ``v``, up to rounding for floats; ``repr``
    evaluates back to an equal domain.
    """

    @property
    @abstractmethod
    def value_type(self) -> type:
        """Python type of the values."""

    @property
    @abstractmethod
    def cardinality(self) -> int | None:
        """Number of values; None if there is a continuum of them."""

    @abstractmethod
    def is_valid(self, value: Any) -> bool:
        """Is ``value`` a member? Text is no number, a bool no int, NaN nothing; NumPy scalars pass."""

    @abstractmethod
    def cast(self, value: Any) -> Any:
        """The member nearest to ``value``, which may be text, for example from a CSV file.

        :raises ConfigSpaceError: nothing sensible is near
        """

    @abstractmethod
    def to_unit(self, value: Any) -> float:
        """Position of ``value`` in [0, 1]; numbers beyond the bounds are clipped.

        :raises ConfigSpaceError: ``value`` is of the wrong type or an unknown category
        """

    @abstractmethod
    def from_unit(self, u: float) -> Any:
        """The value at position ``u``, which is clipped to [0, 1].

        :raises ConfigSpaceError: ``u`` is NaN
        """

    @abstractmethod
    def _key(self, value: Any) -> Hashable:
        """What stands for the valid ``value`` in :func:`config_key`."""

    def _value_at(self, index: int) -> Any:
        """Value number ``index`` of a finite domain, in its natural order."""
        raise ConfigSpaceError(f"{self!r} has infinitely many values")

    @property
    def _sampler_cls(self) -> str | None:
        """The sampler that Syne Tune's JSON form names; None where it names none."""
        return None

    @final
    def sample(self, rng: RandomSource) -> Any:
        """A random value; takes exactly one number from ``rng``, whatever the domain."""
        return self.from_unit(rng.random())

    def match_key(self, value: Any) -> Hashable:
        """A hashable that is equal for equal values (floats: to 12 significant digits).

        :raises ConfigSpaceError: ``value`` is not a member
        """
        if not self.is_valid(value):
            raise ConfigSpaceError(f"{value!r} is not in {self!r}")
        return self._key(value)

    def __len__(self) -> int:
        """Number of values, 0 if infinite (Syne Tune's convention; ``cardinality`` is clearer)."""
        return self.cardinality or 0

    def __bool__(self) -> bool:
        """True, so that ``if domain:`` is not fooled by a length of 0."""
        return True


def _number_position(value: Any, domain: Domain) -> float:
    """``value`` if it is a number and not NaN: what ``to_unit`` of numerical domains accepts."""
    number = _number(value)
    if number is None or number != number:
        raise ConfigSpaceError(f"{value!r} is not a number, so it has no position in {domain!r}")
    return number


_FLOAT_NAMES: dict[str, str] = {
    "linear": "uniform",
    "log": "loguniform",
    "reverse-log": "reverseloguniform",
}


@dataclass(frozen=True, repr=False)
class Float(Domain):
    """A real number in the closed interval [lower, upper].

    :param scale: what is uniform: x, log(x), or -log(1 - x) for ``"reverse-log"``
    :raises ConfigSpaceError: bounds that make no sense on that scale
    """

    lower: float
    upper: float
    scale: Scale = "linear"
    _start: float = field(init=False, repr=False, compare=False)
    _span: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.scale not in _FLOAT_NAMES:
            raise ConfigSpaceError(f"Float: unknown scale {self.scale!r}; valid: {', '.join(_FLOAT_NAMES)}")
        call = f"{_FLOAT_NAMES[self.scale]}({self.lower!r}, {self.upper!r})"
        lower, upper = _float_bounds(call, self.lower, self.upper)
        if self.scale == "log" and lower <= 0:
            _bad(call, "lower must be > 0")
        if self.scale == "reverse-log" and lower < 0:
            _bad(call, "lower must be >= 0")
        if self.scale == "reverse-log" and upper >= 1:
            _bad(call, "upper must be < 1")
        start = self._on_scale(lower)
        span = self._on_scale(upper) - start
        if span <= 0:
            _bad(call, "lower and upper are too close to tell apart on this scale")
        for name, value in (("lower", lower), ("upper", upper), ("_start", start), ("_span", span)):
            object.__setattr__(self, name, value)

    def _on_scale(self, value: float) -> float:
        if self.scale == "log":
            return math.log(value)
        return -math.log1p(-value) if self.scale == "reverse-log" else value

    @property
    def value_type(self) -> type:
        return float

    @property
    def cardinality(self) -> None:
        return None

    def is_valid(self, value: Any) -> bool:
        number = _number(value)
        return number is not None and self.lower <= number <= self.upper

    def cast(self, value: Any) -> float:
        number = _parse_number(value, self)
        return float(min(max(number, self.lower), self.upper))

    def to_unit(self, value: Any) -> float:
        number = _number_position(value, self)
        if number <= self.lower:
            return 0.0
        if number >= self.upper:
            return 1.0
        return _clip_unit((self._on_scale(number) - self._start) / self._span)

    def from_unit(self, u: float) -> float:
        # The ends are met exactly, which exp(log(lower)) would not grant.
        if not 0.0 < u < 1.0:
            return self.lower if _clip_unit(u) == 0.0 else self.upper
        x = self._start + float(u) * self._span
        if self.scale == "log":
            x = math.exp(x)
        elif self.scale == "reverse-log":
            x = -math.expm1(-x)
        if x < self.lower:
            return self.lower
        return x if x < self.upper else self.upper

    def _key(self, value: Any) -> Hashable:
        # CSV readers may be off by one in the last digit; 12 digits still tell configurations apart.
        return float(f"{value:.11e}")

    @property
    def _sampler_cls(self) -> str:
        return {"linear": "Uniform", "log": "LogUniform"}.get(self.scale, "ReverseLogUniform")

    def __repr__(self) -> str:
        return f"{_FLOAT_NAMES[self.scale]}({self.lower!r}, {self.upper!r})"


@dataclass(frozen=True, repr=False)
class Integer(Domain):
    """An integer from lower to upper, both included.

    Each integer owns a share of the unit interval: equal shares on the linear scale; on the log scale
    those of [v - 0.5, v + 0.5], so that the smallest and largest value are not sampled half as often as
    they should be.

    :param scale: ``"linear"`` or ``"log"``
    :raises ConfigSpaceError: bounds that make no sense, or beyond 2**50 values (linear), 2**40 (log)
    """

    lower: int
    upper: int
    scale: Scale = "linear"
    _start: float = field(init=False, repr=False, compare=False)
    _span: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.scale not in ("linear", "log"):
            raise ConfigSpaceError(f"Integer: unknown scale {self.scale!r}; valid: linear, log")
        call = f"{'randint' if self.scale == 'linear' else 'lograndint'}({self.lower!r}, {self.upper!r})"
        bounds = _bounds(call, self.lower, self.upper)
        lower, upper = (_integer(call, n, b) for n, b in zip(("lower", "upper"), bounds, strict=True))
        start, span = 0.0, 0.0
        if self.scale == "log":
            if lower < 1:
                _bad(call, "lower must be >= 1")
            if upper > _LARGEST_LOG_INTEGER:
                _bad(call, "upper must be <= 2**40")
            start = math.log(lower - 0.5)
            span = math.log(upper + 0.5) - start
        elif upper - lower >= _MOST_INTEGERS:
            _bad(call, "upper - lower must be < 2**50")
        for name, value in (("lower", lower), ("upper", upper), ("_start", start), ("_span", span)):
            object.__setattr__(self, name, value)

    @property
    def value_type(self) -> type:
        return int

    @property
    def cardinality(self) -> int:
        return self.upper - self.lower + 1

    def is_valid(self, value: Any) -> bool:
        number = _number(value)
        return isinstance(number, int) and self.lower <= number <= self.upper

    def cast(self, value: Any) -> int:
        return round(min(max(_parse_number(value, self), self.lower), self.upper))

    def to_unit(self, value: Any) -> float:
        number = min(max(_number_position(value, self), self.lower), self.upper)
        if self.scale == "log":
            return (math.log(number) - self._start) / self._span
        return (number - self.lower + 0.5) / (self.upper - self.lower + 1)

    def from_unit(self, u: float) -> int:
        if not 0.0 < u < 1.0:
            return self.lower if _clip_unit(u) == 0.0 else self.upper
        if self.scale == "linear":
            value = self.lower + int(u * (self.upper - self.lower + 1))
        else:
            value = round(math.exp(self._start + float(u) * self._span))
        if value < self.lower:
            return self.lower
        return value if value < self.upper else self.upper

    def _key(self, value: Any) -> Hashable:
        return int(value)

    def _value_at(self, index: int) -> int:
        return self.lower + index

    @property
    def _sampler_cls(self) -> str:
        return "Uniform" if self.scale == "linear" else "LogUniform"

    def __repr__(self) -> str:
        return f"{'randint' if self.scale == 'linear' else 'lograndint'}({self.lower!r}, {self.upper!r})"


def _typed(value: Any) -> tuple[type, Hashable] | None:
    """A hashable that tells 1, 1.0, True and "1" apart; None if ``value`` cannot be a category."""
    value = _plain(value)
    kind = type(value)
    if kind in (str, int, bool) or (kind is float and math.isfinite(value)):
        return (kind, value)
    if kind in (list, dict) and _json_mistake(value) is None:
        return (kind, json.dumps(value, sort_keys=True))
    return None


def _json_mistake(value: Any) -> str | None:
    """Why ``value`` would not come back the same from a JSON file; None if it would."""
    try:
        text = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        return f"cannot be written as JSON ({error})"
    if json.loads(text) != value:
        return "changes when written as JSON: use lists instead of tuples, and text as keys"
    return None


def _reads_as(category: Any, text: str) -> bool:
    """Is ``text`` how a table or a command line spells ``category``?"""
    if isinstance(category, bool):
        return text.strip().lower() in (("true", "1") if category else ("false", "0"))
    if isinstance(category, (list, dict)):
        return text in (str(category), json.dumps(category))
    return text == str(category)


def _category_list(name: str, categories: Any) -> list[Any]:
    """Categories as a list of plain values; text, sets and mappings are refused, as they hide mistakes."""
    if hasattr(categories, "tolist"):
        categories = categories.tolist()
    if not isinstance(categories, (list, tuple, range)):
        _bad(f"{name}({categories!r})", "categories must be a list")
    plain = map(_plain, categories)
    # As for bounds, -0.0 becomes 0.0.
    return [value + 0.0 if isinstance(value, float) else value for value in plain]


def _check_categories(call: str, categories: Sequence[Any]) -> None:
    if not categories:
        _bad(call, "needs at least one category")
    kinds = sorted({type(value).__name__ for value in categories})
    if len(kinds) > 1:
        _bad(call, f"all categories must have one type, found {', '.join(kinds)}")
    seen = set()
    for value in categories:
        key = _typed(value)
        if key is None:
            why = _json_mistake(value) or "is not a str, int, float, bool, list or dict"
            _bad(call, f"category {value!r} {why}")
        if key in seen:
            _bad(call, f"category {value!r} occurs twice")
        seen.add(key)


@dataclass(frozen=True, eq=False, repr=False)
class Categorical(Domain):
    """One of several values of one type, without an order between them.

    Categories are strings, ints, floats, bools, or lists and dictionaries that JSON can hold. They own
    equal shares of the unit interval and are encoded at the centre of theirs.

    :param categories: not empty, of one type, no two equal; kept as a tuple
    :raises ConfigSpaceError: otherwise
    """

    categories: tuple[Any, ...]
    _positions: dict[tuple[type, Hashable], int] = field(init=False, repr=False)
    _mutable: bool = field(init=False, repr=False)

    def __post_init__(self) -> None:
        values = _category_list(self._constructor, self.categories)
        _check_categories(f"{self._constructor}({values!r})", values)
        mutable = isinstance(values[0], (list, dict))
        positions = {_typed(value): index for index, value in enumerate(values)}
        object.__setattr__(self, "categories", tuple(copy.deepcopy(values) if mutable else values))
        object.__setattr__(self, "_positions", positions)
        object.__setattr__(self, "_mutable", mutable)

    @property
    def _constructor(self) -> str:
        return "choice"

    def _index(self, value: Any) -> int | None:
        """Position of ``value`` among the categories, None if it is not one of them."""
        key = _typed(value)
        if key is not None and key[0] is int and self.value_type is float:
            key = (float, key[1])
        return self._positions.get(key) if key is not None else None

    def _required_index(self, value: Any) -> int:
        index = self._index(value)
        if index is None:
            raise ConfigSpaceError(f"{value!r} is not in {self!r}")
        return index

    @property
    def value_type(self) -> type:
        return type(self.categories[0])

    @property
    def cardinality(self) -> int:
        return len(self.categories)

    def is_valid(self, value: Any) -> bool:
        return self._index(value) is not None

    def cast(self, value: Any) -> Any:
        value = list(value) if isinstance(value, tuple) else _plain(value)
        index = self._index(value)
        if index is None:
            spelled = (i for i, c in enumerate(self.categories) if _reads_as(c, str(value)))
            index = next(spelled, None)
        if index is None and self.value_type in (int, float):
            index = self._close_index(_parse_number(value, self))
        if index is None:
            raise ConfigSpaceError(f"{value!r} is not in {self!r}")
        return self._value_at(index)

    def _close_index(self, number: float) -> int | None:
        """Position of the category that equals ``number``, for floats up to rounding."""
        if self.value_type is int:
            return next((i for i, c in enumerate(self.categories) if c == number), None)
        nearest = min(range(len(self.categories)), key=lambda i: abs(self.categories[i] - number))
        close = math.isclose(self.categories[nearest], number, rel_tol=_CATEGORY_TOLERANCE)
        return nearest if close else None

    def to_unit(self, value: Any) -> float:
        return (self._required_index(value) + 0.5) / len(self.categories)

    def from_unit(self, u: float) -> Any:
        if not 0.0 <= u < 1.0:
            return self._value_at(0 if _clip_unit(u) == 0.0 else len(self.categories) - 1)
        return self._value_at(int(u * len(self.categories)))

    def _key(self, value: Any) -> Hashable:
        return self._required_index(value)

    def _value_at(self, index: int) -> Any:
        # A caller that appends to its list must not change the domain.
        value = self.categories[index]
        return copy.deepcopy(value) if self._mutable else value

    @property
    def _sampler_cls(self) -> str | None:
        return "Uniform"

    def _identity(self) -> tuple[Hashable, ...]:
        return (type(self), *self._positions)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Categorical):
            return NotImplemented
        return self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def __repr__(self) -> str:
        return f"choice({list(self.categories)!r})"


@dataclass(frozen=True, eq=False, repr=False)
class Ordinal(Categorical):
    """Ordered categories at equal distances; else as :class:`Categorical`."""

    @property
    def _constructor(self) -> str:
        return "ordinal"

    def __repr__(self) -> str:
        return f"ordinal({list(self.categories)!r}, kind='equal')"


@dataclass(frozen=True, eq=False, repr=False)
class OrdinalNearestNeighbor(Ordinal):
    """Increasing numbers, at the distances that their values (or logs of these) have.

    The unit interval stands for [first - g/2, last + g/2], where g is the mean gap between neighbours
    (Syne Tune's choice); a position decodes to the nearest category. So a category is sampled as often as
    its neighbours are far.

    :param categories: strictly increasing ints or floats, > 0 if ``log_scale``
    :raises ConfigSpaceError: otherwise
    """

    log_scale: bool = False
    _start: float = field(init=False, repr=False)
    _span: float = field(init=False, repr=False)
    _points: tuple[float, ...] = field(init=False, repr=False)
    _cuts: tuple[float, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "log_scale", _flag("OrdinalNearestNeighbor", "log_scale", self.log_scale))
        super().__post_init__()
        call = repr(self)
        if self.value_type not in (int, float):
            _bad(call, f"categories must be int or float, not {self.value_type.__name__}")
        if not _increasing(self.categories):
            _bad(call, "categories must be strictly increasing")
        if self.log_scale and self.categories[0] <= 0:
            _bad(call, "categories must be > 0 on a log scale")
        self._lay_out(call)
        if any(self.from_unit(self.to_unit(value)) != value for value in self.categories):
            _bad(call, "categories are too close to tell apart on this scale; use kind='equal'")

    def _lay_out(self, call: str) -> None:
        """Work out where the categories lie, and the cuts between them, in the unit interval."""
        try:
            points = tuple(_log_or_same(self.log_scale)(value) for value in self.categories)
        except OverflowError:
            _bad(call, "a category is too large for a float")
        half_gap = 0.5 * (points[-1] - points[0]) / (len(points) - 1) if len(points) > 1 else 0.5
        start, span = points[0] - half_gap, points[-1] - points[0] + 2 * half_gap
        if not math.isfinite(span):
            _bad(call, "last - first category is too large for a float")
        middles = (a + 0.5 * (b - a) for a, b in itertools.pairwise(points))
        cuts = tuple((middle - start) / span for middle in middles)
        for name, value in (("_start", start), ("_span", span), ("_points", points), ("_cuts", cuts)):
            object.__setattr__(self, name, value)

    @property
    def _constructor(self) -> str:
        return "logordinal" if self.log_scale else "ordinal"

    def cast(self, value: Any) -> Any:
        return self.categories[_nearest(self._points, self._on_scale(_parse_number(value, self)))]

    def to_unit(self, value: Any) -> float:
        return _clip_unit((self._on_scale(_number_position(value, self)) - self._start) / self._span)

    def _on_scale(self, number: float) -> float:
        within = min(max(number, self.categories[0]), self.categories[-1])
        return _log_or_same(self.log_scale)(within)

    def from_unit(self, u: float) -> Any:
        if not 0.0 <= u <= 1.0:
            u = _clip_unit(u)
        return self.categories[bisect_left(self._cuts, u)]

    @property
    def _sampler_cls(self) -> None:
        return None

    def _identity(self) -> tuple[Hashable, ...]:
        return (*super()._identity(), self.log_scale)

    def __repr__(self) -> str:
        values = list(self.categories)
        return f"logordinal({values!r})" if self.log_scale else f"ordinal({values!r}, kind='nn')"


def _increasing(values: Sequence[Any]) -> bool:
    return all(a < b for a, b in itertools.pairwise(values))


@dataclass(frozen=True, repr=False)
class FiniteRange(Domain):
    """``size`` numbers from lower to upper, evenly spaced (``log_scale``: in the log).

    They own equal shares of the unit interval. A float counts as a member if it equals one up to
    rounding.

    :param size: at least 2
    :param cast_int: round the values to ints; they must remain distinct
    :raises ConfigSpaceError: bounds or size that make no sense
    """

    lower: float
    upper: float
    size: int
    log_scale: bool = False
    cast_int: bool = False
    _values: tuple[float, ...] = field(init=False, repr=False, compare=False)
    _points: tuple[float, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("log_scale", "cast_int"):
            object.__setattr__(self, name, _flag("FiniteRange", name, getattr(self, name)))
        call = repr(self)
        lower, upper = _float_bounds(call, self.lower, self.upper)
        size = _integer(call, "size", self.size)
        if not 2 <= size <= _MOST_RANGE_VALUES:
            _bad(call, f"size must be from 2 to {_MOST_RANGE_VALUES}")
        if self.log_scale and lower <= 0:
            _bad(call, "lower must be > 0")
        for name, value in (("lower", lower), ("upper", upper), ("size", size)):
            object.__setattr__(self, name, value)
        values = tuple(self._compute(index) for index in range(size))
        if self.log_scale and values[0] <= 0:
            _bad(call, "its smallest value is 0 as an integer")
        points = tuple(map(_log_or_same(self.log_scale), values))
        if not _increasing(points):
            _bad(call, f"its {size} values are not distinct" + (" as integers" if self.cast_int else ""))
        object.__setattr__(self, "_values", values)
        object.__setattr__(self, "_points", points)

    def _compute(self, index: int) -> float:
        on_scale = _log_or_same(self.log_scale)
        start = on_scale(self.lower)
        # Step times index: Syne Tune's order of operations, so that linear ranges agree to the last bit.
        x = index * ((on_scale(self.upper) - start) / (self.size - 1)) + start
        value = min(max(math.exp(x) if self.log_scale else x, self.lower), self.upper)
        return round(value) if self.cast_int else value

    @property
    def values(self) -> list[float]:
        """All values, increasing."""
        return list(self._values)

    @property
    def value_type(self) -> type:
        return int if self.cast_int else float

    @property
    def cardinality(self) -> int:
        return self.size

    def is_valid(self, value: Any) -> bool:
        number = _number(value)
        if number is None:
            return False
        nearest = self._values[self._nearest_index(number)]
        if self.cast_int:
            return isinstance(number, int) and number == nearest
        # On the linear scale, rounding errors are relative to the range: a value may be 1e-17 for 0.
        slack = 0.0 if self.log_scale else _RANGE_TOLERANCE * (self.upper - self.lower)
        return math.isclose(number, nearest, rel_tol=_RANGE_TOLERANCE, abs_tol=slack)

    def _nearest_index(self, number: float) -> int:
        within = min(max(number, self._values[0]), self._values[-1])
        return _nearest(self._points, _log_or_same(self.log_scale)(within))

    def cast(self, value: Any) -> float:
        return self._values[self._nearest_index(_parse_number(value, self))]

    def to_unit(self, value: Any) -> float:
        return (self._nearest_index(_number_position(value, self)) + 0.5) / self.size

    def from_unit(self, u: float) -> float:
        if not 0.0 <= u < 1.0:
            return self._values[0 if _clip_unit(u) == 0.0 else -1]
        return self._values[int(u * self.size)]

    def _key(self, value: Any) -> Hashable:
        return self._nearest_index(value)

    def _value_at(self, index: int) -> float:
        return self._values[index]

    def __repr__(self) -> str:
        name = "logfinrange" if self.log_scale else "finrange"
        rounding = ", cast_int=True" if self.cast_int else ""
        return f"{name}({self.lower!r}, {self.upper!r}, {self.size!r}{rounding})"


# --- constructors --------------------------------------------------------------------------------------


def uniform(lower: float, upper: float) -> Float:
    """A float, uniform in [lower, upper]."""
    return Float(lower, upper)


def loguniform(lower: float, upper: float) -> Float:
    """A float in [lower, upper] whose log is uniform; ``lower`` > 0."""
    return Float(lower, upper, "log")


def reverseloguniform(lower: float, upper: float) -> Float:
    """A float x in [lower, upper], 0 <= lower < upper < 1, with -log(1 - x) uniform: for values near 1."""
    return Float(lower, upper, "reverse-log")


def randint(lower: int, upper: int) -> Integer:
    """An integer, uniform from ``lower`` to ``upper``, both included."""
    return Integer(lower, upper)


def lograndint(lower: int, upper: int) -> Integer:
    """An integer from ``lower`` >= 1 to ``upper``, both included, uniform on the log scale."""
    return Integer(lower, upper, "log")


def choice(categories: Sequence[Any]) -> Categorical:
    """One of ``categories``, all equally likely and without an order."""
    return Categorical(tuple(_category_list("choice", categories)))


def ordinal(categories: Sequence[Any], kind: OrdinalKind | None = None) -> Ordinal:
    """One of the ordered ``categories``.

    :param kind: ``"equal"``: equal distances; ``"nn"``: distances of the values; ``"nn-log"``: of their
        logs. None means ``"nn"`` for two or more strictly increasing numbers, else ``"equal"``
    """
    values = _category_list("ordinal", categories)
    if kind is None:
        numeric = len(values) > 1 and all(_number(value) is not None for value in values)
        kind = "nn" if numeric and _increasing(values) else "equal"
    if kind not in ("equal", "nn", "nn-log"):
        _bad(f"ordinal({values!r}, kind={kind!r})", "kind must be 'equal', 'nn' or 'nn-log'")
    if kind == "equal":
        return Ordinal(tuple(values))
    return OrdinalNearestNeighbor(tuple(values), kind == "nn-log")


def logordinal(categories: Sequence[Any]) -> OrdinalNearestNeighbor:
    """``ordinal(categories, kind="nn-log")``: increasing positive numbers, at the distances of their logs."""
    return OrdinalNearestNeighbor(tuple(_category_list("logordinal", categories)), log_scale=True)


def finrange(lower: float, upper: float, size: int, cast_int: bool = False) -> FiniteRange:
    """``size`` evenly spaced numbers from ``lower`` to ``upper``, as ints if ``cast_int``."""
    return FiniteRange(lower, upper, size, log_scale=False, cast_int=cast_int)


def logfinrange(lower: float, upper: float, size: int, cast_int: bool = False) -> FiniteRange:
    """``size`` numbers from ``lower`` > 0 to ``upper``, evenly spaced in the log, as ints if ``cast_int``."""
    return FiniteRange(lower, upper, size, log_scale=True, cast_int=cast_int)


# --- functions over a whole space ----------------------------------------------------------------------


def check_config_space(space: Mapping[str, Any]) -> None:
    """Check names and constants (domains have checked themselves).

    Names are nonempty strings that do not start with ``st_``; constants are what JSON can hold.

    :raises ConfigSpaceError: with every mistake, one per line
    """
    if not isinstance(space, Mapping):
        raise ConfigSpaceError(f"a configuration space is a dict, not {type(space).__name__}")
    mistakes = []
    for name, entry in space.items():
        if not isinstance(name, str) or not name:
            mistakes.append(f"{name!r}: a hyperparameter's name must be a nonempty string")
        elif name.startswith("st_"):
            mistakes.append(f"{name}: names starting with 'st_' are reserved")
        why = None if isinstance(entry, Domain) else _json_mistake(entry)
        if why is not None:
            mistakes.append(f"{name}: constant {entry!r} {why}")
        elif isinstance(entry, dict) and "domain_cls" in entry:
            mistakes.append(f"{name}: a constant with key 'domain_cls' would be read back as a domain")
    if mistakes:
        raise ConfigSpaceError.joined(mistakes)


def non_constant_hyperparameter_keys(space: Mapping[str, Any]) -> list[str]:
    """Names that are searched over, in the order of the space."""
    return [name for name, entry in space.items() if isinstance(entry, Domain)]


def _own(constant: Any) -> Any:
    """A constant that the caller may change without changing the space."""
    return copy.deepcopy(constant) if isinstance(constant, (list, dict)) else constant


def sample_config(space: Mapping[str, Any], rng: RandomSource) -> dict[str, Any]:
    """A random configuration, constants included, in the order of the space.

    Takes one number from ``rng`` per hyperparameter, in that order.
    """
    # As entry.sample(rng), without the extra call: random search spends its time here.
    random = rng.random
    return {
        name: entry.from_unit(random()) if isinstance(entry, Domain) else _own(entry)
        for name, entry in space.items()
    }


def is_valid_config(config: Mapping[str, Any], space: Mapping[str, Any]) -> bool:
    """True if :func:`config_mistakes` finds none."""
    return not config_mistakes(config, space)


def config_mistakes(config: Mapping[str, Any], space: Mapping[str, Any]) -> list[str]:
    """All reasons why ``config`` is not a configuration of ``space``; empty if it is one.

    Every hyperparameter must be there and valid; constants may be left out but not differ; other names
    are mistakes.
    """
    mistakes = []
    for name, entry in space.items():
        if name not in config:
            if isinstance(entry, Domain):
                mistakes.append(f"{name}: missing; expected a value of {entry!r}")
        elif isinstance(entry, Domain):
            if not entry.is_valid(config[name]):
                mistakes.append(f"{name}: {_misfit(config[name], entry)}")
        elif not _same_constant(config[name], entry):
            mistakes.append(f"{name}: {config[name]!r} differs from the constant {entry!r}")
    for name in config:
        if name not in space:
            near = nearest_name(str(name), space)
            mistakes.append(f"{name}: not in the space" + (f"; did you mean '{near}'?" if near else ""))
    return mistakes


def _misfit(value: Any, domain: Domain) -> str:
    given, expected = type(_plain(value)).__name__, domain.value_type.__name__
    types = "" if given == expected else f" (expected {expected}, not {given})"
    return f"{value!r} is not in {domain!r}{types}"


def _same_constant(value: Any, constant: Any) -> bool:
    number, expected = _number(value), _number(constant)
    if number is not None and expected is not None:
        return number == expected
    value = _plain(value)
    return type(value) is type(constant) and bool(value == constant)


def config_space_size(space: Mapping[str, Any], upper_limit: int | None = 2**20) -> int | None:
    """Number of configurations; None if infinite or above ``upper_limit`` (None: no limit)."""
    size = 1
    for entry in space.values():
        if isinstance(entry, Domain):
            if entry.cardinality is None:
                return None
            size *= entry.cardinality
    return size if upper_limit is None or size <= upper_limit else None


def enumerate_configs(space: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """All configurations of a finite space, lazily; the last hyperparameter varies fastest.

    :raises ConfigSpaceError: at the call, if the space is infinite; names the hyperparameters at fault
    """
    domains = {name: entry for name, entry in space.items() if isinstance(entry, Domain)}
    infinite = [f"{n}: {d!r} has infinitely many values" for n, d in domains.items() if d.cardinality is None]
    if infinite:
        raise ConfigSpaceError.joined(infinite)
    sizes = [(name, domain, len(domain)) for name, domain in reversed(domains.items())]
    return (_config_number(n, space, sizes) for n in range(math.prod(size for _, _, size in sizes)))


def _config_number(
    number: int, space: Mapping[str, Any], sizes: Sequence[tuple[str, Domain, int]]
) -> dict[str, Any]:
    config = {name: _own(entry) for name, entry in space.items()}
    for name, domain, size in sizes:
        number, index = divmod(number, size)
        config[name] = domain._value_at(index)
    return config


def config_key(config: Mapping[str, Any], space: Mapping[str, Any]) -> tuple[Hashable, ...]:
    """A hashable that two configurations share exactly if their hyperparameters agree.

    Floats agree up to 12 significant digits. Constants and names outside the space do not count.

    :raises ConfigSpaceError: a hyperparameter is missing or not valid
    """
    return tuple(
        entry.match_key(_entry(config, name)) for name, entry in space.items() if isinstance(entry, Domain)
    )


def _entry(config: Mapping[str, Any], name: str) -> Any:
    try:
        return config[name]
    except KeyError:
        raise ConfigSpaceError(f"{name}: missing from configuration {dict(config)!r}") from None


def cast_config_values(config: Mapping[str, Any], space: Mapping[str, Any]) -> dict[str, Any]:
    """``config``, restricted to names of ``space`` and in its order, with values of the right types.

    A constant that is spelled as in the space becomes the space's; any other stays as it is.

    :raises ConfigSpaceError: a value cannot be cast; names the hyperparameter
    """
    return {name: _cast_entry(name, config[name], entry) for name, entry in space.items() if name in config}


def _cast_entry(name: str, value: Any, entry: Any) -> Any:
    if not isinstance(entry, Domain):
        return _own(entry) if isinstance(value, str) and _reads_as(entry, value) else value
    try:
        return entry.cast(value)
    except ConfigSpaceError as error:
        raise ConfigSpaceError(f"{name}: {error}") from None


def encode_config(config: Mapping[str, Any], space: Mapping[str, Any]) -> list[float]:
    """Positions in [0, 1] of the hyperparameters, in the order of the space.

    :raises ConfigSpaceError: a hyperparameter is missing or has no position
    """
    return [entry.to_unit(_entry(config, name)) for name, entry in space.items() if isinstance(entry, Domain)]


def decode_config(units: Sequence[float], space: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration, constants included, at a point of the unit cube.

    :param units: one number per hyperparameter, in the order of the space; clipped to [0, 1]
    :raises ConfigSpaceError: a wrong number of them, or NaN
    """
    expected = len(non_constant_hyperparameter_keys(space))
    if len(units) != expected:
        raise ConfigSpaceError(f"{len(units)} positions given for {expected} hyperparameters")
    remaining = iter(units)
    return {
        name: entry.from_unit(next(remaining)) if isinstance(entry, Domain) else _own(entry)
        for name, entry in space.items()
    }


# --- the JSON form of Syne Tune ------------------------------------------------------------------------

_DOMAIN_CLASSES: dict[str, type[Domain]] = {
    cls.__name__: cls for cls in (Float, Integer, Categorical, Ordinal, OrdinalNearestNeighbor, FiniteRange)
}
_SCALES: dict[str, Scale] = {
    "Uniform": "linear",
    "LogUniform": "log",
    "ReverseLogUniform": "reverse-log",
}


def to_dict(domain: Domain) -> dict[str, Any]:
    """The JSON form of one domain: class, arguments, and sampler where Syne Tune names one."""
    arguments = {f.name: getattr(domain, f.name) for f in fields(domain) if f.init and f.name != "scale"}
    if "categories" in arguments:
        arguments["categories"] = copy.deepcopy(list(arguments["categories"]))
    result: dict[str, Any] = {"domain_cls": type(domain).__name__, "domain_kwargs": arguments}
    sampler = domain._sampler_cls
    if sampler is not None:
        result["sampler_cls"] = sampler
        # Syne Tune writes and expects the base, which has no effect.
        result["sampler_kwargs"] = {} if sampler == "Uniform" else {"base": math.e}
    return result


def from_dict(d: Mapping[str, Any]) -> Domain:
    """The domain whose JSON form is ``d``, written here or by Syne Tune.

    Syne Tune 0.13 writes ``reverseloguniform`` as ``LogUniform``. If ``lower`` is 0 this is noticed and
    mended; else the two forms are the same and a log scale results.

    :raises ConfigSpaceError: an unknown class or sampler, or arguments that do not fit
    """
    name, arguments = d.get("domain_cls"), d.get("domain_kwargs")
    cls = _DOMAIN_CLASSES.get(name) if isinstance(name, str) else None
    if cls is None:
        raise ConfigSpaceError(f"unknown domain_cls {name!r}; valid: {', '.join(_DOMAIN_CLASSES)}")
    if not isinstance(arguments, Mapping):
        raise ConfigSpaceError(f"{name}: domain_kwargs must be a dict, not {arguments!r}")
    known = {f.name: f.default is MISSING for f in fields(cls) if f.init and f.name != "scale"}
    unknown = [key for key in arguments if key not in known]
    missing = [key for key, required in known.items() if required and key not in arguments]
    if unknown or missing:
        why = f"unknown: {unknown}, missing: {missing}, valid: {list(known)}"
        raise ConfigSpaceError(f"{name}: domain_kwargs do not fit; {why}")
    return cls(**arguments, **_scale_from(d, cls, arguments))


def _scale_from(d: Mapping[str, Any], cls: type[Domain], arguments: Mapping[str, Any]) -> dict[str, Scale]:
    """The ``scale`` argument that the sampler stands for; empty for classes without one."""
    sampler = d.get("sampler_cls", "Uniform")
    valid = {Float: list(_SCALES), Integer: ["Uniform", "LogUniform"]}.get(cls, ["Uniform"])
    if sampler not in valid:
        raise ConfigSpaceError(f"{cls.__name__}: unknown sampler_cls {sampler!r}; valid: {', '.join(valid)}")
    if cls is Float and sampler == "LogUniform" and arguments.get("lower") == 0:
        sampler = "ReverseLogUniform"
    return {"scale": _SCALES[sampler]} if cls in (Float, Integer) else {}


def config_space_to_json_dict(space: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON form of a space; constants stay as they are.

    Syne Tune reads every dictionary as a domain, so it cannot read a space with a constant that is one.
    """
    return {
        name: to_dict(entry) if isinstance(entry, Domain) else _own(entry) for name, entry in space.items()
    }


def config_space_from_json_dict(d: Mapping[str, Any]) -> dict[str, Any]:
    """The space whose JSON form is ``d``.

    :raises ConfigSpaceError: with every entry that is not a domain's JSON form, one per line
    """
    space, mistakes = {}, []
    for name, entry in d.items():
        try:
            is_domain = isinstance(entry, Mapping) and "domain_cls" in entry
            space[name] = from_dict(entry) if is_domain else _own(entry)
        except ConfigSpaceError as error:
            mistakes.append(f"{name}: {error}")
    if mistakes:
        raise ConfigSpaceError.joined(mistakes)
    return space


# --- command line arguments ----------------------------------------------------------------------------


def add_to_argparse(parser: argparse.ArgumentParser, config_space: Mapping[str, Any]) -> None:
    """Add a required ``--name`` of the right type for every entry, constants included.

    Booleans are 1, 0, true or false; lists and dictionaries are JSON.
    """
    for name, entry in config_space.items():
        kind = entry.value_type if isinstance(entry, Domain) else type(entry)
        # argparse formats help texts with the % operator.
        shown = repr(entry).replace("%", "%%")
        parser.add_argument(f"--{name}", type=_argument_reader(kind), required=True, help=shown)


def _argument_reader(kind: type) -> Callable[[str], Any]:
    if kind in (str, int, float):
        return kind

    def read(text: str) -> Any:
        if kind is bool and text.strip().lower() in ("1", "0", "true", "false"):
            return text.strip().lower() in ("1", "true")
        if kind is type(None) and text in ("None", "null"):
            return None
        if kind in (list, dict):
            value = json.loads(text)
            if isinstance(value, kind):
                return value
        raise ValueError(text)

    # argparse quotes this in "argument --layers: invalid JSON list value: '3'".
    json_kind = kind in (list, dict)
    read.__name__ = f"JSON {kind.__name__}" if json_kind else kind.__name__
    return read
