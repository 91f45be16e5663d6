"""The history of an experiment as its journal has it; ``syne_core.journal`` lists the events."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from syne_core.backend.trial_status import Status
from syne_core.experiments.report.trial_history import ReportPoint, TrialHistory, TrialRun
from syne_core.experiments.report.trial_tally import TrialTally
from syne_core.journal import read_journal

__all__ = ["history_of_journal"]


def history_of_journal(path: Path, metric: str, mode: str, resource_attribute: str | None) -> TrialHistory:
    """Trials, runs and reports of the journal at ``path``.

    :raises JournalError: it is damaged
    """
    reader = _Reader(metric, mode, resource_attribute)
    for record in read_journal(path):
        reader.take(record)
    return reader.history()


class _Reader:
    def __init__(self, metric: str, mode: str, resource_attribute: str | None) -> None:
        self._metric = metric
        self._mode = mode
        self._attribute = resource_attribute
        self._trials: dict[int, TrialTally] = {}
        self._began: dict[int, float] = {}  # trials that hold a worker, and since when
        self._runs: list[TrialRun] = []
        self._reports: list[ReportPoint] = []
        self._now = 0.0

    def take(self, record: dict[str, Any]) -> None:
        event = record["event"]
        before, self._now = self._now, max(self._now, float(record["t"]))
        if event == "report":
            self._report(record)
        elif event == "suggest" and record["kind"] == "start":
            trial_id = record["asked"]
            self._trials[trial_id] = TrialTally(trial_id, record["config"], self._mode)
            self._began[trial_id] = self._now
        elif event == "resume":
            trial = self._trials[record["trial"]]
            trial.state = Status.in_progress
            trial.config = record["config"] or trial.config
            self._began[record["trial"]] = self._now
        elif event == "end_run":
            trial = self._trials[record["trial"]]
            trial.state, trial.reason = record["state"], record.get("reason") or ""
            self._end_run(record["trial"], self._now)
        elif event == "session":
            self._begin_session(before)

    def history(self) -> TrialHistory:
        for trial_id in list(self._began):
            self._end_run(trial_id, self._now)
        self._runs.sort(key=lambda run: (run.start, run.trial_id))
        trials = tuple(self._trials[trial_id].record() for trial_id in sorted(self._trials))
        return TrialHistory(trials, tuple(self._runs), tuple(self._reports), is_exact=True)

    def _report(self, record: dict[str, Any]) -> None:
        values = record["report"]
        resource = values.get(self._attribute) if self._attribute else None
        trial = self._trials[record["trial"]]
        point = trial.add(self._now, values.get(self._metric), resource, values.get("st_worker_cost"))
        self._reports.append(point)

    def _end_run(self, trial_id: int, end: float) -> None:
        self._trials[trial_id].end_run()
        start = self._began.pop(trial_id, None)
        if start is not None:
            self._runs.append(TrialRun(trial_id, start, max(start, end)))

    def _begin_session(self, last: float) -> None:
        """What ran when the tuner died ended then, and begins anew."""
        running = list(self._began)
        for trial_id in running:
            self._end_run(trial_id, last)
        self._began = dict.fromkeys(running, self._now)
