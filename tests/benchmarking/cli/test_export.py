"""``synebench export``: what it writes, and what it says."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from study_folders import reports, write_experiment, write_study

from benchmarking.cli.export import command
from syne_core.errors import UnknownNameError, UsageError
from syne_core.paths import experiment_path

Run = Callable[..., Any]


@pytest.fixture
def run(invoke: Callable[..., Any]) -> Run:
    return partial(invoke, command)


def test_a_table_is_written_and_what_is_next_is_said(run: Run, tmp_path: Path) -> None:
    write_study(experiment_path(), ("RS", "ASHA"), seeds=2)
    broken = write_experiment(experiment_path(), reports([(1.0, 0.5)]), method="BO")
    (broken / "results.csv.zip").write_bytes(b"PK")
    target = tmp_path / "a b.csv"
    done = run("demo", "-o", str(target), "--method", "RS,BO")
    assert done.error is None
    assert done.stdout == f"{target}: 80 reports of 2 experiments\n"
    assert f"Note: left out, results.csv.zip is damaged: {broken.name}" in done.stderr
    assert f"'{target}'" in done.stderr
    assert set(pd.read_csv(target)["method"]) == {"RS"}


def test_json_says_what_was_written(run: Run, tmp_path: Path) -> None:
    write_study(experiment_path(), ("RS",), seeds=1)
    done = run("demo", "-o", str(tmp_path / "out.csv.gz"), "--json")
    assert json.loads(done.stdout) == {"file": str(tmp_path / "out.csv.gz"), "experiments": 1, "rows": 40}


def test_several_studies_go_into_one_table(run: Run, tmp_path: Path) -> None:
    for tag in ("old", "new"):
        write_study(experiment_path(), ("RS",), seeds=1, tag=tag)
    assert run("old", "new", "-o", str(tmp_path / "out.csv")).error is None
    assert pd.read_csv(tmp_path / "out.csv")["tag"].unique().tolist() == ["old", "new"]


@pytest.mark.parametrize(
    ("words", "error"), [(("demo", "-o", "x.xls"), UsageError), (("dem", "-o", "x.csv"), UnknownNameError)]
)
def test_mistakes_are_named(run: Run, words: tuple[str, ...], error: type[Exception]) -> None:
    write_study(experiment_path(), ("RS",), seeds=1)
    assert type(run(*words).error) is error
