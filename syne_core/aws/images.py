"""Which container image a framework, version and region mean, by ``image_table``: no SDK is needed.

What is not in the table can still be had by ``image_uri``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from syne_core.aws.image_accounts import DEEP_LEARNING_ACCOUNTS, SCIKIT_LEARN_ACCOUNTS
from syne_core.aws.image_table import HUGGING_FACE, REPOSITORIES, VERSIONS, Image
from syne_core.errors import UnknownNameError, UsageError

__all__ = [
    "FRAMEWORKS",
    "check_python_of_image",
    "full_version",
    "has_gpus",
    "image_uri",
    "python_versions",
    "valid_versions",
]

#: The frameworks of the table.
FRAMEWORKS = tuple(REPOSITORIES)


def has_gpus(instance_type: str) -> bool:
    """Whether SageMaker runs the GPU image of a framework on ``instance_type``."""
    return re.match(r"ml\.(p\d|g\d|gr\d)", instance_type) is not None


def valid_versions(framework: str) -> list[str]:
    """Versions of ``framework`` in the table, oldest first; those of transformers for HuggingFace.

    :raises UnknownNameError: if the framework is not in the table
    """
    if framework == "HuggingFace":
        return list(HUGGING_FACE)
    if framework not in VERSIONS:
        raise UnknownNameError("framework", framework, FRAMEWORKS)
    return list(VERSIONS[framework])


def full_version(framework: str, version: str | None = None) -> str:
    """The version that ``version`` means: ``"2.0"`` the newest 2.0.x, None the newest there is.

    :raises UsageError: if the table has none
    """
    return _full_version(framework, version, valid_versions(framework))


def python_versions(framework: str, version: str) -> tuple[str, ...]:
    """Pythons of the images of one version, such as ``("py36", "py3")``; the preferred one last.

    :raises UsageError: if the version is not in the table
    """
    if framework not in VERSIONS:
        raise UnknownNameError("framework", framework, VERSIONS)
    return _plain_image(framework, version)[1].pythons


def check_python_of_image(
    framework: str,
    version: str | None,
    pytorch_version: str | None,
    oldest: tuple[int, int],
    needed_by: str,
) -> None:
    """See that the Python of an image of the table is new enough.

    :param version: as for ``image_uri``, likewise ``pytorch_version``
    :param oldest: such as ``(3, 8)``
    :param needed_by: who needs it, for the message
    :raises UsageError: it is older, and the message names the nearest version that will do; or there is no
        such version
    """
    if framework == "HuggingFace":
        full, torch, image = _hugging_face_image(version, pytorch_version)
        images = {
            f"{v} with pytorch_version {t}": i for v, row in HUGGING_FACE.items() for t, i in row.items()
        }
        full = f"{full} with pytorch_version {torch}"
    else:
        full, image = _plain_image(framework, version)
        images = dict(VERSIONS[framework])
    if (found := _oldest_python(image)) is None or found >= oldest:
        return
    newer = list(images)[list(images).index(full) :]
    near = next((v for v in newer if (_oldest_python(images[v]) or oldest) >= oldest), None)
    hint = f" The nearest that works: framework_version {near}" if near else " None is newer"
    raise UsageError(
        f"The image of {framework} {full} has Python {found[0]}.{found[1]}, and {needed_by} needs "
        f"{oldest[0]}.{oldest[1]} or newer.{hint}; or name an image_uri"
    )


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
        version, torch, image = _hugging_face_image(version, pytorch_version)
        if not has_gpus(instance_type):
            raise UsageError(
                f"Hugging Face's training images need a GPU, {instance_type} has none: choose a type such as "
                "ml.g4dn.xlarge, or framework PyTorch with transformers in requirements.txt"
            )
        tag = f"{torch}-transformers{version}-gpu-{_python(image, py_version, framework, version)}"
        return _uri(DEEP_LEARNING_ACCOUNTS, framework, region, f"{tag}-{image.platform}")
    if framework not in VERSIONS:
        raise UnknownNameError("framework", framework, FRAMEWORKS)
    version, image = _plain_image(framework, version)
    python = _python(image, py_version, framework, version)
    if framework == "SKLearn":  # this one uses no GPU, whatever the instance has
        accounts, processor = SCIKIT_LEARN_ACCOUNTS, "cpu"
    else:
        accounts, processor = DEEP_LEARNING_ACCOUNTS, "gpu" if has_gpus(instance_type) else "cpu"
    return _uri(accounts, framework, region, f"{version}-{processor}-{python}")


def _plain_image(framework: str, version: str | None) -> tuple[str, Image]:
    table = VERSIONS[framework]
    full = _full_version(framework, version, list(table))
    return full, table[full]


def _hugging_face_image(version: str | None, pytorch_version: str | None) -> tuple[str, str, Image]:
    full = _full_version("transformers", version, list(HUGGING_FACE))
    images = HUGGING_FACE[full]
    torch = _full_version(f"PyTorch for transformers {full}:", pytorch_version, list(images))
    return full, torch, images[torch]


def _oldest_python(image: Image) -> tuple[int, int] | None:
    """Major and minor version; None if the tags do not tell."""
    told = [name.removeprefix("py3") for name in image.pythons if name != "py3"]
    return min(((3, int(minor)) for minor in told), default=None)


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


def _python(image: Image, wanted: str | None, framework: str, version: str) -> str:
    if wanted is None:
        return image.pythons[-1]
    if wanted not in image.pythons:
        raise UsageError(
            f"The images of {framework} {version} have Python {' or '.join(image.pythons)}, not '{wanted}'"
        )
    return wanted


def _uri(accounts: Mapping[str, str], framework: str, region: str, tag: str) -> str:
    try:
        account = accounts[region]
    except KeyError:
        raise UsageError(
            f"We do not know who holds the images of {framework} in region '{region}': name one by image_uri"
        ) from None
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"{account}.dkr.ecr.{region}.{domain}/{REPOSITORIES[framework]}:{tag}"
