"""What happened inside of one experiment: its trials, when each of them ran, what each reported."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from syne_core.errors import ResultsError
from syne_core.experiments.clock import check_clock
from syne_core.experiments.experiment_folder import ExperimentFolder
from syne_core.experiments.incumbent import TIME, metric_values
from syne_core.experiments.metadata import text_entry
from syne_core.experiments.results_reader import CONFIG_PREFIX
from syne_core.experiments.run_times import TrialRun, runs_of_journal, runs_of_reports
from syne_core.experiments.trial_rows import trial_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ReportPoint", "TrialHistory", "TrialRecord", "read_history"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class TrialRecord:
    """One trial.

    :param state: as in ``syne_core.backend.trial_status.Status``
    :param reason: why it failed; empty if it did not, or nobody said so
    :param best: best finite value, None if there is none
    :param resource: the largest that it reported, such as epochs; None if it reported none
    :param cost: as the script reported it, over all runs; None where no price is known
    """

    trial_id: int
    config: Mapping[str, Any]
    state: str
    reason: str
    best: float | None
    resource: float | None
    num_reports: int
    cost: float | None


class ReportPoint(NamedTuple):
    """One report: when, at which resource, and the metric; None for what is not a finite number."""

    trial_id: int
    time: float
    resource: float | None
    value: float | None


@dataclass(frozen=True)
class TrialHistory:
    """The trials of one experiment, in order of their ids; runs in order of their starts.

    :param until: seconds that the experiment took, where runs that have not ended are cut
    :param is_exact: from the journal; else the beginnings and ends of runs are estimates from reports
    """

    trials: tuple[TrialRecord, ...]
    runs: tuple[TrialRun, ...]
    reports: tuple[ReportPoint, ...]
    until: float
    is_exact: bool

    @property
    def cost(self) -> float | None:
        """What all trials cost; None where no price is known."""
        costs = [trial.cost for trial in self.trials if trial.cost is not None]
        return math.fsum(costs) if costs else None


def read_history(folder: ExperimentFolder, metric: str, mode: str, until: float) -> TrialHistory:
    """The history of the experiment in ``folder``.

    :param mode: ``"min"`` or ``"max"``, which decides on the best value of a trial
    :param until: seconds that the experiment took
    :raises ResultsError: its results are damaged
    """
    results = folder.load().results
    known = runs_of_journal(folder)
    runs = runs_of_reports(results) if known is None else known
    attribute = text_entry(folder.metadata, "resource_attr")
    table = trial_table(results, metric, mode, attribute, runs)
    costs = _costs(results, runs)
    reasons = {run.trial_id: run.reason for run in runs if run.reason}
    return TrialHistory(
        trials=tuple(_records(table, costs, reasons)),
        runs=tuple(runs),
        reports=tuple(_reports(results, metric, attribute)),
        until=until,
        is_exact=known is not None,
    )


def _records(
    table: pd.DataFrame, costs: Mapping[int, float], reasons: Mapping[int, str]
) -> list[TrialRecord]:
    columns = {str(name): table[name].tolist() for name in table.columns}
    configs = [name for name in columns if name.startswith(CONFIG_PREFIX)]
    records = []
    for row, trial_id in enumerate(columns["trial_id"]):
        cells = {name.removeprefix(CONFIG_PREFIX): columns[name][row] for name in configs}
        state = columns["status"][row]
        records.append(
            TrialRecord(
                trial_id=int(trial_id),
                config={name: cell for name, cell in cells.items() if cell is not None and cell == cell},
                state=state,
                reason=reasons.get(trial_id, "") if state == "Failed" else "",
                best=_finite(columns["best"][row]),
                resource=_finite(columns["resource"][row]),
                num_reports=int(columns["num_reports"][row]),
                cost=costs.get(trial_id),
            )
        )
    return records


def _reports(results: pd.DataFrame, metric: str, attribute: str | None) -> list[ReportPoint]:
    """In the order of the table; the number of a trial's report takes the place of a missing resource."""
    times = check_clock(metric_values(results, TIME)).times
    trials = results["trial_id"].tolist()
    values = _numbers(results, metric)
    resources = _numbers(results, attribute)
    numbers: dict[int, int] = {}
    points = []
    for row, trial in enumerate(trials):
        numbers[trial] = numbers.get(trial, 0) + 1
        if math.isfinite(times[row]):
            resource = _finite(resources[row]) if attribute else float(numbers[trial])
            points.append(ReportPoint(trial, float(times[row]), resource, _finite(values[row])))
    return points


def _costs(results: pd.DataFrame, runs: Sequence[TrialRun]) -> dict[int, float]:
    """Of each trial that reports them. Within a run costs grow; with the next they begin at 0."""
    if "st_worker_cost" not in results.columns:
        return {}
    times, paid = metric_values(results, TIME), _numbers(results, "st_worker_cost")
    starts: dict[int, list[float]] = {}
    for run in runs:
        starts.setdefault(run.trial_id, []).append(run.start)
    costs: dict[int, float] = {}
    last: dict[int, tuple[int, float]] = {}  # number of the run, and what it had cost
    for trial, time, cost in zip(results["trial_id"].tolist(), times, paid, strict=True):
        if not math.isfinite(cost):
            continue
        # A report at the very moment of a start belongs to the run before.
        number = max(1, bisect_left(starts.get(trial, []), time))
        before, had = last.get(trial, (number, 0.0))
        is_same = number == before and cost >= had
        costs[trial] = costs.get(trial, 0.0) + float(cost) - (had if is_same else 0.0)
        last[trial] = (number, float(cost))
    return costs


def _numbers(results: pd.DataFrame, column: str | None) -> Floats:
    try:
        return metric_values(results, column or "")
    except ResultsError:
        return np.full(len(results), np.nan)


def _finite(value: Any) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None
