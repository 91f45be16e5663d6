"""The table of images, beside that of the SageMaker SDK."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator

import pytest

from perf.peers import PeerUnavailableError, interpreter
from syne_core.aws.image_accounts import DEEP_LEARNING_ACCOUNTS, SCIKIT_LEARN_ACCOUNTS
from syne_core.aws.images import image_uri, python_versions, valid_versions

pytestmark = pytest.mark.long

ASK = """
import json, sys
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


def questions() -> Iterator[tuple[str, str, str, str, str]]:
    """Framework, version, Python, region, instance type."""
    for framework in _SDK_NAMES:
        gpus = () if framework == "SKLearn" else ("ml.g4dn.xlarge",)
        for version in valid_versions(framework):
            for python in python_versions(framework, version):
                for instance_type in ("ml.c5.xlarge", *gpus):
                    yield framework, version, python, "us-east-1", instance_type
    for region in DEEP_LEARNING_ACCOUNTS:
        yield "PyTorch", "2.5.1", "py311", region, "ml.c5.xlarge"
    for region in SCIKIT_LEARN_ACCOUNTS:
        yield "SKLearn", "1.2-1", "py3", region, "ml.c5.xlarge"


def test_every_image_of_the_table_is_the_sdks() -> None:
    try:
        python = interpreter("sagemaker-sdk-2")
    except PeerUnavailableError as error:
        pytest.skip(f"the SDK cannot be installed: {error}")
    asked = list(questions())
    arguments = [
        {
            "framework": _SDK_NAMES[framework],
            "version": version,
            "py_version": py,
            "region": region,
            "instance_type": instance_type,
        }
        for framework, version, py, region, instance_type in asked
    ]
    done = subprocess.run(
        [str(python), "-W", "ignore", "-c", ASK],
        input=json.dumps(arguments),
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    theirs = json.loads(done.stdout.splitlines()[-1])  # it prints where it looked for settings
    ours = [image_uri(f, region, kind, version, py) for f, version, py, region, kind in asked]
    assert len(theirs) == len(ours) > 100
    different = [(q, o, t) for q, o, t in zip(asked, ours, theirs, strict=True) if o != t]
    assert not different
