"""What one experiment adds to a comparison: its incumbent curve, and until when that is known."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from syne_core.errors import ResultsError
from syne_core.experiments.clock import check_clock
from syne_core.experiments.column_file import Columns
from syne_core.experiments.experiment_folder import UNKNOWN_STATE, ExperimentFolder
from syne_core.experiments.incumbent import TIME, StepCurve, incumbent_of

__all__ = ["SeedResults", "seed_columns", "seed_results"]

_TRIAL = "trial_id"


@dataclass(frozen=True, eq=False)
class SeedResults:
    """One experiment in a comparison.

    :param elapsed: seconds that it has run
    :param num_trials: trials that were started
    :param num_reports: reports in the table of results
    :param reports_metric: whether the metric is a column of that table
    :param num_diverged: trials with a report whose metric is absent or not finite
    :param num_lost: reports that the finished experiment had, and its damaged files have no longer
    :param clock_back: seconds by which its clock went back; evened out in ``curve``
    :param clock_leap: seconds of a silence so long that its clock may have leapt, else 0
    """

    folder: ExperimentFolder
    curve: StepCurve
    elapsed: float
    num_trials: int
    num_reports: int = 0
    reports_metric: bool = True
    num_diverged: int = 0
    clock_back: float = 0.0
    clock_leap: float = 0.0
    num_lost: int = 0

    @property
    def has_value(self) -> bool:
        """Whether a finite metric was reported."""
        return self.curve.final is not None

    @property
    def has_ended(self) -> bool:
        """Whether the experiment came to its end, and its results are known to there.

        Where none says so (Syne Tune), it is believed to.
        """
        return not self.num_lost and (self.folder.is_finished or self.folder.state == UNKNOWN_STATE)


def seed_columns(metric: str) -> tuple[str, ...]:
    """The columns that ``seed_results`` needs."""
    return (TIME, _TRIAL, metric)


def seed_results(
    folder: ExperimentFolder, results: Columns, metric: str, mode: str, limits_differ: bool
) -> SeedResults:
    """What ``folder`` adds.

    :param results: the columns ``seed_columns(metric)``, as far as they are there
    :param mode: ``"min"`` or ``"max"``
    :param limits_differ: whether experiments with other time limits take part
    :raises ResultsError: the table lacks the column of times
    """
    times = results.floats(TIME)
    if times is None:
        raise ResultsError(f"the results have no column '{TIME}'")
    clock = check_clock(times)
    last_report = float(np.max(clock.times, initial=0.0, where=np.isfinite(clock.times)))
    elapsed = max(folder.elapsed or 0.0, last_report)
    lost = _num_lost(folder, results.rows)
    until = last_report if lost else _known_until(folder, elapsed, limits_differ)
    trials = results.columns[_TRIAL].data
    values = results.floats(metric)
    reported = values is not None
    if values is None:  # nobody reported it yet
        values = np.full(results.rows, np.nan)
    return SeedResults(
        folder=folder,
        curve=incumbent_of(clock.times, values, mode, until),
        elapsed=elapsed,
        num_trials=max(folder.num_trials or 0, int(np.unique(trials).size)),
        num_reports=results.rows,
        reports_metric=reported,
        num_diverged=int(np.unique(trials[~np.isfinite(values)]).size) if reported else 0,
        clock_back=clock.back,
        clock_leap=clock.leap,
        num_lost=lost,
    )


def _num_lost(folder: ExperimentFolder, rows: int) -> int:
    """Of one that runs, the table lags behind the status: nothing is lost then."""
    if folder.status is None or not folder.is_finished:
        return 0
    return max(0, int(folder.status.num_reports) - rows)


def _known_until(folder: ExperimentFolder, elapsed: float, limits_differ: bool) -> float:
    """The last second at which the incumbent is known.

    A finished experiment keeps its incumbent: nothing is left to do. Two kinds do not: an unfinished
    one may find better, and one whose own time was up says nothing of what it would have found in the
    longer time that others had.
    """
    if not folder.is_finished:
        return elapsed
    limit = folder.time_limit
    time_was_up = limit is not None and elapsed >= limit
    return elapsed if limits_differ and time_was_up else math.inf
