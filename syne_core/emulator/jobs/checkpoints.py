"""Checkpoints: a folder of the job and a prefix on S3 that are kept the same while the job runs.

See "Use checkpoints in Amazon SageMaker AI": what is on S3 comes down before the start, what the job
writes goes up as it runs, what it deletes is deleted there.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from syne_core.emulator.jobs.failures import JobFailure
from syne_core.emulator.jobs.instances import OPT_ML, OptMl
from syne_core.emulator.jobs.objects import MissingObject, S3Location, S3Objects

__all__ = ["CheckpointSync"]

_Version = tuple[int, int, int]
# Two writes may get the same time of change. What changed more recently than this, in nanoseconds, may
# have changed since without showing it.
_UNSETTLED = 50_000_000
_UNKNOWN = (-1, -1, -1)
_FITS_IN_MEMORY = 32 << 20


class CheckpointSync:
    """The checkpoint folder of one instance.

    :param config: ``CheckpointConfig``
    :param opt_ml: files of the instance
    :param scratch: folder for copies of large files
    :raises JobFailure: its folder is not below ``/opt/ml``
    """

    def __init__(self, config: Mapping[str, Any], opt_ml: OptMl, objects: S3Objects, scratch: Path) -> None:
        path = config.get("LocalPath") or f"{OPT_ML}/checkpoints"
        folder = opt_ml.local(path)
        if folder is None:
            raise JobFailure(
                f"ClientError: the emulator keeps checkpoints below {OPT_ML} only, not in {path}"
            )
        self._folder, self._opt_ml, self._objects, self._scratch = folder, opt_ml, objects, scratch
        self._place = S3Location.parse(config["S3Uri"]).folder
        self._known: dict[str, _Version] = {}
        self.look_seconds = 0.0
        """How long it took to look at all files, the last time."""

    def download(self, is_cancelled: Callable[[], bool]) -> None:
        """Fetch what earlier jobs left.

        :param is_cancelled: asked before each object
        :raises JobFailure: there is no such bucket
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            for key in self._objects.keys(self._place):
                name = key[len(self._place.key) :]
                if is_cancelled():
                    return
                if name and not name.endswith("/") and ".." not in name.split("/"):
                    self._objects.download(S3Location(self._place.bucket, key), self._folder / name)
        except MissingObject as error:
            raise JobFailure(f"ClientError: Checkpoint download failed: {error}") from None
        self._known = dict(self._versions())

    def upload(self, is_cancelled: Callable[[], bool]) -> None:
        """Bring S3 up to date: files that are new or changed, and deletions.

        A file that is being written goes up as it is and again later.
        """
        looked, begun = time.time_ns(), time.monotonic()
        now = dict(self._versions())
        self.look_seconds = time.monotonic() - begun
        for name, version in now.items():
            if self._known.get(name) == version:
                continue
            if is_cancelled():
                return
            with contextlib.suppress(FileNotFoundError):  # deleted or renamed meanwhile
                self._upload(self._file(name), name)
                self._known[name] = version if version[1] < looked - _UNSETTLED else _UNKNOWN
        for name in [name for name in self._known if name not in now]:
            if is_cancelled():
                return
            self._objects.delete(self._place.below(name))
            del self._known[name]

    def _upload(self, file: Path, name: str) -> None:
        """By a copy: the job may change the file meanwhile, also its length."""
        place = self._place.below(name)
        if file.stat().st_size <= _FITS_IN_MEMORY:
            self._objects.write(place, file.read_bytes())
            return
        copy = self._scratch / f"checkpoint-{uuid.uuid4().hex}"
        try:
            shutil.copyfile(file, copy)
            self._objects.upload(copy, place)
        finally:
            copy.unlink(missing_ok=True)

    def _versions(self) -> Iterator[tuple[str, _Version]]:
        for folder, _, files in os.walk(self._folder):
            for file in files:
                name = os.path.relpath(os.path.join(folder, file), self._folder)
                with contextlib.suppress(OSError):
                    found = self._file(name).stat()
                    if stat.S_ISREG(found.st_mode):
                        yield name, (found.st_size, found.st_mtime_ns, found.st_ino)

    def _file(self, name: str) -> Path:
        """The file; links that the job made to ``/opt/ml/...`` mean its own ``/opt/ml``."""
        path = self._folder / name
        if path.is_symlink() and os.path.isabs(target := os.readlink(path)):
            return self._opt_ml.local(target) or path
        return path
