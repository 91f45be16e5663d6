"""Reports as text: a report becomes numbers once, for the journal and for the table of results alike.

Printing floats is most of the work of keeping a record. Nearly all reports hold nothing but finite numbers,
under the same names as the report before.
"""

from __future__ import annotations

import json
from typing import Any

__all__ = ["ReportLayout", "ReportLayouts"]

_NUMBERS = frozenset({int, float})


class ReportLayout:
    """The names of a report, and the line of the journal around its numbers.

    :ivar names: in the order of the report
    :ivar line: takes, by ``%``, the texts of: time, trial, each value, decision, status
    """

    __slots__ = ("line", "names")

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        values = ",".join([json.dumps(name).replace("%", "%%") + ":%s" for name in names])
        self.line = (
            f'{{"event":"report","t":%s,"trial":%s,"report":{{{values}}},"decision":"%s","status":"%s"}}'
        )


class ReportLayouts:
    """The layouts of one experiment's reports."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], ReportLayout] = {}

    def of(self, report: dict[str, Any]) -> tuple[ReportLayout, list[str]] | None:
        """Layout and texts of the values, which JSON and CSV share; None unless all are finite numbers."""
        values = report.values()
        if not values or not _NUMBERS.issuperset(map(type, values)):
            return None
        texts = list(map(repr, values))
        if "n" in "".join(texts):  # nan, inf
            return None
        names = tuple(report)
        layout = self._known.get(names)
        if layout is None:
            layout = self._known[names] = ReportLayout(names)
        return layout, texts
