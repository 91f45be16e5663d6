"""``synebench plot`` and ``plot_results.py``: a figure, a table on stdout, notes on stderr."""

from __future__ import annotations

import json
import logging
import runpy
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from study_folders import reports, write_experiment, write_study

import benchmarking.nursery.launch_local
from benchmarking.cli.plot import command
from syne_core.errors import ResultsError, UnknownNameError, UsageError
from syne_core.paths import experiment_path

Run = Callable[..., Any]

SCRIPT = Path(benchmarking.nursery.launch_local.__file__).parent / "plot_results.py"


@pytest.fixture
def run(invoke: Callable[..., Any]) -> Run:
    return partial(invoke, command)


def run_script(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), *arguments])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(SCRIPT), run_name="__main__")
    return int(ended.value.code or 0)


@pytest.fixture(autouse=True)
def _in_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_figure_is_written_and_the_final_values_are_printed(run: Run, tmp_path: Path) -> None:
    write_study(experiment_path(), ("RS", "ASHA"), seeds=3)
    done = run("demo", "-o", "new/figure.png")
    assert done.error is None
    assert (tmp_path / "new" / "figure.png").read_bytes().startswith(b"\x89PNG")
    header, asha, rs = done.stdout.splitlines()
    assert header.split()[:4] == ["BENCHMARK", "METHOD", "SEEDS", "METRIC"]
    assert asha.split()[:3] == ["digits", "ASHA", "3"]
    assert rs.split()[:3] == ["digits", "RS", "3"]
    assert "Wrote new/figure.png" in done.stderr
    assert done.stderr.rstrip().endswith("Next:  synebench best demo")


def test_json_is_all_of_stdout(run: Run, tmp_path: Path) -> None:
    write_study(experiment_path(), ("RS",), seeds=2)
    done = run("demo", "--json")
    printed = json.loads(done.stdout)
    assert printed["figure"] == "comparison.png"
    assert (tmp_path / "comparison.png").exists()
    (row,) = printed["final"]
    assert (row["method"], row["seeds"], row["ended"]) == ("RS", 2, 2)
    assert row["lower"] < row["mean"] < row["upper"]


def test_missing_unfinished_and_broken_experiments_are_named_and_the_rest_is_drawn(
    run: Run,
    caplog: pytest.LogCaptureFixture,
) -> None:
    write_study(experiment_path(), ("RS",), seeds=2)
    write_experiment(experiment_path(), reports([(1.0, 0.2)]), method="BO", seed=1, state="interrupted")
    bad = write_experiment(experiment_path(), reports([(1.0, 0.2)]), method="BO", seed=0)
    (bad / "results.csv.zip").write_bytes(b"PK")
    with caplog.at_level(logging.WARNING):
        done = run("demo", "--json")
    assert done.error is None
    assert "Note: missing: BO seed 0" in done.stderr
    assert "Note: unfinished: BO seed 1 (interrupted)" in done.stderr
    assert str(bad) in caplog.text
    assert [left["path"] for left in json.loads(done.stdout)["left_out"]] == [str(bad)]


def test_what_is_drawn_can_be_chosen(run: Run) -> None:
    for benchmark in ("a", "b"):
        write_study(experiment_path(), ("RS", "ASHA", "BO"), seeds=1, benchmark=benchmark)
    done = run("demo", "--benchmark", "b", "--method", "RS", "--method", "BO", "--log-y", "--json")
    final = json.loads(done.stdout)["final"]
    assert [(row["benchmark"], row["method"]) for row in final] == [("b", "BO"), ("b", "RS")]
    assert json.loads(run("demo", "--benchmark", "b", "--method", "RS,BO", "--json").stdout)["final"] == final


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        (["dema"], UnknownNameError, "Did you mean 'demo'"),
        (["demo", "--method", "rs"], UnknownNameError, "Did you mean 'RS'"),
        (["demo", "--benchmark", "digit"], UnknownNameError, "Did you mean 'digits'"),
        (["demo", "--metric", "acc"], UnknownNameError, "Valid: accuracy, epoch"),
        (["demo", "-o", "x.docx"], UsageError, "ending"),
        (["demo", "--confidence", "95"], UsageError, "between 0 and 1"),
        (["empty"], ResultsError, "no experiment"),
    ],
)
def test_mistakes_are_errors_that_help(
    run: Run, tmp_path: Path, arguments: list[str], kind: type[Exception], message: str
) -> None:
    write_study(experiment_path(), ("RS",), seeds=1)
    (experiment_path() / "empty").mkdir()
    done = run(*arguments)
    assert isinstance(done.error, kind)
    assert message in str(done.error)
    assert not list(tmp_path.glob("*.png"))


@pytest.mark.parametrize("flag", ["--experiment_tag", "--experiment-tag"])
def test_the_script_draws_what_the_verb_draws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], flag: str
) -> None:
    write_study(experiment_path(), ("RS",), seeds=2, tag="tutorial_local")
    assert (
        run_script(monkeypatch, flag, "tutorial_local", "--output", "out.pdf", "--benchmark", "digits") == 0
    )
    assert (tmp_path / "out.pdf").read_bytes().startswith(b"%PDF")
    printed = capsys.readouterr()
    assert printed.out.splitlines()[1].split()[:3] == ["digits", "RS", "2"]
    assert "synebench best tutorial_local" in printed.err


def test_the_script_fails_with_the_code_of_its_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_script(monkeypatch, "--experiment_tag", "nothing") == 2
    assert "there are no studies in" in capsys.readouterr().err
    assert run_script(monkeypatch) == 2
    assert "--experiment_tag" in capsys.readouterr().err
    assert run_script(monkeypatch, "--help") == 0
    assert "Example: plot_results.py --experiment_tag" in capsys.readouterr().out
