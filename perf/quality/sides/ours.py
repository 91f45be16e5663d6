"""This project's methods, driven call by call: random search and BO, ASHA and MOBSTER (promotion)."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from perf.quality.curves import MAX_RESOURCE, CurveProblem
from perf.quality.problems import Problem
from perf.quality.space import Config, Parameter
from syne_core.backend.trial_status import Trial
from syne_core.config_space import choice, lograndint, loguniform, randint, uniform
from syne_core.optimizer import baselines
from syne_core.optimizer.scheduler import SchedulerDecision, TrialScheduler

__all__ = ["EvaluationsOfOurs", "SchedulerOfOurs", "config_space", "make"]

_BASELINES = {
    "random": "RandomSearch",
    "ours_bo": "BayesianOptimization",
    "asha": "ASHA",
    "ours_mobster": "MOBSTER",
}
# Schedulers read no clock; a trial must have a time all the same.
_TIME = datetime(2026, 1, 1, tzinfo=timezone.utc)


class SchedulerOfOurs:
    """Calls a scheduler of ours."""

    def __init__(self, scheduler: TrialScheduler) -> None:
        self._scheduler = scheduler
        self._trials: dict[int, Trial] = {}
        self._last: dict[int, dict[str, Any]] = {}

    def suggest(self, number: int) -> tuple[int, Config] | None:
        suggestion = self._scheduler.suggest(number)
        if suggestion is None:
            return None
        if not suggestion.spawn_new_trial_id:
            assert suggestion.checkpoint_trial_id is not None
            resumed = suggestion.checkpoint_trial_id
            return resumed, self._trials[resumed].config
        assert suggestion.config is not None
        trial = self._trials[number] = Trial(number, suggestion.config, _TIME)
        self._scheduler.on_trial_add(trial)
        return number, trial.config

    def report(self, number: int, resource: int, loss: float) -> bool:
        result = self._last[number] = {"loss": loss, "epoch": resource}
        decision = self._scheduler.on_trial_result(self._trials[number], result)
        if decision == SchedulerDecision.CONTINUE:
            return True
        self._scheduler.on_trial_remove(self._trials[number])
        return False

    def complete(self, number: int) -> None:
        self._scheduler.on_trial_complete(self._trials[number], self._last[number])


class EvaluationsOfOurs:
    """A scheduler of ours whose trials report once."""

    def __init__(self, scheduler: TrialScheduler) -> None:
        self._side = SchedulerOfOurs(scheduler)

    def ask(self, number: int) -> Config:
        suggested = self._side.suggest(number)
        assert suggested is not None, "a continuous space is never exhausted"
        return suggested[1]

    def replay(self, number: int, config: Config) -> None:
        raise NotImplementedError("our runs are made in one go")

    def tell(self, number: int, config: Config, value: float) -> None:
        if self._side.report(number, 1, value):
            self._side.complete(number)


def config_space(parameters: tuple[Parameter, ...]) -> dict[str, Any]:
    """The same space in our terms."""
    return {p.name: _domain(p) for p in parameters}


def _domain(p: Parameter) -> Any:
    if p.kind == "choice":
        return choice(list(p.choices))
    if p.kind == "int":
        return (lograndint if p.log else randint)(int(p.low), int(p.high))
    return (loguniform if p.log else uniform)(p.low, p.high)


def make(side: str, problem: Problem | CurveProblem, seed: int, start: int) -> Any:
    """As ``perf.quality.sides.make_side``."""
    method = getattr(baselines, _BASELINES[side])
    common = {"metric": "loss", "mode": "min", "random_seed": seed}
    space = config_space(problem.parameters)
    if isinstance(problem, Problem):
        return EvaluationsOfOurs(method(space, **common))
    fidelities = {"resource_attr": "epoch", "max_t": MAX_RESOURCE, "type": "promotion"}
    return SchedulerOfOurs(method(space, **common, **fidelities))
