"""Positions in the unit interval [0, 1], which every domain maps its values to and from."""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Any, Literal

from syne_core.errors import ConfigSpaceError

Scale = Literal["linear", "log", "reverse-log"]

# To the scale on which positions are evenly spaced, and back.
FORWARD: dict[Scale, Callable[[float], float]] = {
    "linear": float,
    "log": math.log,
    "reverse-log": lambda x: -math.log1p(-x),
}
BACKWARD: dict[Scale, Callable[[float], float]] = {
    "linear": float,
    "log": math.exp,
    "reverse-log": lambda point: -math.expm1(-point),
}


def clip(u: float) -> float:
    """``u`` moved into [0, 1], as a plain float.

    :raises ConfigSpaceError: it is NaN
    """
    if 0.0 <= u <= 1.0:
        return float(u)
    if u != u:
        raise ConfigSpaceError("a position in the unit interval is NaN")
    return 0.0 if u < 0.0 else 1.0


def share(u: float, n: int) -> int:
    """Which of ``n`` equal shares of the unit interval the clipped ``u`` falls in."""
    return min(int(clip(u) * n), n - 1)


def increasing(points: Sequence[Any]) -> bool:
    """Is each point less than the next?"""
    return all(a < b for a, b in itertools.pairwise(points))


def nearest(points: Sequence[float], x: float) -> int:
    """Index of the member of increasing ``points`` that is nearest to ``x``; the lower if two are."""
    after = bisect_left(points, x)
    if after == 0:
        return 0
    if after == len(points) or x - points[after - 1] <= points[after] - x:
        return after - 1
    return after
