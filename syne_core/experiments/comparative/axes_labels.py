"""Titles, labels, grid and ticks of the subplots of a figure."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from syne_core.errors import UsageError
from syne_core.experiments.comparative.arrangement import Arrangement
from syne_core.experiments.comparative.figure_settings import FigureSettings

__all__ = ["label_axes"]


def label_axes(
    axs: Any, drawn: Collection[int], arrangement: Arrangement, settings: FigureSettings, value: str
) -> None:
    """Label the value axis in the first column, the time axis at the bottom of each column.

    :param axs: axes, shape (rows, columns)
    :param drawn: positions that show something; the others get no axes
    :param value: label of the value axis, unless ``settings`` has one
    :raises UsageError: matplotlib refuses ``tick_params``
    """
    if arrangement.heading:
        axs[0, 0].figure.suptitle(arrangement.heading)
    cells = {arrangement.cell(position) for position in drawn}
    for position, title in enumerate(arrangement.titles):
        axs[arrangement.cell(position)].set_title(title)
    for row in range(arrangement.nrows):
        for column in range(arrangement.ncols):
            axes = axs[row, column]
            if (row, column) not in cells:
                axes.set_axis_off()
                continue
            _finish(axes, settings)
            if (row + 1, column) not in cells:
                axes.set_xlabel(settings.xlabel)
                axes.tick_params(labelbottom=True)
            if column == 0 and settings.ylabel is None:
                axes.set_ylabel(value, parse_math=False)
            elif column == 0:
                axes.set_ylabel(settings.ylabel)


def _finish(axes: Any, settings: FigureSettings) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    if settings.grid:
        axes.grid(alpha=0.35)
    try:
        axes.tick_params(**settings.tick_params)
    except (TypeError, ValueError) as error:
        raise UsageError(f"tick_params: {error}") from None
