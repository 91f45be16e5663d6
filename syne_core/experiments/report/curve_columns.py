"""Curves as columns, with no more points than the eye can tell apart."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from syne_core.experiments.aggregate import MeanCurve
from syne_core.experiments.incumbent import StepCurve

__all__ = ["mean_columns", "plain_number", "seed_columns"]

Floats = NDArray[np.float64]

# A point may go if everything drawn moves by less than this share of the range of all that is drawn, and
# of its own size, which is what a logarithmic axis shows.
_OF_RANGE = 1e-3
_OF_SIZE = 1e-2
_FEW = 200


def plain_number(value: Any, digits: int = 6) -> float | int | None:
    """``value`` cut to ``digits`` significant digits, an int where it is one; None if it is not finite."""
    number = float(value)
    if not math.isfinite(number):
        return None
    short = float(f"{number:.{digits}g}")
    return int(short) if short.is_integer() and abs(short) < 1e15 else short


def mean_columns(curve: MeanCurve) -> dict[str, Any]:
    """``time``, ``mean``, ``lower``, ``upper``, ``n``; long curves lose points that nobody would see."""
    drawn = np.stack([curve.mean, curve.lower, curve.upper])
    keep = _seen(drawn, curve.n) if curve.times.size > _FEW else np.ones(curve.times.size, dtype=bool)
    rows: dict[str, Any] = {"time": _plain(curve.times[keep])}
    rows |= {name: _plain(line[keep]) for name, line in zip(("mean", "lower", "upper"), drawn, strict=True)}
    return {**rows, "n": [int(n) for n in curve.n[keep]]}


def seed_columns(curve: StepCurve) -> dict[str, Any]:
    """``time`` and ``value`` of ``curve``, by the same rule."""
    keep = np.ones(curve.times.size, dtype=bool)
    if curve.times.size > _FEW:
        keep = _seen(curve.values[np.newaxis], np.ones(curve.times.size, dtype=np.int64))
    return {"time": _plain(curve.times[keep]), "value": _plain(curve.values[keep], digits=8)}


def _plain(values: Floats, digits: int = 6) -> list[float | int | None]:
    return [plain_number(value, digits) for value in values]


def _seen(lines: Floats, n: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The points to keep: the first, the last, and those that differ from the last one kept.

    :param lines: shape (number of lines, number of points), NaN where there is nothing
    """
    finite = lines[np.isfinite(lines)]
    span = float(np.ptp(finite)) if finite.size else 0.0
    keep = np.zeros(lines.shape[1], dtype=np.bool_)
    keep[[0, -1]] = True
    columns, last = lines.T, 0
    for at in range(1, lines.shape[1]):
        if n[at] != n[last] or _moved(columns[last], columns[at], span):
            keep[at], last = True, at
    return keep


def _moved(before: Floats, after: Floats, span: float) -> bool:
    known = np.isfinite(before)
    if (known != np.isfinite(after)).any():
        return True
    change = np.abs(after[known] - before[known])
    least = np.minimum(_OF_RANGE * span, _OF_SIZE * np.abs(before[known]))
    return bool((change > least).any())
