"""The index: tables of results as they were parsed, so that they need not be parsed again.

One file per experiment in a folder of the user's own, named by ``paths.results_index``: result folders
may be read-only, shared, or copied to S3 while they are read. A file says of which files it was made, by
size and time of change, and counts only as long as these are the same. It is replaced as a whole, so any
number of processes may read and write. Whatever is wrong with it, the results are parsed as if it were
not there. Files that nobody needed for long are removed.
"""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

from syne_core.atomic_file import replacing
from syne_core.experiments.column_file import ColumnFileError, Columns, pack_columns, read_columns
from syne_core.paths import ExperimentPaths, results_index

__all__ = ["Source", "find_columns", "source_of", "store_columns"]

logger = logging.getLogger(__name__)

#: What a table was made of, as JSON.
Source = list[Any]

_VERSION = 1  # to be raised when tables are parsed in another way
_RACY = 2.0  # seconds; a file that changed a moment ago may do so again within the clock's tick
_DAY = 86400.0
_KEPT_DAYS = 60
_MOST_BYTES = 4 * 2**30
_ENDING = ".columns"
_SWEPT = "swept"


def source_of(folder: Path) -> Source:
    """What the results of the experiment in ``folder`` are read from, before they are."""
    paths = ExperimentPaths(folder)
    files = (paths.results, folder / "results.csv", paths.journal, paths.metadata)
    return [_VERSION, str(folder.absolute()), *(_stamp(file) for file in files)]


def find_columns(source: Source, names: Collection[str] | None = None) -> Columns | None:
    """The table that was made of ``source``, or the columns ``names`` of it; None if it is not known."""
    path = _file(source)
    try:
        found = read_columns(path, source, names)
        if found is not None and time.time() - path.stat().st_mtime > _DAY:
            os.utime(path)  # somebody needs it
    except (OSError, ColumnFileError) as error:
        if not isinstance(error, FileNotFoundError):
            logger.debug("the index is passed over: %s", error)
        return None
    return found


def store_columns(source: Source, columns: Columns) -> None:
    """Remember that ``source`` makes ``columns``; where that is impossible, it is not remembered."""
    now = time.time()
    stamps = [stamp for stamp in source[2:] if stamp is not None]
    if any(stamp[1] / 1e9 > now - _RACY for stamp in stamps):
        return
    path = _file(source)
    try:
        with replacing(path, durable=False) as file:
            file.write(pack_columns(columns, source))
        _sweep(path.parent, now)
    except (OSError, ValueError) as error:
        logger.debug("the index cannot be written: %s", error)


def _file(source: Source) -> Path:
    digest = hashlib.sha256(source[1].encode("utf-8", "surrogateescape")).hexdigest()
    return results_index() / f"{digest[:32]}{_ENDING}"


def _stamp(file: Path) -> list[int] | None:
    try:
        status = os.stat(file)
    except OSError:
        return None
    return [status.st_size, status.st_mtime_ns]


def _sweep(folder: Path, now: float) -> None:
    """Once a day: remove what was not needed for long, and the oldest if all is too much."""
    mark = folder / _SWEPT
    if mark.exists() and now - mark.stat().st_mtime < _DAY:
        return
    mark.touch()
    left = _MOST_BYTES
    entries = [(entry.stat(), entry.path) for entry in os.scandir(folder) if entry.name.endswith(_ENDING)]
    for status, path in sorted(entries, key=lambda one: one[0].st_mtime, reverse=True):
        left -= status.st_size
        if left < 0 or now - status.st_mtime > _KEPT_DAYS * _DAY:
            Path(path).unlink(missing_ok=True)
