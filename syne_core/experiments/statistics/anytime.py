"""How good an experiment is over its whole course, and not only at its end."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from syne_core.errors import UsageError
from syne_core.experiments.incumbent import StepCurve

__all__ = ["area_under_incumbent", "common_target", "normalised_regret", "time_to_target"]

Floats = NDArray[np.float64]


def area_under_incumbent(curve: StepCurve, horizon: float, start: float = 0.0) -> float:
    """The area under the incumbent from ``start`` to ``horizon``, divided by that time: its mean height.

    In units of the metric, so that it can be compared like a final value. The time before the first report
    counts with the first value.

    :param horizon: seconds
    :returns: NaN if the curve has no value, or is not known up to ``horizon``
    :raises UsageError: ``horizon`` is not after ``start``
    """
    if not start < horizon < math.inf:
        raise UsageError(f"the horizon must be after {start} s and finite; it is {horizon}")
    if not curve.values.size or curve.known_until < horizon:
        return math.nan
    inside = (curve.times > start) & (curve.times < horizon)
    edges = np.concatenate([[start], curve.times[inside], [horizon]])
    heights = curve.at(edges[:-1])
    heights = np.where(np.isnan(heights), curve.values[0], heights)
    return float(np.sum(heights * (np.diff(edges) / (horizon - start))))


def time_to_target(curve: StepCurve, target: float, mode: str) -> float:
    """Seconds until the incumbent is at least as good as ``target``; infinite if it never is.

    :param mode: ``"min"`` if small values are good, ``"max"`` if large ones are
    :raises UsageError: bad ``mode``
    """
    sign = _sign(mode)
    reached = np.flatnonzero(sign * curve.values <= sign * target)
    return float(curve.times[reached[0]]) if reached.size else math.inf


def common_target(curves: Sequence[StepCurve], mode: str, horizon: float = math.inf) -> float:
    """The best value that all ``curves`` reach: the worst of their last values up to ``horizon``.

    NaN if a curve has no value by then, or if there are no curves.

    :raises UsageError: bad ``mode``
    """
    sign = _sign(mode)
    finals = []
    for curve in curves:
        count = int(np.searchsorted(curve.times, horizon, side="right"))
        finals.append(sign * float(curve.values[count - 1]) if count else math.nan)
    return sign * float(np.max(finals)) if finals else math.nan


def normalised_regret(values: ArrayLike, optimum: float, reference: float, mode: str) -> Floats:
    """How far ``values`` are from the optimum: 0 at ``optimum``, 1 at ``reference``, more beyond it.

    :param values: any shape
    :param optimum: the best possible value; noise may get below 0
    :param reference: of which 1 is to be made, such as the median of first values
    :param mode: ``"min"`` or ``"max"``
    :returns: shape of ``values``; NaN throughout if ``reference`` is no worse than ``optimum``
    :raises UsageError: bad ``mode``
    """
    sign = _sign(mode)
    given = np.asarray(values, dtype=np.float64)
    width = sign * (reference - optimum)
    if not 0 < width < math.inf:
        return np.full(given.shape, np.nan)
    return np.asarray(sign * (given - optimum) / width, dtype=np.float64)


def _sign(mode: str) -> float:
    """What makes small values good."""
    if mode not in ("min", "max"):
        raise UsageError(f"mode must be min or max, not {mode!r}")
    return -1.0 if mode == "max" else 1.0
