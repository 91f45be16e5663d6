"""The index saves parsing and is never believed when it should not be."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from study_folders import learning, reports, write_experiment, zipped_csv

from syne_core.experiments import list_experiments, load_experiments_df, load_study, results_index
from syne_core.experiments.column_file import (
    ColumnFileError,
    Columns,
    pack_columns,
    read_columns,
    table_columns,
)
from syne_core.experiments.experiment_folder import read_experiment_folder

ROWS = reports([*learning(0, 0.9, 60.0, 80), (70.0, None)], note=None, flag=True)
ROWS[3]["note"] = "a, \"b\" 'c' \u00e9"
ROWS[5]["flag"] = None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An experiment whose files are an hour old."""
    return aged(write_experiment(tmp_path / "root", ROWS))


@pytest.fixture
def no_parsing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Reading a CSV fails."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the table was parsed")

    with monkeypatch.context() as patch:
        patch.setattr(pd, "read_csv", refuse)
        yield


def aged(folder: Path, seconds: float = 3600.0) -> Path:
    then = time.time() - seconds
    for file in folder.iterdir():
        os.utime(file, (then, then))
    return folder


def indexed() -> list[Path]:
    return sorted(Path(os.environ["SYNEBENCH_INDEX"]).glob("*.columns"))


def table_of(folder: Path) -> pd.DataFrame:
    return read_experiment_folder(folder).load().results


def test_a_table_from_the_index_is_the_table_that_was_parsed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed = table_of(folder)
    assert len(indexed()) == 1
    monkeypatch.setattr(pd, "read_csv", None)
    assert_frame_equal(table_of(folder), parsed)
    assert parsed["flag"].tolist()[4:6] == [True, pytest.approx(np.nan, nan_ok=True)]


def test_curves_and_joined_tables_are_the_same_with_and_without_index(folder: Path) -> None:
    root = folder.parents[2]
    write_experiment(root, reports(learning(1, 0.8, 60.0, 70), other=1), seed=1)
    cold, warm = ((load_study("demo", root), load_experiments_df(root=root)) for _ in range(2))
    filtered = load_experiments_df(root=root, experiment_filter=lambda _: True)
    for a, b in zip(cold[0].benchmarks[0].seeds, warm[0].benchmarks[0].seeds, strict=True):
        assert a.curve.times.tolist() == b.curve.times.tolist()
        assert a.curve.values.tolist() == b.curve.values.tolist()
        assert (a.num_trials, a.num_reports, a.num_diverged) == (b.num_trials, b.num_reports, b.num_diverged)
    assert_frame_equal(cold[1], warm[1])
    assert_frame_equal(cold[1], filtered)
    assert cold[1]["trial_id"].dtype == "int64"
    assert cold[1]["other"].dtype == "float64"


def journal_of(num_reports: int) -> str:
    records: list[dict[str, Any]] = [
        {"event": "suggest", "t": 0, "asked": 0, "kind": "start", "config": {"lr": 0.1}}
    ]
    for i in range(num_reports):
        report = {"accuracy": 0.5, "epoch": i + 1}
        end = {"decision": "CONTINUE", "status": "InProgress"}
        records.append({"event": "report", "t": i, "trial": 0, "report": report, **end})
    return "".join(json.dumps(record) + "\n" for record in records)


@pytest.mark.parametrize("file", ["results.csv.zip", "metadata.json", "journal.jsonl"])
def test_another_file_is_another_table(folder: Path, file: str) -> None:
    (folder / "journal.jsonl").write_text('{"event":"session","t":0}\n')
    aged(folder)
    table_of(folder)
    if file == "results.csv.zip":
        (folder / file).write_bytes(zipped_csv(ROWS[:60]))
        aged(folder)
        assert len(table_of(folder)) == 60
    elif file == "metadata.json":
        text = (folder / file).read_text()
        (folder / file).write_text(text.replace('"accuracy"', '"epoch"   '))
        aged(folder)
        assert table_of(folder)["epoch"].dtype == "float64"
    else:
        (folder / file).write_text(journal_of(len(ROWS) + 1))  # newer than the table, with more in it
        assert len(table_of(folder)) == len(ROWS) + 1


