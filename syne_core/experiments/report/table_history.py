"""The history of an experiment as its table of results has it: estimates of when trials ran."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from syne_core.backend.trial_status import Status
from syne_core.experiments.incumbent import TIME, metric_values
from syne_core.experiments.report.trial_history import ReportPoint, TrialHistory, TrialRun
from syne_core.experiments.report.trial_tally import TrialTally, finite
from syne_core.experiments.results_reader import CONFIG_PREFIX

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["history_of_table"]

_STATE_OF_DECISION = {"STOP": Status.stopped, "PAUSE": Status.paused}


def history_of_table(
    results: pd.DataFrame, metric: str, mode: str, resource_attribute: str | None
) -> TrialHistory:
    """Trials, runs and reports of a table of results.

    A run begins where ``st_worker_time``, which counts its seconds, is smaller than before; it is taken
    to begin that many seconds before its first report, and to end with its last.

    :raises ResultsError: the table lacks the column of times
    """
    times = metric_values(results, TIME)
    rows = np.flatnonzero(np.isfinite(times))
    reader = _Reader(mode)
    columns = _Columns(results, metric, resource_attribute)
    for row in rows[np.argsort(times[rows], kind="stable")]:
        reader.take(columns, int(row), float(times[row]))
    return reader.history()


class _Columns:
    """The cells that count, as lists of plain values."""

    def __init__(self, results: pd.DataFrame, metric: str, resource_attribute: str | None) -> None:
        names = [str(name) for name in results.columns]
        self._configs = [n for n in names if n.startswith(CONFIG_PREFIX)]
        needed = [metric, resource_attribute, "trial_id", "st_worker_time", "st_worker_cost", "st_decision"]
        wanted = {n for n in [*needed, "st_status", *self._configs] if n in names}
        self._cells: dict[str, list[Any]] = {name: results[name].tolist() for name in wanted}
        self._metric = metric
        self._attribute = resource_attribute

    def cell(self, name: str, row: int) -> Any:
        return self._cells[name][row] if name in self._cells else None

    def value(self, row: int) -> Any:
        return self.cell(self._metric, row)

    def resource(self, row: int) -> Any:
        return self.cell(self._attribute, row) if self._attribute else None

    def config(self, row: int) -> dict[str, Any]:
        """The configuration without cells that are empty."""
        cells = {name: self._cells[name][row] for name in self._configs}
        return {n.removeprefix(CONFIG_PREFIX): cell for n, cell in cells.items() if cell == cell}


class _Reader:
    def __init__(self, mode: str) -> None:
        self._mode = mode
        self._trials: dict[int, TrialTally] = {}
        self._runs: dict[int, list[TrialRun]] = {}
        self._worker_times: dict[int, float] = {}
        self._reports: list[ReportPoint] = []

    def take(self, columns: _Columns, row: int, time: float) -> None:
        trial_id = int(columns.cell("trial_id", row))
        if trial_id not in self._trials:
            self._trials[trial_id] = TrialTally(trial_id, columns.config(row), self._mode)
            self._runs[trial_id] = []
        trial = self._trials[trial_id]
        self._extend_runs(trial, time, finite(columns.cell("st_worker_time", row)))
        cost = columns.cell("st_worker_cost", row)
        self._reports.append(trial.add(time, columns.value(row), columns.resource(row), cost))
        status = columns.cell("st_status", row)
        known = status if isinstance(status, str) and status else Status.in_progress
        trial.state = _STATE_OF_DECISION.get(str(columns.cell("st_decision", row)), known)

    def _extend_runs(self, trial: TrialTally, time: float, worker_time: float | None) -> None:
        runs = self._runs[trial.trial_id]
        last = self._worker_times.get(trial.trial_id)
        is_new = not runs or (worker_time is not None and last is not None and worker_time < last)
        if worker_time is not None:
            self._worker_times[trial.trial_id] = worker_time
        if not is_new:
            runs[-1] = runs[-1]._replace(end=time)
            return
        trial.end_run()
        earliest = runs[-1].end if runs else 0.0
        runs.append(TrialRun(trial.trial_id, min(time, max(earliest, time - (worker_time or 0.0))), time))

    def history(self) -> TrialHistory:
        runs = sorted(
            (run for runs in self._runs.values() for run in runs), key=lambda r: (r.start, r.trial_id)
        )
        trials = tuple(self._trials[trial_id].record() for trial_id in sorted(self._trials))
        return TrialHistory(trials, tuple(runs), tuple(self._reports), is_exact=False)
