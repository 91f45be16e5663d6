"""The emulator serves clients that nobody here wrote: the SageMaker SDK, versions 2 and 3, unmodified."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from perf.peers import PeerUnavailableError, interpreter
from syne_core.emulator import Emulator

pytestmark = pytest.mark.long

TRAIN = """
import argparse, os
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float)
parser.add_argument("--name")
parser.add_argument("--layers", type=int)
args = parser.parse_args()
print("lr is", args.lr, "name is", args.name, "layers is", args.layers)
print("loss=0.25;")
open(os.path.join(os.environ["SM_MODEL_DIR"], "model.txt"), "w").write(str(args.lr))
"""
JOB = 'hyperparameters={"lr": 0.1, "name": "two words", "layers": 3}'
VERSION_2 = f"""
import os, sagemaker
from sagemaker.pytorch import PyTorch
session = sagemaker.Session(default_bucket=os.environ["BUCKET"])
estimator = PyTorch(
    entry_point="train.py", source_dir="source", role=os.environ["ROLE"], framework_version="2.5.1",
    py_version="py311", instance_type="ml.m5.large", instance_count=1, sagemaker_session=session,
    metric_definitions=[{{"Name": "loss", "Regex": "loss=([0-9.]+);"}}], {JOB},
)
estimator.fit(wait=True, logs="All")
print("MODEL", estimator.model_data)
"""
VERSION_3 = f"""
import logging, os
logging.basicConfig(level=logging.INFO)
from sagemaker.core.helper.session_helper import Session
from sagemaker.train.configs import Compute, SourceCode
from sagemaker.train.model_trainer import ModelTrainer
trainer = ModelTrainer(
    training_image="763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.8.0-cpu-py312",
    source_code=SourceCode(source_dir="source", entry_script="train.py"),
    compute=Compute(instance_type="ml.m5.large", instance_count=1, volume_size_in_gb=30),
    role=os.environ["ROLE"], base_job_name="trainer",
    sagemaker_session=Session(default_bucket=os.environ["BUCKET"]), {JOB},
)
trainer.train(wait=True, logs=True)
print("MODEL", trainer._latest_training_job.model_artifacts.s3_model_artifacts)
"""
NO_TELEMETRY = "SchemaVersion: '1.0'\nSageMaker:\n  PythonSDK:\n    Modules:\n      TelemetryOptOut: true\n"
# Whatever an SDK wants from the internet, it gets no further than this.
NOWHERE = "http://127.0.0.1:9"


def run_sdk(peer: str, program: str, emulator: Emulator, folder: Path) -> str:
    """What ``program`` printed, run by the Python of ``peer``."""
    try:
        python = interpreter(peer)
    except PeerUnavailableError as error:
        pytest.skip(f"the SDK cannot be installed: {error}")
    (folder / "source").mkdir()
    (folder / "source" / "train.py").write_text(TRAIN)
    (folder / "config.yaml").write_text(NO_TELEMETRY)
    environment = {
        **os.environ,
        **emulator.environment(),
        "HOME": str(folder),
        "BUCKET": emulator.bucket,
        "ROLE": emulator.role_arn,
        "SAGEMAKER_USER_CONFIG_OVERRIDE": str(folder / "config.yaml"),
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), NOWHERE),
        **dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost"),
    }
    command = [str(python), "-W", "ignore", "-c", program]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("peer", "program"), [("sagemaker-sdk-2", VERSION_2), ("sagemaker-sdk-3", VERSION_3)], ids=["v2", "v3"]
)
def test_a_job_of_the_sdk_trains_shows_its_log_and_leaves_its_model(
    peer: str, program: str, emulator: Emulator, tmp_path: Path
) -> None:
    printed = run_sdk(peer, program, emulator, tmp_path)
    assert "lr is 0.1 name is two words layers is 3" in printed
    (uri,) = [line.split()[1] for line in printed.splitlines() if line.startswith("MODEL ")]
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    body = emulator.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        member = archive.extractfile("model.txt")
        assert member is not None
        assert member.read() == b"0.1"
    sagemaker = emulator.client("sagemaker")
    (summary,) = sagemaker.list_training_jobs()["TrainingJobSummaries"]
    job = sagemaker.describe_training_job(TrainingJobName=summary["TrainingJobName"])
    assert job["TrainingJobStatus"] == "Completed"
    if peer == "sagemaker-sdk-2":
        assert [(m["MetricName"], m["Value"]) for m in job["FinalMetricDataList"]] == [("loss", 0.25)]
