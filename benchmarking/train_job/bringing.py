"""Brings archives into a folder, where nothing that is not an earlier fetch's own is lost.

``provenance.json`` says what was trained, and which files were put there with which SHA-256: the next fetch
replaces those, and no others.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarking.train_job.downloading import downloaded
from benchmarking.train_job.driver import Artifact, TrainDriver
from benchmarking.train_job.local_artifact import sha256_of
from benchmarking.train_job.unpacking import DEFAULT_SIZE_LIMIT, BadArchiveError, refuse_to_replace, unpack
from syne_core.errors import ResultsError, UsageError

__all__ = ["FetchOptions", "Fetched", "bring"]

PROVENANCE = "provenance.json"
#: Where the job's other output goes: an executed notebook is called like its source, which may lie beside.
OUTPUT_FOLDER = "output"


@dataclass
class Fetched:
    """What was brought.

    :ivar folder: where it lies
    :ivar files: the model's, relative to ``folder``; of an archive that was left as it is, its name
    :ivar output: what else the job left, relative to ``folder``
    :ivar replaced: how many of them were there before
    :ivar size: bytes of the archives
    :ivar provenance_file: its name; the model, or the user, may have a ``provenance.json``
    """

    folder: Path
    job: str | None
    files: tuple[str, ...] = ()
    output: tuple[str, ...] = ()
    replaced: int = 0
    size: int = 0
    provenance: dict[str, Any] = field(default_factory=dict)
    provenance_file: str = PROVENANCE
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class FetchOptions:
    """How a model is brought.

    :param extract: unpack the archives; else leave them as they are
    :param size_limit: most bytes that an archive may unpack to
    :param overwrite: replace files that no earlier fetch put there
    :param progress: told how many bytes of an archive are here
    """

    extract: bool = True
    size_limit: int = DEFAULT_SIZE_LIMIT
    overwrite: bool = False
    progress: Callable[[Artifact, int], None] | None = None


def bring(
    driver: TrainDriver, folder: Path, job: str | None, artifacts: list[Artifact], options: FetchOptions
) -> Fetched:
    """Bring archives into ``folder``, which is made if it is missing.

    :raises ResultsError: an archive will not do, or somebody else is fetching there
    :raises UsageError: ``folder`` cannot be written to, or files of others would be replaced
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder} cannot be made: {error.strerror}") from None
    if not os.access(folder, os.W_OK):
        raise UsageError(f"{folder} cannot be written to")
    fetched = Fetched(folder, job)
    with _alone_in(folder):
        earlier = _earlier(folder, job)
        for artifact in artifacts:
            _bring_one(fetched, artifact, earlier, options)
        _write_provenance(driver, fetched, artifacts, earlier)
    return fetched


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """:raises ResultsError: somebody else is fetching to ``folder``"""
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ResultsError(f"Somebody is fetching to {folder} already: wait, or name another") from None
        except OSError:
            pass  # some file systems have no locks
        yield
    finally:
        os.close(handle)


def _earlier(folder: Path, job: str | None) -> dict[str, str]:
    """SHA-256 of what earlier fetches put there, by name."""
    found: dict[str, str] = {}
    for name in (PROVENANCE, _other_name(job)):
        try:
            told = json.loads((folder / name).read_bytes())["files"]
            found |= {str(one): str(digest) for one, digest in told.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue  # it is not there, or not ours
        found[name] = sha256_of(folder / name)
    return found


def _other_name(job: str | None) -> str:
    return f"provenance-{job or 'of-archive'}.json"


def _may_replace(folder: Path, name: str, earlier: dict[str, str], options: FetchOptions) -> bool:
    path = folder / name
    if options.overwrite or path.is_symlink() or not path.is_file():
        return options.overwrite
    return earlier.get(name) == sha256_of(path)


def _bring_one(fetched: Fetched, artifact: Artifact, earlier: dict[str, str], options: FetchOptions) -> None:
    folder, is_output = fetched.folder, artifact.name.startswith("output.")
    tell = options.progress or (lambda artifact, size: None)
    part = downloaded(artifact, folder, lambda size: tell(artifact, size))
    fetched.size += artifact.size
    if not artifact.has_checksum:
        fetched.notes.append(f"{artifact.name}: S3 tells no checksum of it; its length is right")
    if options.extract:
        names = _extracted(fetched, part, f"{OUTPUT_FOLDER}/" if is_output else "", earlier, options)
    else:
        names = _as_it_is(fetched, part, artifact.name, earlier, options)
    if is_output:
        fetched.output = names
    else:
        fetched.files = names


def _extracted(
    fetched: Fetched, part: Path, below: str, earlier: dict[str, str], options: FetchOptions
) -> tuple[str, ...]:
    """The files of an archive, now below ``below``."""

    def may_replace(name: str) -> bool:
        return _may_replace(fetched.folder, below + name, earlier, options)

    try:
        unpacked = unpack(part, fetched.folder / below, options.size_limit, may_replace)
    except BadArchiveError:
        part.unlink()
        raise
    part.unlink()
    fetched.replaced += unpacked.replaced
    return tuple(below + name for name in unpacked.files)


def _as_it_is(
    fetched: Fetched, part: Path, name: str, earlier: dict[str, str], options: FetchOptions
) -> tuple[str, ...]:
    """The name of an archive, now in the folder."""
    target = fetched.folder / name
    if os.path.lexists(target):
        known = {name: sha256_of(part)}
        allowed = (_may_replace(fetched.folder, name, told, options) for told in (earlier, known))
        if target.is_dir() or not any(allowed):
            refuse_to_replace([target])
        fetched.replaced += 1
    os.replace(part, target)
    return (name,)


def _write_provenance(
    driver: TrainDriver, fetched: Fetched, artifacts: list[Artifact], earlier: dict[str, str]
) -> None:
    folder, files = fetched.folder, (*fetched.files, *fetched.output)
    is_taken = os.path.lexists(folder / PROVENANCE) and PROVENANCE not in earlier
    name = fetched.provenance_file = (
        _other_name(fetched.job) if is_taken or PROVENANCE in files else PROVENANCE
    )
    if fetched.job is not None:
        fetched.provenance = driver.provenance(fetched.job)
    fetched.provenance["artifacts"] = [
        {"uri": one.uri, "size": one.size, "version": one.version} for one in artifacts
    ]
    fetched.provenance["files"] = {one: sha256_of(folder / one) for one in files}
    unfinished = folder / f".{name}.new"
    unfinished.write_text(json.dumps(fetched.provenance, indent=2, default=str) + "\n", encoding="utf-8")
    os.replace(unfinished, folder / name)
