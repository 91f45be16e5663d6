"""Run many short experiments of a plan, several at once, in processes that each run one after the other.

To start a process for each would take longer than the experiments. A worker is told on its standard input
what to run (``study/pool_worker.py``), and answers through a pipe of its own. One that dies takes only the
experiment that it was running with it; another takes its place.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarking.commons.study.plan import Action, PlannedExperiment, StudyPlan
from benchmarking.commons.study.pool_worker import END, READY, RUN_MANY
from benchmarking.commons.study.progress import StudyProgress
from benchmarking.commons.study.run import Outcome, outcome_of
from benchmarking.commons.study.team import Team, Worker
from syne_core.errors import ExperimentError

__all__ = ["run_study_in_pool"]


def run_study_in_pool(plan: StudyPlan, n_parallel: int, command: Sequence[str]) -> list[Outcome]:
    """Run what is to be done; outcomes come in the order of the plan.

    :param n_parallel: experiments at once
    :param command: starts the launcher with the same plan
    :raises ExperimentError: a worker ends before it can run anything
    :raises KeyboardInterrupt: after all running experiments were stopped
    """
    with StudyProgress(plan, brief=True) as progress, selectors.DefaultSelector() as selector:
        for planned in plan.planned:
            if planned.action == Action.skip:
                progress.skipped(planned)
        pool = _Pool(command, progress, selector, n_parallel)
        try:
            outcomes = pool.run(deque(plan.to_do()))
        except KeyboardInterrupt:
            pool.interrupt()
            raise
        finally:
            pool.kill()
    return [outcomes.get(id(planned)) or outcome_of(planned) for planned in plan.planned]


@dataclass(kw_only=True)
class _Hand(Worker):
    """A process that runs experiments as it is told.

    :param answers: descriptor of its pipe
    :param planned: what it is running
    """

    answers: int
    planned: PlannedExperiment | None = None
    is_ready: bool = False
    unread: bytes = b""

    def tell(self, line: str) -> None:
        """Send a line; a worker that is dead will be found out."""
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(f"{line}\n".encode())
            self.process.stdin.flush()


class _Pool(Team):
    """Workers that run one experiment after the other."""

    def __init__(
        self, command: Sequence[str], progress: StudyProgress, selector: selectors.BaseSelector, size: int
    ) -> None:
        super().__init__(command, progress, selector)
        self._size = size
        self._waiting: deque[PlannedExperiment] = deque()
        self._outcomes: dict[int, Outcome] = {}

    def run(self, waiting: deque[PlannedExperiment]) -> dict[int, Outcome]:
        """Run all; outcomes by ``id`` of the planned experiment."""
        self._waiting = waiting
        while self._waiting or self._workers:
            while len(self._workers) < min(self._size, len(self._waiting) + self._busy()):
                self._start()
            self._listen(None)
        return self._outcomes

    def _busy(self) -> int:
        return sum(isinstance(hand, _Hand) and hand.planned is not None for hand in self._workers.values())

    def _start(self) -> None:
        ours, theirs = os.pipe()
        try:
            self._spawn(
                lambda process: _Hand(process, answers=ours), [RUN_MANY, str(theirs)], {}, pass_fds=[theirs]
            )
        finally:
            os.close(theirs)
        hand = next(h for h in self._workers.values() if isinstance(h, _Hand) and h.answers == ours)
        self._hear(ours, lambda: self._hear_answers(hand))

    def _hear_answers(self, hand: _Hand) -> None:
        data = os.read(hand.answers, 1 << 16)
        *lines, hand.unread = (hand.unread + data).split(b"\n")
        for line in lines:
            self._take_answer(hand, json.loads(line))
        if not data:  # its end shows where its standard error ends
            self._selector.unregister(hand.answers)

    def _take_answer(self, hand: _Hand, answer: dict[str, str | None]) -> None:
        if hand.planned is not None:
            self._note(hand.planned, outcome_of(hand.planned, answer["trouble"], hand.process.pid))
            hand.planned = None
        hand.is_ready = hand.is_ready or answer.get("state") == READY
        if not self._waiting:
            hand.tell(END)
            return
        hand.planned = self._waiting.popleft()
        hand.tell(f"{hand.planned.experiment.id} {hand.planned.action}")
        self._progress.follow(hand.planned)

    def _note(self, planned: PlannedExperiment, outcome: Outcome) -> None:
        self._outcomes[id(planned)] = outcome
        self._progress.ended(planned, outcome.state, outcome.reason)

    def _ended(self, worker: Worker) -> None:
        assert isinstance(worker, _Hand)
        if worker.answers in self._selector.get_map():
            self._hear_answers(worker)
        with contextlib.suppress(KeyError):
            self._selector.unregister(worker.answers)
        os.close(worker.answers)
        trouble = worker.trouble()
        if worker.planned is not None:
            trouble = trouble or "its process ended without a word"
            self._note(worker.planned, self._outcome(worker.planned, worker, trouble))
        elif not (worker.is_ready or self._is_interrupted) and worker.process.returncode > 0:
            raise ExperimentError(f"a process that was to run experiments could not start: {trouble}")
