"""Unpacks an archive that nobody vouches for: into one folder, or not at all.

Whatever the archive says, nothing is written outside of the folder, nothing but folders and plain files is
made, and no more bytes than the limit are written. Files are unpacked beside their places first: if one of
them is refused, the folder is as it was.
"""

from __future__ import annotations

import contextlib
import filecmp
import gzip
import io
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarking.commons.quoting import one_line
from syne_core.errors import ResultsError, UsageError

__all__ = ["DEFAULT_SIZE_LIMIT", "MOST_MEMBERS", "BadArchiveError", "Unpacked", "refuse_to_replace", "unpack"]

#: Bytes.
DEFAULT_SIZE_LIMIT = 20 * 1024**3
MOST_MEMBERS = 200_000
_CHUNK = 1024**2
#: Headers are read in one piece; one that claims to be longer is an attempt to fill the memory.
_LONGEST_HEADER = 4 * 1024**2
_MOST_PADDING = 16 * 1024**2
_MOST_NAMED = 5


class BadArchiveError(ResultsError):
    """An archive is damaged or hostile: it will not be any better when it is tried again."""


@dataclass(frozen=True)
class Unpacked:
    """What was unpacked.

    :param files: relative to the folder, sorted
    :param replaced: how many of them were there before
    :param size: of all of them, in bytes
    """

    files: tuple[str, ...]
    replaced: int
    size: int


def unpack(
    archive: Path,
    folder: Path,
    size_limit: int = DEFAULT_SIZE_LIMIT,
    may_replace: Callable[[str], bool] = lambda name: True,
) -> Unpacked:
    """Unpack a ``.tar.gz`` into ``folder``, made if it is missing.

    :param size_limit: most bytes of all files together
    :param may_replace: whether a file that is there, and differs from the archive's, may be replaced
    :raises BadArchiveError: it is damaged, or holds what is refused; nothing was changed
    :raises ResultsError: it is too large, or something is in the way; nothing was changed
    :raises UsageError: a file may not be replaced; nothing was changed
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".unpacking-") as name:
        staging = Path(name)
        try:
            size = _unpack_to(staging, archive, size_limit)
        except (OSError, EOFError, tarfile.TarError, zlib.error, ValueError) as error:
            told = f"{archive.name} cannot be unpacked: {getattr(error, 'strerror', None) or error}"
            # With a number, it is this machine's, such as a full disk.
            kind = ResultsError if getattr(error, "errno", None) else BadArchiveError
            raise kind(told) from None
        files, folders = _content(staging)
        _check_places(folder, files, folders, archive)
        refuse_to_replace(
            [
                folder / name
                for name in files
                if os.path.lexists(folder / name)
                and not _is_same(staging / name, folder / name)
                and not may_replace(name)
            ]
        )
        return Unpacked(tuple(files), _put_in_place(staging, folder, files, folders), size)


def refuse_to_replace(paths: list[Path]) -> None:
    """:raises UsageError: there are any"""
    if not paths:
        return
    named = ", ".join(one_line(path) for path in paths[:_MOST_NAMED])
    more = f" and {len(paths) - _MOST_NAMED} more" if len(paths) > _MOST_NAMED else ""
    raise UsageError(
        f"Already there, and not put there by a fetch (or changed since): {named}{more}. --overwrite "
        "replaces, or name another LOCAL_DIR"
    )


def _unpack_to(staging: Path, archive: Path, size_limit: int) -> int:
    total = 0
    with (
        gzip.open(archive, "rb") as plain,
        tarfile.open(fileobj=_ShortReads(plain), mode="r:") as packed,
    ):
        for number, member in enumerate(packed, 1):
            if number > MOST_MEMBERS:
                raise BadArchiveError(f"{archive.name} has more than {MOST_MEMBERS} members: refused")
            parts = _safe_parts(member, archive)
            if member.size < 0:
                raise tarfile.ReadError("a size below 0")
            total += member.size
            if total > size_limit:
                raise ResultsError(
                    f"{archive.name} unpacks to more than {_gigabytes(size_limit)} GB: refused; "
                    "--max-size allows more"
                )
            if parts:
                _write(packed, member, staging.joinpath(*parts))
        _read_to_the_end(plain)
    return total


def _read_to_the_end(plain: gzip.GzipFile) -> None:
    """Only there, gzip compares its checksum."""
    padding = 0
    while chunk := plain.read(_CHUNK):
        padding += len(chunk)
        if padding > _MOST_PADDING:
            raise tarfile.ReadError("too much follows its end")


def _safe_parts(member: tarfile.TarInfo, archive: Path) -> list[str]:
    """The parts of the member's path; none for the folder itself.

    :raises BadArchiveError: it is refused
    """
    name = ascii(member.name)[:200]
    if member.issym() or member.islnk():
        raise BadArchiveError(f"{archive.name}: {name} is a link to {ascii(member.linkname)[:200]}: refused")
    if member.issparse() or not (member.isreg() or member.isdir()):
        raise BadArchiveError(f"{archive.name}: {name} is neither a plain file nor a folder: refused")
    parts = [part for part in member.name.split("/") if part not in ("", ".")]
    if member.name.startswith("/") or ".." in parts or "\0" in member.name:
        raise BadArchiveError(f"{archive.name}: {name} would lie outside of the folder: refused")
    if not parts and not member.isdir():
        raise BadArchiveError(f"{archive.name}: a member without a name: refused")
    return parts


def _write(packed: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    if member.isdir():
        target.mkdir(parents=True, exist_ok=True)
        return
    content = packed.extractfile(member)
    assert content is not None  # it is a plain file
    target.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        target.unlink()  # a later member of the same name counts
    mode = 0o755 if member.mode & 0o100 else 0o644
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        shutil.copyfileobj(content, file, _CHUNK)


def _content(staging: Path) -> tuple[list[str], list[str]]:
    files, folders = [], []
    for parent, names, leaves in os.walk(staging):
        here = Path(parent).relative_to(staging)
        files += [str(here / name) for name in leaves]
        folders += [str(here / name) for name in names]
    return sorted(files), sorted(folders)


def _check_places(folder: Path, files: list[str], folders: list[str], archive: Path) -> None:
    """See that no link in the folder leads out of it, and that nothing of another kind is in the way."""
    in_the_way = [folder / name for name in folders if os.path.lexists(folder / name)]
    in_the_way = [place for place in in_the_way if place.is_symlink() or not place.is_dir()]
    in_the_way += [folder / name for name in files if _is_real_folder(folder / name)]
    if in_the_way:
        raise ResultsError(f"{archive.name}: {in_the_way[0]} is in the way: refused")


def _is_same(new: Path, there: Path) -> bool:
    return not there.is_symlink() and there.is_file() and filecmp.cmp(new, there, shallow=False)


def _is_real_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _put_in_place(staging: Path, folder: Path, files: list[str], folders: list[str]) -> int:
    for name in folders:  # parents come first
        (folder / name).mkdir(exist_ok=True)
    replaced = sum(os.path.lexists(folder / name) for name in files)
    for name in files:
        os.replace(staging / name, folder / name)
    return replaced


def _gigabytes(size: int) -> str:
    return f"{size / 1024**3:.3g}"


class _ShortReads(io.RawIOBase):
    """Refuses to read a piece that no honest header asks for."""

    def __init__(self, stream: gzip.GzipFile) -> None:
        super().__init__()
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        """As that of a file."""
        if not 0 <= size <= _LONGEST_HEADER:
            raise tarfile.ReadError("a header that is too long")
        return self._stream.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        """As that of a file."""
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        """As that of a file."""
        return self._stream.tell()
