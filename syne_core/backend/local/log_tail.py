"""Read the reports in a growing log, each byte once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from syne_core.report import MAX_REPORT_BYTES, REPORT_TAG, parse_report

__all__ = ["LogTail"]

_CHUNK = 1 << 18
# A line may be endless; of what stands before its end, a report is at most this long.
_KEEP = 2 * MAX_REPORT_BYTES
_TAG = REPORT_TAG.encode()


class LogTail:
    """The reports of one log file.

    :param path: file, may not exist yet
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offset = 0
        self._partial = b""

    def read(self, ended: bool = False) -> list[dict[str, Any]]:
        """Reports in what was written since the last call.

        :param ended: nothing more will be written: a last line without its newline counts
        """
        try:
            fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):  # the trial could not even be prepared
            return []
        reports: list[dict[str, Any]] = []
        try:
            # Not until the end: a trial that prints faster than this reads would never let go.
            size = os.fstat(fd).st_size
            while self._offset < size and (data := os.pread(fd, _CHUNK, self._offset)):
                self._offset += len(data)
                self._take(data, reports)
        finally:
            os.close(fd)
        if ended and self._partial:
            self._take(b"\n", reports)
        return reports

    def _take(self, data: bytes, reports: list[dict[str, Any]]) -> None:
        *lines, partial = (self._partial + data).split(b"\n")
        for line in lines:
            if _TAG in line:
                report = parse_report(line.decode("utf-8", errors="replace"))
                if report is not None:
                    reports.append(report)
        self._partial = partial[-_KEEP:]
