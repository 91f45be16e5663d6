"""Brings an archive here: from where an earlier attempt was cut off, and compared with its checksum."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from benchmarking.train_job.driver import Artifact
from syne_core.errors import ResultsError

__all__ = ["downloaded"]

_CHUNK = 1024**2
_ATTEMPTS = 5
_FIRST_PAUSE_S = 0.2


def downloaded(artifact: Artifact, folder: Path, progress: Callable[[int], None] = lambda size: None) -> Path:
    """The archive as a hidden file of ``folder``, whole and checked. Another call goes on where it was.

    Nobody else may be fetching to ``folder``.

    :param progress: told how many bytes are here
    :raises ResultsError: it is damaged, or cannot be had
    """
    path = folder / f".{artifact.name}.{artifact.version}.part"
    _remove_others(folder, artifact, path)
    with open(path, "a+b") as file:
        was_begun = file.tell() > 0
        problem = _complete(artifact, file, progress)
        if problem and was_begun:  # what was here may have been another's, or damaged
            file.truncate(0)
            problem = _complete(artifact, file, progress)
        if problem:
            path.unlink()
            raise ResultsError(f"{artifact.uri} arrived damaged: {problem}. It was removed; fetch again")
        file.flush()
        os.fsync(file.fileno())
    return path


def _complete(artifact: Artifact, file: IO[bytes], progress: Callable[[int], None]) -> str | None:
    """Read what is missing; what is wrong with the whole."""
    for attempt in range(_ATTEMPTS):
        try:
            _read_on(artifact, file, progress)
            break
        except Exception as error:
            if attempt + 1 == _ATTEMPTS or not _passes(error):
                raise
            time.sleep(_FIRST_PAUSE_S * 2**attempt)
    size = file.seek(0, os.SEEK_END)
    if size != artifact.size:
        return f"it has {size} bytes, not {artifact.size}"
    return artifact.mismatch(file)


def _read_on(artifact: Artifact, file: IO[bytes], progress: Callable[[int], None]) -> None:
    have = file.seek(0, os.SEEK_END)
    if have > artifact.size:
        have = 0
        file.truncate(0)
    if have == artifact.size:
        return
    with artifact.opened(have) as source:
        while chunk := source.read(_CHUNK):
            file.write(chunk)
            have += len(chunk)
            progress(have)
            if have > artifact.size:
                return


def _passes(error: Exception) -> bool:
    """Whether the same may work in a moment."""
    from syne_core.aws.client_errors import error_code
    from syne_core.aws.job_states import is_transient

    if isinstance(error, OSError) and error.errno is not None:
        return False  # of this machine: a full disk, for example
    source = error.__cause__ or error
    return is_transient(source) or error_code(source) in ("IncompleteReadError", "ResponseStreamingError")


def _remove_others(folder: Path, artifact: Artifact, path: Path) -> None:
    """Parts of archives that are there no longer."""
    for other in folder.glob(f".{artifact.name}.*.part"):
        if other != path:
            other.unlink(missing_ok=True)
