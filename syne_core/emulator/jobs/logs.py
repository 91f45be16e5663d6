"""Log streams of a job on CloudWatch Logs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

from syne_core.emulator.jobs.objects import service_client

__all__ = ["LOG_GROUP", "JobLogs", "LineSplitter"]

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
# Limits of PutLogEvents: bytes of a call, bytes of an event, what each event counts for besides, events.
_MOST_BYTES, _MOST_PER_EVENT, _PER_EVENT, _MOST_EVENTS = 1_048_576, 262_144, 26, 10_000


class LineSplitter:
    """Makes lines of what a process writes; a line too long for one event becomes several."""

    def __init__(self) -> None:
        self._unfinished = b""

    def feed(self, data: bytes) -> list[str]:
        """The lines that ``data`` completes. At the end of the output, feed a line break."""
        *lines, self._unfinished = (self._unfinished + data).split(b"\n")
        if len(self._unfinished) >= _MOST_PER_EVENT:
            lines.append(self._unfinished)
            self._unfinished = b""
        return [text for line in lines for text in _pieces(line)]


def _pieces(line: bytes) -> Iterator[str]:
    text = line.rstrip(b"\r").decode(errors="replace")
    # A character is at most 4 bytes.
    size = len(text) if len(line) < _MOST_PER_EVENT // 2 else _MOST_PER_EVENT // 4 - _PER_EVENT
    yield from (text[start : start + size] for start in range(0, len(text), max(size, 1)))


class JobLogs:
    """The log streams of one job, ``NAME/HOST-MILLISECONDS``. Lines wait until ``flush`` is called."""

    def __init__(self, job_name: str, endpoint_url: str, region: str) -> None:
        self._client = service_client("logs", endpoint_url, region)
        self._prefix, self._suffix = f"{job_name}/", f"-{time.time_ns() // 1_000_000}"
        self._waiting: dict[str, list[dict[str, Any]]] = {}
        self._lock = threading.Lock()
        self._created: set[str] = set()
        self._bytes = 0

    @property
    def waiting_bytes(self) -> int:
        """How much waits to be sent."""
        return self._bytes

    def add(self, host: str, line: str, timestamp: float) -> None:
        """A line that ``host`` printed at ``timestamp``, seconds since 1970. Empty ones are dropped."""
        if not line.strip():
            return
        event = {"timestamp": int(timestamp * 1000), "message": line}
        with self._lock:
            self._waiting.setdefault(host, []).append(event)
            self._bytes += _size(event)

    def flush(self) -> None:
        """Send what waits. Lines that cannot be sent are lost, with the error raised."""
        with self._lock:
            waiting, self._waiting, self._bytes = self._waiting, {}, 0
        for host, events in waiting.items():
            stream = self._prefix + host + self._suffix
            if stream not in self._created:
                self._create(stream)
            for batch in _batches(events):
                self._client.put_log_events(logGroupName=LOG_GROUP, logStreamName=stream, logEvents=batch)

    def _create(self, stream: str) -> None:
        missing = self._client.exceptions.ResourceNotFoundException
        try:
            self._client.create_log_stream(logGroupName=LOG_GROUP, logStreamName=stream)
        except missing:
            self._create_group()
            self._client.create_log_stream(logGroupName=LOG_GROUP, logStreamName=stream)
        self._created.add(stream)

    def _create_group(self) -> None:
        try:
            self._client.create_log_group(logGroupName=LOG_GROUP)
        except self._client.exceptions.ResourceAlreadyExistsException:
            return  # another job was faster


def _size(event: dict[str, Any]) -> int:
    return len(event["message"].encode()) + _PER_EVENT


def _batches(events: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    size = 0
    for event in events:
        if batch and (size + _size(event) > _MOST_BYTES or len(batch) == _MOST_EVENTS):
            yield batch
            batch, size = [], 0
        batch.append(event)
        size += _size(event)
    if batch:
        yield batch
