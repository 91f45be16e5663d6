"""The back-end of our tests fulfils the contract, which so asks for nothing that only processes can do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from scripted import Disk, End, ScriptedBackend, Step

from syne_core.backend.trial_backend import TrialBackend
from syne_core.backend.trial_status import Status, Trial
from syne_core.testing.backend_contract import BackendContract, contract_loss


def _play(trial: Trial, saved: int) -> Iterator[Step]:
    config = trial.config
    for epoch in range(saved + 1, config["epochs"] + 1):
        yield {"epoch": epoch, "loss": contract_loss(config, epoch)}
        if epoch == config["fail_after"]:
            yield End(Status.failed, "failing on purpose")


@pytest.mark.parametrize("lag", [0, 3], scope="class")
class TestScriptedBackend(BackendContract):
    """Shows that the contract asks for nothing that only processes can do."""

    real_time = False
    _disks: dict[Path, Disk]

    @pytest.fixture(autouse=True)
    def _lag(self, lag: int) -> None:
        self.lag = lag
        self._disks = {}

    def make_backend(self, script_path: Path, folder: Path) -> TrialBackend:
        return ScriptedBackend(_play, lag=self.lag, disk=self._disks.setdefault(folder, Disk()))
