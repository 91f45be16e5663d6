"""Bundles: what travels to jobs, packed and uploaded once.

A bundle lies below ``paths.bundle_prefix(sha256)``: ``source.tar.gz`` with the script's folder at its top,
the dependencies and the engine beside it, and ``runner.pyz``, which is uploaded last, so that its presence
means that the bundle is whole. Its digest is that of the files in it, not of the compressed archive.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from syne_core.aws.bundle_files import FolderFiles, SourceFile, folder_files, is_secret
from syne_core.aws.client_errors import clear_errors, error_code
from syne_core.aws.runner_archive import ENGINE_NAME, engine_archive, runner_archive
from syne_core.aws.session import AwsSession
from syne_core.errors import SyneError, UsageError
from syne_core.paths import bundle_prefix

__all__ = ["DEFAULT_SIZE_LIMIT", "Bundle", "BundleFile", "make_bundle", "upload_bundle", "with_file"]

#: In bytes, before compression.
DEFAULT_SIZE_LIMIT = 500 * 1024**2
REQUIREMENTS = "requirements.txt"
_SHOWN = 5
_CHUNK = 1024**2


@dataclass(frozen=True)
class BundleFile:
    """A file of a bundle.

    :param name: in the archive, parts separated by ``/``
    :param sha256: of its content
    :param origin: where the content is: a file, or the content itself
    """

    name: str
    sha256: str
    size: int
    executable: bool
    origin: Path | bytes

    def open(self) -> IO[bytes]:
        """The content, to be read."""
        return io.BytesIO(self.origin) if isinstance(self.origin, bytes) else self.origin.open("rb")


@dataclass(frozen=True)
class Bundle:
    """What a job needs. Made by ``make_bundle``.

    :param sha256: digest of names, contents and executable bits, and of the runner
    :param files: sorted by name
    :param notes: what was left out and the user should know of, one line each
    """

    sha256: str
    files: tuple[BundleFile, ...]
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes before compression."""
        return sum(file.size for file in self.files)

    def write_source(self, stream: IO[bytes]) -> None:
        """Write ``source.tar.gz``.

        :raises SyneError: a file has changed since the bundle was made
        """
        with (
            gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=stream, mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT, encoding="utf-8") as archive,
        ):
            for file in self.files:
                _add(archive, file)


def make_bundle(
    source_dir: str | Path,
    dependencies: Iterable[str | Path] = (),
    requirements: str | None = None,
    *,
    size_limit: int = DEFAULT_SIZE_LIMIT,
    engine: bool = True,
) -> Bundle:
    """Gather what a script needs. Nothing is written, nothing is uploaded.

    :param source_dir: the script's folder; its content lies at the top of the bundle
    :param dependencies: folders and files that lie beside it, under their own names
    :param requirements: text of ``requirements.txt``, instead of the one in ``source_dir``
    :param size_limit: most bytes, before compression
    :param engine: take ``syne_core`` along, as ``syne_core.zip``, unless it is among the dependencies or in
        ``source_dir``: a script that runs experiments itself needs it as a folder
    :raises UsageError: a folder is missing, two have the same name, or there are too many bytes
    """
    folder = Path(source_dir)
    if not folder.is_dir():
        raise UsageError(f"The script's folder {folder} does not exist")
    beside = [Path(os.path.abspath(dependency)) for dependency in dependencies]
    has_engine = any(path.name == "syne_core" for path in (*beside, *folder.iterdir()))
    found = folder_files(folder)
    for path in dict.fromkeys(beside):
        _put_beside(found, path, folder)
    if requirements is not None:
        found.files[:] = [file for file in found.files if file.name != REQUIREMENTS]
    _check_size(found.files, size_limit)
    files = [_bundle_file(file) for file in found.files]
    if requirements is not None:
        files.append(_made_file(REQUIREMENTS, _as_text_file(requirements)))
    if engine and not has_engine:
        files.append(_made_file(ENGINE_NAME, engine_archive()))
    files.sort(key=lambda file: file.name)
    return Bundle(_digest(files), tuple(files), tuple(_notes(found)))


def with_file(bundle: Bundle, name: str, content: bytes) -> Bundle:
    """``bundle`` with one more file.

    :raises UsageError: it has one of that name
    """
    if any(file.name == name for file in bundle.files):
        raise UsageError(f"There is a file '{name}' already; call it otherwise")
    files = sorted([*bundle.files, _made_file(name, content)], key=lambda file: file.name)
    return Bundle(_digest(files), tuple(files), bundle.notes)


