"""Figures of a single experiment: its incumbent, and all its trials, against wall-clock time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from syne_core.experiments.curve_style import time_unit
from syne_core.experiments.incumbent import TIME, incumbent_curve, metric_values

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from syne_core.experiments.experiment_result import ExperimentResult

__all__ = ["incumbent_of_experiment", "trials_of_experiment"]


def incumbent_of_experiment(
    experiment: ExperimentResult, metric: str, mode: str, **plot_arguments: Any
) -> Figure:
    """The best value so far against time, up to the last report.

    :param plot_arguments: of matplotlib's ``Axes.plot``
    :raises ResultsError: a column is missing
    """
    curve = incumbent_curve(experiment.results, metric, mode)
    end = _last_time(experiment)
    figure, axes, length = _axes(end, (7.0, 4.5))
    arguments = {"drawstyle": "steps-post", "color": "#0072B2", **plot_arguments}
    times = np.append(curve.times, end) if curve.times.size else curve.times
    values = np.append(curve.values, curve.values[-1]) if curve.values.size else curve.values
    if curve.times.size == 1 and end == curve.times[0]:
        arguments.setdefault("marker", "o")  # a line without length is not seen
    axes.plot(times / length, values, **arguments)
    axes.set_ylabel(f"best {metric} so far", parse_math=False)
    axes.set_title(f"Incumbent of {experiment.name}", parse_math=False)
    return figure


def trials_of_experiment(
    experiment: ExperimentResult, metric: str, size: tuple[float, float] | None = None
) -> Figure:
    """A line for each trial, a cross where one was stopped.

    :param size: width and height in inches
    :raises ResultsError: a column is missing
    """
    table = experiment.results
    figure, axes, length = _axes(_last_time(experiment), size or (12.0, 4.0))
    times, values = metric_values(table, TIME) / length, metric_values(table, metric)
    values = np.where(np.isfinite(values), values, np.nan)
    trials = table["trial_id"].to_numpy()
    for trial in np.unique(trials):
        own = trials == trial
        axes.plot(times[own], values[own], marker=".", alpha=0.5, gid=f"trial {trial}")
    if "st_decision" in table.columns:
        stopped = (table["st_decision"] == "STOP").to_numpy(dtype=bool)
        axes.scatter(times[stopped], values[stopped], marker="x", color="red", zorder=3, gid="stopped")
    axes.set_ylabel(metric, parse_math=False)
    axes.set_title(f"Trials of {experiment.name} (x: stopped)", parse_math=False)
    return figure


def _axes(seconds: float, size: tuple[float, float]) -> tuple[Figure, Axes, float]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    axes = figure.add_subplot()
    unit, length = time_unit(seconds)
    axes.set_xlabel(f"wall-clock time [{unit}]")
    axes.grid(alpha=0.3)
    return figure, axes, length


def _last_time(experiment: ExperimentResult) -> float:
    times = metric_values(experiment.results, TIME)
    return float(np.max(times, initial=0.0, where=np.isfinite(times)))
