"""The request that runs an experiment as a job, and what its container is told."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from benchmarking.commons.benchmark_definitions import RealBenchmarkDefinition
from benchmarking.commons.default_baselines import METHODS
from benchmarking.commons.hpo_main_common import Launcher
from benchmarking.commons.launch_flags import LOCAL_FLAGS, SAGEMAKER_FLAGS
from benchmarking.commons.remote.jobs.experiment_job import (
    ExperimentJob,
    JobHome,
    experiment_job,
    job_document,
    job_document_key,
    job_request,
)
from syne_core.aws.runner.job_document import parse_job
from syne_core.errors import UsageError
from syne_core.paths import ExperimentKeys

HOME = JobHome(
    *("eu-west-1", "b", "arn:aws:iam::123456789012:role/r", "s3://b/syne-tune/bundles/x/", "hpo_main.py"),
    python_path=("benchmarking/nursery/odsc",),
    command=("python", "launch_remote.py"),
)
KWARGS = {"volume_size": 77, "subnets": ["subnet-1"], "security_group_ids": ["sg-1"], "tags": {"team": "hpo"}}


def make(definition: RealBenchmarkDefinition, backend: str = "local", **more: Any) -> ExperimentJob:
    flags = SAGEMAKER_FLAGS if backend == "sagemaker" else LOCAL_FLAGS
    launcher = Launcher(backend, {"RS": METHODS["RS"]}, {"parabola": definition}, backend_flags=flags)
    words = ["--experiment_tag=my_tag", "--max_wallclock_time=1000"]
    (experiment,) = launcher.resolve(words, {}).experiments
    return experiment_job([experiment], words, "ml.c5.xlarge", 1650, entry_point=definition.script, **more)


def request(job: ExperimentJob, attempt: int = 0) -> dict[str, Any]:
    return job_request(job, HOME, attempt).to_api()


def test_the_leaf_is_what_the_job_keeps_and_names_say_what_it_is(definition: RealBenchmarkDefinition) -> None:
    job = make(definition)
    made, lead = request(job, attempt=2), job.lead
    assert made["TrainingJobName"] == f"my-tag-RS-0-{lead.id[:8]}-a2"
    keys = ExperimentKeys(lead.name)
    assert made["CheckpointConfig"]["S3Uri"] == f"s3://b/{keys.leaf}"
    assert made["OutputDataConfig"]["S3OutputPath"] == f"s3://b/{keys.output}"
    assert made["Environment"]["SYNEBENCH_EXPERIMENTS"] == f"s3://b/{job_document_key(job, 2)}"
    assert made["Environment"]["SYNEBENCH_EXPERIMENT_FOLDER"] == "/opt/ml/checkpoints"
    assert not made["Environment"]["SYNEBENCH_TRIALS_FOLDER"].startswith("/opt/ml/checkpoints")
    assert made["Environment"]["PYTHONPATH"] == "benchmarking/nursery/odsc"
    assert made["StoppingCondition"] == {"MaxRuntimeInSeconds": 1650}
    assert {"Key": "synebench:method", "Value": "RS"} in made["Tags"]


def test_the_container_runs_the_users_launcher_with_the_same_flags(
    definition: RealBenchmarkDefinition,
) -> None:
    job = make(definition)
    document = job_document(job, HOME, 1)
    runs = parse_job(json.dumps(document, allow_nan=False).encode())
    assert (runs.entry_point, runs.arguments) == ("hpo_main.py", list(job.words))
    assert runs.reports is None
    assert [e["id"] for e in document["experiments"]] == [job.lead.id]
    assert (document["attempt"], document["command"]) == (1, ["python", "launch_remote.py"])


def test_estimator_kwargs_are_about_the_job_that_trains(definition: RealBenchmarkDefinition) -> None:
    given = replace(definition, estimator_kwargs=KWARGS, framework_version="2.5.1")
    inside, outside = request(make(given)), request(make(given, "sagemaker"))
    assert inside["ResourceConfig"]["VolumeSizeInGB"] == 77
    assert outside["ResourceConfig"]["VolumeSizeInGB"] == 30
    assert "pytorch-training:2.5.1-cpu" in inside["AlgorithmSpecification"]["TrainingImage"]
    assert "pytorch-training:2.5.1" not in outside["AlgorithmSpecification"]["TrainingImage"]
    for made in (inside, outside):  # the network and who pays concern both
        assert made["VpcConfig"] == {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
        assert {"Key": "team", "Value": "hpo"} in made["Tags"]


def test_a_job_on_spot_may_wait_for_a_day(definition: RealBenchmarkDefinition) -> None:
    made = request(make(definition, use_spot=True))
    assert made["EnableManagedSpotTraining"] is True
    assert made["StoppingCondition"]["MaxWaitTimeInSeconds"] == 1650 + 86_400


def test_a_job_in_a_warm_pool_stays(definition: RealBenchmarkDefinition) -> None:
    assert request(make(definition, keep_alive=600))["ResourceConfig"]["KeepAlivePeriodInSeconds"] == 600


def test_an_image_whose_python_is_too_old_is_refused(definition: RealBenchmarkDefinition) -> None:
    old = replace(definition, framework_version="1.9.0")
    with pytest.raises(
        UsageError, match=r"PyTorch 1.9.0 has Python 3.8, .* needs 3.10 .*framework_version 2.0.0"
    ):
        request(make(old))
    assert request(make(old, "sagemaker")), "there, it is the image of the trials"
    assert request(make(replace(old, image_uri="me/mine:1-py38"))), "ones own image is ones own affair"


def test_wrong_estimator_kwargs_are_named(definition: RealBenchmarkDefinition) -> None:
    with pytest.raises(UsageError, match=r"job of parabola.*volume_size"):
        make(replace(definition, estimator_kwargs={"volume_sise": 1}))


def test_the_console_gets_the_best_value(definition: RealBenchmarkDefinition) -> None:
    (metric,) = request(make(definition))["AlgorithmSpecification"]["MetricDefinitions"]
    assert metric["Name"] == "best_loss"
