"""Back-ends on the emulator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sagemaker_watch import PATIENT

from syne_core.backend.sagemaker.estimators import PyTorch
from syne_core.backend.sagemaker.sagemaker_backend import SageMakerBackend
from syne_core.testing.backend_contract import CONTRACT_SCRIPT


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """The script of the back-ends' contract, in a folder of its own."""
    path = tmp_path / "scripts" / "train.py"
    path.parent.mkdir()
    path.write_text(CONTRACT_SCRIPT)
    return path


@pytest.fixture
def make_backend(script: Path, tmp_path: Path) -> Iterator[Callable[..., SageMakerBackend]]:
    """``make_backend(timing=..., job={...})``: a back-end of one experiment, closed after the test."""
    made: list[SageMakerBackend] = []

    def make(job: dict[str, Any] | None = None, folder: str = "experiment", **more: Any) -> SageMakerBackend:
        description = PyTorch(**{"entry_point": str(script), "instance_type": "ml.m5.large", **(job or {})})
        backend = SageMakerBackend(description, **{"grace": 2.0, "timing": PATIENT, **more})
        backend.set_path(str(tmp_path / folder))
        made.append(backend)
        return backend

    yield make
    for backend in made:
        backend.close()