def test_a_file_of_the_same_size_and_another_time_is_another_file(folder: Path, no_parsing: None) -> None:
    results_index.store_columns(results_index.source_of(folder), Columns(0, (), {}))
    assert len(table_of(folder)) == 0
    os.utime(folder / "results.csv.zip")
    with pytest.raises(AssertionError, match="parsed"):
        table_of(folder)


def test_files_that_changed_a_moment_ago_are_not_remembered(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = (folder / "results.csv.zip").stat().st_mtime
    for later, remembered in ((1.9, 0), (2.1, 1)):
        monkeypatch.setattr(results_index, "time", SimpleNamespace(time=lambda later=later: changed + later))
        assert len(table_of(folder)) == len(ROWS)
        assert len(indexed()) == remembered


def test_small_tables_are_not_worth_it(tmp_path: Path) -> None:
    folder = aged(write_experiment(tmp_path, ROWS[:10]))
    table_of(folder)
    assert indexed() == []


@pytest.mark.parametrize("where", ["/proc/nowhere", "a file"])
def test_where_the_index_cannot_be_written_all_works(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    (tmp_path / "a file").touch()
    monkeypatch.setenv("SYNEBENCH_INDEX", str(tmp_path / where))
    for _ in range(2):
        assert len(table_of(folder)) == len(ROWS)


def test_a_damaged_index_is_passed_over_and_made_again(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    expected = table_of(folder)
    (file,) = indexed()
    good = file.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(30):
        at = int(rng.integers(len(good)))
        flipped = bytes([good[at] ^ (1 << int(rng.integers(8)))])
        file.write_bytes(good[:at] if rng.random() < 0.5 else good[:at] + flipped + good[at + 1 :])
        assert_frame_equal(table_of(folder), expected)
    file.write_bytes(b"")
    table_of(folder)
    assert file.read_bytes() == good
    assert caplog.messages == []


def test_every_flip_of_a_bit_is_noticed(tmp_path: Path) -> None:
    table = pd.DataFrame({"trial_id": [0, 1], "name": ["a", None], "loss": [0.5, float("inf")]})
    columns = table_columns(table)
    assert columns is not None
    good = pack_columns(columns, ["source"])
    path = tmp_path / "one.columns"
    for bit in range(8 * len(good)):
        content = bytearray(good)
        content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(content)
        try:
            found = read_columns(path, ["source"])
        except ColumnFileError:
            continue
        assert found is not None
        assert_frame_equal(found.frame(), table)  # an upper case of the magic word would be another word


def test_an_index_of_another_experiment_is_not_taken(folder: Path, tmp_path: Path) -> None:
    table_of(folder)
    other = aged(write_experiment(tmp_path / "other", reports(learning(3, 0.5, 9.0, 60))))
    table_of(other)
    first, second = indexed()
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)
    assert (len(table_of(folder)), len(table_of(other))) == (len(ROWS), 60)


def test_some_columns_can_be_read_without_the_others(folder: Path, no_parsing: None) -> None:
    table = pd.DataFrame({"a": [1, 2], "b": ["x", "2.5"], "c": [0.5, float("nan")]})
    columns = table_columns(table)
    assert columns is not None
    results_index.store_columns(results_index.source_of(folder), columns)
    some = read_experiment_folder(folder).load_numbers(["b", "a", "none"])
    assert (some.rows, some.names, set(some.columns)) == (2, ("a", "b", "c"), {"a", "b"})
    assert np.array_equal(some.columns["b"].floats(), [np.nan, 2.5], equal_nan=True)
    assert some.floats("none") is None


def test_what_nobody_needed_for_long_is_removed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table_of(folder)
    (kept,) = indexed()
    old = kept.with_name("0" * 32 + ".columns")
    old.write_bytes(b"x")
    os.utime(old, (0, 0))
    (kept.parent / "swept").unlink()
    kept.unlink()
    table_of(folder)
    assert indexed() == [kept]
    assert len(list_experiments(root=folder.parents[2])) == 1
