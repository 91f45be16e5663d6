"""The event loops that drive every side: four workers in virtual time, so that only the method differs."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from perf.quality.curves import MAX_RESOURCE, CurveProblem
from perf.quality.problems import Problem
from perf.quality.space import Config, settle

__all__ = ["N_WORKERS", "EvaluationSide", "SchedulerSide", "duration", "run_curves", "run_evaluations"]

N_WORKERS = 4


class EvaluationSide(Protocol):
    """A method for whole evaluations, to be minimised. Trials are numbered from 0 as they start."""

    def ask(self, number: int) -> Config:
        """The configuration of trial ``number``, which starts now."""

    def replay(self, number: int, config: Config) -> None:
        """Trial ``number`` started with ``config`` in an earlier session: compute nothing."""

    def tell(self, number: int, config: Config, value: float) -> None:
        """Trial ``number`` has ended."""


class SchedulerSide(Protocol):
    """A scheduler of trials that report."""

    def suggest(self, number: int) -> tuple[int, Config] | None:
        """Trial to start (``number``) or to resume, and its configuration; None: nothing to do now."""

    def report(self, number: int, resource: int, loss: float) -> bool:
        """Trial ``number`` reports; whether it goes on."""

    def complete(self, number: int) -> None:
        """Trial ``number`` was told to go on, and has reached the largest resource."""


def duration(seed: int, number: int) -> float:
    """Simulated seconds of trial ``number``: log-normal, median 1, the same for every method."""
    return float(np.random.default_rng([seed, number, 314]).lognormal(0.0, 0.5))


def run_evaluations(
    side: EvaluationSide, problem: Problem, seed: int, evaluations: int, recorded: Sequence[Config] = ()
) -> tuple[list[Config], list[float]]:
    """Run until ``evaluations`` trials have ended.

    :param recorded: configurations of the trials that an earlier session started, in that order
    :return: configurations in the order of start, of all trials started; values in the order of completion
    """
    configs: list[Config] = []
    values: list[float] = []
    running: list[tuple[float, int]] = []
    now = 0.0
    while len(values) < evaluations:
        while len(running) < N_WORKERS:
            number = len(configs)
            if number < len(recorded):
                config = settle(problem.parameters, recorded[number])
                side.replay(number, config)
            else:
                config = settle(problem.parameters, side.ask(number))
            configs.append(config)
            heapq.heappush(running, (now + duration(seed, number), number))
        now, number = heapq.heappop(running)
        values.append(float(problem.value(configs[number])))
        side.tell(number, configs[number], values[-1])
    return configs, values


@dataclass
class _Incumbent:
    """The best report so far, and what it is worth without noise."""

    reported: float = float("inf")
    steps: list[tuple[float, float]] = field(default_factory=list)

    def see(self, now: float, reported: float, true: float) -> None:
        if reported < self.reported:
            self.reported = reported
            self.steps.append((now, true))


def run_curves(side: SchedulerSide, problem: CurveProblem, seed: int) -> dict[str, Any]:
    """Run until the budget of simulated time is spent; paused trials resume where they were.

    :return: ``steps``: (simulated seconds, noise-free loss of the best report so far), at each change;
        ``trials``: how many were started; ``resource``: units of resource spent
    """
    best = _Incumbent()
    configs: dict[int, Config] = {}
    reached: dict[int, int] = {}
    running: list[tuple[float, int]] = []
    now, spent = 0.0, 0
    while True:
        while len(running) < N_WORKERS:
            suggested = side.suggest(len(configs))
            if suggested is None:
                break
            number, config = suggested
            if number not in configs:
                configs[number] = settle(problem.parameters, config)
            heapq.heappush(running, (now + problem.epoch_seconds(configs[number]), number))
        if not running:
            break
        now, number = heapq.heappop(running)
        if now > problem.budget:
            break
        spent += 1
        resource = reached[number] = reached.get(number, 0) + 1
        reported = problem.report(configs[number], resource, seed, number)
        best.see(now, reported, problem.loss(configs[number], resource))
        if not side.report(number, resource, reported):
            continue
        if resource == MAX_RESOURCE:
            side.complete(number)
        else:
            heapq.heappush(running, (now + problem.epoch_seconds(configs[number]), number))
    return {"steps": best.steps, "trials": len(configs), "resource": spent}
