"""The contract of back-ends, for trials as training jobs of the emulator."""

from __future__ import annotations

from pathlib import Path

import pytest

from syne_core.backend.sagemaker.estimators import PyTorch
from syne_core.backend.sagemaker.sagemaker_backend import SageMakerBackend
from syne_core.backend.trial_backend import TrialBackend
from syne_core.testing.backend_contract import BackendContract


@pytest.mark.usefixtures("emulator")
class TestSageMakerBackend(BackendContract):
    """Jobs on this machine."""

    timeout = 60.0

    def make_backend(self, script_path: Path, folder: Path) -> TrialBackend:
        job = PyTorch(str(script_path), instance_type="ml.m5.large")
        backend = SageMakerBackend(job, metrics_names=["loss"], grace=2.0)
        backend.set_path(str(folder))
        return backend
