"""The plan of a study: its experiments, and what is left to do for each."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Any

from benchmarking.commons.study.experiment import Experiment
from syne_core.errors import ResultsError
from syne_core.experiment_status import read_status

__all__ = ["Action", "PlannedExperiment", "StudyPlan"]


class Action:
    """What is to be done for an experiment."""

    run: str = "run"
    continue_: str = "continue"
    skip: str = "skip"
    restart: str = "restart"
    start_over: str = "start over"


@dataclass(frozen=True)
class PlannedExperiment:
    """An experiment and what is to be done for it."""

    experiment: Experiment
    action: str

    def to_json(self) -> dict[str, Any]:
        """As shown by ``--dry_run --json``."""
        return {"action": self.action, **self.experiment.to_json()}


@dataclass(frozen=True)
class StudyPlan:
    """The experiments of one command, in the order in which they run."""

    planned: tuple[PlannedExperiment, ...]

    @classmethod
    def of(cls, experiments: list[Experiment], restart: bool, resumable: bool = True) -> StudyPlan:
        """Look up what exists: finished experiments are skipped, unfinished ones continued.

        :param restart: start over instead
        :param resumable: False: unfinished experiments start over
        """
        return cls(tuple(PlannedExperiment(e, _action(e, restart, resumable)) for e in experiments))

    def to_do(self) -> list[PlannedExperiment]:
        """Those that are not skipped."""
        return [planned for planned in self.planned if planned.action != Action.skip]

    def max_seconds(self, n_parallel: int = 1) -> float:
        """Seconds until the last experiment ends, if none has begun and each takes all its time.

        :param n_parallel: experiments at once; the next one starts when one ends
        """
        ends = [0.0] * n_parallel
        for planned in self.to_do():
            heapq.heapreplace(ends, ends[0] + planned.experiment.max_wallclock_time)
        return max(ends)

    def most_workers(self, n_parallel: int) -> int:
        """Trials that may run at a time."""
        workers = sorted((planned.experiment.n_workers for planned in self.to_do()), reverse=True)
        return sum(workers[:n_parallel])

    def varies_in(self, name: str) -> bool:
        """Whether the experiments differ in a field."""
        return len({getattr(planned.experiment, name) for planned in self.planned}) > 1


def _action(experiment: Experiment, restart: bool, resumable: bool) -> str:
    paths = experiment.paths
    if not paths.journal.exists():
        return Action.run
    if restart:
        return Action.restart
    try:
        status = read_status(paths.status)
    except ResultsError:
        status = None  # the journal is the truth; the tuner looks there
    if status is not None and status.is_finished:
        return Action.skip
    return Action.continue_ if resumable else Action.start_over
