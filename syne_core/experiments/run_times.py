"""When trials had a worker: from the journal, or, in folders without one, as far as reports tell."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from syne_core.errors import JournalError
from syne_core.experiments.clock import check_clock
from syne_core.experiments.experiment_folder import ExperimentFolder
from syne_core.experiments.incumbent import TIME, metric_values
from syne_core.journal import read_journal
from syne_core.paths import ExperimentPaths

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TrialRun", "busy_workers", "runs_of_journal", "runs_of_reports", "trial_runs", "utilisation"]

logger = logging.getLogger(__name__)

_ODD = (RecursionError, OverflowError)  # of damaged JSON
_RUNNING = "InProgress"
_AFTER = {"PAUSE": "Paused", "STOP": "Stopped"}


@dataclass(frozen=True)
class TrialRun:
    """A trial on a worker, from its start or resume to its end, pause or stop.

    :param start: seconds on the experiment's clock
    :param end: None if it had not ended, or nobody saw it end
    :param state: ``Completed``, ``Paused``, ``Stopped``, ``Failed``, or ``InProgress``
    :param config: the trial's configuration; empty where the journal does not say
    :param reason: why it failed, where the journal says so
    """

    trial_id: int
    start: float
    end: float | None
    state: str
    config: dict[str, Any]
    reason: str = ""


def trial_runs(folder: ExperimentFolder, results: pd.DataFrame | None = None) -> list[TrialRun]:
    """The runs of all trials of an experiment, by start.

    With a journal these are exact. Otherwise a run is taken to begin when its reporter was made and to
    end with its last report, and trials that reported nothing are not seen.

    :param results: the experiment's table, if it is at hand
    :raises ResultsError: there is no journal, and the table cannot be read
    """
    runs = runs_of_journal(folder)
    if runs is not None:
        return runs
    return runs_of_reports(folder.load().results if results is None else results)


def runs_of_journal(folder: ExperimentFolder) -> list[TrialRun] | None:
    """The runs of all trials, by start; None if there is no journal, or, with a warning, a damaged one."""
    journal = ExperimentPaths(folder.path).journal
    if not journal.exists():
        return None
    try:
        return _runs_in(journal)
    except (
        JournalError,
        OSError,
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
        RecursionError,
    ) as error:
        logger.warning("%s: %s; runs of trials are guessed from the reports", folder.path, error)
        return None


def runs_of_reports(results: pd.DataFrame) -> list[TrialRun]:
    """As ``trial_runs``, from a table of results alone.

    :raises ResultsError: the table lacks the column of times
    """
    times = check_clock(metric_values(results, TIME)).times
    spent = metric_values(results, "st_worker_time") if "st_worker_time" in results else np.zeros(len(times))
    decisions = list(results["st_decision"]) if "st_decision" in results else [""] * len(times)
    statuses = list(results["st_status"]) if "st_status" in results else [""] * len(times)
    open_runs: dict[int, TrialRun] = {}
    runs: list[TrialRun] = []
    for row, trial in enumerate(results["trial_id"].tolist()):
        time = float(times[row])
        if not math.isfinite(time):
            continue
        begun = max(0.0, time - float(spent[row])) if math.isfinite(spent[row]) else time
        start = open_runs.pop(trial).start if trial in open_runs else begun
        state = _AFTER.get(decisions[row]) or (statuses[row] if isinstance(statuses[row], str) else _RUNNING)
        run = TrialRun(trial, start, time, state or _RUNNING, {})
        if decisions[row] in _AFTER:
            runs.append(run)
        else:
            open_runs[trial] = run
    return sorted([*runs, *open_runs.values()], key=lambda run: (run.start, run.trial_id))


def busy_workers(runs: Iterable[TrialRun], until: float) -> tuple[list[float], list[int]]:
    """How many trials held a worker: times, and the number from each of them until the next.

    :param until: seconds; where runs that have not ended are cut
    """
    changes: dict[float, int] = {}
    for run in runs:
        end = until if run.end is None else min(run.end, until)
        if end > run.start:
            changes[run.start] = changes.get(run.start, 0) + 1
            changes[end] = changes.get(end, 0) - 1
    times = sorted(changes)
    counts = np.cumsum([changes[time] for time in times], dtype=int).tolist()
    return times, counts


def utilisation(runs: Sequence[TrialRun], n_workers: int | None, until: float) -> float | None:
    """Share of the workers' time, from 0 to 1, in which they had a trial; None if it cannot be said.

    :param until: seconds that the experiment took
    """
    if not n_workers or n_workers < 1 or until <= 0:
        return None
    ends = [until if run.end is None else min(run.end, until) for run in runs]
    busy = sum(max(0.0, end - run.start) for run, end in zip(runs, ends, strict=True))
    return min(1.0, busy / (n_workers * until))


def _runs_in(journal: Path) -> list[TrialRun]:
    open_runs: dict[int, tuple[float, dict[str, Any]]] = {}
    configs: dict[int, dict[str, Any]] = {}
    runs: list[TrialRun] = []
    for record in read_journal(journal, skip="report"):  # they are most of a journal
        event, time = record["event"], float(record["t"])
        if event == "suggest" and record["kind"] == "start":
            trial = record["asked"]
            if type(trial) is not int:
                raise TypeError(f"the trial of a suggestion is {trial!r}")
            configs[trial] = dict(record["config"])
            open_runs[trial] = (time, configs[trial])
        elif event == "resume":
            trial = record["trial"]
            if record.get("config") is not None:
                configs[trial] = dict(record["config"])
            open_runs[trial] = (time, configs[trial])
        elif event == "end_run" and record["trial"] in open_runs:
            start, config = open_runs.pop(record["trial"])
            reason = str(record.get("reason") or "")
            runs.append(TrialRun(record["trial"], start, time, str(record["state"]), config, reason))
    runs += (TrialRun(trial, start, None, _RUNNING, config) for trial, (start, config) in open_runs.items())
    return sorted(runs, key=lambda run: (run.start, run.trial_id))
