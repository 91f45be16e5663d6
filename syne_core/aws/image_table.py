"""The table of training images that SageMaker offers: frameworks, their versions, Pythons and platforms.

To add a version, append a row: the newest is last, and is what definitions without ``framework_version`` get.
The figures are those that AWS publishes ("Available Deep Learning Containers Images", "Docker registry paths
for SageMaker"); a long test (`test_images_like_the_sdk.py`) compares them with those in the SageMaker SDKs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["HUGGING_FACE", "REPOSITORIES", "TABLE_DATE", "VERSIONS", "Image"]

#: When the table was last compared with AWS's.
TABLE_DATE = "2026-11"


@dataclass(frozen=True)
class Image:
    """Images of one version.

    :param pythons: as tags call them, the preferred one last; ``py3`` beside ``py36`` is that
    :param platform: what follows the Python in the tag
    """

    pythons: tuple[str, ...]
    platform: str = ""


#: Name of the repository that holds the training images of a framework.
REPOSITORIES: Mapping[str, str] = MappingProxyType(
    {
        "PyTorch": "pytorch-training",
        "HuggingFace": "huggingface-pytorch-training",
        "SKLearn": "sagemaker-scikit-learn",
        "TensorFlow": "tensorflow-training",
    }
)

_PYTORCH = {
    **{v: Image(("py36", "py3")) for v in ("1.5.0", "1.6.0", "1.7.1", "1.8.0", "1.8.1")},
    **{v: Image(("py38",)) for v in ("1.9.0", "1.9.1", "1.10.0", "1.10.2", "1.11.0", "1.12.0", "1.12.1")},
    "1.13.1": Image(("py39",)),
    **{v: Image(("py310",)) for v in ("2.0.0", "2.0.1", "2.1.0", "2.2.0")},
    **{v: Image(("py311",)) for v in ("2.3.0", "2.4.0", "2.5.1")},
    **{v: Image(("py312",)) for v in ("2.6.0", "2.7.1", "2.8.0", "2.9.0")},
    "2.10.0": Image(("py313",)),
}
_TENSORFLOW = {
    **{v: Image(("py37",)) for v in ("2.2.0", "2.2.1", "2.2.2", "2.4.1", "2.4.3", "2.5.0", "2.5.1")},
    **{v: Image(("py38",)) for v in ("2.6.0", "2.6.2", "2.6.3", "2.7.1")},
    **{v: Image(("py39",)) for v in ("2.8.0", "2.9.2", "2.10.1", "2.11.0")},
    **{v: Image(("py310",)) for v in ("2.12.0", "2.13.0", "2.14.1", "2.16.2", "2.18.0")},
    "2.19.0": Image(("py312",)),
}
_SCIKIT_LEARN = {v: Image(("py3",)) for v in ("0.20.0", "0.23-1", "1.0-1", "1.2-1", "1.4-2")}

#: Images by framework and version, oldest first.
VERSIONS: Mapping[str, Mapping[str, Image]] = MappingProxyType(
    {"PyTorch": _PYTORCH, "TensorFlow": _TENSORFLOW, "SKLearn": _SCIKIT_LEARN}
)

#: Images by version of transformers, then of PyTorch; oldest first. All of them are for GPUs.
HUGGING_FACE: Mapping[str, Mapping[str, Image]] = MappingProxyType(
    {
        "4.6.1": {
            "1.6.0": Image(("py36",), "cu110-ubuntu18.04"),
            "1.7.1": Image(("py36",), "cu110-ubuntu18.04"),
            "1.8.1": Image(("py36",), "cu111-ubuntu18.04"),
        },
        "4.10.2": {
            "1.8.1": Image(("py36",), "cu110-ubuntu18.04"),
            "1.9.0": Image(("py38",), "cu111-ubuntu20.04"),
        },
        "4.11.0": {"1.9.0": Image(("py38",), "cu111-ubuntu20.04")},
        "4.12.3": {"1.9.1": Image(("py38",), "cu111-ubuntu20.04")},
        "4.17.0": {"1.10.2": Image(("py38",), "cu113-ubuntu20.04")},
        "4.26.0": {"1.13.1": Image(("py39",), "cu117-ubuntu20.04")},
        "4.28.1": {"2.0.0": Image(("py310",), "cu118-ubuntu20.04")},
        "4.36.0": {"2.1.0": Image(("py310",), "cu121-ubuntu20.04")},
        "4.46.1": {"2.3.0": Image(("py311",), "cu121-ubuntu20.04")},
        "4.48.0": {"2.3.0": Image(("py311",), "cu121-ubuntu20.04")},
        "4.49.0": {"2.5.1": Image(("py311",), "cu124-ubuntu22.04")},
        "4.55.0": {"2.7.1": Image(("py312",), "cu128-ubuntu22.04")},
        "4.56.2": {"2.8.0": Image(("py312",), "cu129-ubuntu22.04")},
        "5.3.0": {"2.9.0": Image(("py312",), "cu130-ubuntu22.04")},
    }
)
