"""Variants of the built-in methods keep the contract of a scheduler.

The registered ones: ``tests/benchmarking/commons/test_all_methods.py``.
"""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from syne_core.optimizer.baselines import ASHA, GridSearch, RandomSearch
from syne_core.optimizer.scheduler import TrialScheduler
from syne_core.optimizer.schedulers import MedianStoppingRule
from syne_core.testing import SchedulerContract


class TestRandomSearchWithDuplicates(SchedulerContract):
    repeats_configs = True

    def make_scheduler(self, config_space: dict[str, Any], seed: int, mode: str) -> TrialScheduler:
        options = {"allow_duplicates": True}
        return RandomSearch(config_space, self.metric, mode=mode, random_seed=seed, search_options=options)


class TestGridSearchWithDuplicates(SchedulerContract):
    repeats_configs = True

    def make_scheduler(self, config_space: dict[str, Any], seed: int, mode: str) -> TrialScheduler:
        options = {"allow_duplicates": True}
        return GridSearch(config_space, self.metric, mode=mode, random_seed=seed, search_options=options)


class _ASHAContract(SchedulerContract):
    settings: ClassVar[dict[str, Any]]

    def make_scheduler(self, config_space: dict[str, Any], seed: int, mode: str) -> TrialScheduler:
        return ASHA(
            config_space,
            self.metric,
            self.resource_attr,
            mode=mode,
            random_seed=seed,
            **{"max_resource_attr": "epochs", **self.settings},
        )


class TestASHAStopping(_ASHAContract):
    settings: ClassVar[dict[str, Any]] = {"type": "stopping"}


class TestASHAPromotionWithThreeBrackets(_ASHAContract):
    settings: ClassVar[dict[str, Any]] = {"type": "promotion", "brackets": 3, "reduction_factor": 2}


class TestASHAStoppingWithThreeBrackets(_ASHAContract):
    settings: ClassVar[dict[str, Any]] = {"type": "stopping", "brackets": 3, "reduction_factor": 2}


class TestASHAWithRungsAtEqualDistances(_ASHAContract):
    settings: ClassVar[dict[str, Any]] = {"type": "promotion", "rung_increment": 1, "max_t": 8}


class TestMedianRuleOverASHAPromotion(SchedulerContract):
    def make_scheduler(self, config_space: dict[str, Any], seed: int, mode: str) -> TrialScheduler:
        settings = {"max_resource_attr": "epochs", "type": "promotion", "random_seed": seed, "mode": mode}
        wrapped = ASHA(config_space, self.metric, self.resource_attr, **settings)
        return MedianStoppingRule(wrapped, self.resource_attr, running_average=False)


def test_contract_class_says_that_a_scheduler_is_missing() -> None:
    with pytest.raises(NotImplementedError, match="which scheduler"):
        SchedulerContract().make_scheduler({}, 0, "min")
