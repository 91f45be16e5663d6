"""What was pulled before: which version of each file lies here, so that nothing comes twice.

A line is appended after its file is in place, so that a pull that is killed goes on where it was.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from syne_core.atomic_file import replacing
from syne_core.errors import ExperimentLockedError

__all__ = ["PullRecord", "is_same_content", "pulled_from"]

_NAME, _UNFINISHED = ".pulled.jsonl", ".pulling"
_BLOCK = 1 << 20
_MD5 = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class _Line:
    path: str
    etag: str
    size: int
    mtime_ns: int


class PullRecord:
    """The record of one study; to be used with ``with``.

    :param folder: of the study
    :param source: where its files come from, ``s3://bucket/prefix/``
    :raises ExperimentLockedError: on entering: another pull writes there
    """

    def __init__(self, folder: Path, source: str) -> None:
        self._folder, self._source = folder, source
        self._path = folder / _NAME
        self._lock = threading.Lock()
        self._lines: dict[str, _Line] = {}

    def __enter__(self) -> PullRecord:
        self._folder.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as exits:
            self._open(exits)
            self._exits = exits.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exits.close()

    @property
    def unfinished(self) -> Path:
        """A folder for files that are not whole yet; empty before and after."""
        return self._folder / _UNFINISHED

    def _open(self, exits: contextlib.ExitStack) -> None:
        lock = os.open(self._folder, os.O_RDONLY)
        exits.callback(os.close, lock)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ExperimentLockedError(f"Another pull writes to {self._folder}") from None
        shutil.rmtree(self.unfinished, ignore_errors=True)
        self.unfinished.mkdir()
        exits.callback(shutil.rmtree, self.unfinished, ignore_errors=True)
        for values in _read(self._path):
            with contextlib.suppress(TypeError, KeyError):
                self._lines[values["path"]] = _Line(**values)
        # Also drops what a killed pull left of its last line.
        with replacing(self._path) as file:
            texts = [json.dumps({"version": 1, "source": self._source})]
            texts += [json.dumps(asdict(line)) for line in self._lines.values()]
            file.write(("\n".join(texts) + "\n").encode())
        self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND)
        exits.callback(os.close, self._file)

    def etag_of(self, path: Path) -> str | None:
        """Of the version that was pulled to ``path``; None if the file is gone or was changed since."""
        line = self._lines.get(self._name(path))
        try:
            found = path.stat()
        except OSError:
            return None
        if line is None or (line.size, line.mtime_ns) != (found.st_size, found.st_mtime_ns):
            return None
        return line.etag

    def add(self, path: Path, etag: str) -> None:
        """``path`` is in place."""
        found = path.stat()
        line = _Line(self._name(path), etag, found.st_size, found.st_mtime_ns)
        with self._lock:
            self._lines[line.path] = line
            os.write(self._file, (json.dumps(asdict(line)) + "\n").encode())

    def _name(self, path: Path) -> str:
        return path.relative_to(self._folder).as_posix()


def pulled_from(folder: Path) -> str | None:
    """Where the study in ``folder`` was pulled from; None if it was not."""
    for values in _read(folder / _NAME):
        source = values.get("source")
        return source if isinstance(source, str) else None
    return None


def is_same_content(path: Path, size: int, etag: str) -> bool:
    """Whether the file is what an object's ETag says; False where an ETag is no digest."""
    if _MD5.fullmatch(etag) is None or not path.is_file() or os.path.getsize(path) != size:
        return False
    digest = hashlib.md5(usedforsecurity=False)
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest() == etag


def _read(path: Path) -> list[dict[str, Any]]:
    """The lines that are whole."""
    try:
        texts = path.read_bytes().splitlines()
    except OSError:
        return []
    lines = []
    for text in texts:
        try:
            values = json.loads(text)
        except ValueError:
            continue
        if isinstance(values, dict):
            lines.append(values)
    return lines
