"""Requests of CreateTrainingJob: what they say, and that AWS's model accepts them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from syne_core.aws.job_request import (
    JobRequest,
    check_instance_type,
    display_hyperparameters,
    metric_definitions,
)
from syne_core.errors import UsageError
from syne_core.report import Reporter

_PLAIN: dict[str, Any] = {
    "job_name": "0a1b2c3d-7-r0-tag",
    "image_uri": "763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-training:2.0.1-cpu-py310",
    "role_arn": "arn:aws:iam::123456789012:role/SageMakerRole",
    "instance_type": "ml.m5.large",
    "bundle_uri": "s3://b/syne-tune/bundles/abc/",
    "document_uri": "s3://b/syne-tune/e-trials/7/job-r0.json",
    "output_uri": "s3://b/syne-tune/e-trials/7/output/",
    "checkpoint_uri": "s3://b/syne-tune/e-trials/7/checkpoints/",
}
_FULL: dict[str, Any] = {
    "volume_kms_key": "key-1",
    "output_kms_key": "key-2",
    "use_spot": True,
    "max_run": 3600,
    "max_wait": 7200,
    "max_retries": 2,
    "subnets": ("subnet-1",),
    "security_group_ids": ("sg-1",),
    "encrypt_traffic": True,
    "environment": {"A": 'it\'s "b"'},
    "hyperparameters": {"x": "1"},
    "metrics": metric_definitions(["loss"]),
    "tags": {"team": "us"},
    "channels": {"train": "s3://data/train/"},
}


def _validated(request: dict[str, Any]) -> dict[str, Any]:
    """``request``, checked against botocore's model of the service."""
    import botocore.session
    from botocore.validate import ParamValidator

    model = botocore.session.Session().get_service_model("sagemaker")
    shape = model.operation_model("CreateTrainingJob").input_shape
    report = ParamValidator().validate(request, shape)
    assert not report.has_errors(), report.generate_report()
    return request


@pytest.mark.parametrize("more", [{}, _FULL, {"keep_alive": 600, "instance_count": 2}])
def test_request_is_one_that_aws_accepts(more: dict[str, Any]) -> None:
    request = _validated(JobRequest(**_PLAIN, **more).to_api())
    assert request["AlgorithmSpecification"]["ContainerEntrypoint"] == [
        "python3",
        "/opt/ml/input/data/code/runner.pyz",
    ]
    assert request["Environment"]["SYNEBENCH_JOB"] == _PLAIN["document_uri"]
    assert request["InputDataConfig"][0]["ChannelName"] == "code"
    assert request["CheckpointConfig"]["LocalPath"] == "/opt/ml/checkpoints"


def test_every_wish_reaches_the_request() -> None:
    request = JobRequest(**_PLAIN, **_FULL).to_api()
    assert request["StoppingCondition"] == {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200}
    assert request["EnableManagedSpotTraining"] is True
    assert request["ResourceConfig"]["VolumeKmsKeyId"] == "key-1"
    assert request["OutputDataConfig"]["KmsKeyId"] == "key-2"
    assert request["VpcConfig"] == {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    assert request["Tags"] == [{"Key": "team", "Value": "us"}]
    assert request["RetryStrategy"] == {"MaximumRetryAttempts": 2}
    assert [channel["ChannelName"] for channel in request["InputDataConfig"]] == ["code", "train"]
    warm = JobRequest(**_PLAIN, keep_alive=600).to_api()
    assert warm["ResourceConfig"]["KeepAlivePeriodInSeconds"] == 600
    assert "KeepAlivePeriodInSeconds" not in JobRequest(**_PLAIN).to_api()["ResourceConfig"]


def test_all_mistakes_are_said_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        JobRequest(
            **_PLAIN,
            instance_count=0,
            volume_size=0,
            max_run=0,
            keep_alive=99_999,
            subnets=("s",),
            max_wait=5,
            environment={"1A": "x" * 513},
            channels={"code": "s3://b/"},
        )
    lines = str(caught.value).splitlines()
    assert len(lines) == 9
    with pytest.raises(UsageError, match="warm pools"):
        JobRequest(**_PLAIN, keep_alive=600, use_spot=True)
    with pytest.raises(UsageError, match="not be less"):
        JobRequest(**_PLAIN, use_spot=True, max_wait=5)


def test_unknown_instance_types_suggest_the_nearest() -> None:
    check_instance_type("ml.m5.large", ["ml.m5.large"])
    with pytest.raises(UsageError, match=r"Did you mean 'ml\.g4dn\.xlarge'"):
        check_instance_type("ml.g4d.xlarge", ["ml.m5.large", "ml.g4dn.xlarge"])


def test_hyperparameters_are_cut_and_never_fail() -> None:
    config = {f"name{i}": object() for i in range(150)} | {"z": 1}
    shown = display_hyperparameters({"text": "x" * 3000, "k" * 300: [1, "é"], "a": "it's", **config})
    assert len(shown) == 100
    assert (len(shown["text"]), shown["text"][-3:]) == (2500, "...")
    assert max(map(len, shown)) == 256
    assert shown["a"] == "it's"
    _validated(JobRequest(**_PLAIN, hyperparameters=shown).to_api())


def test_hyperparameters_have_no_line_ends() -> None:
    """AWS's pattern for names and values is ``.*``."""
    (shown,) = display_hyperparameters({"a\nb": "first\nsecond\r\n\u2028third\ttab"}).items()
    assert all(re.fullmatch(".*", text) for text in shown)
    assert shown == ("a\\nb", "first\\nsecond\\r\\n\\u2028third\ttab")


@pytest.mark.parametrize("value", [93.4, -3, 1e-05, 0.5, -1.25e10, 7, 1e300])
@pytest.mark.parametrize("name", ["loss", "val_loss", 'odd "name" (1)', "größe"])
def test_metric_is_read_whole_from_a_report_line(
    name: str, value: float, capsys: pytest.CaptureFixture[str]
) -> None:
    Reporter()(**{"epoch": 3, f"other{name}": 5.5, name: value, "after": 2.5})
    (definition,) = metric_definitions([name])
    found = re.search(definition["Regex"], capsys.readouterr().out)
    assert found is not None
    assert float(found.group(1)) == value
    assert definition["Name"] == name


def test_at_most_forty_metrics_and_none_twice() -> None:
    assert len(metric_definitions([f"m{i}" for i in range(60)])) == 40
    assert len(metric_definitions(["a", "a", "x" * 300])) == 1
    _validated(JobRequest(**_PLAIN, metrics=metric_definitions(["loss", "a b"])).to_api())
