"""Unpacks the layers of an image, one over the other, into a folder that a job sees as its root.

See "OCI Image Layer Filesystem Changeset". Links are followed as they would be inside of the folder. Owners
are not kept, since a job is one user; devices are left out, since a job has those of this machine.
"""

from __future__ import annotations

import os
import shutil
import tarfile
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from syne_core.emulator.jobs.failures import JobFailure

__all__ = ["unpack_layers"]

_DELETED, _ALL_DELETED = ".wh.", ".wh..wh..opq"
_MOST_LINKS = 40
_CHUNK = 1024**2


def unpack_layers(layers: Iterable[Path], root: Path) -> None:
    """Make ``root`` what the layers, lowest first, say.

    :raises JobFailure: one of them is damaged, or packed in a way that this Python does not know
    """
    root.mkdir(parents=True)
    for layer in layers:
        own: set[Path] = set()
        try:
            with tarfile.open(layer, "r:*") as archive:
                for member in archive:
                    _unpack(archive, member, root, own)
        except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
            raise JobFailure(f"ClientError: a layer of the image cannot be unpacked: {error}") from None


def _unpack(archive: tarfile.TarFile, member: tarfile.TarInfo, root: Path, own: set[Path]) -> None:
    """:param own: what this layer has brought so far"""
    parts = [part for part in member.name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise tarfile.TarError(f"'{member.name}' leads out of the image")
    if not parts:
        return
    parent = _inside(root, parts[:-1])
    parent.mkdir(parents=True, exist_ok=True)
    if parts[-1] == _ALL_DELETED:
        for entry in list(parent.iterdir()):
            if entry not in own:
                _remove(entry)
        return
    if parts[-1].startswith(_DELETED):
        _remove(parent / parts[-1][len(_DELETED) :])
        return
    target = parent / parts[-1]
    own.update([target, *target.parents])
    if member.isdir() and target.is_dir() and not target.is_symlink():
        target.chmod(member.mode & 0o777 | 0o700)
        return
    _remove(target)
    _make(archive, member, target, root)


def _make(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path, root: Path) -> None:
    if member.isdir():
        target.mkdir()
        target.chmod(member.mode & 0o777 | 0o700)
    elif member.issym():
        target.symlink_to(member.linkname)
    elif member.islnk():
        parts = member.linkname.split("/")
        os.link(_inside(root, parts[:-1]) / parts[-1], target, follow_symlinks=False)
    elif member.isreg():
        content = archive.extractfile(member)
        assert content is not None
        with open(target, "wb") as file:
            shutil.copyfileobj(content, file, _CHUNK)
        target.chmod(member.mode & 0o777 | 0o400)


def _inside(root: Path, parts: Sequence[str]) -> Path:
    """Where a path leads for somebody whose root is ``root``."""
    here: list[str] = []
    rest, links = list(parts), 0
    while rest:
        part = rest.pop(0)
        path = root.joinpath(*here, part)
        if part in ("", "."):
            continue
        if part == "..":
            del here[-1:]
        elif path.is_symlink():
            links += 1
            if links > _MOST_LINKS:
                raise tarfile.TarError(f"'{'/'.join(parts)}' leads in circles")
            target = os.readlink(path)
            here = [] if target.startswith("/") else here
            rest = target.split("/") + rest
        else:
            here.append(part)
    return root.joinpath(*here)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
