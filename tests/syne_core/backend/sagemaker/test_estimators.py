"""Descriptions of jobs: SDK v2's keywords, and objects of the SDKs."""

from __future__ import annotations

import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from syne_core.backend.sagemaker.estimators import Estimator, HuggingFace, PyTorch, SKLearn, TensorFlow
from syne_core.backend.sagemaker.foreign_estimators import description_of
from syne_core.backend.sagemaker.job_description import JobDescription
from syne_core.errors import UsageError


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "code" / "deep" / "train.py"
    path.parent.mkdir(parents=True)
    path.write_text("print(1)\n")
    return path


def _pytorch(script: Path, **more: Any) -> JobDescription:
    return PyTorch(entry_point=str(script), instance_type="ml.c5.4xlarge", **more)


def test_keywords_of_the_tutorial_work(script: Path) -> None:
    """Source 000."""
    job = PyTorch(
        entry_point=script.name,
        source_dir=str(script.parent),
        instance_type="ml.c5.4xlarge",
        instance_count=1,
        role="arn:aws:iam::123456789012:role/r",
        dependencies=[str(script.parents[2])],
        max_run=int(1.05 * 600),
        framework_version="1.7.1",
        py_version="py3",
        disable_profiler=True,
        debugger_hook_config=False,
        sagemaker_session=None,
    )
    assert job.image("us-west-2").endswith("/pytorch-training:1.7.1-cpu-py3")
    assert (job.script, job.script_name, job.max_run) == (script, "train.py", 630)
    assert job.dependencies == (str(script.parents[2]),)


