"""The launcher of Syne Tune's tutorial, with our imports: it runs on the emulator, with no SageMaker SDK."""

from __future__ import annotations

import ast
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import benchmarking.nursery.sagemaker_tutorial
from syne_core.emulator import Emulator
from syne_core.experiments import load_experiment

LAUNCHER = Path(benchmarking.nursery.sagemaker_tutorial.__file__).parent / "launch_randomsearch.py"

#: As the tutorial prints it.
PRINTED = """
trial_backend = SageMakerBackend(
   # we tune a PyTorch Framework from Sagemaker
   sm_estimator=PyTorch(
       entry_point=entry_point.name,
       source_dir=str(entry_point.parent),
       instance_type="ml.c5.4xlarge",
       instance_count=1,
       role=get_execution_role(),
       dependencies=[str(repository_root_path() / "benchmarking")],
       max_run=int(1.05 * args.max_wallclock_time),
       framework_version="1.7.1",
       py_version="py3",
       disable_profiler=True,
       debugger_hook_config=False,
       sagemaker_session=default_sagemaker_session(),
   ),
   metrics_names=[metric],
)
"""


def test_back_end_is_made_as_printed() -> None:
    launcher = ast.unparse(ast.parse(LAUNCHER.read_text()))
    assert ast.unparse(ast.parse(PRINTED)) in launcher


def ended_jobs(emulator: Emulator) -> list[dict[str, Any]]:
    """All jobs, when the launcher has ended and so have they."""
    deadline = time.monotonic() + 180
    while True:
        jobs: list[dict[str, Any]] = emulator.client("sagemaker").list_training_jobs()["TrainingJobSummaries"]
        if {job["TrainingJobStatus"] for job in jobs}.isdisjoint({"InProgress", "Stopping"}):
            return jobs
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_it_runs_on_the_emulator(launch: Callable, emulator: Emulator) -> None:
    done = launch(LAUNCHER, "--n_workers", "2", "--max_num_evaluations", "3", "--max_wallclock_time", "300")
    assert done.returncode == 0, done.stderr
    assert "cost nothing" in done.stderr
    results = load_experiment(Path(done.stdout.strip()).name).results
    assert len(results) >= 3
    assert results["accuracy"].between(0, 1).all()
    jobs = ended_jobs(emulator)
    assert len(jobs) >= 2
    assert {job["TrainingJobStatus"] for job in jobs} <= {"Stopped", "Completed"}
    image = emulator.client("sagemaker").describe_training_job(TrainingJobName=jobs[0]["TrainingJobName"])
    assert "pytorch-training:1.7.1-cpu-py3" in image["AlgorithmSpecification"]["TrainingImage"]


def test_without_an_account_there_is_one_clear_line(
    launch: Callable, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    files = {"AWS_CONFIG_FILE": str(tmp_path / "a"), "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "b")}
    done = launch(LAUNCHER, AWS_EC2_METADATA_DISABLED="true", **files)
    assert done.returncode == 2
    assert done.stderr.startswith("Error: No AWS region")
    assert "Traceback" not in done.stderr
