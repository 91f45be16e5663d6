"""Dockerfiles for images of one's own: written to be edited, and copied from training to training."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from benchmarking.train_job.stock_image import DEFAULT_IMAGES, framework_of
from benchmarking.train_job.training_order import DOCKERFILE, NOTEBOOK
from syne_core.errors import UsageError

__all__ = ["copy_files", "dockerfile_text", "write_dockerfile"]

_REQUIREMENTS = "requirements.txt"
_COPIED = (DOCKERFILE, ".dockerignore", _REQUIREMENTS, "run.sh")
_CPU = {"PyTorch": "python:3.12-slim", "TensorFlow": "python:3.12-slim"}
_GPU = {
    "PyTorch": "pytorch/pytorch:2.8.0-cuda12.8-cudnn9-runtime",
    "TensorFlow": "tensorflow/tensorflow:2.19.0-gpu",
}
_TEXT = """\
# The image in which {script} is trained: edit it, then 'fit --build' builds and pushes it.
# The script itself, and what lies beside it, comes with each job: a change of it needs no new image.
# The image needs python3 (3.8 or newer); packages that it has are not installed again.
FROM {base}

WORKDIR /opt/program
{install}
# Scripts find out by it where they run.
ENV FAHR_EXECUTION_ENVIRONMENT=sagemaker
"""
_INSTALL = """\
COPY {requirements} ./
RUN python3 -m pip install --no-cache-dir -r {requirements}
"""
_NO_REQUIREMENTS = """\
# RUN python3 -m pip install --no-cache-dir numpy
"""
_NOTEBOOK = """\
RUN python3 -m pip install --no-cache-dir nbclient ipykernel
"""


def write_dockerfile(
    script: Path, image: str | None = None, envfile: str | None = None, overwrite: bool = False
) -> Path:
    """Write a ``Dockerfile`` beside ``script``.

    :param image: what it begins with; ``default-cpu``, ``default-gpu`` or an image; default: for CPUs
    :param envfile: requirements, in the script's folder
    :raises UsageError: the script or the requirements are missing, or there is a Dockerfile already
    """
    if not script.is_file():
        what = "is a folder" if script.is_dir() else "does not exist"
        raise UsageError(f"{script} {what}: name the training script or notebook")
    target = script.parent / DOCKERFILE
    if target.exists() and not overwrite:
        raise UsageError(f"{target} exists; --overwrite replaces it")
    target.write_text(dockerfile_text(script, image, envfile), encoding="utf-8")
    return target


def dockerfile_text(script: Path, image: str | None = None, envfile: str | None = None) -> str:
    """What ``write_dockerfile`` writes.

    :raises UsageError: the requirements are missing, or lie elsewhere
    """
    install = _install(script, envfile) + (_NOTEBOOK if script.suffix == NOTEBOOK else "")
    return _TEXT.format(script=json.dumps(script.name), base=_base(script, image), install=install)


def copy_files(src: str, dest: str, scripts: Iterable[str] = (), overwrite: bool = False) -> list[Path]:
    """Copy what belongs to a training, but for its script, from a folder to another; the new files.

    :param scripts: names of scripts in ``src`` that are copied, too
    :raises UsageError: ``src`` is no folder, a script is missing, or a file is there or cannot be written
    """
    source, target = Path(src).expanduser(), Path(dest).expanduser()
    if not source.is_dir():
        raise UsageError(f"{source} is no folder")
    if target.exists() and not target.is_dir():
        raise UsageError(f"{target} is no folder")
    names = [name for name in _COPIED if (source / name).is_file()]
    # A script may be named as in the folder, or by its path from here.
    given = [os.path.relpath(name, source) if os.path.isfile(name) else name for name in scripts]
    mistakes = [f"{source / name} does not exist" for name in given if not (source / name).is_file()]
    names += [name for name in given if name not in names]
    if not overwrite:
        there = [target / name for name in names if (target / name).exists()]
        mistakes += [f"{path} exists; --overwrite replaces it" for path in there]
    mistakes += [f"{name} lies outside of {source}" for name in given if name.startswith("..")]
    if mistakes:
        raise UsageError.joined(mistakes)
    try:
        for name in names:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / name, target / name)
    except OSError as error:
        raise UsageError(f"{source} cannot be copied to {target}: {error.strerror}") from None
    return [target / name for name in names]


def _base(script: Path, image: str | None) -> str:
    if image and image not in DEFAULT_IMAGES:
        return image
    table = _GPU if image == "default-gpu" else _CPU
    return table[framework_of(script)]


def _install(script: Path, envfile: str | None) -> str:
    if envfile is None:
        is_there = (script.parent / _REQUIREMENTS).is_file()
        return _INSTALL.format(requirements=_REQUIREMENTS) if is_there else _NO_REQUIREMENTS
    path = Path(envfile).expanduser()
    if not path.is_file():
        raise UsageError(f"--envfile {path} does not exist")
    if path.resolve().parent != script.resolve().parent:
        raise UsageError(f"--envfile {path} must lie beside {script.name}: an image is built of that folder")
    return _INSTALL.format(requirements=path.name)
