"""Reading the values that users, files and NumPy hand over."""

from __future__ import annotations

import contextlib
import copy
import json
import math
from typing import TYPE_CHECKING, Any

from syne_core.errors import ConfigSpaceError

if TYPE_CHECKING:
    from syne_core.config_space.domain import Domain

_PLAIN_TYPES = frozenset({str, int, float, bool, list, dict, type(None)})
# Ints from here on may overflow a float.
_HUGE = 2**1023


def plain(value: Any) -> Any:
    """Python's own form of a NumPy scalar, recognised by its empty shape; anything else as it is."""
    if type(value) in _PLAIN_TYPES or getattr(value, "shape", None) != () or not hasattr(value, "item"):
        return value
    return value.item()


def number(value: Any) -> float | None:
    """``value`` as an int or float, maybe NaN; None if it is neither (a bool is neither).

    Ints too large for a float become infinite: they are out of bounds everywhere, and must not overflow.
    """
    if type(value) is float:
        return value
    value = plain(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if isinstance(value, int) and not -_HUGE < value < _HUGE:
        return math.inf if value > 0 else -math.inf
    return value


def require_number(value: Any, domain: Domain) -> float:
    """``value`` as an int or float.

    :raises ConfigSpaceError: it is no number, or NaN
    """
    x = number(value)
    if x is None or x != x:
        raise ConfigSpaceError(f"{value!r} is not a number, which {domain!r} needs")
    return x


def require_integer(name: str, value: Any, domain: Domain) -> int:
    """Argument ``name`` of ``domain`` as an int; a float may stand for one."""
    x = number(value)
    if x is None or (isinstance(x, float) and not x.is_integer()):
        domain.refuse(f"{name} must be an integer, not {value!r}")
    return int(x)


def require_bounds(lower: Any, upper: Any, domain: Domain) -> tuple[float, float]:
    """Both bounds of ``domain`` as plain numbers, finite and in order."""
    bounds = []
    for name, value in (("lower", lower), ("upper", upper)):
        x = number(value)
        if x is None or not math.isfinite(x):
            domain.refuse(f"{name} must be a finite number")
        bounds.append(x)
    low, high = bounds
    if low == high:
        domain.refuse(f"lower and upper are equal; write the constant {low!r} instead")
    if low > high:
        domain.refuse("lower must be < upper")
    return low, high


def from_text(value: Any) -> Any:
    """The number that ``value`` spells if it is text; else as it is."""
    if isinstance(value, str):
        for read in (int, float):
            with contextlib.suppress(ValueError):
                return read(value)
    return value


def reads_as(value: Any, text: str) -> bool:
    """Is ``text`` how a table or a command line spells ``value``?"""
    if isinstance(value, bool):
        return text.strip().lower() in (("true", "1") if value else ("false", "0"))
    return text == str(value) or (isinstance(value, (list, dict)) and text == json.dumps(value))


def json_mistake(value: Any) -> str | None:
    """Why ``value`` would not come back the same from a JSON file; None if it would."""
    try:
        text = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        return f"cannot be written as JSON ({error})"
    if json.loads(text) != value:
        return "changes when written as JSON: use lists instead of tuples, and text as keys"
    return None


def own(value: Any) -> Any:
    """``value``, or a copy that may be changed without changing the original."""
    return copy.deepcopy(value) if isinstance(value, (list, dict)) else value