@pytest.mark.parametrize(
    ("entry_point", "source_dir", "name"),
    [
        ("deep/train.py", "code", "deep/train.py"),
        ("code/deep/train.py", None, "train.py"),
        ("{}/code/deep/train.py", "code", "deep/train.py"),
    ],
)
def test_script_is_found_in_its_folder(
    script: Path,
    entry_point: str,
    source_dir: str | None,
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    job = PyTorch(entry_point.format(tmp_path), source_dir=source_dir, instance_type="ml.m5.large")
    assert job.script_name == name
    assert job.folder / job.script_name == script


def test_every_framework_has_its_image(script: Path) -> None:
    more: dict[str, Any] = {"entry_point": str(script), "instance_type": "ml.g5.xlarge"}
    assert "pytorch-training" in PyTorch(**more).image("eu-west-1")
    assert "scikit-learn" in SKLearn(**more, framework_version="1.2-1").image("eu-west-1")
    assert "tensorflow-training" in TensorFlow(**more, framework_version="2.13").image("eu-west-1")
    face = HuggingFace(**more, transformers_version="4.36", pytorch_version="2.1", py_version="py310")
    assert "transformers4.36.0" in face.image("eu-west-1")
    assert Estimator("my/image:1", **more).image("eu-west-1") == "my/image:1"
    assert PyTorch(image_uri="my/image:2", **more).image("eu-west-1") == "my/image:2"


def test_every_wish_is_kept(script: Path) -> None:
    wishes: dict[str, Any] = {
        "instance_count": 2,
        "volume_size": 100,
        "volume_kms_key": "k1",
        "output_kms_key": "k2",
        "output_path": "s3://b/out/",
        "keep_alive_period_in_seconds": 600,
        "subnets": ["s"],
        "security_group_ids": ["g"],
        "tags": [{"Key": "team", "Value": "us"}],
        "environment": {"A": 1},
        "hyperparameters": {"x": 1},
        "metric_definitions": [{"Name": "m", "Regex": "m=(.*)"}],
        "base_job_name": "base",
        "inputs": {"train": "s3://b/train"},
        "max_retry_attempts": 3,
        "encrypt_inter_container_traffic": True,
    }
    job = _pytorch(script, **wishes)
    assert (job.tags, job.environment, job.channels) == (
        {"team": "us"},
        {"A": "1"},
        {"train": "s3://b/train"},
    )
    assert (job.subnets, job.security_group_ids) == (("s",), ("g",))
    for name in ("instance_count", "volume_size", "volume_kms_key", "output_kms_key", "base_job_name"):
        assert getattr(job, name) == wishes[name]


def test_unknown_keywords_suggest_the_nearest_and_all_mistakes_come_at_once(script: Path) -> None:
    with pytest.raises(UsageError) as caught:
        _pytorch(script, instance_typ="x", distribution={"smdistributed": {}}, enable_network_isolation=True)
    text = str(caught.value)
    assert "'instance_typ'" in text
    assert "Did you mean 'instance_type'?" in text
    assert "SM_HOSTS" in text
    assert len(text.splitlines()) == 3


def test_what_is_missing_is_said_at_once(script: Path) -> None:
    with pytest.raises(UsageError) as caught:
        JobDescription(entry_point=str(script.with_name("absent.py")))
    assert [line.split(" ")[0] for line in str(caught.value).splitlines()] == [
        "training",
        "instance_type",
        "image_uri",
    ]
    with pytest.raises(UsageError, match="local mode"):
        PyTorch(str(script), instance_type="local")
    with pytest.raises(UsageError, match="tags must be"):
        _pytorch(script, tags=["a"])
    with pytest.raises(UsageError, match="inputs must be"):
        _pytorch(script, inputs=[3])
    with pytest.raises(UsageError, match="/opt/ml/checkpoints"):
        _pytorch(script, checkpoint_local_path="/elsewhere")


def test_what_is_passed_over_is_said_only_if_it_was_a_wish(
    script: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    _pytorch(script, disable_profiler=True, debugger_hook_config=False, rules=None, code_location=None)
    assert not caplog.messages
    _pytorch(script, disable_profiler=False, code_location="s3://b/code")
    assert len(caplog.messages) == 2


class _SdkEstimator:
    """As an SDK v2 estimator looks from outside."""

    def __init__(self, script: Path) -> None:
        self.entry_point, self.source_dir = script.name, str(script.parent)
        self.instance_type, self.instance_count, self.role = "ml.m5.large", 2, "role-arn"
        self.image_uri, self.max_run, self.volume_size = None, 100, 50
        self.tags, self.subnets, self.security_group_ids = [{"Key": "a", "Value": "b"}], ["s"], ["g"]
        self._hyperparameters = {"x": 1, "sagemaker_program": "train.py"}
        self.environment, self.keep_alive_period_in_seconds = {"E": "1"}, 60

    def training_image_uri(self) -> str:
        return "account/image:1"

    def fit(self) -> None:
        raise AssertionError("jobs are not made by the SDK")


def test_estimator_of_sdk_v2_is_asked_once(script: Path) -> None:
    job = description_of(_SdkEstimator(script))
    assert (job.image("anywhere"), job.role, job.instance_count) == ("account/image:1", "role-arn", 2)
    assert (job.subnets, job.tags, job.environment) == (("s",), {"a": "b"}, {"E": "1"})
    assert (job.hyperparameters, job.keep_alive_period_in_seconds) == ({"x": 1}, 60)
    assert job.script == script


def test_model_trainer_of_sdk_v3_is_asked_once(script: Path) -> None:
    trainer = SimpleNamespace(
        training_image="account/image:3",
        role="role-arn",
        compute=SimpleNamespace(instance_type="ml.g5.xlarge", instance_count=1, volume_size_in_gb=70),
        source_code=SimpleNamespace(source_dir=str(script.parent), entry_script=script.name),
        networking=SimpleNamespace(subnets=["s"], security_group_ids=["g"]),
        stopping_condition=SimpleNamespace(max_runtime_in_seconds=77, max_wait_time_in_seconds=None),
        environment={"E": "1"},
        hyperparameters={"y": 2},
        tags=[SimpleNamespace(key="a", value="b")],
    )
    job = description_of(trainer)
    assert (job.image("anywhere"), job.role, job.instance_type) == (
        "account/image:3",
        "role-arn",
        "ml.g5.xlarge",
    )
    assert (job.volume_size, job.max_run, job.subnets, job.tags) == (70, 77, ("s",), {"a": "b"})
    trainer.source_code.entry_script = None
    with pytest.raises(UsageError, match="entry_script"):
        description_of(trainer)


def test_anything_else_is_refused() -> None:
    with pytest.raises(UsageError, match="it is str"):
        description_of("PyTorch")


def test_images_whose_python_is_too_old_for_the_runner_are_refused_by_name(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.touch()

    def job(**more: Any) -> JobDescription:
        return PyTorch(str(script), instance_type="ml.m5.large", **more)

    with pytest.raises(UsageError, match=r"PyTorch 1\.7\.1 has Python 3\.6, .* framework_version 1\.9\.0;"):
        job(framework_version="1.7.1", py_version="py3").check_python()
    with pytest.raises(UsageError, match="no training image of PyTorch version '7'"):
        job(framework_version="7").check_python()
    for fine in (job(), job(framework_version="1.9"), job(framework_version="1.7.1", image_uri="my:image")):
        fine.check_python()
