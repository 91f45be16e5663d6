"""Contract tests that implementations elsewhere can inherit. Needs pytest and Hypothesis (extra ``dev``)."""

import pytest

# Before the modules are imported: their assertions then explain themselves as those of a test file do.
pytest.register_assert_rewrite("syne_core.testing.backend_contract", "syne_core.testing.scheduler_contract")

from syne_core.testing.backend_contract import BackendContract  # noqa: E402
from syne_core.testing.scheduler_contract import SchedulerContract  # noqa: E402
from syne_core.testing.trial_driver import TrialDriver, learning_curve, replay_journal  # noqa: E402

__all__ = ["BackendContract", "SchedulerContract", "TrialDriver", "learning_curve", "replay_journal"]
