"""Syne Tune 0.13's MOBSTER (promotion), driven call by call as its own tuner does."""

from __future__ import annotations

import datetime
import logging
from typing import Any

from syne_tune.backend.trial_status import Trial
from syne_tune.config_space import choice, lograndint, loguniform, randint, uniform
from syne_tune.optimizer.baselines import MOBSTER
from syne_tune.optimizer.scheduler import SchedulerDecision

from perf.quality.curves import MAX_RESOURCE, CurveProblem
from perf.quality.space import Config, Parameter

__all__ = ["SyneTuneSide", "make"]

logging.getLogger().setLevel(logging.WARNING)
logging.disable(logging.INFO)


class SyneTuneSide:
    """Calls a scheduler of Syne Tune."""

    def __init__(self, scheduler: Any) -> None:
        self._scheduler = scheduler
        self._trials: dict[int, Trial] = {}
        self._last: dict[int, dict[str, Any]] = {}

    def suggest(self, number: int) -> tuple[int, Config] | None:
        suggestion = self._scheduler.suggest(number)
        if suggestion is None:
            return None
        if not suggestion.spawn_new_trial_id:
            resumed = int(suggestion.checkpoint_trial_id)
            return resumed, self._trials[resumed].config
        trial = Trial(number, suggestion.config, datetime.datetime.now())
        self._trials[number] = trial
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


def _domain(p: Parameter) -> Any:
    if p.kind == "choice":
        return choice(list(p.choices))
    if p.kind == "int":
        return (lograndint if p.log else randint)(int(p.low), int(p.high))
    return (loguniform if p.log else uniform)(p.low, p.high)


def make(side: str, problem: CurveProblem, seed: int, start: int) -> Any:
    """As ``perf.quality.sides.make_side``."""
    scheduler = MOBSTER(
        {p.name: _domain(p) for p in problem.parameters},
        metric="loss",
        mode="min",
        resource_attr="epoch",
        max_t=MAX_RESOURCE,
        type="promotion",
        random_seed=seed,
        search_options={"debug_log": False},
    )
    return SyneTuneSide(scheduler)
