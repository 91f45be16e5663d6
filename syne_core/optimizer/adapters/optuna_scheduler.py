"""Optuna's samplers and pruners as a scheduler (Akiba et al. 2019)."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import Any, ClassVar

from syne_core.backend.trial_status import Trial
from syne_core.errors import UsageError
from syne_core.optimizer.adapters.adapter_scheduler import AdapterScheduler
from syne_core.optimizer.adapters.optuna_library import (
    make_pruner,
    make_sampler,
    optuna_library,
    quiet_optuna,
)
from syne_core.optimizer.adapters.optuna_space import OptunaSpace
from syne_core.optimizer.adapters.own_random_state import seed_of_32_bits
from syne_core.optimizer.scheduler import SchedulerDecision
from syne_core.optimizer.schedulers.resource_levels import find_max_resource

__all__ = ["OptunaScheduler"]


class OptunaScheduler(AdapterScheduler):
    """Asks and tells an Optuna study in memory; a pruner, if any, stops trials early.

    The study is told: the last report of a trial that completed; ``PRUNED`` for one that was stopped;
    ``FAIL`` for one that failed, and for a proposal that was tried before. Running trials remain open in the
    study; whether a sampler heeds them is up to it (TPE does). ``OptunaSpace`` says how a space looks there.

    :param sampler: name (``SAMPLERS``: ``"tpe"``, ``"gp"``, ``"cmaes"``, ...) or an Optuna sampler made by
        hand, with its own seed
    :param sampler_options: further arguments of a sampler given by name
    :param pruner: name (``PRUNERS``: ``"median"``, ``"hyperband"``, ``"halving"``, ...), an Optuna pruner, or
        None: every trial runs to its end
    :param pruner_options: further arguments of a pruner given by name
    :param resource_attr: name of the resource in reports; needed with a pruner
    :param max_resource_attr: name of the constant that limits the resource of a trial
    :param max_t: largest resource of a trial; default: that constant, or one named ``epochs``, ``max_t``, ...
    :param kwargs: arguments of ``AdapterScheduler``
    :raises MissingDependencyError: Optuna is not installed, or what the sampler needs
    :raises UsageError: an argument makes no sense
    """

    library: ClassVar[str] = "Optuna"

    def __init__(
        self,
        config_space: dict[str, Any],
        metric: str,
        *,
        sampler: Any = "tpe",
        sampler_options: Mapping[str, Any] | None = None,
        pruner: Any = None,
        pruner_options: Mapping[str, Any] | None = None,
        resource_attr: str | None = None,
        max_resource_attr: str | None = None,
        max_t: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(config_space, metric=metric, **kwargs)
        optuna = optuna_library()
        self.max_resource = find_max_resource(config_space, max_resource_attr, max_t)
        # None without a pruner: then reports need not name their resource.
        self.resource_attr = resource_attr if pruner is not None else None
        if pruner is not None and resource_attr is None:
            raise UsageError("a pruner needs resource_attr, the name of the resource in reports")
        self._space = OptunaSpace(config_space)
        self._state = optuna.trial.TrialState
        seed = seed_of_32_bits(self.random_seed)
        with quiet_optuna():
            if isinstance(sampler, str):
                sampler = make_sampler(sampler, sampler_options or {}, seed)
            if isinstance(pruner, str):
                pruner = make_pruner(pruner, pruner_options or {}, self.max_resource.level)
            self.study = optuna.create_study(
                sampler=sampler,
                pruner=pruner or optuna.pruners.NopPruner(),
                direction="minimize" if self.mode == "min" else "maximize",
                # Hyperband's brackets depend on the name, which would be random.
                study_name=f"seed {seed}",
            )
        #: Optuna's trials that are open, by our ids.
        self._open: dict[int, Any] = {}

    # -- new trials ----------------------------------------------------------------------------

    def _propose(self, trial_id: int) -> dict[str, Any]:
        with quiet_optuna():
            self._open[trial_id] = self.study.ask(self._space.distributions)
        return self._space.from_optuna(self._open[trial_id].params)

    def _adopt(self, trial_id: int, config: dict[str, Any]) -> None:
        self.study.enqueue_trial(self._space.to_optuna(config))
        self._propose(trial_id)

    def _discard(self, trial_id: int) -> None:
        self._close(trial_id, state=self._state.FAIL)

    # -- reports and ends ----------------------------------------------------------------------

    def on_trial_result(self, trial: Trial, result: dict[str, Any]) -> str:
        optuna_trial = self._open.get(trial.trial_id)
        if self.resource_attr is None or optuna_trial is None:
            return SchedulerDecision.CONTINUE
        resource, value = result[self.resource_attr], float(result[self.metric])
        # To pruners, NaN is the worst; to some, -inf would be the best.
        optuna_trial.report(value if math.isfinite(value) else math.nan, int(resource))
        last = self.max_resource.level
        if last is not None and resource >= last:
            return SchedulerDecision.CONTINUE  # it ends by itself
        with warnings.catch_warnings():
            # NumPy's, where the median pruner sees nothing but NaN.
            warnings.filterwarnings("ignore", message="All-NaN", category=RuntimeWarning)
            prune = optuna_trial.should_prune()
        return SchedulerDecision.STOP if prune else SchedulerDecision.CONTINUE

    def on_trial_remove(self, trial: Trial) -> None:
        self._close(trial.trial_id, state=self._state.PRUNED)

    def _tell(self, trial: Trial, value: float) -> None:
        self._close(trial.trial_id, values=value)

    def _fail(self, trial: Trial) -> None:
        self._close(trial.trial_id, state=self._state.FAIL)

    def _close(self, trial_id: int, **told: Any) -> None:
        with quiet_optuna():
            self.study.tell(self._open.pop(trial_id), **told)

    # -- for people ----------------------------------------------------------------------------

    def metadata(self) -> dict[str, Any]:
        return {
            **super().metadata(),
            "library": f"optuna {optuna_library().__version__}",
            "sampler": type(self.study.sampler).__name__,
            "pruner": type(self.study.pruner).__name__,
            "max_resource_level": self.max_resource.level,
        }
