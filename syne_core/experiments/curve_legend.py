"""The legend of a figure of curves: names as they are, whatever characters they have."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from syne_core.experiments.curve_style import CurveStyle
from syne_core.experiments.mean_line import THICK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["MOST_IN_LEGEND", "add_legend", "legend_width"]

#: More curves than this are named beside the axes.
MOST_IN_LEGEND = 6

_ROWS = 14  # beside axes of the usual height
_LETTER, _HANDLE = 0.075, 0.8  # inches


def add_legend(axes: Axes, curves: Mapping[str, CurveStyle], is_low_good: bool) -> None:
    """Name ``curves``, in the corner where curves that get better leave room, or beside the axes.

    :param is_low_good: whether the curves go down
    """
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=style.colour, linestyle=style.dashes, linewidth=THICK)
        for style in curves.values()
    ]
    # matplotlib hides labels that begin with an underscore.
    labels = [f" {label}" if label.startswith("_") else label for label in curves]
    place: dict[str, Any] = {"loc": "upper right" if is_low_good else "lower right"}
    if len(curves) > MOST_IN_LEGEND:
        place = {"loc": "upper left", "bbox_to_anchor": (1.01, 1.0), "borderaxespad": 0.0}
        place["ncols"] = _columns(len(curves))
    legend = axes.legend(handles, labels, handlelength=3.2, fontsize=9, framealpha=0.85, **place)
    for entry in legend.get_texts():
        entry.set_parse_math(False)


def legend_width(labels: Collection[str]) -> float:
    """Inches by which axes are to be wider, so that a legend of ``labels`` beside them leaves them room."""
    if len(labels) <= MOST_IN_LEGEND:
        return 0.0
    return _columns(len(labels)) * (_HANDLE + _LETTER * max(map(len, labels)))


def _columns(number: int) -> int:
    return -(-number // _ROWS)
