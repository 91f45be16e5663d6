"""What is to be trained: a script or notebook, its parameters and its requirements."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarking.commons.relaunch import typed_command
from benchmarking.commons.requirements_union import union_of_requirements
from benchmarking.commons.study.provenance import git_state
from benchmarking.train_job.image_tag import image_tag
from syne_core.backend.local.trial_command import trial_arguments
from syne_core.errors import UsageError
from syne_core.version import __version__

__all__ = [
    "TrainingOrder",
    "build_notes",
    "image_mistakes",
    "is_to_be_built",
    "origin",
    "read_parameters",
    "read_requirements",
    "training_order",
]

NOTEBOOK = ".ipynb"
DOCKERFILE = "Dockerfile"
_SUFFIXES = (".py", ".sh", NOTEBOOK)
_NAME = re.compile(r"[A-Za-z_][\w.-]*")


@dataclass(frozen=True)
class TrainingOrder:
    """One training. Made by ``training_order``, or of a study's incumbent.

    :param tag: what it is called, ``foo/model``
    :param script: script or notebook, absolute
    :param parameters: by name, values as JSON has them
    :param arguments: of the script
    :param is_trial: instead of ``arguments``, the script gets ``parameters`` as a tuner would pass them
    :param requirements: text of the requirements; None: ``requirements.txt`` beside the script, if any
    :param image: of the container: a URI, ``default-cpu``, ``default-gpu``; None: as the driver finds right
    :param framework: whose stock image is meant, where there is no ``image``; None: by the script's imports
    :param framework_version: of that; None: the newest
    :param build: make an image by the ``Dockerfile`` beside the script, and train in it; where there is none,
        by the one that ``fahr init`` would write, which begins with ``image``
    :param instance_type: on which it is trained unless the user says otherwise; None: the driver's default
    :param provenance: what is known of the origin; JSON
    :param notes: for the user
    """

    tag: str
    script: Path
    parameters: Mapping[str, Any] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    is_trial: bool = False
    requirements: str | None = None
    image: str | None = None
    framework: str | None = None
    framework_version: str | None = None
    build: bool = False
    instance_type: str | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """What travels to the job."""
        return self.script.parent

    @property
    def is_notebook(self) -> bool:
        """Whether ``script`` is a notebook."""
        return self.script.suffix == NOTEBOOK


def training_order(
    script: str | Path,
    params: Iterable[str] = (),
    envfile: str | Path | None = None,
    image: str | None = None,
    build: bool | None = None,
) -> TrainingOrder:
    """The training that a command line describes.

    :param params: ``name=value``
    :param envfile: a requirements file, instead of the one beside the script
    :param build: make an image; None: if there is a ``Dockerfile`` beside the script, and no ``image``
    :raises UsageError: names everything that is wrong
    """
    path = Path(script).expanduser().absolute()
    mistakes = [*_script_mistakes(path), *image_mistakes(path, image, build)]
    texts: dict[str, str] = {}
    requirements = None
    try:
        texts = read_parameters(params, identifiers=path.suffix == NOTEBOOK)
    except UsageError as error:
        mistakes += str(error).splitlines()
    try:
        requirements = None if envfile is None else read_requirements(Path(envfile).expanduser())
    except UsageError as error:
        mistakes += str(error).splitlines()
    if mistakes:
        raise UsageError.joined(mistakes)
    parameters = {name: _value(text) for name, text in texts.items()}
    return TrainingOrder(
        tag=image_tag(path),
        script=path,
        parameters=parameters,
        arguments=tuple(trial_arguments(texts)),  # as typed
        requirements=requirements,
        image=image,
        build=is_to_be_built(path, image, build),
        provenance=origin(path, parameters),
        notes=tuple(build_notes(path, image, build)),
    )


def origin(script: Path, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of a training's origin; JSON."""
    git = git_state(script.parent)
    return {
        "script": str(script),
        "parameters": dict(parameters),
        "commit": git and git["commit"],
        "uncommitted_changes": git and git["dirty"],
        "command": typed_command(),
        "synebench_version": __version__,
    }


def read_parameters(params: Iterable[str], identifiers: bool = False) -> dict[str, str]:
    """``name=value`` words by name, in their order.

    :param identifiers: names must be those of Python variables
    :raises UsageError: names every word that is none
    """
    found: dict[str, str] = {}
    mistakes = []
    for word in params:
        name, is_pair, value = word.partition("=")
        if not is_pair or not _NAME.fullmatch(name):
            mistakes.append(f"--param {word}: write it as name=value, for example --param lr=0.1")
        elif identifiers and not name.isidentifier():
            mistakes.append(f"--param {word}: '{name}' cannot be a variable of a notebook")
        elif name in found:
            mistakes.append(f"--param {name} is given twice")
        else:
            found[name] = value
    if mistakes:
        raise UsageError.joined(mistakes)
    return found


def _script_mistakes(path: Path) -> Iterable[str]:
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        yield f"{path} {what}: name the training script or notebook"
    elif path.suffix not in _SUFFIXES:
        yield f"{path.name}: a training script ends in {', '.join(_SUFFIXES)}"


def is_to_be_built(path: Path, image: str | None, build: bool | None) -> bool:
    """Whether an image is made for a script.

    :param build: what the user said
    """
    return (path.parent / DOCKERFILE).is_file() and not image if build is None else build


def build_notes(path: Path, image: str | None, build: bool | None) -> Iterable[str]:
    """What the user should know of it, who did not ask for an image."""
    if build is None and is_to_be_built(path, image, build):
        beside = path.parent / DOCKERFILE
        yield f"{beside} is there, so an image is built by it; --no-build takes the stock image"


def image_mistakes(path: Path, image: str | None, build: bool | None) -> Iterable[str]:
    """What is wrong with the choice of an image.

    :param path: the script
    """
    if build and image and (path.parent / DOCKERFILE).is_file():
        yield "--build makes the image by the Dockerfile, so --train-image says nothing: leave one out"


def read_requirements(path: Path) -> str:
    """The text of a requirements file.

    :raises UsageError: it is missing, or cannot be read by pip in a job
    """
    if not path.is_file():
        raise UsageError(f"--envfile {path} does not exist")
    if path.suffix in (".yml", ".yaml"):
        raise UsageError(
            f"--envfile {path}: jobs install requirements by pip, not by conda; write a requirements.txt "
            "('pip freeze > requirements.txt'), or use an image of your own"
        )
    return union_of_requirements([path])


def _value(text: str) -> Any:
    """JSON where it is JSON, else the text."""
    try:
        return json.loads(text)
    except ValueError:
        return text
