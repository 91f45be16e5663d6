"""The legend of a figure of curves: names as they are, whatever characters they have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from syne_core.experiments.curve_style import CurveStyle
from syne_core.experiments.mean_line import THICK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["MOST_IN_LEGEND", "add_legend"]

#: More curves than this are named beside the axes.
MOST_IN_LEGEND = 6


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
    legend = axes.legend(handles, labels, handlelength=3.2, fontsize=9, framealpha=0.85, **place)
    for entry in legend.get_texts():
        entry.set_parse_math(False)