def upload_bundle(session: AwsSession, bucket: str, bundle: Bundle) -> str:
    """Put the bundle where jobs find it, unless it is there: then this is one request.

    May be done by several at the same time: they write the same.

    :returns: S3 URI of its prefix, ends with ``/``
    :raises AwsSetupError: the bucket cannot be used
    :raises SyneError: the upload fails, or a file has changed since the bundle was made
    """
    s3, prefix = session.client("s3"), bundle_prefix(bundle.sha256)
    with clear_errors(f"upload the bundle to bucket '{bucket}'"):
        if not _is_there(s3, bucket, f"{prefix}runner.pyz"):
            with tempfile.TemporaryFile() as stream:
                bundle.write_source(stream)
                stream.seek(0)
                s3.put_object(Bucket=bucket, Key=f"{prefix}source.tar.gz", Body=stream)
            s3.put_object(Bucket=bucket, Key=f"{prefix}runner.pyz", Body=runner_archive())
    return f"s3://{bucket}/{prefix}"


def _is_there(s3: Any, bucket: str, key: str) -> bool:
    from botocore.exceptions import ClientError

    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error_code(error) in ("404", "NoSuchKey", "NotFound"):
            return False
        raise
    return True


def _put_beside(found: FolderFiles, path: Path, source_dir: Path) -> None:
    """Add a dependency to what the script's folder holds.

    :raises UsageError: it is missing, or its name is taken by something else
    """
    inside = source_dir / path.name
    if inside.exists() and path.exists() and inside.samefile(path):
        return
    if any(file.name.split("/")[0] == path.name for file in found.files):
        raise UsageError(f"Dependency {path}: there is something else called '{path.name}' in the bundle")
    if path.is_dir():
        more = folder_files(path, f"{path.name}/")
        found.files.extend(more.files)
        found.secrets.extend(more.secrets)
        found.unusable.extend(more.unusable)
    elif path.is_file() and is_secret(path.name):
        found.secrets.append(path.name)
    elif path.is_file():
        status = path.stat()
        found.files.append(SourceFile(path.name, path, status.st_size, bool(status.st_mode & 0o100)))
    else:
        raise UsageError(f"Dependency {path} does not exist")


def _check_size(files: list[SourceFile], limit: int) -> None:
    size = sum(file.size for file in files)
    if size <= limit:
        return
    largest = sorted(files, key=lambda file: -file.size)[:_SHOWN]
    shown = ", ".join(f"{file.name} ({_megabytes(file.size)})" for file in largest)
    raise UsageError(
        f"The bundle would have {_megabytes(size)}, at most {_megabytes(limit)} are allowed. Largest: "
        f"{shown}. Put data where jobs can read them (an S3 channel, a download) and name them in .gitignore"
    )


def _megabytes(size: int) -> str:
    return f"{size / 1024**2:.1f} MB"


def _bundle_file(file: SourceFile) -> BundleFile:
    try:
        with file.path.open("rb") as stream:
            digest, size = _hash(stream)
    except OSError as error:
        raise UsageError(f"{file.path} cannot be read: {error.strerror}") from None
    return BundleFile(file.name, digest, size, file.executable, file.path)


def _as_text_file(text: str) -> bytes:
    return (text if text.endswith("\n") or not text else text + "\n").encode()


def _made_file(name: str, content: bytes) -> BundleFile:
    return BundleFile(name, hashlib.sha256(content).hexdigest(), len(content), False, content)


def _hash(stream: IO[bytes]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
    return digest.hexdigest(), size


def _digest(files: Iterable[BundleFile]) -> str:
    digest = hashlib.sha256(hashlib.sha256(runner_archive()).digest())
    for file in files:
        digest.update(json.dumps([file.name, file.sha256, file.executable]).encode() + b"\n")
    return digest.hexdigest()


def _notes(found: FolderFiles) -> Iterator[str]:
    if found.secrets:
        yield f"left out of the bundle, they look like credentials: {_listed(found.secrets)}"
    if found.unusable:
        yield f"left out of the bundle, they cannot be packed: {_listed(found.unusable)}"


def _listed(names: list[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(sorted(names)[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _add(archive: tarfile.TarFile, file: BundleFile) -> None:
    entry = tarfile.TarInfo(file.name)
    entry.size, entry.mode = file.size, 0o755 if file.executable else 0o644
    try:
        with file.open() as stream:
            hashed = _HashingReader(stream)
            archive.addfile(entry, hashed)
    except OSError as error:
        raise SyneError(f"{file.name} changed while it was packed: {error}") from None
    if hashed.digest.hexdigest() != file.sha256:
        raise SyneError(f"{file.name} changed while it was packed; start again")


class _HashingReader:
    """Hashes what passes through."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """As that of a file."""
        chunk = self._stream.read(size)
        self.digest.update(chunk)
        return chunk
