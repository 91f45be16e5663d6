"""Schedulers of Syne Tune 0.16 keep the contract of ours, once they are adapted; with the real ones."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

pytest.importorskip("syne_tune", reason="Syne Tune is not installed: pip install 'synebench[syne-tune]'")

from syne_core.optimizer.adapters import SyneTuneScheduler
from syne_core.optimizer.scheduler import TrialScheduler
from syne_core.testing import SchedulerContract

# Those of its dependencies and its own, which it does not silence.
pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.long]


class _SyneTuneContract(SchedulerContract):
    settings: ClassVar[dict[str, Any]]

    def make_scheduler(self, config_space: dict[str, Any], seed: int, mode: str) -> TrialScheduler:
        settings = {"resource_attr": self.resource_attr, "max_resource_attr": "epochs", **self.settings}
        return SyneTuneScheduler(config_space, self.metric, mode=mode, random_seed=seed, **settings)


class TestRandomSearch(_SyneTuneContract):
    settings: ClassVar[dict[str, Any]] = {"scheduler": "RandomSearch"}


class TestASHA(_SyneTuneContract):
    settings: ClassVar[dict[str, Any]] = {"scheduler": "ASHA"}


class TestASHAWithThreeBrackets(_SyneTuneContract):
    settings: ClassVar[dict[str, Any]] = {"scheduler": "ASHA", "scheduler_options": {"brackets": 3}}


class TestTPE(_SyneTuneContract):
    settings: ClassVar[dict[str, Any]] = {"scheduler": "TPE"}


class TestREA(_SyneTuneContract):
    settings: ClassVar[dict[str, Any]] = {
        "scheduler": "REA",
        "scheduler_options": {"population_size": 10, "sample_size": 3},
    }


class TestBOHB(_SyneTuneContract):
    settings: ClassVar[dict[str, Any]] = {"scheduler": "BOHB"}


class TestBORE(_SyneTuneContract):
    settings: ClassVar[dict[str, Any]] = {"scheduler": "BORE"}
    num_suggestions = 12


class TestCQR(_SyneTuneContract):
    settings: ClassVar[dict[str, Any]] = {"scheduler": "CQR"}
    num_suggestions = 12


class TestBOTorch(_SyneTuneContract):
    settings: ClassVar[dict[str, Any]] = {"scheduler": "BOTorch"}
    num_suggestions = 10
