"""Archives of jobs that ran on this machine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from benchmarking.train_job.driver import Artifact
from syne_core.errors import ResultsError

__all__ = ["LocalArtifact", "sha256_of"]


class LocalArtifact(Artifact):
    """An archive of this machine.

    :param sha256: what it was; None: not known
    """

    def __init__(self, path: Path, sha256: str | None) -> None:
        self._path, self._sha256 = path, sha256
        self.name, self.uri, self.size = path.name, str(path), path.stat().st_size
        self.version = (sha256 or sha256_of(path))[:32]

    @property
    def has_checksum(self) -> bool:
        """Whether the job wrote down what it was."""
        return self._sha256 is not None

    @contextmanager
    def opened(self, start: int) -> Iterator[IO[bytes]]:
        """The bytes from ``start`` on."""
        try:
            with open(self._path, "rb") as file:
                file.seek(start)
                yield file
        except OSError as error:
            raise ResultsError(f"{self._path} cannot be read: {error.strerror}") from None

    def mismatch(self, file: IO[bytes]) -> str | None:
        """By SHA-256."""
        if self._sha256 is None:
            return None
        file.seek(0)
        found = _digest(file)
        return None if found == self._sha256 else f"its SHA-256 is {found}, it was {self._sha256}"


def sha256_of(path: Path) -> str:
    """Of a file."""
    with open(path, "rb") as file:
        return _digest(file)


def _digest(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(1024**2):
        digest.update(chunk)
    return digest.hexdigest()
