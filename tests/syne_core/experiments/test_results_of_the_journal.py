"""Results of an experiment whose table lags behind its journal."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any

import pytest

from syne_core.experiments.results_reader import read_results
from syne_core.results_table import write_results

METADATA = {"metric_names": ["loss"], "config_space": {"name": "a"}}


def journal_of(folder: Path, num_reports: int) -> Path:
    records: list[dict[str, Any]] = [
        {"event": "suggest", "t": 0, "asked": 0, "kind": "start", "config": {"name": "NA"}},
        *(
            {
                "event": "report",
                "t": i,
                "trial": 0,
                "report": {"loss": i / 2, "epoch": i},
                "decision": "CONTINUE",
                "status": "InProgress",
            }
            for i in range(1, num_reports + 1)
        ),
    ]
    path = folder / "journal.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def test_a_killed_experiment_has_the_reports_that_its_table_lacks(tmp_path: Path) -> None:
    table = tmp_path / "results.csv.zip"
    write_results(journal_of(tmp_path, 2), table)
    journal_of(tmp_path, 5)
    os.utime(table, (1, 1))
    results = read_results(tmp_path, METADATA)
    assert results.loss.tolist() == [0.5, 1.0, 1.5, 2.0, 2.5]
    assert results.config_name.tolist() == ["NA"] * 5
    assert results.trial_id.dtype == "int64"
    write_results(tmp_path / "journal.jsonl", table)
    assert read_results(tmp_path, METADATA).equals(results), "the same from the table"


def test_a_journal_that_was_cut_off_does_not_hide_what_the_table_has(tmp_path: Path) -> None:
    table = tmp_path / "results.csv.zip"
    write_results(journal_of(tmp_path, 5), table)
    journal_of(tmp_path, 3)
    os.utime(table, (1, 1))
    assert len(read_results(tmp_path, METADATA)) == 5


def test_without_a_table_the_journal_is_read(tmp_path: Path) -> None:
    journal_of(tmp_path, 3)
    assert len(read_results(tmp_path, METADATA)) == 3


def test_a_damaged_journal_is_named_and_the_table_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    table = tmp_path / "results.csv.zip"
    write_results(journal_of(tmp_path, 2), table)
    (tmp_path / "journal.jsonl").write_text("not json\n{}\n")
    os.utime(table, (1, 1))
    with caplog.at_level(logging.WARNING):
        assert len(read_results(tmp_path, METADATA)) == 2
    assert "the results may lack the last reports" in caplog.text
