"""A study as CSV and as Parquet."""

from __future__ import annotations

import builtins
import gzip
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from study_folders import reports, write_experiment, write_study

from syne_core.errors import MissingDependencyError, UsageError
from syne_core.experiments import load_studies, load_study
from syne_core.experiments.export import check_export_path, export_study
from syne_core.experiments.export.table import study_table

FIRST = ["tag", "benchmark", "method", "n_workers", "seed", "experiment"]


def test_a_row_for_each_report_with_what_tells_experiments_apart(tmp_path: Path) -> None:
    write_study(tmp_path, ("RS", "ASHA"), seeds=2, tag="old")
    write_experiment(tmp_path, reports([(1.0, None), (2.0, 0.5)], other=7), tag="new")
    table = study_table(load_studies(["old", "new"], tmp_path))
    assert list(table.columns[:6]) == FIRST
    assert table.groupby(["tag", "method", "seed"]).size().to_dict() == {
        **{("old", method, seed): 40 for method in ("RS", "ASHA") for seed in (0, 1)},
        ("new", "RS", 0): 2,
    }
    assert table["other"].notna().sum() == 2
    assert not any(column.startswith("metric_") for column in table.columns)


def test_csv_reads_back_as_it_was(tmp_path: Path) -> None:
    rows = reports([(1.0, 0.1 + 0.2), (2.0, None), (3.0, float("inf"))], note='a, "b"\nc')
    write_experiment(tmp_path, rows)
    study = load_study("demo", tmp_path)
    assert export_study(study, tmp_path / "out.csv") == 3
    assert_frame_equal(pd.read_csv(tmp_path / "out.csv"), study_table(study), check_dtype=False)


def test_the_same_study_gives_the_same_bytes(tmp_path: Path) -> None:
    write_study(tmp_path, ("RS",), seeds=2)
    study = load_study("demo", tmp_path)
    for name in ("a.csv.gz", "b.csv.gz", "c.csv"):
        export_study(study, tmp_path / name)
    packed = (tmp_path / "a.csv.gz").read_bytes()
    assert packed == (tmp_path / "b.csv.gz").read_bytes()
    assert gzip.decompress(packed) == (tmp_path / "c.csv").read_bytes()


def test_progress_counts_experiments(tmp_path: Path) -> None:
    write_study(tmp_path, ("RS",), seeds=3)
    seen: list[tuple[int, int]] = []
    export_study(load_study("demo", tmp_path), tmp_path / "out.csv", lambda *at: seen.append(at))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_without_a_library_for_parquet_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_study(tmp_path, ("RS",), seeds=1)
    study = load_study("demo", tmp_path)
    usual = builtins.__import__

    def refuse(name: str, *rest: Any, **more: Any) -> Any:
        if name.partition(".")[0] in ("pyarrow", "fastparquet"):
            raise ImportError(name)
        return usual(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(MissingDependencyError, match=r"synebench\[export\]"):
        export_study(study, tmp_path / "out.parquet")
    assert not (tmp_path / "out.parquet").exists()


@pytest.mark.parametrize("name", ["out", "out.xlsx", "no such folder/out.csv"])
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"\.csv"):
        check_export_path(tmp_path / name)
