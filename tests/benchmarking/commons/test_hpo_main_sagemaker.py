"""The launcher of the SageMaker back-end, against the emulator."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

import benchmarking.nursery.launch_sagemaker
from benchmarking.commons.benchmark_definitions import RealBenchmarkDefinition
from benchmarking.commons.default_baselines import METHODS
from benchmarking.commons.hpo_main_sagemaker import launch
from benchmarking.commons.launch_flags import SAGEMAKER_FLAGS
from benchmarking.commons.spending import Spending, agree_to_spend
from benchmarking.commons.trial_jobs import trial_job
from syne_core.config_space import uniform
from syne_core.emulator import Emulator
from syne_core.errors import AwsSetupError, RefusedError, UsageError
from syne_core.experiments import scan_study
from syne_core.experiments.scan import study_tags
from syne_core.paths import experiment_path

SCRIPT = """
import argparse
import time
from syne_core import Reporter

parser = argparse.ArgumentParser()
parser.add_argument("--x", type=float)
parser.add_argument("--epochs", type=int)
parser.add_argument("--st_checkpoint_dir")
args = parser.parse_args()
report = Reporter()
for epoch in range(1, args.epochs + 1):
    report(epoch=epoch, loss=(args.x - 0.3) ** 2 + 1 / epoch)
    time.sleep(0.02)
