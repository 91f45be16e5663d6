"""Optuna's ``GPSampler`` with its defaults, through its own ask and tell."""

from __future__ import annotations

import warnings
from datetime import datetime
from typing import Any

import optuna
import torch
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import TrialState, create_trial

from perf.quality.problems import Problem
from perf.quality.space import Config, Parameter

__all__ = ["OptunaSide", "make"]

optuna.logging.set_verbosity(optuna.logging.WARNING)
torch.set_num_threads(1)


class OptunaSide:
    """It knows the trials that run.

    The sampler warm-starts its fit from the last one; when a run is continued, the first fit of
    the session starts from the sampler's default instead.
    """

    def __init__(self, parameters: tuple[Parameter, ...], seed: int) -> None:
        self._distributions = {p.name: _distribution(p) for p in parameters}
        self._study = optuna.create_study(direction="minimize", sampler=optuna.samplers.GPSampler(seed=seed))

    def ask(self, number: int) -> Config:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return dict(self._study.ask(self._distributions).params)

    def replay(self, number: int, config: Config) -> None:
        trial = create_trial(state=TrialState.RUNNING, params=config, distributions=self._distributions)
        trial.datetime_start = datetime.now()
        self._study.add_trial(trial)

    def tell(self, number: int, config: Config, value: float) -> None:
        self._study.tell(number, value)


def _distribution(p: Parameter) -> BaseDistribution:
    if p.kind == "choice":
        return CategoricalDistribution(p.choices)
    if p.kind == "int":
        return IntDistribution(int(p.low), int(p.high), log=p.log)
    return FloatDistribution(p.low, p.high, log=p.log)


def make(side: str, problem: Problem, seed: int, start: int) -> Any:
    """As ``perf.quality.sides.make_side``."""
    return OptunaSide(problem.parameters, seed if start == 0 else 1_000_003 * (seed + 1) + start)
