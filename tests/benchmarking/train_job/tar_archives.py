"""Archives, honest and hostile."""

from __future__ import annotations

import io
import tarfile

__all__ = ["member", "packed"]


def packed(*members: tarfile.TarInfo | tuple[str, bytes]) -> bytes:
    """A ``.tar.gz`` of files (name and content) and of members as they are."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz", compresslevel=1) as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
                continue
            entry = tarfile.TarInfo(member[0])
            entry.size = len(member[1])
            archive.addfile(entry, io.BytesIO(member[1]))
    return stream.getvalue()


def member(name: str, kind: bytes, target: str = "", size: int = 0) -> tarfile.TarInfo:
    """A member of any kind, without content."""
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname, entry.size = kind, target, size
    return entry
