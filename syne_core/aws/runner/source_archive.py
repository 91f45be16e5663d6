"""Unpacks the bundle's source. Standard library only, parses as Python 3.8."""

from __future__ import annotations

import contextlib
import os
import shutil
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO

from syne_core.aws.runner.job_document import JobError

__all__ = ["unpack_source"]

_CHUNK = 1024 * 1024


def unpack_source(archive: Path, folder: Path, is_stopping: Callable[[], bool]) -> None:
    """Unpack a ``source.tar.gz`` into ``folder``, over what is there.

    Bundles hold files only; an archive with links, devices or names that lead out of the folder is refused.

    :param is_stopping: asked now and then; if so, the rest is left alone
    :raises JobError: the archive is missing, damaged or not a bundle's
    """
    try:
        with tarfile.open(str(archive), "r:gz") as packed:
            parents: set[Path] = set()
            for member in packed:
                if is_stopping():
                    return
                _unpack(packed, member, folder, parents)
    except (OSError, EOFError, tarfile.TarError, zlib.error) as error:
        raise JobError(f"{archive} cannot be unpacked: {error}") from None


def _unpack(packed: tarfile.TarFile, member: tarfile.TarInfo, folder: Path, parents: set[Path]) -> None:
    parts = member.name.split("/")
    if member.isdir() and ".." not in parts and not member.name.startswith("/"):
        return  # folders come with the files in them
    content = packed.extractfile(member) if member.isreg() else None
    if content is None or ".." in parts or member.name.startswith("/") or not parts[-1]:
        raise JobError(f"source.tar.gz: '{member.name}' is not a file inside of the bundle")
    target = folder / member.name
    if target.parent not in parents:
        _make_parent(folder, target, member.name)
        parents.add(target.parent)
    _write(content, str(target), 0o755 if member.mode & 0o100 else 0o644)


def _write(content: IO[bytes], path: str, mode: int) -> None:
    """Write a file; what is there, link or not, makes way."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        shutil.copyfileobj(content, file, _CHUNK)


def _make_parent(folder: Path, target: Path, name: str) -> None:
    """The parent of ``target``, inside of ``folder`` whatever links an image may have there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    inside = os.path.realpath(str(folder))
    if os.path.commonpath([inside, os.path.realpath(str(target.parent))]) != inside:
        raise JobError(f"'{name}' would lie outside of {folder}")
