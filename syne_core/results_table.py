"""``results.csv.zip``: a view of the journal, a row for each report.

Columns (those of Syne Tune): the reported values, ``st_worker_*`` among them; ``trial_id``;
``st_decision``; ``st_status``; ``config_*``; ``st_tuner_time`` in seconds; extra columns. The same
journal gives the same bytes.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from syne_core.atomic_file import replacing
from syne_core.constants import ST_DECISION, ST_STATUS, ST_TRIAL_ID, ST_TUNER_TIME
from syne_core.journal import read_journal

__all__ = ["result_rows", "write_csv", "write_results"]

# Columns of a table without rows: readers want a header.
_ALWAYS = (ST_TRIAL_ID, ST_DECISION, ST_STATUS, ST_TUNER_TIME)
_EPOCH = (1980, 1, 1, 0, 0, 0)


def result_rows(journal: Path) -> Iterator[dict[str, Any]]:
    """The rows of the table, in the order in which the tuner received the reports."""
    configs: dict[int, dict[str, Any]] = {}
    for record in read_journal(journal):
        event = record["event"]
        if event == "suggest" and record["kind"] == "start":
            configs[record["asked"]] = _config_columns(record["config"])
        elif event == "resume" and record["config"] is not None:
            configs[record["trial"]] = _config_columns(record["config"])
        elif event == "report":
            yield {
                **record["report"],
                ST_TRIAL_ID: record["trial"],
                ST_DECISION: record["decision"],
                ST_STATUS: record["status"],
                **configs[record["trial"]],
                ST_TUNER_TIME: record["t"],
                **record.get("extra", {}),
            }


def write_results(journal: Path, target: Path) -> None:
    """Replace ``target`` by the table of ``journal``."""
    entry = zipfile.ZipInfo("results.csv", date_time=_EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    with (
        replacing(target) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(entry, "w") as member,
        io.TextIOWrapper(member, encoding="utf-8", errors="backslashreplace", newline="") as text,
    ):
        write_csv(journal, text)


def write_csv(journal: Path, text: TextIO) -> None:
    """Write the table of ``journal`` to ``text``; two passes, so that memory does not grow."""
    columns: dict[str, None] = {}
    for row in result_rows(journal):
        columns.update(dict.fromkeys(row))
    # The csv module quotes what is in the line end: with "\n" alone, a "\r" would split its row.
    writer = csv.DictWriter(text, list(columns or dict.fromkeys(_ALWAYS)), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(result_rows(journal))


def _config_columns(config: dict[str, Any]) -> dict[str, Any]:
    return {f"config_{name}": value for name, value in config.items()}
