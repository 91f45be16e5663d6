"""Draw one mean curve as steps: thick with its band where all seeds have a value, thin elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from syne_core.experiments.aggregate import MeanCurve
from syne_core.experiments.curve_style import CurveStyle

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["THICK", "THIN", "draw_mean", "has_band", "has_thin_part"]

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

THICK, THIN = 1.9, 0.8
_EDGE = 0.6  # line around a band, which tells overlapping ones apart in print


def draw_mean(
    axes: Axes, curve: MeanCurve, style: CurveStyle, label: str, seconds: float, opacity: float = 0.14
) -> None:
    """Draw ``curve`` into ``axes``, whose vertical limits are set already.

    The artists are found again by their ids (``gid``): ``mean``, ``some-seeds``, ``band``, each followed
    by the label.

    :param seconds: length of the unit of the time axis
    :param opacity: of the band, between 0 and 1
    """
    complete = curve.is_complete
    for name, mask, width in (("mean", complete, THICK), ("some-seeds", _partial(curve), THIN)):
        if not mask.any():
            continue
        times, values, shown = _corners(curve.times / seconds, curve.mean, mask)
        axes.plot(
            times,
            np.where(shown, values, np.nan),
            color=style.colour,
            linestyle=style.dashes,
            linewidth=width,
            marker="o" if times.size == 1 else "",  # a line without length is not seen
            clip_on=times.size > 1,
            gid=f"{name} {label}",
        )
    if has_band(curve):
        _draw_band(axes, curve, style, label, seconds, opacity)


def has_band(curve: MeanCurve) -> bool:
    """Whether there is an interval anywhere."""
    return bool((curve.is_complete & np.isfinite(curve.lower)).any())


def has_thin_part(curve: MeanCurve) -> bool:
    """Whether the mean is, for more than a moment, over some of the seeds only."""
    lasts = np.diff(curve.times, append=curve.times[-1:]) > 1e-9 * curve.times[-1:]
    return bool((_partial(curve) & lasts).any())


def _draw_band(
    axes: Axes, curve: MeanCurve, style: CurveStyle, label: str, seconds: float, opacity: float
) -> None:
    mask = curve.is_complete & np.isfinite(curve.lower) & np.isfinite(curve.upper)
    ends = (np.clip(end, *_drawable(axes)) for end in (curve.lower, curve.upper))
    (times, lower, shown), (_, upper, _) = (_corners(curve.times / seconds, end, mask) for end in ends)
    band = axes.fill_between(
        times,
        np.where(shown, lower, 0.0),
        np.where(shown, upper, 0.0),
        where=shown.tolist(),
        facecolor=(style.colour, opacity),
        edgecolor=(style.colour, 2.5 * opacity),
        linestyle=style.dashes,
        linewidth=_EDGE,
    )
    band.set_gid(f"band {label}")


def _drawable(axes: Axes) -> tuple[float, float]:
    """A little more than the axis shows: drawing the dashes of a band far beyond it takes hours."""
    scale = axes.yaxis.get_transform()
    bottom, top = scale.transform(np.array(axes.get_ylim()))
    low, high = scale.inverted().transform(np.array([2 * bottom - top, 2 * top - bottom]))
    return float(low), float(high)


def _partial(curve: MeanCurve) -> Mask:
    return np.asarray((curve.n > 0) & ~curve.is_complete, dtype=np.bool_)


def _corners(times: Floats, values: Floats, mask: Mask) -> tuple[Floats, Floats, Mask]:
    """Corners of the right-continuous steps, and which of them belong to steps in ``mask``."""
    x = np.repeat(times, 2)[1:]
    return x, np.repeat(values, 2)[:-1], np.repeat(mask, 2)[:-1]
