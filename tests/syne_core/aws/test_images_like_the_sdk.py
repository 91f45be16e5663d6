"""The table of images, beside those of the SageMaker SDKs."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from perf.peers import PeerUnavailableError, interpreter
from syne_core.aws.image_accounts import DEEP_LEARNING_ACCOUNTS, SCIKIT_LEARN_ACCOUNTS
from syne_core.aws.image_table import HUGGING_FACE
from syne_core.aws.images import image_uri, python_versions, valid_versions

pytestmark = pytest.mark.long

ASK = """
import json, sys
try:
    from sagemaker.core import image_uris
except ImportError:
    from sagemaker import image_uris
answers = []
for arguments in json.load(sys.stdin):
    try:
        answers.append(image_uris.retrieve(image_scope="training", **arguments))
    except Exception as error:
        answers.append(f"{type(error).__name__}: {error}")
json.dump(answers, sys.stdout)
"""
_SDK_NAMES = {"PyTorch": "pytorch", "TensorFlow": "tensorflow", "SKLearn": "sklearn"}


def questions() -> Iterator[tuple[dict[str, Any], str]]:
    """What to ask an SDK, and our answer."""
    for framework in _SDK_NAMES:
        gpus = () if framework == "SKLearn" else ("ml.g4dn.xlarge",)
        for version in valid_versions(framework):
            for python in python_versions(framework, version):
                for instance_type in ("ml.c5.xlarge", *gpus):
                    yield plain(framework, version, python, "us-east-1", instance_type)
    for region in DEEP_LEARNING_ACCOUNTS:
        yield plain("PyTorch", "2.5.1", "py311", region, "ml.c5.xlarge")
    for region in SCIKIT_LEARN_ACCOUNTS:
        yield plain("SKLearn", "1.2-1", "py3", region, "ml.c5.xlarge")
    for version, images in HUGGING_FACE.items():
        for torch, image in images.items():
            place = {"region": "us-west-2", "instance_type": "ml.g4dn.xlarge"}
            asked = {"version": version, "base_framework_version": f"pytorch{torch}", **place}
            ours = image_uri("HuggingFace", *place.values(), version, None, torch)
            yield {"framework": "huggingface", "py_version": image.pythons[-1], **asked}, ours


def plain(
    framework: str, version: str, python: str, region: str, instance_type: str
) -> tuple[dict[str, Any], str]:
    asked = {"version": version, "py_version": python, "region": region, "instance_type": instance_type}
    ours = image_uri(framework, region, instance_type, version, python)
    return {"framework": _SDK_NAMES[framework], **asked}, ours


def answers_of(sdk: str, asked: list[dict[str, Any]]) -> list[str]:
    try:
        python = interpreter(sdk)
    except PeerUnavailableError as error:
        pytest.skip(f"the SDK cannot be installed: {error}")
    done = subprocess.run(
        [str(python), "-W", "ignore", "-c", ASK],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    found: list[str] = json.loads(done.stdout.splitlines()[-1])  # it prints where it looked for settings
    assert len(found) == len(asked)
    return found


def test_every_image_of_the_table_is_the_sdks() -> None:
    """An SDK that is older does not know the newest; the newer one may have dropped the oldest."""
    asked, ours = zip(*questions(), strict=True)
    assert len(ours) > 100
    answers = [answers_of(sdk, list(asked)) for sdk in ("sagemaker-sdk-2", "sagemaker-sdk-3")]
    for arguments, uri, *theirs in zip(asked, ours, *answers, strict=True):
        known = {answer for answer in theirs if ".dkr.ecr." in answer}
        assert known == {uri}, (arguments, theirs)
