"""The incumbent of one experiment: the best value so far, as a step function of time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from syne_core.errors import ResultsError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["StepCurve", "incumbent_curve", "incumbent_of", "incumbent_row", "metric_values"]

Floats = NDArray[np.float64]

TIME = "st_tuner_time"


@dataclass(frozen=True, eq=False)
class StepCurve:
    """A right-continuous step function: ``values[i]`` from ``times[i]`` on, until the next step.

    Before the first step, and after ``known_until``, it has no value.

    :param times: shape (n,), seconds since the start of the experiment, strictly increasing
    :param values: shape (n,), finite
    :param known_until: the last second at which the curve is known; infinite if nothing would follow
    """

    times: Floats
    values: Floats
    known_until: float = math.inf

    @property
    def final(self) -> float | None:
        """The last value, None if there is none."""
        return float(self.values[-1]) if self.values.size else None

    def at(self, times: ArrayLike) -> Floats:
        """The values at ``times``, of the same shape; NaN where there is none."""
        wanted = np.asarray(times, dtype=np.float64)
        step = np.searchsorted(self.times, wanted, side="right") - 1
        known = (step >= 0) & (wanted <= self.known_until)
        if not self.values.size:
            return np.full(wanted.shape, np.nan)
        return np.where(known, self.values[np.maximum(step, 0)], np.nan)


def incumbent_curve(
    results: pd.DataFrame, metric: str, mode: str, known_until: float = math.inf
) -> StepCurve:
    """The best value so far against ``st_tuner_time``; values that are not finite are passed over.

    :param results: table of results, in any order
    :param mode: ``"min"`` or ``"max"``
    :param known_until: see ``StepCurve``; reports after it still count, and move it to the last of them
    :raises ResultsError: a column is missing
    """
    return incumbent_of(metric_values(results, TIME), metric_values(results, metric), mode, known_until)


def incumbent_of(times: Floats, values: Floats, mode: str, known_until: float = math.inf) -> StepCurve:
    """As ``incumbent_curve``, of the two columns: seconds and metric, shape (number of reports,) both."""
    rows, values = _finite_in_time(times, values)
    if rows.size == 0:
        return StepCurve(np.empty(0), np.empty(0), known_until)
    times = times[rows]
    sign = -1.0 if mode == "max" else 1.0
    best = np.minimum.accumulate(sign * values)
    last_of_time = np.append(times[1:] > times[:-1], True)
    times, best = times[last_of_time], best[last_of_time]
    is_step = np.append(True, best[1:] < best[:-1])
    until = max(known_until, float(times[-1]))
    return StepCurve(times[is_step], sign * best[is_step], until)


def incumbent_row(results: pd.DataFrame, metric: str, mode: str) -> int | None:
    """Position of the row that holds the incumbent, the earliest of equals; None if nothing is finite.

    :raises ResultsError: a column is missing
    """
    rows, values = _finite_in_time(metric_values(results, TIME), metric_values(results, metric))
    if rows.size == 0:
        return None
    return int(rows[values.argmax() if mode == "max" else values.argmin()])


def metric_values(results: pd.DataFrame, metric: str) -> Floats:
    """The column ``metric`` as floats, shape (number of reports,); NaN where it holds no number.

    :raises ResultsError: there is no such column
    """
    import pandas as pd

    if metric not in results.columns:
        raise ResultsError(f"the results have no column '{metric}'")
    return pd.to_numeric(results[metric], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)


def _finite_in_time(times: Floats, values: Floats) -> tuple[NDArray[np.intp], Floats]:
    """Positions of the rows with a finite metric, in order of time, and their values."""
    rows = np.flatnonzero(np.isfinite(values) & np.isfinite(times))
    rows = rows[np.argsort(times[rows], kind="stable")]
    return rows, values[rows]
