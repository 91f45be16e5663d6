"""Which experiments have their trials in the report, and how: as columns, within a budget.

A page of a thousand experiments cannot hold all their trials. Seeds are taken in turns, the first of every
setup before the second of any, until the budget is spent. What was left out is said.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from syne_core.errors import ResultsError
from syne_core.experiments.report.curve_columns import plain_number
from syne_core.experiments.report.document import Columns
from syne_core.experiments.report.trial_history import TrialHistory, TrialRecord, read_history
from syne_core.experiments.report.worker_lanes import assign_workers
from syne_core.experiments.seed_results import SeedResults
from syne_core.experiments.study_results import BenchmarkResults, StudyResults

__all__ = ["EmbeddedTrials", "TrialBudget", "embed_trials", "thinned_trials"]


@dataclass(frozen=True)
class TrialBudget:
    """How much of the trials a report may hold.

    :param characters: of JSON for trials and their runs, in all
    :param report_characters: of JSON for what they reported, in all
    :param experiments: to read, since reading takes time
    :param trials: of one experiment; beyond, the best and others evenly
    """

    characters: int = 2_400_000
    report_characters: int = 1_400_000
    experiments: int = 200
    trials: int = 2000


@dataclass
class EmbeddedTrials:
    """What was read of trials; experiments are known by ``id`` of their ``SeedResults``.

    :ivar details: as columns: ``trials``, ``runs``, ``reports``
    :ivar position: of the details of an experiment
    :ivar histories: of all experiments that were read
    :ivar cuts: what was left out, in words
    """

    details: list[dict[str, Any]] = field(default_factory=list)
    position: dict[int, int] = field(default_factory=dict)
    histories: dict[int, TrialHistory] = field(default_factory=dict)
    cuts: list[str] = field(default_factory=list)


def embed_trials(
    study: StudyResults, budget: TrialBudget, on_progress: Callable[[int, int], None] | None = None
) -> EmbeddedTrials:
    """Read the trials of as many experiments as ``budget`` allows.

    :param on_progress: called with the number of experiments read, and of those to read
    """
    found = EmbeddedTrials()
    order = list(_in_turns(study))
    room, room_for_reports = _Room(budget.characters), _Room(budget.report_characters)
    unread, thinned, without_reports = [], 0, 0
    for number, (benchmark, seed) in enumerate(order[: budget.experiments]):
        if on_progress is not None:
            on_progress(number, min(len(order), budget.experiments))
        try:
            history = read_history(seed.folder, benchmark.metric, benchmark.mode, seed.elapsed)
        except ResultsError as error:
            unread.append(f"{seed.folder.name}: {error}")
            continue
        found.histories[id(seed)] = history
        trials = thinned_trials(history.trials, benchmark.mode, budget.trials)
        columns = {"trials": _trial_columns(trials), "runs": _run_columns(history, trials)}
        if not room.takes(columns):
            break  # the next would hardly be smaller, and reading takes time
        reports = _report_columns(history, trials)
        holds_reports = room_for_reports.takes(reports)
        thinned += len(trials) < len(history.trials)
        without_reports += not holds_reports
        found.position[id(seed)] = len(found.details)
        found.details.append({**columns, "reports": reports if holds_reports else _no_reports()})
    found.cuts += _cuts(len(order), len(found.details), without_reports, thinned, unread, budget)
    return found


def thinned_trials(trials: Sequence[TrialRecord], mode: str, most: int) -> list[TrialRecord]:
    """At most so many of ``trials``: half of them the best, the others evenly spread, by id.

    :param mode: ``"min"`` or ``"max"``
    """
    if len(trials) <= most:
        return list(trials)
    sign = -1.0 if mode == "max" else 1.0
    by_value = sorted(trials, key=lambda t: math.inf if t.best is None else sign * t.best)
    best, others = by_value[: most // 2], by_value[most // 2 :]
    others.sort(key=lambda trial: trial.trial_id)
    step = len(others) / (most - len(best))
    evenly = [others[int(i * step)] for i in range(most - len(best))]
    return sorted([*best, *evenly], key=lambda trial: trial.trial_id)


class _Room:
    """How many characters of JSON may still come."""

    def __init__(self, characters: int) -> None:
        self._left = characters

    def takes(self, value: Any) -> bool:
        size = len(json.dumps(value, separators=(",", ":")))
        if size > self._left:
            return False
        self._left -= size
        return True


def _cuts(
    total: int, held: int, without_reports: int, thinned: int, unread: list[str], budget: TrialBudget
) -> Iterator[str]:
    if held < total - len(unread):
        yield (
            f"To keep the page small, it holds the trials of {held} of {total} experiments, "
            "the first seeds of each setup."
        )
    if without_reports:
        yield f"Single reports are left out for {without_reports} of the experiments whose trials it holds."
    if thinned:
        yield f"Of {thinned} experiments it holds {budget.trials} trials: the best, and others evenly."
    yield from (f"Trials cannot be read: {line}" for line in unread)


def _in_turns(study: StudyResults) -> Iterator[tuple[BenchmarkResults, SeedResults]]:
    longest = max((len(s.seeds) for b in study.benchmarks for s in b.setups), default=0)
    for turn in range(longest):
        for benchmark in study.benchmarks:
            for setup in benchmark.setups:
                if turn < len(setup.seeds):
                    yield benchmark, setup.seeds[turn]


def _run_columns(history: TrialHistory, trials: Sequence[TrialRecord]) -> Columns:
    kept = {trial.trial_id for trial in trials}
    ends = [max(r.start, history.until if r.end is None else r.end) for r in history.runs]
    starts = [run.start for run in history.runs]
    workers = assign_workers(list(zip(starts, ends, strict=True)))
    rows = [row for row, run in enumerate(history.runs) if run.trial_id in kept]
    return {
        "trial": [history.runs[row].trial_id for row in rows],
        "start": [plain_number(starts[row]) for row in rows],
        "end": [plain_number(ends[row]) for row in rows],
        "worker": [workers[row] for row in rows],
    }


def _report_columns(history: TrialHistory, trials: Sequence[TrialRecord]) -> Columns:
    kept = {trial.trial_id for trial in trials}
    reports = [report for report in history.reports if report.trial_id in kept]
    return {
        "trial": [report.trial_id for report in reports],
        "time": [plain_number(report.time, 5) for report in reports],
        "resource": [None if r.resource is None else plain_number(r.resource, 5) for r in reports],
        "value": [None if r.value is None else plain_number(r.value, 5) for r in reports],
    }


def _no_reports() -> Columns:
    return {"trial": [], "time": [], "resource": [], "value": []}


def _trial_columns(trials: list[TrialRecord]) -> Columns:
    names = dict.fromkeys(name for trial in trials for name in trial.config)
    constants = {n: v for n in names if (v := _only_value(trials, n)) is not None}
    return {
        "id": [trial.trial_id for trial in trials],
        "state": [trial.state for trial in trials],
        "reason": {str(trial.trial_id): trial.reason[:300] for trial in trials if trial.reason},
        "best": [None if t.best is None else plain_number(t.best, 8) for t in trials],
        "resource": [None if t.resource is None else plain_number(t.resource) for t in trials],
        "reports": [trial.num_reports for trial in trials],
        "cost": [None if t.cost is None else plain_number(t.cost) for t in trials]
        if any(t.cost is not None for t in trials)
        else [],
        "config": {n: [_cell(t.config.get(n)) for t in trials] for n in names if n not in constants},
        "constants": constants,
    }


def _only_value(trials: list[TrialRecord], name: str) -> Any:
    """The value that all trials have, None if they differ; a single trial has no constants."""
    if len(trials) < 2 or name not in trials[0].config:
        return None
    first = trials[0].config[name]
    is_constant = all(name in t.config and t.config[name] == first for t in trials)
    return _cell(first) if is_constant else None


def _cell(value: Any) -> Any:
    if isinstance(value, float):
        return plain_number(value)
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return json.dumps(value, default=str)
