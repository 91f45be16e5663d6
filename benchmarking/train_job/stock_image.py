"""Which stock image a script runs in: that of the framework which it imports."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

from benchmarking.train_job.training_order import NOTEBOOK, TrainingOrder

__all__ = ["DEFAULT_IMAGES", "framework_of", "image_notes", "image_of"]

#: What ``--train-image`` may say instead of a URI, and an instance type whose image it means.
DEFAULT_IMAGES = {"default-cpu": "ml.m5.large", "default-gpu": "ml.g4dn.xlarge"}
#: PyTorch's images also have scikit-learn, pandas and the like.
_DEFAULT = "PyTorch"
_TENSORFLOW = frozenset({"tensorflow", "keras"})


def image_of(order: TrainingOrder, region: str, instance_type: str) -> str:
    """URI of the image that ``order`` runs in, if none is to be built.

    :raises UsageError: our table has none for this region
    """
    from syne_core.aws.images import image_uri

    if order.image and order.image not in DEFAULT_IMAGES:
        return order.image
    kind = DEFAULT_IMAGES.get(order.image or "", instance_type)
    framework = order.framework or framework_of(order.script)
    return image_uri(framework, region, kind, order.framework_version)


def image_notes(image: str | None, instance_type: str) -> Iterator[str]:
    """Says so where the image that is asked for and the instance do not go together."""
    from syne_core.aws.images import has_gpus

    if image not in DEFAULT_IMAGES:
        return
    if image == "default-gpu" and not has_gpus(instance_type):
        example = DEFAULT_IMAGES[image]
        yield (
            f"{instance_type} has no GPU for the image default-gpu, --config.train_instance_type={example} "
            "has one"
        )
    if image == "default-cpu" and has_gpus(instance_type):
        yield f"the image default-cpu leaves the GPU of {instance_type} unused"


def framework_of(script: Path) -> str:
    """TensorFlow if the script or notebook imports it or Keras, else PyTorch."""
    names: set[str] = set()
    for text in _texts(script):
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError):
            continue  # a cell with magics; whoever runs it will see what is wrong
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
    return "TensorFlow" if names & _TENSORFLOW and "torch" not in names else _DEFAULT


def _texts(script: Path) -> list[str]:
    try:
        text = script.read_text(encoding="utf-8")
        if script.suffix != NOTEBOOK:
            return [text]
        cells = json.loads(text)["cells"]
        return ["".join(cell["source"]) for cell in cells if cell.get("cell_type") == "code"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
