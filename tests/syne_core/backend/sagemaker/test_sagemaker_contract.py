"""The contract of back-ends, for trials as training jobs of the emulator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from syne_core.aws.session import AwsSession
from syne_core.backend.sagemaker.estimators import PyTorch
from syne_core.backend.sagemaker.sagemaker_backend import SageMakerBackend
from syne_core.backend.trial_backend import TrialBackend
from syne_core.testing.backend_contract import BackendContract


@pytest.fixture(scope="module")
def session() -> Iterator[AwsSession]:
    """Leads to one emulator for all tests: each has an experiment of its own there."""
    from syne_core.emulator import Emulator, EmulatorSettings

    with Emulator(EmulatorSettings()) as emulator, pytest.MonkeyPatch.context() as patch:
        for name, value in emulator.environment().items():
            patch.setenv(name, value)
        yield AwsSession.resolve()


class TestSageMakerBackend(BackendContract):
    """Jobs on this machine."""

    @pytest.fixture(autouse=True)
    def _session(self, session: AwsSession) -> None:
        self.session = session

    def make_backend(self, script_path: Path, folder: Path) -> TrialBackend:
        job = PyTorch(str(script_path), instance_type="ml.m5.large")
        backend = SageMakerBackend(job, metrics_names=["loss"], grace=2.0, session=self.session)
        backend.set_path(str(folder))
        return backend
