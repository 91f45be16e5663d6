"""``results.csv.zip``: a view of the journal, a row for each report.

Columns (those of Syne Tune): the reported values, ``st_worker_*`` among them; ``trial_id``;
``st_decision``; ``st_status``; ``config_*``; ``st_tuner_time`` in seconds; extra columns. The same
journal gives the same bytes.
"""

from __future__ import annotations

import csv
import io
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO, cast

from syne_core.atomic_file import replacing
from syne_core.constants import ST_DECISION, ST_STATUS, ST_TRIAL_ID, ST_TUNER_TIME
from syne_core.journal import read_journal
from syne_core.report_layout import ReportLayout

__all__ = ["ResultsTable", "write_csv", "write_results"]

# Columns of a table without rows: readers want a header.
_ALWAYS = (ST_TRIAL_ID, ST_DECISION, ST_STATUS, ST_TUNER_TIME)
_MOST_WAITING = 1000
_CHUNK = 1 << 20
# Six times as fast as the usual level, for files that are a fourteenth larger.
_COMPRESSION = 1


class _ConfigColumns:
    """The part of a row that is the same for all reports of a run.

    :ivar names: columns; two configurations with the same names share the tuple
    :ivar text: the values as CSV, each with a comma before it
    """

    __slots__ = ("names", "text", "values")

    def __init__(self, config: dict[str, Any], known_names: dict[tuple[str, ...], tuple[str, ...]]) -> None:
        self.values = {f"config_{name}": value for name, value in config.items()}
        names = tuple(self.values)
        self.names = known_names.setdefault(names, names)
        # With an empty value at the end, which is cut off: a row of one empty value would be quoted.
        self.text = f",{_line([*self.values.values(), ''])[:-3]}" if config else ""


