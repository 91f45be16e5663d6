"""BoTorch keeps the contract of a scheduler, with the real BoTorch."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("botorch", reason="BoTorch is not installed: pip install 'synebench[botorch]'")

from syne_core.optimizer.adapters import BoTorch
from syne_core.optimizer.scheduler import TrialScheduler
from syne_core.testing import SchedulerContract

pytestmark = pytest.mark.long


class TestBoTorch(SchedulerContract):
    num_suggestions = 10

    def make_scheduler(self, config_space: dict[str, Any], seed: int, mode: str) -> TrialScheduler:
        return BoTorch(config_space, self.metric, mode=mode, random_seed=seed)
