"""Draw subplots of setups: a line and a band for each, aggregated over seeds."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from syne_core.experiments.aggregate import MeanCurve
from syne_core.experiments.comparative.aggregate_modes import (
    aggregate_curves,
    band_in_words,
    line_in_words,
)
from syne_core.experiments.comparative.arrangement import Arrangement
from syne_core.experiments.comparative.axes_labels import label_axes
from syne_core.experiments.comparative.empty_axes import empty_axes
from syne_core.experiments.comparative.figure_settings import FigureSettings
from syne_core.experiments.comparative.subplot_results import Measure, SubplotResults
from syne_core.experiments.curve_legend import MOST_IN_LEGEND, add_legend, legend_width
from syne_core.experiments.curve_style import CurveStyle, curve_styles
from syne_core.experiments.figure_notes import write_below
from syne_core.experiments.mean_line import draw_mean, has_band, has_thin_part
from syne_core.experiments.value_axis import set_value_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["comparative_figure"]


@dataclass(frozen=True, eq=False)
class _Subplot:
    """What is drawn at a position.

    :param right: last second that is shown
    """

    position: int
    index: int
    results: SubplotResults
    curves: dict[str, MeanCurve]
    right: float


def comparative_figure(
    results: dict[int, SubplotResults],
    measure: Measure,
    arrangement: Arrangement,
    settings: FigureSettings,
    setups: Sequence[Hashable],
    notes: Sequence[str],
) -> tuple[Figure, Any]:
    """The figure, and its axes as an array of shape (rows, columns). Uses no pyplot and no global settings.

    :param results: what the subplots show, by index
    :param setups: all that may be drawn, in the order of the legend
    :param notes: what to say below the axes, after how to read it
    :raises UsageError: matplotlib refuses an argument
    """
    subplots = _subplots(results, arrangement, settings)
    figure, axs = empty_axes(arrangement)
    if "figsize" not in arrangement.arguments:
        width, height = figure.get_size_inches()
        labels = {label for subplot in subplots for label in subplot.curves}
        figure.set_size_inches(width + legend_width(labels), height)
    asked = settings.initial_trials
    styles = curve_styles([*map(str, setups), *([asked.label] if asked else [])])
    is_cut = False
    for subplot in subplots:
        axes = axs[arrangement.cell(subplot.position)]
        together = [c for s in _sharing(subplots, subplot, arrangement, "y") for c in s.curves.values()]
        is_cut |= _draw(axes, subplot, together, styles, settings)
    drawn = [subplot.position for subplot in subplots]
    label_axes(axs, drawn, arrangement, settings, f"best {measure.label} so far")
    _add_legends(axs, subplots, arrangement, styles, measure)
    if settings.notes:
        write_below(figure, [_how_to_read(subplots, settings, is_cut), *notes])
    return figure, axs


def _subplots(
    results: dict[int, SubplotResults], arrangement: Arrangement, settings: FigureSettings
) -> list[_Subplot]:
    present = {p: results[index] for p, index in enumerate(arrangement.indices) if index in results}
    rights = {p: _right(p, found, arrangement, settings) for p, found in present.items()}
    subplots = []
    for position, found in present.items():
        group = {
            p
            for p in present
            if _share_group(arrangement, p, "x") == _share_group(arrangement, position, "x")
        }
        right = min(rights[p] for p in group)
        curves = _curves(found, settings, right)
        subplots.append(_Subplot(position, arrangement.indices[position], found, curves, right))
    return subplots


def _right(position: int, found: SubplotResults, arrangement: Arrangement, settings: FigureSettings) -> float:
    if arrangement.xlims is not None:
        return arrangement.xlims[position]
    return settings.xlim[1] if settings.xlim is not None else found.horizon


def _share_group(arrangement: Arrangement, position: int, axis: str) -> object:
    """Positions with the same group have the same axis ``"x"`` or ``"y"``."""
    shared = arrangement.arguments.get(f"share{axis}", False)
    row, column = arrangement.cell(position)
    return {True: 0, "all": 0, "row": row, "col": column}.get(shared, ("alone", position))


def _sharing(
    subplots: list[_Subplot], subplot: _Subplot, arrangement: Arrangement, axis: str
) -> list[_Subplot]:
    group = _share_group(arrangement, subplot.position, axis)
    return [other for other in subplots if _share_group(arrangement, other.position, axis) == group]


def _curves(found: SubplotResults, settings: FigureSettings, right: float) -> dict[str, MeanCurve]:
    curves = {
        str(setup): aggregate_curves([s.curve for s in one.seeds], settings.aggregate_mode, right)
        for setup, one in found.setups.items()
    }
    if settings.initial_trials is not None and found.first_trials:
        first = aggregate_curves(found.first_trials, settings.aggregate_mode, right)
        curves[settings.initial_trials.label] = first
    return {label: curve for label, curve in curves.items() if curve.n.any()}


def _draw(
    axes: Axes,
    subplot: _Subplot,
    together: list[MeanCurve],
    styles: dict[str, CurveStyle],
    settings: FigureSettings,
) -> bool:
    """Draw the curves; whether something of them lies beyond the value axis.

    :param together: all curves that share the value axis
    """
    is_cut = False
    if settings.ylim is not None:
        axes.set_ylim(*settings.ylim)
    elif together:
        is_cut = set_value_axis(axes, together, subplot.right, log_y=False)
    opacity = 0.14 if len(subplot.curves) <= MOST_IN_LEGEND else 0.06
    for label, curve in subplot.curves.items():
        draw_mean(axes, curve, styles[label], label, 1.0, opacity)
    left = 0.0 if settings.xlim is None else settings.xlim[0]
    if subplot.right > left:
        axes.set_xlim(left, subplot.right)
    return is_cut


def _add_legends(
    axs: Any,
    subplots: list[_Subplot],
    arrangement: Arrangement,
    styles: dict[str, CurveStyle],
    measure: Measure,
) -> None:
    everywhere = {label for subplot in subplots for label in subplot.curves}
    for number, subplot in enumerate(subplots):
        if arrangement.legends is None:
            shown = everywhere if number == 0 else set()
        else:
            shown = set(subplot.curves) if subplot.index in arrangement.legends else set()
        if chosen := {label: style for label, style in styles.items() if label in shown}:
            add_legend(axs[arrangement.cell(subplot.position)], chosen, measure.is_low_good)


def _how_to_read(subplots: list[_Subplot], settings: FigureSettings, is_cut: bool) -> str:
    curves = [curve for subplot in subplots for curve in subplot.curves.values()]
    mode = settings.aggregate_mode
    text = f"Lines: {line_in_words(mode)} over seeds of the best value so far."
    if any(map(has_band, curves)):
        text += f" Bands: {band_in_words(mode)}."
    if any(curve.num_seeds == 1 for curve in curves):
        text += " A single seed has no band."
    if any(map(has_thin_part, curves)):
        text += " Thin: not all seeds have a value there."
    if is_cut:
        text += " Axis cut: early values or bands lie beyond."
    return text
