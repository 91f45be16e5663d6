"""Which experiments have their trials in the report, and how: as columns, within a budget.

A page of a thousand experiments cannot hold all their trials. Seeds are taken in turns, the first of every
setup before the second of any, until the budget is spent. What was left out is said.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from syne_core.errors import ResultsError
from syne_core.experiments.report.curve_columns import plain_number
from syne_core.experiments.report.trial_history import TrialHistory, TrialRecord, read_history
from syne_core.experiments.report.worker_lanes import assign_workers
from syne_core.experiments.seed_results import SeedResults
from syne_core.experiments.study_results import BenchmarkResults, StudyResults

__all__ = ["EmbeddedTrials", "TrialBudget", "embed_trials"]


@dataclass(frozen=True)
class TrialBudget:
    """How much of the trials a report may hold.

    :param characters: of JSON, in all
    :param experiments: to read, since reading takes time
    :param trials: of one experiment; beyond, the best and others evenly
    :param reports: of one experiment; beyond, none
    """

    characters: int = 3_500_000
    experiments: int = 200
    trials: int = 2000
    reports: int = 20_000


@dataclass
class EmbeddedTrials:
    """What was read of trials.

    :ivar position: of the details of an experiment, by the position of its folder in ``order``
    """

    details: list[dict[str, Any]] = field(default_factory=list)
    position: dict[int, int] = field(default_factory=dict)
    histories: dict[int, TrialHistory] = field(default_factory=dict)
    cuts: list[str] = field(default_factory=list)


def embed_trials(
    study: StudyResults, budget: TrialBudget, on_progress: Callable[[int, int], None] | None = None
) -> EmbeddedTrials:
    """Read the trials of as many experiments as ``budget`` allows.

    Experiments are known by ``id`` of their ``SeedResults``.

    :param on_progress: called with the number of experiments read, and of those to read
    """
    found = EmbeddedTrials()
    order = list(_in_turns(study))
    left, unread, thinned = budget.characters, [], 0
    for number, (benchmark, seed) in enumerate(order[: budget.experiments]):
        if on_progress is not None:
            on_progress(number, min(len(order), budget.experiments))
        try:
            history = read_history(seed.folder, benchmark.metric, benchmark.mode)
        except ResultsError as error:
            unread.append(f"{seed.folder.name}: {error}")
            continue
        found.histories[id(seed)] = history
        columns, is_thinned = _columns(history, benchmark.mode, budget)
        size = len(json.dumps(columns, separators=(",", ":")))
        if size <= left:
            left -= size
            thinned += is_thinned
            found.position[id(seed)] = len(found.details)
            found.details.append(columns)
    found.cuts += _cuts(len(order), len(found.details), thinned, unread, budget)
    return found


def _cuts(total: int, held: int, thinned: int, unread: list[str], budget: TrialBudget) -> Iterator[str]:
    if held < total - len(unread):
        yield f"To keep the page small, it holds the trials of {held} of {total} experiments, the first seeds of each."
    if thinned:
        yield (
            f"Of {thinned} experiments with more than {budget.trials} trials or {budget.reports} reports, "
            "the best trials are held, others evenly, and no reports."
        )
    yield from (f"Trials cannot be read: {line}" for line in unread)


def _in_turns(study: StudyResults) -> Iterator[tuple[BenchmarkResults, SeedResults]]:
    longest = max((len(s.seeds) for b in study.benchmarks for s in b.setups), default=0)
    for turn in range(longest):
        for benchmark in study.benchmarks:
            for setup in benchmark.setups:
                if turn < len(setup.seeds):
                    yield benchmark, setup.seeds[turn]


def _columns(history: TrialHistory, mode: str, budget: TrialBudget) -> tuple[dict[str, Any], bool]:
    trials = list(history.trials)
    is_thinned = len(trials) > budget.trials or len(history.reports) > budget.reports
    if len(trials) > budget.trials:
        trials = _best_and_others(trials, mode, budget.trials)
    kept = {trial.trial_id for trial in trials}
    workers = assign_workers(history.runs)
    runs = [(run, w) for run, w in zip(history.runs, workers, strict=True) if run.trial_id in kept]
    reports = [] if is_thinned else history.reports
    return {
        "trials": _trial_columns(trials),
        "runs": {
            "trial": [run.trial_id for run, _ in runs],
            "start": [plain_number(run.start) for run, _ in runs],
            "end": [plain_number(run.end) for run, _ in runs],
            "worker": [worker for _, worker in runs],
        },
        "reports": {
            "trial": [report.trial_id for report in reports],
            "time": [plain_number(report.time) for report in reports],
            "resource": [plain_number(report.resource) for report in reports],
            "value": [None if r.value is None else plain_number(r.value) for r in reports],
        },
    }, is_thinned


def _best_and_others(trials: list[TrialRecord], mode: str, number: int) -> list[TrialRecord]:
    sign = -1.0 if mode == "max" else 1.0
    by_value = sorted(trials, key=lambda t: float("inf") if t.best is None else sign * t.best)
    best, others = by_value[: number // 2], by_value[number // 2 :]
    others.sort(key=lambda trial: trial.trial_id)
    step = len(others) / (number - len(best))
    evenly = [others[int(i * step)] for i in range(number - len(best))]
    return sorted([*best, *evenly], key=lambda trial: trial.trial_id)


def _trial_columns(trials: list[TrialRecord]) -> dict[str, Any]:
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
    values = {json.dumps(trial.config.get(name), default=str) for trial in trials}
    return (
        _cell(trials[0].config[name])
        if len(values) == 1 and len(trials) > 1 and name in trials[0].config
        else None
    )


def _cell(value: Any) -> Any:
    if isinstance(value, float):
        return plain_number(value)
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return json.dumps(value, default=str)
