"""What an emulator keeps between its sessions: jobs, their logs, what S3 holds.

::

    state.sqlite    records of jobs, log streams, buckets and objects, with the content of small objects
    objects/        the content of large objects, one file each
    jobs/           files of running jobs; emptied at each start
    lock            held by the emulator that uses the folder

It survives the death of the emulator's process at any moment, though not that of the machine.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import sqlite3
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from syne_core.errors import ExperimentError

__all__ = ["StateFolder"]

_TABLES = """
CREATE TABLE IF NOT EXISTS jobs (name TEXT PRIMARY KEY, record TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS streams (name TEXT PRIMARY KEY, events TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS buckets (name TEXT PRIMARY KEY, record TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS objects (
    bucket TEXT, name TEXT, record TEXT NOT NULL, content BLOB, file TEXT, PRIMARY KEY (bucket, name)
);
"""
_LARGE = 1 << 16


class StateFolder:
    """The records. Methods may be called from any thread.

    :raises ExperimentError: another emulator uses the folder
    """

    def __init__(self, folder: Path) -> None:
        self.jobs_folder = folder / "jobs"
        self._objects_folder = folder / "objects"
        self._objects_folder.mkdir(parents=True, exist_ok=True)
        self._lock_file = (folder / "lock").open("w")
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock_file.close()
            raise ExperimentError(f"Another emulator uses {folder}; give this one another --state.") from None
        shutil.rmtree(self.jobs_folder, ignore_errors=True)
        self.jobs_folder.mkdir(exist_ok=True)
        self._lock = threading.Lock()
        # Every change is committed by itself; the system's cache outlives the process.
        self._db = sqlite3.connect(folder / "state.sqlite", check_same_thread=False, isolation_level=None)
        self._db.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; {_TABLES}")
        self._remove_strays()

    def close(self) -> None:
        """Let others use the folder."""
        with self._lock:
            self._db.close()
            self._lock_file.close()

    def save_job(self, name: str, record: dict[str, Any]) -> None:
        """Remember how a job stands."""
        self._execute("INSERT OR REPLACE INTO jobs VALUES (?, ?)", name, json.dumps(record))

    def delete_job(self, name: str) -> None:
        """Forget a job."""
        self._execute("DELETE FROM jobs WHERE name = ?", name)

    def jobs(self) -> list[dict[str, Any]]:
        """The records of all jobs."""
        return [json.loads(record) for (record,) in self._execute("SELECT record FROM jobs")]

    def save_stream(self, name: str, events: list[dict[str, Any]]) -> None:
        """Remember a log stream."""
        self._execute("INSERT OR REPLACE INTO streams VALUES (?, ?)", name, json.dumps(events))

    def streams(self) -> dict[str, list[dict[str, Any]]]:
        """The events of all log streams."""
        return {name: json.loads(events) for name, events in self._execute("SELECT * FROM streams")}

    def save_bucket(self, name: str, record: dict[str, Any]) -> None:
        """Remember a bucket."""
        self._execute("INSERT OR REPLACE INTO buckets VALUES (?, ?)", name, json.dumps(record))

    def delete_bucket(self, name: str) -> None:
        """Forget a bucket, which is empty."""
        self._execute("DELETE FROM buckets WHERE name = ?", name)

    def buckets(self) -> dict[str, dict[str, Any]]:
        """The records of all buckets."""
        return {name: json.loads(record) for name, record in self._execute("SELECT * FROM buckets")}

    def save_object(self, bucket: str, name: str, record: dict[str, Any], content: bytes) -> None:
        """Remember an object."""
        file = None
        if len(content) >= _LARGE:
            file = uuid.uuid4().hex
            (self._objects_folder / file).write_bytes(content)
        old = self._file_of(bucket, name)
        inline = content if file is None else None
        row = (bucket, name, json.dumps(record), inline, file)
        self._execute("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?)", *row)
        self._remove(old)

    def delete_object(self, bucket: str, name: str) -> None:
        """Forget an object, if it is remembered."""
        old = self._file_of(bucket, name)
        self._execute("DELETE FROM objects WHERE bucket = ? AND name = ?", bucket, name)
        self._remove(old)

    def objects(self) -> Iterator[tuple[str, str, dict[str, Any], bytes]]:
        """Bucket, name, record and content of all objects."""
        for bucket, name, record, content, file in self._execute("SELECT * FROM objects"):
            stored = content if file is None else (self._objects_folder / file).read_bytes()
            yield bucket, name, json.loads(record), stored

    def _execute(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(statement, values).fetchall()

    def _file_of(self, bucket: str, name: str) -> str | None:
        rows = self._execute("SELECT file FROM objects WHERE bucket = ? AND name = ?", bucket, name)
        return rows[0][0] if rows else None

    def _remove(self, file: str | None) -> None:
        if file is not None:
            (self._objects_folder / file).unlink(missing_ok=True)

    def _remove_strays(self) -> None:
        """Files of which no record tells: the emulator died between the two."""
        known = {file for (file,) in self._execute("SELECT file FROM objects WHERE file IS NOT NULL")}
        for path in self._objects_folder.iterdir():
            if path.name not in known:
                path.unlink()
