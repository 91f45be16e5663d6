"""What one experiment adds to a comparison: its incumbent curve, and until when that is known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from syne_core.experiments.experiment_folder import UNKNOWN_STATE, ExperimentFolder
from syne_core.experiments.incumbent import TIME, StepCurve, incumbent_curve, metric_values

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SeedResults", "seed_results"]


@dataclass(frozen=True, eq=False)
class SeedResults:
    """One experiment in a comparison.

    :param elapsed: seconds that it has run
    :param num_trials: trials that were started
    """

    folder: ExperimentFolder
    curve: StepCurve
    elapsed: float
    num_trials: int

    @property
    def has_value(self) -> bool:
        """Whether a finite metric was reported."""
        return self.curve.final is not None

    @property
    def has_ended(self) -> bool:
        """Whether the experiment came to its end; where none says so (Syne Tune), it is believed to."""
        return self.folder.is_finished or self.folder.state == UNKNOWN_STATE


def seed_results(
    folder: ExperimentFolder, results: pd.DataFrame, metric: str, mode: str, limits_differ: bool
) -> SeedResults:
    """What ``folder`` adds.

    :param results: its table of results
    :param mode: ``"min"`` or ``"max"``
    :param limits_differ: whether experiments with other time limits take part
    :raises ResultsError: the table lacks the column of times
    """
    times = metric_values(results, TIME)
    last_report = float(np.max(times, initial=0.0, where=np.isfinite(times)))
    elapsed = max(folder.elapsed or 0.0, last_report)
    until = _known_until(folder, elapsed, limits_differ)
    if metric in results.columns:
        curve = incumbent_curve(results, metric, mode, until)
    else:  # nobody reported it yet
        curve = StepCurve(np.empty(0), np.empty(0), until)
    trials = max(folder.num_trials or 0, int(results["trial_id"].nunique()))
    return SeedResults(folder, curve, elapsed, trials)


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
