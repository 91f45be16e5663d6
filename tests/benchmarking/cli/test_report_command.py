"""``synebench report``: one file, in the format that was asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from study_folders import reports, write_experiment, write_study

from benchmarking.cli.report import command
from syne_core.errors import UnknownNameError, UsageError
from syne_core.paths import experiment_path

Run = Callable[..., Any]


@pytest.fixture
def run(invoke: Callable[..., Any]) -> Run:
    return partial(invoke, command)


@pytest.fixture(autouse=True)
def _in_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_page_is_written_and_named_with_its_size(run: Run, tmp_path: Path) -> None:
    write_study(experiment_path(), ("RS", "ASHA"), seeds=2)
    done = run("demo", "-o", "new folder/report.html")
    assert done.error is None
    page = (tmp_path / "new folder" / "report.html").read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert "<h1>Study demo</h1>" in page
    assert done.stdout == ""
    assert f"Wrote new folder/report.html ({round(len(page.encode()) / 1000)} kB)" in done.stderr
    assert done.stderr.rstrip().endswith("Next:  synebench plot demo   synebench best demo")


def test_the_ending_says_the_format_and_standard_output_is_a_dash(run: Run, tmp_path: Path) -> None:
    write_study(experiment_path(), ("RS",), seeds=1)
    assert run("demo", "-o", "a.md").error is None
    assert (tmp_path / "a.md").read_text().startswith("# Study demo\n")
    assert run("demo", "-o", "-").stdout.startswith("# Study demo\n")
    assert json.loads(run("demo", "-o", "-", "--format", "json").stdout)["title"] == "Study demo"
    assert json.loads(run("demo", "--json").stdout)["title"] == "Study demo"
    assert run("demo", "--format", "json").error is None
    assert json.loads((tmp_path / "report.json").read_text())["format"] == 1


def test_studies_methods_benchmarks_and_metrics_are_chosen(run: Run) -> None:
    write_study(experiment_path(), ("RS", "ASHA", "BO"), seeds=2, tag="one")
    write_study(experiment_path(), ("RS",), seeds=2, tag="two")
    write_study(experiment_path(), ("RS",), seeds=2, tag="two", benchmark="letters")
    words = (
        "--method",
        "RS,BO",
        "--benchmark",
        "digits",
        "--metric",
        "epoch",
        "--mode",
        "min",
        "--confidence",
        "0.9",
    )
    done = run("one", "two", "-o", "-", "--format", "json", *words)
    found = json.loads(done.stdout)
    assert found["labels"] == ["one: BO", "one: RS", "two: RS"]
    assert [benchmark["name"] for benchmark in found["benchmarks"]] == ["digits"]
    assert {(row["metric"], row["mode"], row["confidence"]) for row in found["final"]} == {
        ("epoch", "min", 0.9)
    }


def test_folders_left_out_are_named(run: Run) -> None:
    write_study(experiment_path(), ("RS",), seeds=2)
    broken = write_experiment(experiment_path(), reports([(1.0, 0.1)]), seed=9)
    (broken / "status.json").write_text("{}")
    done = run("demo", "-o", "r.html")
    assert done.error is None
    assert f"Note: left out: {broken}: status.json is damaged" in done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("demo", "--format", "htm"), "Unknown format 'htm'. Did you mean 'html'?"),
        (("demo", "-o", "report.pdf"), "say --format, or let the ending be one of .html, .htm, .md, .json"),
        (("dema", "-o", "a.html"), "Did you mean 'demo'?"),
        (("demo", "--method", "SR"), "Unknown method 'SR'. Did you mean 'RS'?"),
        (("demo", "--confidence", "95"), "confidence must be between 0 and 1"),
    ],
)
def test_mistakes_are_named(run: Run, tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    write_study(experiment_path(), ("RS",), seeds=1)
    done = run(*words)
    assert isinstance(done.error, (UnknownNameError, UsageError))
    assert message in str(done.error)
    assert not list(tmp_path.glob("*.html"))


def test_a_file_that_cannot_be_written_is_named(run: Run, tmp_path: Path) -> None:
    write_study(experiment_path(), ("RS",), seeds=1)
    (tmp_path / "file").write_text("")
    done = run("demo", "-o", "file/report.html")
    assert isinstance(done.error, UsageError)
    assert "Report file 'file/report.html' cannot be written" in str(done.error)
