"""What the jobs of trials are like: values, metrics, costs, checkpoints, calls."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sagemaker_watch import PATIENT, TIMEOUT, Watch, job_names

from syne_core.aws.prices import TRAINING_PRICES
from syne_core.backend.sagemaker.sagemaker_backend import SageMakerBackend
from syne_core.backend.trial_status import Status
from syne_core.errors import AwsSetupError, UsageError
from syne_core.testing.backend_contract import contract_config

if TYPE_CHECKING:
    from syne_core.emulator import Emulator

Make = Callable[..., SageMakerBackend]

_ECHO = """
import json, sys
from syne_core import Reporter
values = {}
words = sys.argv[1:]
while words:
    word = words.pop(0)
    name, equals, value = word.partition("=")
    values[name[2:]] = value if equals else words.pop(0)
Reporter()(epoch=1, received=values)
"""

_AWKWARD: dict[str, Any] = {
    "a": "one letter",
    "h": "-h",
    "spaces": "two  words ",
    "quotes": 'it\'s "quoted" `$(here)`',
    "lines": "first\nsecond\ttab",
    "unicode": "größe 模型 🚀",
    "empty": "",
    "braces": "{checkpoints} %s {}",
    "list": [1, "two", [3.5]],
    "negative": -3,
    "tiny": 1e-05,
    "flag": True,
    "long": "x" * 3000,
}


def test_awkward_values_arrive_intact(emulator: Emulator, make_backend: Make, script: Path) -> None:
    script.write_text(_ECHO)
    backend = make_backend()
    config = {**_AWKWARD, **{f"key{i}": i for i in range(100 - len(_AWKWARD))}}
    backend.start_trial(config)
    watch = Watch(backend)
    watch.until_ended(0)
    assert watch.state(0) == Status.completed, watch.results[0].failure
    received = watch.reports[0][0]["received"]
    assert received.pop("st_checkpoint_dir").endswith("/checkpoints")
    expected = {k: json.dumps(v) if isinstance(v, list) else str(v) for k, v in config.items()}
    assert received == expected
    job = emulator.client("sagemaker").describe_training_job(TrainingJobName=backend.job_name(0))
    assert job["HyperParameters"]["quotes"] == _AWKWARD["quotes"]
    assert len(job["HyperParameters"]["long"]) == 2500


def test_metrics_show_in_the_console_and_costs_in_reports(emulator: Emulator, make_backend: Make) -> None:
    backend = make_backend(
        {"instance_type": "ml.g4dn.xlarge", "tags": [{"Key": "team", "Value": "us"}]},
        metrics_names=["loss", "epoch"],
    )
    backend.start_trial(contract_config(x=-93.5, epochs=2, pace=0.1))
    watch = Watch(backend)
    watch.until_ended(0)
    last = watch.reports[0][-1]
    rate = TRAINING_PRICES["ml.g4dn.xlarge"] / 3600
    assert last["st_worker_cost"] == pytest.approx(last["st_worker_time"] * rate, rel=1e-6)
    client = emulator.client("sagemaker")

    def metrics() -> dict[str, float]:
        job = client.describe_training_job(TrainingJobName=backend.job_name(0))
        return {metric["MetricName"]: metric["Value"] for metric in job.get("FinalMetricDataList", [])}

    deadline = time.monotonic() + TIMEOUT
    while metrics() != {"loss": pytest.approx(-93.0), "epoch": 2.0}:
        assert time.monotonic() < deadline, metrics()
        time.sleep(0.05)


def test_many_trials_cost_one_listing_a_look_and_one_bundle(emulator: Emulator, make_backend: Make) -> None:
    # Jobs themselves are listed only if somebody takes very long.
    backend = make_backend(timing=replace(PATIENT, backstop=(3600.0, 7200.0)))
    count = 6
    watch = Watch(backend)
    start = time.monotonic()  # looks begin with the first trial
    for _ in range(count):
        backend.start_trial(contract_config(epochs=5, pace=0.1))
    watch.until_ended(*range(count))
    calls = emulator.calls()
    seconds = time.monotonic() - start
    assert calls["CreateTrainingJob"] == count
    # One listing finds out about earlier sessions, one folder listing too; then one a look. Each start may
    # cause two looks that were not due.
    assert calls["ListObjectsV2"] <= 3 + seconds / backend.timing.poll + 2 * count
    assert calls.get("ListTrainingJobs", 0) == 0
    bundles = emulator.client("s3").list_objects_v2(Bucket=emulator.bucket, Prefix="syne-tune/bundles/")
    assert bundles["KeyCount"] == 2, "runner and source, once"


def test_jobs_that_die_without_a_word_are_found(
    emulator: Emulator, make_backend: Make, script: Path, tmp_path: Path
) -> None:
    is_seen = tmp_path / "report is seen"
    script.write_text(
        "import os, signal, time\nfrom syne_core import Reporter\nReporter()(epoch=1)\n"
        f"while not os.path.exists({str(is_seen)!r}):\n    time.sleep(0.01)\n"
        "os.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(600)\n"
    )
    backend = make_backend(timing=replace(PATIENT, backstop=(0.3, 0.5)))
    backend.start_trial({})
    watch = Watch(backend)
    watch.until_epoch(1, 0)
    is_seen.touch()
    watch.until_ended(0)
    assert (watch.state(0), watch.epochs(0)) == (Status.failed, [1])
    assert backend.job_name(0) in str(watch.results[0].failure)
    assert emulator.calls()["ListTrainingJobs"] >= 1


@pytest.mark.parametrize("emulator", [{"quotas": {"ml.p3.2xlarge": 0}}], indirect=True)
def test_trial_without_an_instance_waits_or_gives_up(emulator: Emulator, make_backend: Make) -> None:
    job = {"instance_type": "ml.p3.2xlarge"}
    backend = make_backend(job)
    backend.start_trial(contract_config())
    backend.start_trial(contract_config())
    watch = Watch(backend)
    watch.look(0, 1)
    assert backend.busy_trial_ids() == [(0, Status.in_progress), (1, Status.in_progress)]
    backend.stop_trial(1)
    watch.until_ended(1)
    assert (watch.state(0), watch.state(1)) == (Status.in_progress, Status.stopped)
    hasty = make_backend(job, folder="other", timing=replace(PATIENT, give_up=1.0))
    hasty.start_trial(contract_config())
    watch = Watch(hasty)
    watch.until_ended(0)
    assert watch.state(0) == Status.failed
    assert "got no instance within 1 s" in str(watch.results[0].failure)
    assert backend.busy_trial_ids() == [(0, Status.in_progress)]
    assert job_names(emulator.client("sagemaker")) == []


@pytest.mark.long
@pytest.mark.parametrize("emulator", [{"warm_pool_quotas": {"ml.m5.large": 1}}], indirect=True)
def test_resumed_trial_finds_a_warm_instance(emulator: Emulator, make_backend: Make) -> None:
    backend = make_backend({"keep_alive_period_in_seconds": 600})
    watch = Watch(backend)
    backend.start_trial(contract_config(epochs=500, pace=0.02))
    watch.until_epoch(2, 0)
    backend.pause_trial(0)
    watch.until_ended(0)
    first = backend.job_name(0)
    backend.resume_trial(0)
    watch.until_epoch(watch.epochs(0)[-1] + 2, 0)
    client = emulator.client("sagemaker")
    states = [
        client.describe_training_job(TrainingJobName=name)["WarmPoolStatus"]["Status"]
        for name in (first, backend.job_name(0))
    ]
    assert states == ["Reused", "InUse"]


def test_deleted_checkpoints_stay_deleted(emulator: Emulator, make_backend: Make) -> None:
    backend = make_backend()
    watch = Watch(backend)
    backend.start_trial(contract_config(epochs=500, pace=0.02))
    backend.start_trial(contract_config(epochs=2))
    watch.until_epoch(2, 0, 1)
    backend.stop_trial(0)
    watch.until_ended(0, 1)
    backend.delete_checkpoint(0)
    backend.close()
    backend.delete_checkpoint(1)
    keys = emulator.client("s3").list_objects_v2(Bucket=emulator.bucket, Prefix="syne-tune/")
    assert not [entry["Key"] for entry in keys["Contents"] if "/checkpoints/" in entry["Key"]]


def test_experiment_that_is_started_over_begins_anew(emulator: Emulator, make_backend: Make) -> None:
    first = make_backend()
    first.start_trial(contract_config(epochs=3))
    Watch(first).until_ended(0)
    first.close()
    second = make_backend()
    second.start_trial(contract_config(epochs=2))
    watch = Watch(second)
    watch.until_ended(0)
    assert watch.epochs(0) == [1, 2], "neither its checkpoint nor its reports are those of the first"
    assert [name.split("-")[2] for name in job_names(emulator.client("sagemaker"))] == ["r0", "r1"]


@pytest.mark.usefixtures("emulator")
@pytest.mark.parametrize(
    ("job", "more", "error", "said"),
    [
        ({"instance_type": "ml.g4d.xlarge"}, {}, UsageError, r"Did you mean 'ml\.g4dn\.xlarge'"),
        ({"role": "no-such-role"}, {}, AwsSetupError, "no-such-role"),
        ({}, {"s3_path": "s3://no-such-bucket"}, AwsSetupError, "no-such-bucket"),
        ({"dependencies": ["no-such-folder"]}, {}, UsageError, "no-such-folder"),
        ({"max_wait": 5}, {}, UsageError, "max_wait"),
    ],
)
def test_what_is_wrong_is_said_before_anything_starts(
    make_backend: Make, job: dict[str, Any], more: dict[str, Any], error: type[Exception], said: str
) -> None:
    backend = make_backend(job, **more)
    with pytest.raises(error, match=said):
        backend.start_trial(contract_config())
    assert backend.busy_trial_ids() == []


@pytest.mark.usefixtures("emulator")
@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"inputz": "s3://b/x"}, "Did you mean 'inputs'"),
        ({"job_name": "mine"}, "job_name is not supported"),
        ({"s3_path": "bucket/folder"}, "s3_path must be a bucket"),
    ],
)
def test_unknown_keywords_are_errors(make_backend: Make, more: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        make_backend(**more)


def test_without_region_or_credentials_one_line_says_so(
    make_backend: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(AwsSetupError, match="No AWS region"):
        make_backend()
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    with pytest.raises(AwsSetupError, match="credentials"):
        make_backend()


def test_no_credential_in_logs_or_metadata(
    emulator: Emulator,
    make_backend: Make,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very-secret-indeed")
    caplog.set_level(logging.DEBUG, "syne_core")
    backend = make_backend()
    backend.start_trial(contract_config(epochs=1))
    Watch(backend).until_ended(0)
    text = caplog.text + json.dumps(backend.metadata())
    assert "very-secret-indeed" not in text
    assert "AKIA" not in text
