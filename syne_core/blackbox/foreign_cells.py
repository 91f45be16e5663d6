"""Cells of tables that others wrote: rounded, of another type, without a time, or beyond the space."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from syne_core.blackbox.mistakes import brief, refuse, require, shown
from syne_core.config_space import Domain
from syne_core.config_space.values import from_text, number
from syne_core.errors import BlackboxError, ConfigSpaceError, nearest_name

__all__ = ["TIME_NAMES", "TimeColumn", "elapsed_seconds", "fitted_columns", "whole_numbers"]

#: Names under which tables are known to keep the seconds since the start of a training.
TIME_NAMES = ("metric_elapsed_time", "elapsed_time", "time", "metric_time", "metric_train_time")
_TOLERANCE = 1e-6  # of values that went through 32 bits


@dataclass(frozen=True)
class TimeColumn:
    """Which objective is the time, and how to read it.

    :param name: the objective; None: guess
    :param per_resource: its values are the seconds of each resource step, to be summed up
    :param seconds_per_resource: for tables without a time: each unit of the resource takes so long
    :raises BlackboxError: the arguments contradict each other
    """

    name: str | None = None
    per_resource: bool = False
    seconds_per_resource: float | None = None

    def __post_init__(self) -> None:
        seconds = self.seconds_per_resource
        if seconds is None:
            return
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 < seconds < math.inf:
            raise BlackboxError(f"seconds_per_resource must be > 0, not {seconds!r}")
        if self.name is not None or self.per_resource:
            raise BlackboxError(
                "seconds_per_resource is for tables without a time; leave elapsed_time_attr out"
            )

    def objective(self, objectives: Sequence[str], hint: Any, where: str) -> str | None:
        """Name of the objective; None if the time follows from the resource.

        :param hint: what the table's metadata names
        :raises BlackboxError: there is no such objective, or none can be guessed
        """
        if self.seconds_per_resource is not None:
            return None
        listed = ", ".join(objectives)
        if self.name is not None and self.name not in objectives:
            near = nearest_name(self.name, objectives)
            mean = f" Did you mean '{near}'?" if near else ""
            raise BlackboxError(f"{where}: no objective is called '{self.name}'.{mean} It has: {listed}")
        for name in (self.name, hint, *TIME_NAMES):
            if isinstance(name, str) and name in objectives:
                return name
        raise BlackboxError(
            f"{where}: which objective is the elapsed time? Pass elapsed_time_attr, or seconds_per_resource "
            f"if none is. Objectives: {listed}"
        )


def whole_numbers(values: NDArray[Any], where: str) -> list[int]:
    """Fidelities as ints; the table checks the rest.

    :raises BlackboxError: not a list of whole numbers
    """
    flat = np.array(values, dtype=float)
    if flat.ndim != 1 or not flat.size:
        refuse(where, [f"its shape is {flat.shape}; it must list the fidelities"])
    wrong = [brief(x) for x in flat.tolist() if not x.is_integer()]
    require(
        where, [f"fidelities must be whole numbers, not {', '.join(shown(wrong, 'more'))}"] if wrong else []
    )
    return [int(x) for x in flat]


def elapsed_seconds(
    cells: NDArray[Any],
    objectives: Sequence[str],
    column: str | None,
    resources: Sequence[int],
    time: TimeColumn,
    where: str,
) -> NDArray[np.float64]:
    """Seconds since the start, shape (configurations, seeds, resources); NaN where nothing was reported.

    Where a metric stands without a time, the time is interpolated over the resource from those of the same
    run. Rounding errors that let it fall are evened out.

    :param cells: shape (configurations, seeds, resources, objectives)
    :param column: name of the time among ``objectives``; None: it follows from the resource
    :raises BlackboxError: the time falls by more than rounding
    """
    reported = ~np.isnan(cells).all(axis=3)
    at = np.asarray(resources, dtype=float)
    if column is None:
        return np.where(reported, at * (time.seconds_per_resource or 1.0), np.nan)
    times: NDArray[np.float64] = np.array(cells[..., list(objectives).index(column)], dtype=float)
    if time.per_resource:
        times = np.where(np.isnan(times), np.nan, np.nancumsum(times, axis=2))
    _interpolate(times, reported, at)
    before = np.fmax.accumulate(times, axis=2)
    falls = times < before * (1 - _TOLERANCE)
    wrong = [f"row {row}, repetition {seed}, fidelity {resources[i]}" for row, seed, i in _places(falls)]
    if wrong:
        hint = "if it holds the seconds of each step, pass time_per_resource=True"
        lines = [f"{place}: '{column}' is less than before" for place in wrong]
        refuse(where, [*shown(lines, "more cells"), hint])
    return np.where(np.isnan(times), np.nan, before)


def _places(where: NDArray[Any]) -> list[list[int]]:
    found: list[list[int]] = np.argwhere(where)[:1000].tolist()
    return found


def _interpolate(times: NDArray[np.float64], reported: NDArray[Any], at: NDArray[np.float64]) -> None:
    """Give a time to reports that lack one, from those of the same run that have one."""
    some = (~np.isnan(times)).any(axis=2) & (reported & np.isnan(times)).any(axis=2)
    for row, seed in np.argwhere(some).tolist():
        run = times[row, seed]
        known = ~np.isnan(run)
        x, y = np.append(0.0, at[known]), np.append(0.0, run[known])
        filled = np.interp(at, x, y)
        beyond = at > x[-1]
        filled[beyond] = y[-1] * at[beyond] / x[-1]
        lacking = reported[row, seed] & ~known
        run[lacking] = filled[lacking]


def fitted_columns(
    columns: Mapping[str, list[Any]], domains: Mapping[str, Domain], nearest: bool, where: str
) -> dict[str, list[Any]]:
    """Columns with values of the types that the domains have; unknown columns stay for the table to refuse.

    :param nearest: move values that are not in the domain to the nearest that is
    :raises BlackboxError: other values, each by row and column
    """
    fitted, mistakes = {}, []
    for name, column in columns.items():
        domain = domains.get(name)
        if domain is None:
            fitted[name] = column
            continue
        fitted[name] = [_fitted(value, domain, nearest) for value in column]
        wrong = [row for row, value in enumerate(fitted[name]) if value is None]
        mistakes += shown(
            [f"row {row}, {name}: {brief(column[row])} is not in {domain!r}" for row in wrong],
            f"cells of '{name}'",
        )
    if mistakes:
        refuse(where, [*mistakes, "nearest_values=True moves numbers to the nearest value of the space"])
    return fitted


def _fitted(value: Any, domain: Domain, nearest: bool) -> Any:
    """A member of ``domain``, or None."""
    if value is None or domain.is_valid(value):
        return value
    try:
        cast = domain.cast(value)
    except ConfigSpaceError:
        return None
    x, y = number(from_text(value)), number(cast)
    if x is None or y is None or nearest:
        return cast
    return cast if math.isclose(x, y, rel_tol=_TOLERANCE, abs_tol=1e-12) else None
