"""Optuna's samplers and pruners keep the contract of a scheduler, with the real Optuna."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

pytest.importorskip("optuna", reason="Optuna is not installed: pip install 'synebench[optuna]'")

from syne_core.optimizer.adapters import OptunaScheduler
from syne_core.optimizer.scheduler import TrialScheduler
from syne_core.testing import SchedulerContract


class _OptunaContract(SchedulerContract):
    settings: ClassVar[dict[str, Any]] = {}

    def make_scheduler(self, config_space: dict[str, Any], seed: int, mode: str) -> TrialScheduler:
        settings = {"resource_attr": self.resource_attr, "max_resource_attr": "epochs", **self.settings}
        return OptunaScheduler(config_space, self.metric, mode=mode, random_seed=seed, **settings)


class TestTPE(_OptunaContract):
    pass


class TestRandom(_OptunaContract):
    settings: ClassVar[dict[str, Any]] = {"sampler": "random"}


class TestCMAES(_OptunaContract):
    settings: ClassVar[dict[str, Any]] = {"sampler": "cmaes"}


class TestTPEWithMedianPruner(_OptunaContract):
    settings: ClassVar[dict[str, Any]] = {"pruner": "median"}


class TestTPEWithHyperband(_OptunaContract):
    settings: ClassVar[dict[str, Any]] = {"pruner": "hyperband"}


class TestRandomWithHalving(_OptunaContract):
    settings: ClassVar[dict[str, Any]] = {"sampler": "random", "pruner": "halving"}


@pytest.mark.long
class TestGP(_OptunaContract):
    settings: ClassVar[dict[str, Any]] = {"sampler": "gp"}
    num_suggestions = 14
