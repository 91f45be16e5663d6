"""Plot parameters with all defaults in place, checked: all mistakes are reported together."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from syne_core.errors import UnknownNameError, UsageError
from syne_core.experiments.comparative.aggregate_modes import AGGREGATE_MODES, DEFAULT_AGGREGATE_MODE
from syne_core.experiments.comparative.plot_parameters import (
    PlotParameters,
    ShowTrialParameters,
    SubplotParameters,
)

__all__ = ["DEFAULT_XLABEL", "FigureSettings", "InitialTrials", "figure_settings"]

DEFAULT_XLABEL = "wall-clock time (secs)"

_MODES = ("min", "max")


@dataclass(frozen=True)
class InitialTrials:
    """The curve of the first trials of a setup.

    :param last_trial: trials up to this one
    """

    setup: Any
    last_trial: int
    label: str


@dataclass(frozen=True)
class FigureSettings:
    """``PlotParameters`` after defaults and checks; None is left where the results decide."""

    metric: str | None
    mode: str | None
    title: str
    xlabel: str
    ylabel: str | None
    xlim: tuple[float, float] | None
    ylim: tuple[float, float] | None
    metric_multiplier: float
    convert_to_min: bool
    tick_params: dict[str, Any]
    aggregate_mode: str
    dpi: int
    grid: bool
    subplots: SubplotParameters | None
    initial_trials: InitialTrials | None
    notes: bool


def figure_settings(given: PlotParameters | None, default: PlotParameters | None) -> FigureSettings:
    """``given``, then ``default``, then the defaults of all figures.

    :raises UsageError: values that make no sense, all of them
    """
    own = given or PlotParameters()
    for parameters in (given, default):
        if parameters is not None and not isinstance(parameters, PlotParameters):
            raise UsageError(f"plot_params must be PlotParameters, not {type(parameters).__name__}")
    merged = own.merge_defaults(default)
    if mistakes := list(_mistakes(merged)):
        raise UsageError.joined(mistakes)
    return FigureSettings(
        metric=merged.metric,
        mode=merged.mode,
        title=merged.title or "",
        xlabel=DEFAULT_XLABEL if merged.xlabel is None else merged.xlabel,
        ylabel=merged.ylabel,
        xlim=_pair(merged.xlim),
        ylim=_pair(merged.ylim),
        metric_multiplier=1.0 if merged.metric_multiplier is None else float(merged.metric_multiplier),
        convert_to_min=merged.convert_to_min is None or bool(merged.convert_to_min),
        tick_params=dict(merged.tick_params or {}),
        aggregate_mode=merged.aggregate_mode or DEFAULT_AGGREGATE_MODE,
        dpi=200 if merged.dpi is None else int(merged.dpi),
        grid=bool(merged.grid),
        subplots=merged.subplots,
        initial_trials=_initial_trials(merged.show_init_trials),
        notes=merged.notes is None or bool(merged.notes),
    )


def _pair(limits: tuple[float, float] | None) -> tuple[float, float] | None:
    return None if limits is None else (float(limits[0]), float(limits[1]))


def _initial_trials(given: ShowTrialParameters | None) -> InitialTrials | None:
    if given is None:
        return None
    last = given.trial_id or 0
    which = f"trials 0-{last}" if last else "trial 0"
    return InitialTrials(given.setup_name, last, given.new_setup_name or f"{given.setup_name}, {which}")


def _mistakes(given: PlotParameters) -> Iterator[str]:
    for kind, name, valid in (
        ("mode", given.mode, _MODES),
        ("aggregate_mode", given.aggregate_mode, AGGREGATE_MODES),
    ):
        if name is not None and name not in valid:
            yield str(UnknownNameError(kind, str(name), valid))
    for name, limits in (("xlim", given.xlim), ("ylim", given.ylim)):
        if limits is not None and not _is_range(limits):
            yield f"{name} must be two numbers, the smaller first, such as (0, 3600); it is {limits!r}"
    multiplier = given.metric_multiplier
    if multiplier is not None and not (_is_number(multiplier) and multiplier != 0):
        yield f"metric_multiplier must be a number other than 0; it is {multiplier!r}"
    if given.dpi is not None and not (_is_number(given.dpi) and given.dpi > 0):
        yield f"dpi must be above 0; it is {given.dpi!r}"
    kinds: list[tuple[str, object, type]] = [
        ("tick_params", given.tick_params, dict),
        ("subplots", given.subplots, SubplotParameters),
        ("show_init_trials", given.show_init_trials, ShowTrialParameters),
    ]
    for name, value, needed in kinds:
        if value is not None and not isinstance(value, needed):
            yield f"{name} must be of type {needed.__name__}; it is {value!r}"
    shown = given.show_init_trials
    if isinstance(shown, ShowTrialParameters):
        if shown.setup_name is None:
            yield "show_init_trials needs setup_name, the setup whose trials are shown"
        if shown.trial_id is not None and not (isinstance(shown.trial_id, int) and shown.trial_id >= 0):
            yield f"show_init_trials: trial_id must be a whole number from 0; it is {shown.trial_id!r}"


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _is_range(limits: object) -> bool:
    if not isinstance(limits, (tuple, list)) or len(limits) != 2:
        return False
    return all(map(_is_number, limits)) and limits[0] < limits[1]
