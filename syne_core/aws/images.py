"""Which container image a framework, version and region mean: a table of our own, so that no SDK is needed.

The figures are those that AWS publishes ("Available Deep Learning Containers Images", "Docker registry paths
for SageMaker"). What is not in the table can still be had by ``image_uri``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from syne_core.aws.image_accounts import DEEP_LEARNING_ACCOUNTS, SCIKIT_LEARN_ACCOUNTS
from syne_core.errors import UnknownNameError, UsageError

__all__ = ["FRAMEWORKS", "full_version", "has_gpus", "image_uri", "python_versions", "valid_versions"]

#: The frameworks of the table.
FRAMEWORKS = ("PyTorch", "HuggingFace", "SKLearn", "TensorFlow")


@dataclass(frozen=True)
class _Image:
    """Images of one version: their Pythons, the preferred one last, and what follows it in the tag."""

    pythons: tuple[str, ...]
    platform: str = ""


_PYTORCH = {
    **{v: _Image(("py36", "py3")) for v in ("1.5.0", "1.6.0", "1.7.1", "1.8.0", "1.8.1")},
    **{v: _Image(("py38",)) for v in ("1.9.0", "1.9.1", "1.10.0", "1.10.2", "1.11.0", "1.12.0", "1.12.1")},
    "1.13.1": _Image(("py39",)),
    **{v: _Image(("py310",)) for v in ("2.0.0", "2.0.1", "2.1.0", "2.2.0")},
    **{v: _Image(("py311",)) for v in ("2.3.0", "2.4.0", "2.5.1")},
    **{v: _Image(("py312",)) for v in ("2.6.0", "2.7.1", "2.8.0")},
}
_TENSORFLOW = {
    **{v: _Image(("py37",)) for v in ("2.2.0", "2.2.1", "2.2.2", "2.4.1", "2.4.3", "2.5.0", "2.5.1")},
    **{v: _Image(("py38",)) for v in ("2.6.0", "2.6.2", "2.6.3", "2.7.1")},
    **{v: _Image(("py39",)) for v in ("2.8.0", "2.9.2", "2.10.1", "2.11.0")},
    **{v: _Image(("py310",)) for v in ("2.12.0", "2.13.0", "2.14.1", "2.16.2", "2.18.0")},
    "2.19.0": _Image(("py312",)),
}
_SKLEARN = {v: _Image(("py3",)) for v in ("0.20.0", "0.23-1", "1.0-1", "1.2-1", "1.4-2")}
# Version of transformers, then of PyTorch.
_HUGGING_FACE = {
    "4.6.1": {
        "1.6.0": _Image(("py36",), "cu110-ubuntu18.04"),
        "1.7.1": _Image(("py36",), "cu110-ubuntu18.04"),
        "1.8.1": _Image(("py36",), "cu111-ubuntu18.04"),
    },
    "4.10.2": {
        "1.8.1": _Image(("py36",), "cu110-ubuntu18.04"),
        "1.9.0": _Image(("py38",), "cu111-ubuntu20.04"),
    },
    "4.11.0": {"1.9.0": _Image(("py38",), "cu111-ubuntu20.04")},
    "4.12.3": {"1.9.1": _Image(("py38",), "cu111-ubuntu20.04")},
    "4.17.0": {"1.10.2": _Image(("py38",), "cu113-ubuntu20.04")},
    "4.26.0": {"1.13.1": _Image(("py39",), "cu117-ubuntu20.04")},
    "4.28.1": {"2.0.0": _Image(("py310",), "cu118-ubuntu20.04")},
    "4.36.0": {"2.1.0": _Image(("py310",), "cu121-ubuntu20.04")},
    "4.46.1": {"2.3.0": _Image(("py311",), "cu121-ubuntu20.04")},
    "4.48.0": {"2.3.0": _Image(("py311",), "cu121-ubuntu20.04")},
    "4.49.0": {"2.5.1": _Image(("py311",), "cu124-ubuntu22.04")},
    "4.55.0": {"2.7.1": _Image(("py312",), "cu128-ubuntu22.04")},
    "4.56.2": {"2.8.0": _Image(("py312",), "cu129-ubuntu22.04")},
}
_PLAIN: Mapping[str, tuple[str, Mapping[str, _Image]]] = MappingProxyType(
    {
        "PyTorch": ("pytorch-training", _PYTORCH),
        "TensorFlow": ("tensorflow-training", _TENSORFLOW),
        "SKLearn": ("sagemaker-scikit-learn", _SKLEARN),
    }
)


def has_gpus(instance_type: str) -> bool:
    """Whether SageMaker runs the GPU image of a framework on ``instance_type``."""
    return re.match(r"ml\.(p\d|g\d|gr\d)", instance_type) is not None


def valid_versions(framework: str) -> list[str]:
    """Versions of ``framework`` in the table, oldest first; those of transformers for HuggingFace.

    :raises UnknownNameError: if the framework is not in the table
    """
    if framework == "HuggingFace":
        return list(_HUGGING_FACE)
    if framework not in _PLAIN:
        raise UnknownNameError("framework", framework, FRAMEWORKS)
    return list(_PLAIN[framework][1])


def full_version(framework: str, version: str | None = None) -> str:
    """The version that ``version`` means: ``"2.0"`` the newest 2.0.x, None the newest there is.

    :raises UsageError: if the table has none
    """
    return _full_version(framework, version, valid_versions(framework))


def python_versions(framework: str, version: str) -> tuple[str, ...]:
    """Pythons of the images of one version, such as ``("py36", "py3")``; the preferred one last.

    :raises UsageError: if the version is not in the table
    """
    if framework not in _PLAIN:
        raise UnknownNameError("framework", framework, _PLAIN)
    return _plain_image(framework, version)[1].pythons


def image_uri(
    framework: str,
    region: str,
    instance_type: str,
    version: str | None = None,
    py_version: str | None = None,
    pytorch_version: str | None = None,
) -> str:
    """URI of the training image of ``framework`` in ``region``.

    :param instance_type: decides between the CPU and the GPU image
    :param version: of the framework (of transformers for HuggingFace), ``"2.0"`` for the newest 2.0.x;
        default: the newest in the table
    :param py_version: such as ``"py310"``; default: the one there is
    :param pytorch_version: for HuggingFace, where there is more than one
    :raises UsageError: if there is no such image; the message names what there is
    """
    if framework == "HuggingFace":
        repository, tag = "huggingface-pytorch-training", ""
        version, torch, image = _hugging_face_image(version, pytorch_version)
        if not has_gpus(instance_type):
            raise UsageError(
                f"Hugging Face's training images need a GPU, {instance_type} has none: choose a type such as "
                "ml.g4dn.xlarge, or framework PyTorch with transformers in requirements.txt"
            )
        tag = f"{torch}-transformers{version}-gpu-{_python(image, py_version, framework, version)}"
        return _uri(DEEP_LEARNING_ACCOUNTS, framework, region, repository, f"{tag}-{image.platform}")
    if framework not in _PLAIN:
        raise UnknownNameError("framework", framework, FRAMEWORKS)
    version, image = _plain_image(framework, version)
    python = _python(image, py_version, framework, version)
    if framework == "SKLearn":  # this one uses no GPU, whatever the instance has
        accounts, processor = SCIKIT_LEARN_ACCOUNTS, "cpu"
    else:
        accounts, processor = DEEP_LEARNING_ACCOUNTS, "gpu" if has_gpus(instance_type) else "cpu"
    return _uri(accounts, framework, region, _PLAIN[framework][0], f"{version}-{processor}-{python}")


def _plain_image(framework: str, version: str | None) -> tuple[str, _Image]:
    table = _PLAIN[framework][1]
    full = _full_version(framework, version, list(table))
    return full, table[full]


def _hugging_face_image(version: str | None, pytorch_version: str | None) -> tuple[str, str, _Image]:
    full = _full_version("transformers", version, list(_HUGGING_FACE))
    images = _HUGGING_FACE[full]
    torch = _full_version(f"PyTorch for transformers {full}:", pytorch_version, list(images))
    return full, torch, images[torch]


def _full_version(what: str, wanted: str | None, valid: list[str]) -> str:
    if wanted is None:
        return valid[-1]
    if wanted in valid:
        return wanted
    newest = [v for v in valid if v.startswith((f"{wanted}.", f"{wanted}-"))]
    if newest:
        return newest[-1]
    raise UsageError(
        f"There is no training image of {what} version '{wanted}' in our table; valid: {', '.join(valid)}. "
        "Any other image can be named by image_uri"
    )


def _python(image: _Image, wanted: str | None, framework: str, version: str) -> str:
    if wanted is None:
        return image.pythons[-1]
    if wanted not in image.pythons:
        raise UsageError(
            f"The images of {framework} {version} have Python {' or '.join(image.pythons)}, not '{wanted}'"
        )
    return wanted


def _uri(accounts: Mapping[str, str], framework: str, region: str, repository: str, tag: str) -> str:
    try:
        account = accounts[region]
    except KeyError:
        raise UsageError(
            f"We do not know who holds the images of {framework} in region '{region}': name one by image_uri"
        ) from None
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"{account}.dkr.ecr.{region}.{domain}/{repository}:{tag}"
