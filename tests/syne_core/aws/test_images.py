"""Images of the table."""

from __future__ import annotations

import pytest

from syne_core.aws.images import (
    FRAMEWORKS,
    check_python_of_image,
    has_gpus,
    image_uri,
    python_versions,
    valid_versions,
)
from syne_core.errors import UnknownNameError, UsageError

HOST = "763104351884.dkr.ecr.us-west-2.amazonaws.com"


@pytest.mark.parametrize(
    ("wanted", "uri"),
    [
        (("PyTorch", "us-west-2", "ml.c5.4xlarge", "1.7.1", "py3"), f"{HOST}/pytorch-training:1.7.1-cpu-py3"),
        (("PyTorch", "us-west-2", "ml.g4dn.xlarge", "1.7"), f"{HOST}/pytorch-training:1.7.1-gpu-py3"),
        (("PyTorch", "us-west-2", "ml.p4d.24xlarge", "2.0.1"), f"{HOST}/pytorch-training:2.0.1-gpu-py310"),
        (
            ("TensorFlow", "us-west-2", "ml.m5.large", "2.13.0"),
            f"{HOST}/tensorflow-training:2.13.0-cpu-py310",
        ),
        (
            ("SKLearn", "us-east-1", "ml.m5.large", "1.2-1"),
            "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3",
        ),
        (
            ("PyTorch", "cn-north-1", "ml.m5.large", "2.6"),
            "727897471807.dkr.ecr.cn-north-1.amazonaws.com.cn/pytorch-training:2.6.0-cpu-py312",
        ),
        (
            ("HuggingFace", "us-west-2", "ml.g4dn.xlarge", "4.36", None, "2.1"),
            f"{HOST}/huggingface-pytorch-training:2.1.0-transformers4.36.0-gpu-py310-cu121-ubuntu20.04",
        ),
    ],
)
def test_image_is_the_one_that_aws_publishes(wanted: tuple[str, ...], uri: str) -> None:
    assert image_uri(*wanted) == uri


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (("PyTorch", "us-west-2", "ml.c5.4xlarge", "9.9"), "valid: 1.5.0, .*image_uri"),
        (("PyTorch", "us-west-2", "ml.c5.4xlarge", "2.0.1", "py36"), "py310, not 'py36'"),
        (("PyTorch", "mars-1", "ml.c5.4xlarge"), "mars-1"),
        (("HuggingFace", "us-west-2", "ml.c5.4xlarge"), "need a GPU"),
        (("HuggingFace", "us-west-2", "ml.g5.xlarge", "4.36", None, "1.7"), "valid: 2.1.0"),
        (("Pytorsh", "us-west-2", "ml.c5.4xlarge"), "Did you mean 'PyTorch'"),
    ],
)
def test_what_is_not_there_is_said_with_what_is(wanted: tuple[str, ...], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        image_uri(*wanted)


def test_a_version_without_its_end_means_the_newest_of_them() -> None:
    assert ":1.10.2-" in image_uri("PyTorch", "eu-west-1", "ml.m5.large", "1.10")
    assert ":1.2-1-" in image_uri("SKLearn", "eu-west-1", "ml.m5.large", "1.2")


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_every_version_has_an_image(framework: str) -> None:
    for version in valid_versions(framework):
        assert version in image_uri(framework, "eu-west-1", "ml.g5.xlarge", version)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (
            ("PyTorch", "1.7", None),
            r"PyTorch 1\.7\.1 has Python 3\.6, and it needs 3\.8 .*framework_version 1\.9\.0;",
        ),
        (("TensorFlow", "2.5.1", None), r"has Python 3\.7, .*framework_version 2\.6\.0;"),
        (
            ("HuggingFace", "4.6.1", "1.7.1"),
            r"4\.6\.1 with pytorch_version 1\.7\.1 has Python 3\.6, .*4\.10\.2 with pytorch_version 1\.9\.0;",
        ),
        (("HuggingFace", "4.10", "1.8"), r"The nearest that works: .*4\.10\.2 with pytorch_version 1\.9\.0;"),
    ],
)
def test_images_with_too_old_a_python_are_refused_naming_the_nearest(
    wanted: tuple[str, str, str | None], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        check_python_of_image(*wanted, (3, 8), "it")


def test_the_newest_images_and_those_whose_tags_do_not_tell_are_not_refused() -> None:
    for framework in FRAMEWORKS:
        check_python_of_image(framework, None, None, (3, 10), "it")
    with pytest.raises(UsageError, match="None is newer"):
        check_python_of_image("PyTorch", None, None, (3, 99), "it")


def test_gpus_are_known_from_the_type() -> None:
    assert all(map(has_gpus, ("ml.p2.xlarge", "ml.p4d.24xlarge", "ml.g4dn.xlarge", "ml.g6.xlarge")))
    assert not any(map(has_gpus, ("ml.c5.xlarge", "ml.m5.large", "ml.trn1.2xlarge", "local")))


def test_unknown_frameworks_are_named() -> None:
    with pytest.raises(UnknownNameError):
        valid_versions("Chainer")
    with pytest.raises(UnknownNameError):
        python_versions("Chainer", "1")
    assert python_versions("PyTorch", "1.7.1") == ("py36", "py3")
