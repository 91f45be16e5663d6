"""Run several experiments of a plan at once on this machine, each in a process of its own.

Each process runs the launcher's command again, restricted to one experiment (``study/worker.py``).
"""

from __future__ import annotations

import os
import selectors
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarking.commons.study.gpu_shares import SHARE
from benchmarking.commons.study.plan import Action, PlannedExperiment, StudyPlan
from benchmarking.commons.study.progress import StudyProgress
from benchmarking.commons.study.run import Outcome, outcome_of
from benchmarking.commons.study.team import Team, Worker, one_thread_each
from benchmarking.commons.study.worker import RUN_ONE

__all__ = ["one_thread_each", "run_study_in_parallel", "usable_cores"]


def run_study_in_parallel(
    plan: StudyPlan,
    n_parallel: int,
    command: Sequence[str],
    gpu_shares: Sequence[Sequence[str]] | None = None,
) -> list[Outcome]:
    """Run what is to be done; outcomes come in the order of the plan.

    :param n_parallel: experiments at once
    :param command: starts the launcher with the same plan
    :param gpu_shares: GPUs of each of the experiments that run at once
    :raises KeyboardInterrupt: after all running experiments were stopped
    """
    with StudyProgress(plan) as progress, selectors.DefaultSelector() as selector:
        for planned in plan.planned:
            if planned.action == Action.skip:
                progress.skipped(planned)
        team = _OneEach(command, progress, selector, gpu_shares or [[]] * n_parallel)
        try:
            outcomes = team.run(deque(plan.to_do()))
        except KeyboardInterrupt:
            team.interrupt()
            raise
        finally:
            team.kill()
    return [outcomes.get(id(planned)) or outcome_of(planned) for planned in plan.planned]


def usable_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(kw_only=True)
class _Runner(Worker):
    """The process of one experiment."""

    planned: PlannedExperiment
    gpu_share: str


class _OneEach(Team):
    """Workers that run one experiment each."""

    def __init__(
        self,
        command: Sequence[str],
        progress: StudyProgress,
        selector: selectors.BaseSelector,
        gpu_shares: Sequence[Sequence[str]],
    ) -> None:
        super().__init__(command, progress, selector)
        self._free_shares = [",".join(share) for share in gpu_shares]
        self._outcomes: dict[int, Outcome] = {}

    def run(self, waiting: deque[PlannedExperiment]) -> dict[int, Outcome]:
        """Run all; outcomes by ``id`` of the planned experiment."""
        while waiting or self._workers:
            while waiting and self._free_shares:
                self._start(waiting.popleft())
            self._listen(None)
        return self._outcomes

    def _start(self, planned: PlannedExperiment) -> None:
        share = self._free_shares.pop()
        self._spawn(
            lambda process: _Runner(process, planned=planned, gpu_share=share),
            [RUN_ONE, planned.experiment.id],
            {SHARE: share},
        )
        self._progress.follow(planned)

    def _ended(self, worker: Worker) -> None:
        assert isinstance(worker, _Runner)
        self._free_shares.append(worker.gpu_share)
        outcome = self._outcome(worker.planned, worker, worker.trouble())
        self._outcomes[id(worker.planned)] = outcome
        self._progress.ended(worker.planned, outcome.state, outcome.reason)
