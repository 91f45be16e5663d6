"""Draw the trials of single experiments: a line for each, with marks at rungs and ends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from syne_core.experiments.comparative.arrangement import Arrangement
from syne_core.experiments.comparative.axes_labels import label_axes
from syne_core.experiments.comparative.empty_axes import empty_axes
from syne_core.experiments.comparative.figure_settings import FigureSettings
from syne_core.experiments.comparative.subplot_results import Measure
from syne_core.experiments.comparative.trial_reports import TrialReports
from syne_core.experiments.curve_style import COLOURS
from syne_core.experiments.figure_notes import write_below

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Rungs", "ShownExperiment", "trials_figure"]

Rows = NDArray[np.intp]

_WIDTH = 1.1
_MARK = 3.6  # points


@dataclass(frozen=True)
class Rungs:
    """Resources at which decisions are taken, and whether trials pause there."""

    levels: tuple[int, ...]
    pauses: bool


@dataclass(frozen=True, eq=False)
class ShownExperiment:
    """An experiment to draw.

    :param rungs: None for a method without
    """

    setup: Hashable
    reports: TrialReports
    rungs: Rungs | None
    measure: Measure


def trials_figure(
    shown: Mapping[int, ShownExperiment],
    arrangement: Arrangement,
    settings: FigureSettings,
    seed: int,
    notes: Sequence[str],
) -> tuple[Figure, Any]:
    """The figure, and its axes as an array of shape (rows, columns).

    Artists are few, and found again by their ids (``gid``): ``trials``, ``rungs``, ``ends``.

    :param shown: experiments by the index of their subplot
    :raises UsageError: matplotlib refuses an argument
    """
    figure, axs = empty_axes(arrangement)
    drawn = set()
    for position, index in enumerate(arrangement.indices):
        if index not in shown:
            continue
        axes = axs[arrangement.cell(position)]
        _draw(axes, shown[index].reports, shown[index].rungs)
        axes.autoscale_view()
        axes.set_xlim(*(settings.xlim or (0, None)))
        if settings.ylim is not None:
            axes.set_ylim(*settings.ylim)
        drawn.add(position)
    measure = next(iter(shown.values())).measure
    label_axes(axs, drawn, arrangement, settings, measure.label)
    if settings.notes:
        write_below(figure, [_how_to_read(shown, seed), *notes])
    return figure, axs


def _draw(axes: Axes, reports: TrialReports, rungs: Rungs | None) -> None:
    """Colours change from trial to trial among those that got equally far."""
    lines: dict[str, list[NDArray[np.float64]]] = defaultdict(list)
    marks: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    turn: dict[int, int] = defaultdict(int)
    levels = rungs.levels if rungs else ()
    for rows in reports.by_trial():
        at_rung = rows[np.isin(reports.resources[rows], levels)]
        colour = COLOURS[turn[len(at_rung)] % len(COLOURS)]
        turn[len(at_rung)] += 1
        pieces = _pieces(rows, at_rung) if rungs and rungs.pauses else [rows]
        points = [np.column_stack([reports.times[p], reports.values[p]]) for p in pieces if len(p) > 1]
        lines[colour] += points
        ends_at_rung = len(at_rung) > 0 and at_rung[-1] == rows[-1]
        if rungs is None:
            marks[colour, "o", "ends"].append(int(rows[-1]))
        elif ends_at_rung:
            marks[colour, "D", "ends"].append(int(rows[-1]))
        marks[colour, "o", "rungs"] += map(int, at_rung[:-1] if ends_at_rung else at_rung)
    _add_lines(axes, lines)
    _add_marks(axes, reports, marks)


def _pieces(rows: Rows, at_rung: Rows) -> list[Rows]:
    """What a trial ran in one go: from the report after a rung to that of the next."""
    cuts = np.flatnonzero(np.isin(rows, at_rung)) + 1
    return list(np.split(rows, cuts))


def _add_lines(axes: Axes, lines: dict[str, list[NDArray[np.float64]]]) -> None:
    from matplotlib.collections import LineCollection

    for colour, segments in lines.items():
        collection = LineCollection(segments, colors=colour, linewidths=_WIDTH, alpha=0.8)
        collection.set_gid("trials")
        axes.add_collection(collection)


def _add_marks(axes: Axes, reports: TrialReports, marks: dict[tuple[str, str, str], list[int]]) -> None:
    for (colour, marker, gid), rows in marks.items():
        if rows:
            axes.plot(
                reports.times[rows],
                reports.values[rows],
                linestyle="none",
                marker=marker,
                markersize=_MARK,
                markeredgecolor=colour,
                markerfacecolor="white",
                gid=gid,
            )


def _how_to_read(shown: Mapping[int, ShownExperiment], seed: int) -> str:
    text = f"Each line is a trial of the experiment with seed {seed}."
    kinds = {one.rungs is not None for one in shown.values()}
    if kinds == {False}:
        return f"{text} Circles: its last report."
    where = "Where there are rungs, circles" if len(kinds) == 2 else "Circles"
    text += f" {where} are reports at rungs; a diamond: the trial got no further."
    if any(one.rungs and one.rungs.pauses for one in shown.values()):
        text += " Lines are interrupted while trials pause."
    return f"{text} Elsewhere, circles are last reports." if len(kinds) == 2 else text