"""
TAG = ("--experiment_tag", "on_sagemaker", "--max_num_evaluations", "9", "--max_wallclock_time", "600")
METHOD = {"RS": METHODS["RS"]}
LAUNCHER = Path(benchmarking.nursery.launch_sagemaker.__file__).parent / "hpo_main.py"


@pytest.fixture
def definition(tmp_path: Path) -> RealBenchmarkDefinition:
    script = tmp_path / "scripts" / "parabola.py"
    script.parent.mkdir()
    script.write_text(SCRIPT)
    return RealBenchmarkDefinition(
        script=script,
        config_space={"x": uniform(0, 1), "epochs": 3},
        max_wallclock_time=3600,
        n_workers=2,
        metric="loss",
        mode="min",
        max_resource_attr="epochs",
        resource_attr="epoch",
        instance_type="ml.c5.xlarge",
    )


def flags(**given: Any) -> SimpleNamespace:
    """Settings of the SageMaker back-end."""
    defaults = {flag.name: flag.default for flag in SAGEMAKER_FLAGS}
    return SimpleNamespace(**{**defaults, **given})


def jobs(emulator: Emulator) -> list[dict[str, Any]]:
    sagemaker = emulator.client("sagemaker")
    names = [job["TrainingJobName"] for job in sagemaker.list_training_jobs()["TrainingJobSummaries"]]
    return [sagemaker.describe_training_job(TrainingJobName=name) for name in names]


def test_an_experiment_runs_its_trials_as_jobs_and_stores_results_as_ever(
    emulator: Emulator, definition: RealBenchmarkDefinition, capsys: pytest.CaptureFixture[str]
) -> None:
    assert launch((*TAG, "--warm_pool", "1"), METHOD, {"parabola": definition}) == 0
    assert f"jobs of the emulator at {emulator.endpoint_url}: they cost nothing" in capsys.readouterr().err
    (folder,) = scan_study("on_sagemaker").good
    results = pd.read_csv(folder.path / "results.csv.zip")
    assert len(results) >= 9
    assert {"epoch", "loss", "trial_id", "config_x", "st_worker_cost"} <= set(results.columns)
    metadata = json.loads((folder.path / "metadata.json").read_text())
    assert (metadata["backend"], metadata["instance_type"]) == ("SageMakerBackend", "ml.c5.xlarge")
    assert {"git", "packages", "machine", "command"} <= set(metadata)
    assert metadata["settings"]["warm_pool"] is True
    made = jobs(emulator)
    assert len(made) >= 3
    wait_until(lambda: {j["TrainingJobStatus"] for j in jobs(emulator)} <= {"Completed", "Stopped"})
    assert all(job["ResourceConfig"]["KeepAlivePeriodInSeconds"] == 600 for job in made)
    assert all(job["StoppingCondition"]["MaxRuntimeInSeconds"] == 630 for job in made)
    assert all("on-sagemaker" in job["TrainingJobName"] for job in made), "no underscores in job names"


def test_the_same_command_again_starts_no_job(
    emulator: Emulator, definition: RealBenchmarkDefinition
) -> None:
    launch(TAG, METHOD, {"parabola": definition})
    before = len(jobs(emulator))
    assert launch(TAG, METHOD, {"parabola": definition}) == 0
    assert len(jobs(emulator)) == before


def test_a_dry_run_needs_no_account(
    definition: RealBenchmarkDefinition,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    assert launch((*TAG, "--dry_run", "--json"), METHOD, {"parabola": definition}) == 0
    (planned,) = json.loads(capsys.readouterr().out)
    assert (planned["backend"], planned["instance_type"]) == ("sagemaker", "ml.c5.xlarge")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (("--role", "nobody"), "nobody"),
        (("--s3_bucket", "not-there"), "There is no bucket 'not-there'"),
        (("--instance_type", "ml.c5.huge"), "ml.c5.huge"),
    ],
)
def test_what_is_missing_is_said_before_anything_starts(
    emulator: Emulator, definition: RealBenchmarkDefinition, wrong: tuple[str, str], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        launch((*TAG, *wrong), METHOD, {"parabola": definition})
    assert jobs(emulator) == []
    assert "on_sagemaker" not in study_tags(experiment_path())


def test_without_credentials_there_is_one_clear_message(
    definition: RealBenchmarkDefinition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(AwsSetupError):
        launch((*TAG, "--region", "eu-west-1"), METHOD, {"parabola": definition})


def test_ctrl_c_stops_all_jobs_and_the_command_continues(
    emulator: Emulator, definition: RealBenchmarkDefinition, tmp_path: Path
) -> None:
    slow = definition.script.with_name("slow.py")
    slow.write_text(SCRIPT.replace("0.02", "0.5"))
    benchmark = tmp_path / "slow.yaml"
    benchmark.write_text(
        f"script: {slow}\nconfig_space:\n  x: uniform(0, 1)\n  epochs: 400\nmax_wallclock_time: 1h\n"
        "n_workers: 2\nmetric: loss\nmode: min\nmax_resource_attr: epochs\nresource_attr: epoch\n"
        "instance_type: ml.c5.xlarge\n"
    )
    words = ["--experiment_tag", "cut-off", "--benchmark", str(benchmark), "--method", "RS"]
    running = subprocess.Popen(
        [sys.executable, str(LAUNCHER), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        wait_until(lambda: len(jobs(emulator)) == 2 or running.poll() is not None)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=180)
    finally:
        running.kill()
        running.wait()
    assert running.returncode == 130, err
    assert "Traceback" not in err
    assert "continue" in err
    wait_until(lambda: all(job["TrainingJobStatus"] == "Stopped" for job in jobs(emulator)))


def wait_until(condition: Callable[[], bool], timeout: float = 180.0) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


# -- the job of a trial ---------------------------------------------------------------------------------


def test_flags_come_before_estimator_kwargs_before_the_definition(
    definition: RealBenchmarkDefinition,
) -> None:
    kwargs = {"volume_size": 77, "instance_count": 2, "framework_version": "1.13.1", "py_version": "py39"}
    given = RealBenchmarkDefinition(**{**vars(definition), "estimator_kwargs": kwargs})
    job = trial_job(given, flags(instance_type="ml.m5.large", use_spot_instances=True), 1000.0)
    assert (job.instance_type, job.instance_count, job.volume_size) == ("ml.m5.large", 2, 77)
    assert (job.framework, job.framework_version, job.max_run) == ("PyTorch", "1.13.1", 1050)
    assert job.use_spot_instances
    assert job.keep_alive_period_in_seconds == 0


def test_an_image_of_ones_own_is_used_as_it_is(definition: RealBenchmarkDefinition) -> None:
    given = RealBenchmarkDefinition(**{**vars(definition), "image_uri": "me/mine:1"})
    assert trial_job(given, flags(), 1000.0).image("eu-west-1") == "me/mine:1"


def test_unknown_estimator_kwargs_are_named(definition: RealBenchmarkDefinition) -> None:
    given = RealBenchmarkDefinition(**{**vars(definition), "estimator_kwargs": {"volume_sise": 77}})
    with pytest.raises(UsageError, match="volume_size"):
        trial_job(given, flags(), 1000.0)


# -- what it costs ----------------------------------------------------------------------------------------


class RealAccount:
    """A session of an account that costs money, as far as spending asks for it."""

    is_emulator = False
    target = "account 123456789012 in us-east-1"
    region = "us-east-1"


SPENDING = Spending("ml.g4dn.xlarge", count=4, seconds=3 * 3600)


@pytest.fixture
def _priced(monkeypatch: pytest.MonkeyPatch) -> None:
    from syne_core.aws import prices

    monkeypatch.setattr(prices, "hourly_price", lambda region, name: prices.table_price(name))
    monkeypatch.delenv("TRAINING_JOB_ARN", raising=False)


@pytest.mark.usefixtures("_priced")
def test_a_real_account_is_charged_only_after_a_yes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    session: Any = RealAccount()
    with pytest.raises(RefusedError, match="--yes"):
        agree_to_spend(session, [SPENDING], yes=False)
    said = capsys.readouterr().err
    assert "account 123456789012" in said
    assert "12.0 instance-hours of ml.g4dn.xlarge" in said
    assert "at most 8.83 USD" in said
    agree_to_spend(session, [SPENDING], yes=True)
    monkeypatch.setenv("TRAINING_JOB_ARN", "arn:aws:sagemaker:us-east-1:123456789012:training-job/x")
    agree_to_spend(session, [SPENDING], yes=False)


@pytest.mark.usefixtures("_priced")
@pytest.mark.parametrize(("answer", "agrees"), [("y\n", True), ("n\n", False), ("\n", False), ("", False)])
def test_the_answer_counts(monkeypatch: pytest.MonkeyPatch, answer: str, agrees: bool) -> None:
    terminal = SimpleNamespace(isatty=lambda: True, readline=lambda: answer)
    monkeypatch.setattr(sys, "stdin", terminal)
    session: Any = RealAccount()
    if agrees:
        agree_to_spend(session, [SPENDING], yes=False)
    else:
        with pytest.raises(RefusedError, match="Nothing was started"):
            agree_to_spend(session, [SPENDING], yes=False)


# -- identity -----------------------------------------------------------------------------------------------


def test_the_image_is_part_of_the_identity_and_the_instance_type_is_not(
    definition: RealBenchmarkDefinition, capsys: pytest.CaptureFixture[str]
) -> None:
    def identity(*words: str, **more: Any) -> str:
        given = RealBenchmarkDefinition(**{**vars(definition), **more})
        launch((*TAG, *words, "--dry_run", "--json"), METHOD, {"parabola": given})
        (planned,) = json.loads(capsys.readouterr().out)
        return str(planned["id"])

    assert identity("--instance_type", "ml.m5.large") == identity()
    ids = {identity(), identity(framework_version="1.13.1"), identity(image_uri="me/mine:1")}
    assert len(ids) == 3
