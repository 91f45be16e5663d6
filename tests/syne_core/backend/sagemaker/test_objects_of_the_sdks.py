"""``SageMakerBackend`` takes what the SageMaker SDKs, versions 2 and 3, call estimators and trainers."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

import syne_core
from perf.peers import PeerUnavailableError, interpreter
from syne_core.emulator import Emulator

pytestmark = pytest.mark.long

ROOT = Path(syne_core.__file__).parents[1]
ASKED = """
import json
from dataclasses import asdict
from syne_core.backend.sagemaker.foreign_estimators import description_of
found = description_of(given)
names = ["script_name", "instance_type", "instance_count", "role", "volume_size", "max_run"]
kept = {name: getattr(found, name) for name in [*names, "hyperparameters"]}
print("FOUND", json.dumps({**kept, "image": found.image("us-east-1")}))
"""
VERSION_2 = f"""
import os, sagemaker
from sagemaker.pytorch import PyTorch
given = PyTorch(
    entry_point="train.py", source_dir="source", role=os.environ["ROLE"], framework_version="2.5.1",
    py_version="py311", instance_type="ml.m5.large", instance_count=2, volume_size=40, max_run=1800,
    hyperparameters={{"lr": 0.5}}, sagemaker_session=sagemaker.Session(default_bucket=os.environ["BUCKET"]),
)
{ASKED}
"""
VERSION_3 = f"""
import os
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.shapes import StoppingCondition
from sagemaker.train.configs import Compute, SourceCode
from sagemaker.train.model_trainer import ModelTrainer
given = ModelTrainer(
    training_image="763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.5.1-cpu-py311",
    source_code=SourceCode(source_dir="source", entry_script="train.py"), role=os.environ["ROLE"],
    compute=Compute(instance_type="ml.m5.large", instance_count=2, volume_size_in_gb=40),
    stopping_condition=StoppingCondition(max_runtime_in_seconds=1800), hyperparameters={{"lr": 0.5}},
    sagemaker_session=Session(default_bucket=os.environ["BUCKET"]),
)
{ASKED}
"""


@pytest.mark.parametrize(
    ("peer", "program"), [("sagemaker-sdk-2", VERSION_2), ("sagemaker-sdk-3", VERSION_3)], ids=["v2", "v3"]
)
def test_image_role_and_resources_of_the_object_are_kept(
    peer: str, program: str, emulator: Emulator, tmp_path: Path
) -> None:
    try:
        python = interpreter(peer)
    except PeerUnavailableError as error:
        pytest.skip(f"the SDK cannot be installed: {error}")
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "train.py").write_text("print(1)\n")
    (tmp_path / "config.yaml").write_text(
        "SchemaVersion: '1.0'\nSageMaker:\n  PythonSDK:\n    Modules:\n      TelemetryOptOut: true\n"
    )
    environment = {
        **os.environ,
        **emulator.environment(),
        "HOME": str(tmp_path),
        "PYTHONPATH": str(ROOT),
        "BUCKET": emulator.bucket,
        "ROLE": emulator.role_arn,
        "SAGEMAKER_USER_CONFIG_OVERRIDE": str(tmp_path / "config.yaml"),
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9"),
        **dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost"),
    }
    command = [str(python), "-W", "ignore", "-c", program]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("FOUND ")]
    found: dict[str, Any] = json.loads(line.removeprefix("FOUND "))
    assert found == {
        "script_name": "train.py",
        "instance_type": "ml.m5.large",
        "instance_count": 2,
        "role": emulator.role_arn,
        "volume_size": 40,
        "max_run": 1800,
        "hyperparameters": {"lr": 0.5},
        "image": "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.5.1-cpu-py311",
    }
