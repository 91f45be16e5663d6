"""``synebench status``: every experiment on a line, and how to go on."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from study_folders import reports, write_experiment, write_study

from benchmarking.cli.status import command
from syne_core.errors import UnknownNameError
from syne_core.paths import experiment_path

Run = Callable[..., Any]

ROWS = reports([(1.0, 0.5)])


@pytest.fixture
def run(invoke: Callable[..., Any]) -> Run:
    return partial(invoke, command)


def test_every_experiment_has_a_line_with_its_state(run: Run) -> None:
    best = {"trial_id": 3, "metric": "accuracy", "value": 0.123456789, "config": {}}
    write_experiment(
        experiment_path(),
        ROWS,
        state="running",
        elapsed=80.0,
        limit=3800.0,
        status={"best": best, "trials": {"Completed": 3, "InProgress": 2, "Failed": 0}},
    )
    write_experiment(experiment_path(), ROWS, seed=1, elapsed=60.0, limit=60.0)
    write_experiment(experiment_path(), ROWS, seed=2, state=None)
    done = run("demo")
    header, running, finished, unknown = done.stdout.splitlines()
    assert " ".join(header.split()) == "TAG METHOD SEED BENCHMARK STATE TRIALS BEST ELAPSED LEFT"
    assert running.split()[:5] == ["demo", "RS", "0", "digits", "running"]
    assert "3 Completed, 2 InProgress  accuracy 0.12346" in running
    assert running.endswith("1 min 20 s  1 h 2 min")
    assert finished.split()[4:] == ["finished", "1", "Completed", "-", "1", "min", "-"]
    assert unknown.split()[4:] == ["unknown", "-", "-", "-", "-"]
    assert "Note" not in done.stderr
    assert done.stderr.rstrip().endswith("Next:  synebench plot demo   synebench best demo")


def test_without_a_tag_all_studies_are_shown(run: Run) -> None:
    for tag in ("one", "two"):
        write_study(experiment_path(), ("RS",), seeds=2, tag=tag)
    assert [line.split()[0] for line in run().stdout.splitlines()] == ["TAG", "one", "one", "two", "two"]
    assert [line.split()[0] for line in run("two").stdout.splitlines()] == ["TAG", "two", "two"]


def test_json_has_everything(run: Run) -> None:
    folder = write_experiment(experiment_path(), ROWS, state="interrupted", elapsed=20.0, limit=60.0)
    bad = write_experiment(experiment_path(), ROWS, seed=1)
    (bad / "status.json").write_text("")
    printed = json.loads(run("--json").stdout)
    (one,) = printed["experiments"]
    assert (one["tag"], one["method"], one["seed"], one["benchmark"]) == ("demo", "RS", 0, "digits")
    assert (one["state"], one["elapsed"], one["time_left"]) == ("interrupted", 20.0, 40.0)
    assert one["path"] == str(folder)
    assert [broken["path"] for broken in printed["broken"]] == [str(bad)]


def test_a_killed_experiment_reads_as_interrupted_and_can_be_continued(run: Run) -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    started = ["python", "/a b/launch/hpo_main.py", "--experiment_tag", "demo", "--method", "it's"]
    for seed in (0, 1):
        write_experiment(
            experiment_path(),
            ROWS,
            seed=seed,
            state="running",
            status={"pid": child.pid},
            metadata={"command": started},
        )
    done = run("demo")
    assert done.stdout.count("interrupted") == 2
    assert "Note: RS on digits, seed 0, is interrupted: the tuner's process was killed" in done.stderr
    how = "To continue:  python '/a b/launch/hpo_main.py' --experiment_tag demo --method 'it'\"'\"'s'"
    assert done.stderr.splitlines().count(how) == 1


@pytest.mark.parametrize(
    ("started", "shown"),
    [
        (["synebench", "run", "--experiment_tag", "demo"], "synebench run --experiment_tag demo"),
        (["python", "x.py", "--restart"], "run the command that started study demo again, without --restart"),
        (None, "run the command that started study demo again, without --restart"),
        ([], "run the command that started study demo again, without --restart"),
    ],
)
def test_how_to_continue_is_what_started_it(run: Run, started: list[str] | None, shown: str) -> None:
    write_experiment(
        experiment_path(), ROWS, state="failed", status={"reason": "a\nb"}, metadata={"command": started}
    )
    lines = run().stderr.splitlines()
    assert f"To continue:  {shown}" in lines
    assert "Note: RS on digits, seed 0, is failed: a" in lines


def test_broken_folders_have_a_line(run: Run) -> None:
    bad = write_experiment(experiment_path(), ROWS)
    (bad / "metadata.json").unlink()
    done = run("demo")
    assert done.error is None
    assert str(bad) in done.stdout
    assert "broken" in done.stdout


def test_nothing_to_show_is_said(run: Run) -> None:
    done = run()
    assert (done.error, done.stdout) == (None, "")
    assert f"No experiments in {experiment_path()}" in done.stderr
    assert isinstance(run("demo").error, UnknownNameError)


def test_an_unknown_tag_is_refused_with_the_nearest(run: Run) -> None:
    write_experiment(experiment_path(), ROWS, tag="tutorial_local")
    error = run("tutorial").error
    assert isinstance(error, UnknownNameError)
    assert "Did you mean 'tutorial_local'" in str(error)
