"""Types of the columns of results: the same whatever the cells happen to hold."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from study_folders import SPACE, reports, write_experiment, zipped_csv

from syne_core.errors import ResultsError
from syne_core.experiments.results_reader import read_results

METADATA = {"metric_names": ["accuracy"], "metric_mode": "max", "config_space": SPACE}


def choice(*categories: Any) -> dict[str, Any]:
    return {"domain_cls": "Categorical", "domain_kwargs": {"categories": list(categories)}}


def read(folder: Path, rows: list[dict[str, Any]], metadata: dict[str, Any] | None = None) -> Any:
    (folder / "results.csv.zip").write_bytes(zipped_csv(rows))
    return read_results(folder, METADATA if metadata is None else metadata)


def test_a_single_row_has_the_types_of_many(tmp_path: Path) -> None:
    many = read(tmp_path, reports([(1.0, 0.5), (2.0, None), (3.5, 0.75)]))
    one = read(tmp_path, reports([(1, 1)]))
    assert one.dtypes.to_dict() == many.dtypes.to_dict()
    assert one["accuracy"].dtype == np.float64
    assert one["trial_id"].dtype == np.int64


def test_a_column_without_a_value_keeps_its_type(tmp_path: Path) -> None:
    rows = reports([(1.0, None), (2.0, None)], st_decision=None, st_worker_cost=None)
    table = read(tmp_path, rows)
    assert table["accuracy"].isna().all()
    assert table["accuracy"].dtype == table["st_worker_cost"].dtype == np.float64
    assert table["st_decision"].dtype == read(tmp_path, reports([(1.0, 0.0)]))["st_decision"].dtype


def test_a_table_of_trial_ids_alone_is_read(tmp_path: Path) -> None:
    table = read(tmp_path, [{"trial_id": 3}])
    assert table["trial_id"].tolist() == [3]


def test_text_that_looks_like_numbers_stays_text(tmp_path: Path) -> None:
    space = {"size": choice("1", "02"), "mode": choice("None", "NA"), "name": "007", "number": choice(1, 2)}
    rows = reports([(1.0, 0.1), (2.0, 0.2)])
    for row, values in zip(rows, (("1", "None", "007", 1), ("02", "NA", "007", 2)), strict=True):
        row.update(zip(("config_size", "config_mode", "config_name", "config_number"), values, strict=True))
    table = read(tmp_path, rows, {**METADATA, "config_space": space})
    assert table["config_size"].tolist() == ["1", "02"]
    assert table["config_mode"].tolist() == ["None", "NA"]
    assert table["config_name"].tolist() == ["007", "007"]
    assert table["config_number"].tolist() == [1, 2]


def test_the_space_may_be_a_json_string_as_syne_tune_writes_it(tmp_path: Path) -> None:
    rows = reports([(1.0, 0.1)], config_size="1")
    space = '{"size": {"domain_cls": "Categorical", "domain_kwargs": {"categories": ["1", "2"]}}}'
    assert read(tmp_path, rows, {**METADATA, "config_space": space})["config_size"].tolist() == ["1"]
    assert read(tmp_path, rows, {**METADATA, "config_space": "{"})["config_size"].tolist() == [1]


@given(value=st.floats(allow_nan=False))
def test_floats_come_back_as_they_were(tmp_path: Path, value: float) -> None:
    assert read(tmp_path, reports([(1.0, value)]))["accuracy"].tolist() == [value]


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\r\n \n"])
def test_no_report_yet_is_an_empty_table(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "results.csv").write_bytes(content)
    table = read_results(tmp_path, METADATA)
    assert table.empty
    assert {"trial_id", "accuracy", "st_tuner_time"} <= set(table.columns)
    assert (table["trial_id"].dtype, table["accuracy"].dtype) == (np.int64, np.float64)


def test_a_header_without_rows_is_an_empty_table(tmp_path: Path) -> None:
    (tmp_path / "results.csv").write_text("accuracy,trial_id,st_decision\n")
    table = read_results(tmp_path, METADATA)
    assert table.empty
    assert (table["trial_id"].dtype, table["accuracy"].dtype) == (np.int64, np.float64)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("accuracy\n0.5\n", "no column trial_id"),
        ("trial_id\n0\nx\n", "not a whole number"),
        ("trial_id\n0.5\n", "not a whole number"),
        ("trial_id\ninf\n", "not a whole number"),
        ("trial_id\n1e300\n", "not a whole number"),
        ("trial_id,a\n0,1,2\n0,1,2\n", "more cells"),
        ('trial_id,a\n0,"x\n', "damaged"),
        (b"trial_id,a\n0,\xff\xfe\n", "damaged"),
    ],
)
def test_a_damaged_table_is_refused(tmp_path: Path, content: str | bytes, reason: str) -> None:
    (tmp_path / "results.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(ResultsError, match=reason):
        read_results(tmp_path, METADATA)


def test_an_archive_with_several_files_is_refused(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", "trial_id\n1\n")
        archive.writestr("b.csv", "trial_id\n1\n")
    (tmp_path / "results.csv.zip").write_bytes(packed.getvalue())
    with pytest.raises(ResultsError, match="2 files inside"):
        read_results(tmp_path, METADATA)


def test_a_pickle_in_the_folder_is_never_loaded(tmp_path: Path) -> None:
    folder = write_experiment(tmp_path, reports([(1.0, 0.5)]))
    (folder / "tuner.dill").write_bytes(b"cos\nabort\n(tR.")  # unpickling it would end this process
    from syne_core.experiments import list_experiments, load_experiment

    assert load_experiment(folder.name, load_tuner=True, local_path=tmp_path).tuner is None
    assert list_experiments(root=tmp_path, load_tuner=True)[0].tuner is None