class ResultsTable:
    """The table, built row by row as records come, so that writing it is copying text.

    The rows lie in a temporary file: memory does not grow with their number. A column is added on the right
    when a report first has it, and rows before that are shorter.

    :param folder: where the temporary file is made; None: rows are kept in memory
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._columns: dict[str, None] = {}
        self._widths: list[tuple[int, int]] = []  # (number of the first row, columns from there on)
        self._num_rows = 0
        self._waiting: list[str] = []
        self._configs: dict[int, _ConfigColumns] = {}
        self._known_names: dict[tuple[str, ...], tuple[str, ...]] = {}
        # What the last row consisted of: if the next one does too, it has the same columns.
        self._layout: ReportLayout | None = None
        self._config_names: tuple[str, ...] | None = None
        self._rows: TextIO = io.StringIO(newline="")
        if folder is not None:
            file = tempfile.TemporaryFile(  # noqa: SIM115 - closed by close()
                "w+", dir=folder, encoding="utf-8", errors="backslashreplace", newline=""
            )
            self._rows = cast(TextIO, file)

    # -- taking records ------------------------------------------------------------------------

    def take(self, record: dict[str, Any]) -> None:
        """Take note of any record of the journal."""
        event = record["event"]
        if event == "suggest" and record["kind"] == "start":
            self._configs[record["asked"]] = _ConfigColumns(record["config"], self._known_names)
        elif event == "resume" and record["config"] is not None:
            self._configs[record["trial"]] = _ConfigColumns(record["config"], self._known_names)
        elif event == "report":
            self._add_row(
                {
                    **record["report"],
                    ST_TRIAL_ID: record["trial"],
                    ST_DECISION: record["decision"],
                    ST_STATUS: record["status"],
                    **self._configs[record["trial"]].values,
                    ST_TUNER_TIME: record["t"],
                    **record.get("extra", {}),
                }
            )

    def take_numbers(
        self, layout: ReportLayout, texts: list[str], trial_id: int, decision: str, status: str, t: str
    ) -> None:
        """As ``take`` for a report of ``layout`` without extra columns, whose values are ``texts``."""
        config = self._configs[trial_id]
        if layout is not self._layout or config.names is not self._config_names:
            if not self._has_columns(layout, config):
                self._add_row(_named(layout, texts, trial_id, decision, status, config, t))
                return
            self._layout, self._config_names = layout, config.names
        self._add_text(f"{','.join(texts)},{trial_id},{decision},{status}{config.text},{t}\r\n")

    def _has_columns(self, layout: ReportLayout, config: _ConfigColumns) -> bool:
        """Whether such rows have all columns, in order; if they are the first, they decide on them."""
        columns = dict.fromkeys([*layout.names, *_ALWAYS[:3], *config.names, ST_TUNER_TIME])
        if len(columns) < len(layout.names) + len(_ALWAYS) + len(config.names):
            return False  # a name occurs twice
        if not self._columns:
            self._widen(columns)
        return list(columns) == list(self._columns)

    def _add_row(self, row: dict[str, Any]) -> None:
        if row.keys() - self._columns.keys():
            self._widen(row)
        self._add_text(_line([row.get(name, "") for name in self._columns]))

    def _widen(self, row: dict[str, Any]) -> None:
        self._columns.update(dict.fromkeys(row))
        self._widths.append((self._num_rows, len(self._columns)))
        self._layout = None

    def _add_text(self, text: str) -> None:
        self._num_rows += 1
        self._waiting.append(text)
        if len(self._waiting) >= _MOST_WAITING:
            self._store()

    def _store(self) -> None:
        self._rows.write("".join(self._waiting))
        self._waiting.clear()

    # -- writing the table ---------------------------------------------------------------------

    def write(self, target: Path) -> None:
        """Replace ``target`` by the table as it stands, packed."""
        with (
            replacing(target) as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION) as archive,
            archive.open("results.csv", "w") as member,  # its date is always 1980-01-01
            io.TextIOWrapper(member, encoding="utf-8", errors="backslashreplace", newline="") as text,
        ):
            self.write_csv(text)

    def write_csv(self, text: TextIO) -> None:
        """Write the table as it stands to ``text``."""
        self._store()
        text.write(_line(list(self._columns or _ALWAYS)))
        self._rows.seek(0)
        try:
            if len(self._widths) > 1:
                text.writelines(self._padded_rows())
            else:
                while chunk := self._rows.read(_CHUNK):
                    text.write(chunk)
        finally:
            self._rows.seek(0, io.SEEK_END)

    def _padded_rows(self) -> Iterator[str]:
        """All rows, with empty values for the columns that came later."""
        bounds = [*[first for first, _ in self._widths[1:]], self._num_rows]
        at, row, number = 0, "", 0
        for line in self._rows:
            row += line
            if not row.endswith("\r\n") or row.count('"') % 2:
                continue  # inside of a quoted value
            while number >= bounds[at]:
                at += 1
            missing = len(self._columns) - self._widths[at][1]
            yield f"{row[:-2]}{',' * missing}\r\n"
            row, number = "", number + 1

    def close(self) -> None:
        """Remove the temporary file."""
        self._rows.close()

    def __enter__(self) -> ResultsTable:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def write_results(journal: Path, target: Path) -> None:
    """Replace ``target`` by the table of ``journal``."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with _table_of(journal, target.parent) as table:
        table.write(target)


def write_csv(journal: Path, text: TextIO) -> None:
    """Write the table of ``journal`` to ``text``."""
    with _table_of(journal, None) as table:
        table.write_csv(text)


def _table_of(journal: Path, folder: Path | None) -> ResultsTable:
    table = ResultsTable(folder)
    try:
        for record in read_journal(journal):
            table.take(record)
    except BaseException:
        table.close()
        raise
    return table


def _named(
    layout: ReportLayout,
    texts: list[str],
    trial_id: int,
    decision: str,
    status: str,
    config: _ConfigColumns,
    t: str,
) -> dict[str, Any]:
    """The row that ``take_numbers`` is given, by column."""
    fixed = {ST_TRIAL_ID: trial_id, ST_DECISION: decision, ST_STATUS: status}
    return {**dict(zip(layout.names, texts, strict=True)), **fixed, **config.values, ST_TUNER_TIME: t}


def _line(values: list[Any]) -> str:
    # The csv module quotes what is in the line end: with "\n" alone, a "\r" would split its row.
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerow(values)
    return text.getvalue()
