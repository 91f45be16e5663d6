"""Finds report lines in what a script prints, piece by piece as it comes.

Standard library only, parses as Python 3.8.
"""

from __future__ import annotations

from typing import Any

from syne_core.report import MAX_REPORT_BYTES, REPORT_TAG, parse_report

__all__ = ["ReportLines"]

_TAG = REPORT_TAG.encode()
#: Reports of other libraries may be somewhat longer than ours, and other text may stand in their line.
_LONGEST_LINE = 20 * MAX_REPORT_BYTES


class ReportLines:
    """Takes chunks of a script's output, gives the reports in them; other lines cost next to nothing."""

    def __init__(self) -> None:
        self._line = bytearray()
        self._overlong = False

    def feed(self, chunk: bytes) -> list[dict[str, Any]]:
        """The reports that are complete with ``chunk``, in order."""
        head, newline, rest = chunk.partition(b"\n")
        if not newline:
            self._append(chunk)
            return []
        self._append(head)
        reports = self._finish_line()
        body, newline, tail = rest.rpartition(b"\n")
        if _TAG in body:
            for line in body.split(b"\n"):
                reports += _reports_in(line)
        self._append(tail)
        return reports

    def end(self) -> list[dict[str, Any]]:
        """The report in a last line that has no line break."""
        return self._finish_line()

    def _append(self, piece: bytes) -> None:
        """Keep a piece of the present line, but no line that is too long for a report."""
        self._line += piece
        if len(self._line) <= _LONGEST_LINE:
            return
        at = self._line.rfind(_TAG)
        if at < 0:
            del self._line[: -len(_TAG)]
        elif len(self._line) - at > _LONGEST_LINE:
            del self._line[: at + len(_TAG)]
        else:
            del self._line[:at]

    def _finish_line(self) -> list[dict[str, Any]]:
        line = bytes(self._line)
        self._line.clear()
        return _reports_in(line)


def _reports_in(line: bytes) -> list[dict[str, Any]]:
    if _TAG not in line:
        return []
    report = parse_report(line.decode("utf-8", "replace"))
    return [] if report is None else [report]
