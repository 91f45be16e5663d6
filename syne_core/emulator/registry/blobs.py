"""Layers and configurations of images: files that are called by their digests."""

from __future__ import annotations

import hashlib
import os
import re
import threading
import uuid
from pathlib import Path

__all__ = ["Blobs", "digest_of"]

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_CHUNK = 1024**2


class Blobs:
    """The blobs below ``folder``, which is made with the first. May be used by several threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._uploads: dict[str, Path] = {}

    def path(self, digest: str) -> Path | None:
        """Where the blob lies; None if there is none."""
        if not _DIGEST.fullmatch(digest):
            return None
        path = self._folder / digest.replace(":", "-")
        return path if path.is_file() else None

    def begin(self) -> str:
        """Begin an upload; its name."""
        self._folder.mkdir(parents=True, exist_ok=True)
        name = uuid.uuid4().hex
        path = self._folder / f"upload-{name}"
        path.touch()
        with self._lock:
            self._uploads[name] = path
        return name

    def size_of_upload(self, name: str) -> int | None:
        """Bytes that have come so far; None if there is no such upload."""
        path = self._uploads.get(name)
        return None if path is None else path.stat().st_size

    def append(self, name: str, data: bytes) -> int | None:
        """Add to an upload; bytes so far, None if there is none."""
        path = self._uploads.get(name)
        if path is None:
            return None
        with open(path, "ab") as file:
            file.write(data)
            return file.tell()

    def finish(self, name: str, digest: str) -> bool | None:
        """The upload is whole: whether it is what ``digest`` says; None if there is none."""
        with self._lock:
            path = self._uploads.pop(name, None)
        if path is None:
            return None
        if digest_of(path) != digest:
            path.unlink()
            return False
        os.replace(path, self._folder / digest.replace(":", "-"))
        return True

    def cancel(self, name: str) -> bool:
        """Forget an upload; whether there was one."""
        with self._lock:
            path = self._uploads.pop(name, None)
        if path is not None:
            path.unlink(missing_ok=True)
        return path is not None


def digest_of(content: bytes | Path) -> str:
    """``sha256:...``."""
    digest = hashlib.sha256()
    if isinstance(content, bytes):
        digest.update(content)
    else:
        with open(content, "rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    return f"sha256:{digest.hexdigest()}"
