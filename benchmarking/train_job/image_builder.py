"""``--build``: an image by the Dockerfile beside the script, in ECR.

Images are called by what they are made of, so one that is there already is not built again. The script itself
travels with each job: only a change of the Dockerfile, or of files that it copies, makes another image.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
import re
import shlex
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarking.train_job.dockerfile import dockerfile_text
from benchmarking.train_job.training_order import DOCKERFILE, TrainingOrder

if TYPE_CHECKING:
    from benchmarking.train_job.image_tools import ImageTool
    from syne_core.aws.session import AwsSession

__all__ = ["build_image", "context_digest"]

#: What SageMaker's instances are, but for a few of AWS's own processors.
_PLATFORM = "linux/amd64"
_DIGITS = 16
_COPIES = re.compile(r"^\s*(?:COPY|ADD)\s+(.*)$", re.IGNORECASE)


def build_image(session: AwsSession, tool: ImageTool, order: TrainingOrder) -> str:
    """The image's URI; it is in ECR, in the repository called like the tag, which is made if it is absent.

    :raises SyneError: it cannot be built or pushed
    """
    from syne_core.aws.image_repository import image_repository

    repository = image_repository(session, order.tag)
    beside = order.folder / DOCKERFILE
    text = beside.read_text("utf-8") if beside.is_file() else dockerfile_text(order.script, order.image)
    version = context_digest(order.folder, text)
    image = f"{repository.uri}:{version}"
    if repository.has_image(version):
        print(f"Image:    {image} is there already", file=sys.stderr)
        return image
    pushed = f"{repository.push_uri}:{version}"
    print(f"Image:    {image}, built by {tool.name}", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix="synebench-image-") as name:
        dockerfile = Path(name) / DOCKERFILE
        dockerfile.write_text(text, encoding="utf-8")
        tool.build(order.folder, dockerfile, pushed, None if session.is_emulator else _PLATFORM)
    user, password = repository.login()
    tool.push(pushed, user, password, plain_http=session.is_emulator)
    return image


def context_digest(folder: Path, text: str) -> str:
    """Digest of a Dockerfile and of what it copies from ``folder`` into the image; 16 digits."""
    from syne_core.aws.bundle_files import folder_files

    wanted = list(_copied(text))
    digest = hashlib.sha256(text.encode())
    for file in sorted(folder_files(folder).files, key=lambda one: one.name):
        if any(_is_meant(file.name, pattern) for pattern in wanted):
            content = hashlib.sha256(file.path.read_bytes()).hexdigest()
            digest.update(json.dumps([file.name, content, file.executable]).encode())
    return digest.hexdigest()[:_DIGITS]


def _copied(text: str) -> Iterator[str]:
    """Sources of COPY and ADD, but for those of other stages and of the network."""
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        found = _COPIES.match(line)
        if found is None:
            continue
        words = _words(found[1])
        if any(word.startswith("--from=") for word in words):
            continue
        sources = [word for word in words if not word.startswith("--")][:-1]
        yield from (source for source in sources if "://" not in source)


def _words(text: str) -> list[str]:
    try:
        if "[" in text:
            flags, _, rest = text.partition("[")
            return [*flags.split(), *map(str, json.loads("[" + rest))]
        return shlex.split(text)
    except ValueError:
        return [".", "."]  # not understood: everything may be meant


def _is_meant(name: str, pattern: str) -> bool:
    """Whether a file of the folder is what a source means, or lies below it."""
    pattern = pattern.removeprefix("./").strip("/")
    if pattern in ("", ".") or "$" in pattern:
        return True
    parents = [name, *(str(parent) for parent in Path(name).parents)][:-1]
    return any(fnmatch.fnmatch(one, pattern) for one in parents)
