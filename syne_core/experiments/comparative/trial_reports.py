"""The reports of one experiment, as its trials are drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from syne_core.errors import ResultsError
from syne_core.experiments.clock import check_clock
from syne_core.experiments.column_file import Columns
from syne_core.experiments.comparative.subplot_results import Measure
from syne_core.experiments.experiment_folder import ExperimentFolder
from syne_core.experiments.incumbent import TIME
from syne_core.experiments.metadata import text_entry

__all__ = ["TrialReports", "reported_columns", "trial_reports"]

Floats = NDArray[np.float64]

_TRIAL = "trial_id"


@dataclass(frozen=True, eq=False)
class TrialReports:
    """Reports in order of time; all arrays have shape (number of reports,).

    :param times: seconds
    :param values: as they are drawn; NaN for a diverged report
    :param resources: such as epochs
    """

    times: Floats
    values: Floats
    trials: NDArray[np.int64]
    resources: Floats

    def by_trial(self) -> Iterator[NDArray[np.intp]]:
        """Positions of the reports of each trial, in the order in which trials first reported."""
        order = np.argsort(self.trials, kind="stable")
        groups = np.split(order, np.flatnonzero(np.diff(self.trials[order])) + 1)
        yield from sorted((rows for rows in groups if len(rows)), key=lambda rows: int(rows[0]))


def reported_columns(folder: ExperimentFolder, metric: str) -> tuple[str, ...]:
    """The columns that ``trial_reports`` needs."""
    resource = text_entry(folder.metadata, "resource_attr")
    return (TIME, _TRIAL, metric, *([resource] if resource else []))


def trial_reports(folder: ExperimentFolder, columns: Columns, measure: Measure) -> TrialReports:
    """The reports of the experiment in ``folder``.

    The resource is what ``resource_attr`` of its metadata names; where that is not reported, a trial's
    reports count 1, 2, ..., as in Syne Tune.

    :param columns: those of ``reported_columns``
    :raises ResultsError: a column is missing, or there is no finite value
    """
    times, trials, values = (columns.floats(name) for name in (TIME, _TRIAL, measure.metric))
    if times is None or trials is None or values is None:
        raise ResultsError(f"{folder.name} does not report '{measure.metric}'")
    times = check_clock(times).times
    order = np.argsort(times, kind="stable")
    order = order[np.isfinite(times[order])]
    drawn = measure.offset + measure.factor * np.where(np.isfinite(values), values, np.nan)
    if not np.isfinite(drawn[order]).any():
        raise ResultsError(f"{folder.name} has no finite '{measure.metric}' yet")
    ids = trials[order].astype(np.int64)
    resource = text_entry(folder.metadata, "resource_attr")
    counted = columns.floats(resource) if resource else None
    resources = _count(ids) if counted is None else counted[order]
    return TrialReports(times[order], drawn[order], ids, resources)


def _count(trials: NDArray[np.int64]) -> Floats:
    """How many reports a trial has made, this one included."""
    order = np.argsort(trials, kind="stable")
    starts = np.flatnonzero(np.diff(trials[order], prepend=trials[order][:1] - 1))
    lengths = np.diff(np.append(starts, len(trials)))
    counts = np.empty(len(trials))
    counts[order] = np.arange(len(trials)) - np.repeat(starts, lengths) + 1
    return counts
