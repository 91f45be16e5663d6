"""The vertical axis of a comparison: scale and limits, so that the differences at the end can be seen.

The first incumbents are often far worse than the rest, and the band of two seeds is 13 times as wide as
their standard error. Drawn in full, either would press all curves into one line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from syne_core.errors import UsageError
from syne_core.experiments.aggregate import MeanCurve

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["set_value_axis"]

Floats = NDArray[np.float64]

# The means from here on, as a share of the time, are shown in full.
_LATE = 0.2
# How far the axis may reach beyond them, in units of their range.
_BEYOND = 0.75
_MARGIN = 0.05


def set_value_axis(axes: Axes, curves: Sequence[MeanCurve], horizon: float, log_y: bool) -> bool:
    """Set scale and limits; whether something of the curves or bands lies beyond the limits.

    :param horizon: seconds at the right end
    :raises UsageError: a logarithmic axis, but a mean that is not positive
    """
    means = _finite(np.concatenate([curve.mean for curve in curves]))
    edges = [edge[curve.is_complete] for curve in curves for edge in (curve.lower, curve.upper)]
    everything = np.concatenate([means, _finite(np.concatenate(edges))])
    if log_y:
        bottom, top = _log_limits(means)
        axes.set_yscale("log")
    else:
        late = _finite(np.concatenate([_late_means(curve, horizon) for curve in curves]))
        lowest, highest = _limits(everything, late)
        margin = _MARGIN * (highest - lowest)
        bottom, top = lowest - margin, highest + margin
    axes.set_ylim(bottom, top)
    return bool(everything.min() < bottom or everything.max() > top)


def _log_limits(means: Floats) -> tuple[float, float]:
    """All means in full: on this scale early ones take little room, but a band may reach below 0."""
    if (means <= 0).any():
        raise UsageError(f"A logarithmic axis needs positive values, but there is {means.min():g}")
    low, high = np.log10(means.min()), np.log10(means.max())
    margin = _MARGIN * (high - low) or 0.1
    return float(10 ** (low - margin)), float(10 ** (high + margin))


def _limits(everything: Floats, late: Floats) -> tuple[float, float]:
    low, high = float(late.min()), float(late.max())
    span = high - low
    if span <= 1e-12 * max(abs(low), abs(high)):  # flat: nothing to press together
        lowest, highest = float(everything.min()), float(everything.max())
        span = (highest - lowest) or abs(high) or 1.0
        low, high = low - 0.1 * span, high + 0.1 * span
    lowest = max(float(everything.min()), low - _BEYOND * span)
    highest = min(float(everything.max()), high + _BEYOND * span)
    return min(lowest, low), max(highest, high)


def _late_means(curve: MeanCurve, horizon: float) -> Floats:
    """Means that hold at some time in the late part; all of a curve that ends before."""
    until = np.append(curve.times[1:], np.inf)
    late = curve.mean[until > _LATE * horizon]
    return late if np.isfinite(late).any() else curve.mean


def _finite(values: Floats) -> Floats:
    return values[np.isfinite(values)]
