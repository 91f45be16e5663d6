"""The trials of an experiment: a row for each, from its reports and, where there is one, its journal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from syne_core.errors import ResultsError
from syne_core.experiments.clock import check_clock
from syne_core.experiments.experiment_folder import ExperimentFolder
from syne_core.experiments.incumbent import TIME, metric_values
from syne_core.experiments.metadata import text_entry
from syne_core.experiments.results_reader import CONFIG_PREFIX
from syne_core.experiments.run_times import TrialRun, trial_runs

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["experiment_trials", "trial_table"]

_STATE_AFTER = {"PAUSE": "Paused", "STOP": "Stopped"}


def experiment_trials(folder: ExperimentFolder, metric: str, mode: str) -> pd.DataFrame:
    """The trials of the experiment in ``folder``; columns as for ``trial_table``.

    :raises ResultsError: the results are damaged
    """
    results = folder.load().results
    runs = trial_runs(folder, results)
    return trial_table(results, metric, mode, text_entry(folder.metadata, "resource_attr"), runs)


def trial_table(
    results: pd.DataFrame,
    metric: str,
    mode: str,
    resource_attr: str | None = None,
    runs: Iterable[TrialRun] = (),
) -> pd.DataFrame:
    """A row for each trial, by ``trial_id``.

    Columns: ``trial_id``; ``start``, ``end``, ``seconds`` (on a worker, over all runs), known from ``runs``
    only, else NaN; ``num_runs``; ``first_report``, ``last_report`` (seconds, NaN without report);
    ``num_reports``; ``num_nonfinite`` (reports without a finite metric); ``status`` (``Completed``,
    ``Stopped``, ``Paused``, ``Failed``, ``InProgress``); ``best`` and ``last`` (metric, NaN if never
    finite); ``resource`` (the largest reported, NaN without ``resource_attr``); ``config_*``.

    :param results: table of results, in the order in which reports came
    :param metric: name; need not be a column
    :param mode: ``"min"`` or ``"max"``
    :param runs: from ``trial_runs``; adds trials that never reported
    :raises ResultsError: the table lacks the column of times
    """
    import pandas as pd

    runs_of: dict[int, list[TrialRun]] = {}
    for run in runs:
        runs_of.setdefault(run.trial_id, []).append(run)
    groups = _Groups(results)
    times = check_clock(metric_values(results, TIME)).times
    columns: dict[str, Any] = {
        "trial_id": groups.ids,
        "first_report": groups.reduce(np.fmin, times),
        "last_report": groups.reduce(np.fmax, times),
        "num_reports": groups.counts,
        "status": _states(results, groups),
        **_metric_columns(results, groups, metric, mode),
        "resource": groups.reduce(np.fmax, _numbers(results, resource_attr)),
    }
    table = pd.DataFrame(columns)
    for name in results.columns:
        if str(name).startswith(CONFIG_PREFIX):
            table[name] = results[name].to_numpy()[groups.first_rows]
    reporting = set(groups.ids.tolist())
    silent = [trial for trial in runs_of if trial not in reporting]
    if silent:
        table = _with_silent_trials(table, [runs_of[trial][0] for trial in silent])
    return _with_runs(table, runs_of)


class _Groups:
    """The rows of each trial, in their order, and reductions over them."""

    def __init__(self, results: pd.DataFrame) -> None:
        trials = results["trial_id"].to_numpy(dtype=np.int64)
        self._order = np.argsort(trials, kind="stable")
        self.ids, self._starts, self.counts = np.unique(
            trials[self._order], return_index=True, return_counts=True
        )

    @property
    def first_rows(self) -> NDArray[np.intp]:
        """Position of the first row of each trial."""
        return np.asarray(self._order[self._starts], dtype=np.intp)

    @property
    def last_rows(self) -> NDArray[np.intp]:
        """Position of the last row of each trial."""
        return np.asarray(self._order[self._starts + self.counts - 1], dtype=np.intp)

    def reduce(self, how: np.ufunc, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """``how`` over the rows of each trial."""
        if not self.ids.size:
            return np.empty(0)
        return np.asarray(how.reduceat(values[self._order], self._starts), dtype=np.float64)


def _metric_columns(results: pd.DataFrame, groups: _Groups, metric: str, mode: str) -> dict[str, Any]:
    values = _numbers(results, metric)
    finite = np.where(np.isfinite(values), values, np.nan)
    best = groups.reduce(np.fmax if mode == "max" else np.fmin, finite)
    nonfinite = groups.reduce(np.add, np.isnan(finite).astype(np.float64)).astype(np.int64)
    # The last finite value: positions of finite rows, the largest of which counts.
    rows = np.where(np.isfinite(values), np.arange(values.size, dtype=np.float64), -1.0)
    latest = groups.reduce(np.fmax, rows).astype(np.int64)
    last = np.where(latest >= 0, values[latest], np.nan) if values.size else np.empty(0)
    return {"num_nonfinite": nonfinite, "best": best, "last": last}


def _states(results: pd.DataFrame, groups: _Groups) -> list[str]:
    decisions = _texts(results, "st_decision", groups.last_rows)
    statuses = _texts(results, "st_status", groups.last_rows)
    pairs = zip(decisions, statuses, strict=True)
    return [_STATE_AFTER.get(decision) or status or "InProgress" for decision, status in pairs]


def _texts(results: pd.DataFrame, column: str, rows: NDArray[np.intp]) -> list[str]:
    if column not in results.columns:
        return [""] * len(rows)
    return [cell if isinstance(cell, str) else "" for cell in results[column].to_numpy()[rows]]


def _numbers(results: pd.DataFrame, column: str | None) -> NDArray[np.float64]:
    try:
        return metric_values(results, column or "")
    except ResultsError:
        return np.full(len(results), np.nan)


def _with_silent_trials(table: pd.DataFrame, runs: list[TrialRun]) -> pd.DataFrame:
    import pandas as pd

    rows = [
        {
            "trial_id": run.trial_id,
            "num_reports": 0,
            "num_nonfinite": 0,
            "status": run.state,
            **{f"{CONFIG_PREFIX}{name}": value for name, value in run.config.items()},
        }
        for run in runs
    ]
    silent = pd.DataFrame(rows).reindex(columns=table.columns)
    together: pd.DataFrame = silent
    if not table.empty:  # as objects: pandas warns of joining columns that are empty
        together = pd.concat([table.astype(object), silent.astype(object)], ignore_index=True)
        together = together.infer_objects()
    ordered: pd.DataFrame = together.sort_values("trial_id", ignore_index=True)
    return ordered


def _with_runs(table: pd.DataFrame, runs_of: dict[int, list[TrialRun]]) -> pd.DataFrame:
    """With the columns that only runs tell; where a trial's last run has ended, they know its state."""
    own = [runs_of.get(int(trial), []) for trial in table["trial_id"]]
    nan = float("nan")
    table["start"] = [runs[0].start if runs else nan for runs in own]
    ends = [runs[-1].end if runs else None for runs in own]
    table["end"] = [nan if end is None else end for end in ends]
    table["seconds"] = [
        sum(run.end - run.start for run in r if run.end is not None) if r else nan for r in own
    ]
    table["num_runs"] = [len(runs) for runs in own]
    states = [runs[-1].state if runs else None for runs in own]
    table["status"] = [new or old for new, old in zip(states, table["status"], strict=True)]
    return table
