"""How users write domains: Syne Tune's function names and arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from syne_core.config_space.categories import Categorical, Ordinal, OrdinalNearestNeighbor, category_list
from syne_core.config_space.finite_range import FiniteRange
from syne_core.config_space.intervals import Float, Integer
from syne_core.config_space.unit_interval import increasing
from syne_core.config_space.values import number
from syne_core.errors import ConfigSpaceError

OrdinalKind = Literal["equal", "nn", "nn-log"]


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
    return Categorical(categories)


def ordinal(categories: Sequence[Any], kind: OrdinalKind | None = None) -> Ordinal:
    """One of the ordered ``categories``.

    :param kind: ``"equal"``: equal distances; ``"nn"``: distances of the values; ``"nn-log"``: of their
        logs. None means ``"nn"`` for two or more strictly increasing numbers, else ``"equal"``
    """
    values = category_list("ordinal", categories)
    if kind is None:
        numeric = len(values) > 1 and all(number(value) is not None for value in values)
        kind = "nn" if numeric and increasing(values) else "equal"
    if kind not in ("equal", "nn", "nn-log"):
        raise ConfigSpaceError(f"ordinal: kind must be 'equal', 'nn' or 'nn-log', not {kind!r}")
    if kind == "equal":
        return Ordinal(values)
    return OrdinalNearestNeighbor(values, log_scale=kind == "nn-log")


def logordinal(categories: Sequence[Any]) -> OrdinalNearestNeighbor:
    """``ordinal(categories, kind="nn-log")``: increasing positive numbers, at the distances of their logs."""
    return OrdinalNearestNeighbor(categories, log_scale=True)


def finrange(lower: float, upper: float, size: int, cast_int: bool = False) -> FiniteRange:
    """``size`` evenly spaced numbers from ``lower`` to ``upper``, as ints if ``cast_int``."""
    return FiniteRange(lower, upper, size, log_scale=False, cast_int=cast_int)


def logfinrange(lower: float, upper: float, size: int, cast_int: bool = False) -> FiniteRange:
    """``size`` numbers from ``lower`` > 0 to ``upper``, evenly spaced in the log, as ints if ``cast_int``."""
    return FiniteRange(lower, upper, size, log_scale=True, cast_int=cast_int)
