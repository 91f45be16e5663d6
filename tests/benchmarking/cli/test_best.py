"""``synebench best``: the best configuration as YAML or JSON, and how to train it again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import yaml
from study_folders import reports, write_experiment, write_study

from benchmarking.cli.best import command
from syne_core.errors import ResultsError, UnknownNameError
from syne_core.paths import experiment_path

Run = Callable[..., Any]


@pytest.fixture
def run(invoke: Callable[..., Any]) -> Run:
    return partial(invoke, command)


def test_the_best_of_all_experiments_is_printed_as_yaml(run: Run) -> None:
    root = experiment_path()
    write_experiment(root, reports([(1.0, 0.5)]), seed=0)
    folder = write_experiment(root, reports([(1.0, 0.6), (2.0, 0.9)]), seed=1, method="BO")
    (folder / "trials" / "1" / "checkpoints").mkdir(parents=True)
    (folder / "trials" / "1" / "checkpoints" / "model").touch()
    done = run("demo")
    assert done.error is None
    shown = yaml.safe_load(done.stdout)
    assert (shown["value"], shown["trial_id"], shown["method"], shown["seed"]) == (0.9, 1, "BO", 1)
    assert shown["config"] == {"lr": 0.002, "optimizer": "adam", "epochs": 3}
    assert shown["resource"] == {"epoch": 1}
    assert shown["checkpoint"] == str(folder / "trials" / "1" / "checkpoints")
    arguments = ["--lr", "0.002", "--optimizer", "adam", "--epochs", "3"]
    assert shlex.split(shown["command"]) == ["python", "/code/my scripts/train.py", *arguments]
    assert "Note: missing: BO seed 0; RS seed 1" in done.stderr
    assert "checkpoint" not in done.stderr
    assert done.stderr.rstrip().endswith("Next:  synebench plot demo")


def test_the_command_stands_on_one_line(run: Run) -> None:
    rows = reports([(1.0, 0.5)], **{f"config_{'x' * 40}{i}": i for i in range(20)})
    write_experiment(experiment_path(), rows)
    (line,) = (line for line in run("demo").stdout.splitlines() if line.startswith("command:"))
    assert line.endswith(f"--{'x' * 40}19 19")


def test_each_benchmark_has_its_best(run: Run) -> None:
    for benchmark in ("a", "b"):
        write_study(experiment_path(), ("RS", "ASHA"), seeds=2, benchmark=benchmark)
    assert [one["benchmark"] for one in yaml.safe_load_all(run("demo").stdout)] == ["a", "b"]
    (one,) = json.loads(run("demo", "--json", "--benchmark", "b", "--method", "ASHA").stdout)
    assert (one["benchmark"], one["method"], one["mode"]) == ("b", "ASHA", "max")
    assert one["checkpoint"] is None


def test_another_metric_can_be_ranked_by(run: Run) -> None:
    rows = reports([(1.0, 0.5), (2.0, 0.9)])
    rows[0]["cost"], rows[1]["cost"] = 1.5, 2.5
    write_experiment(experiment_path(), rows)
    (one,) = json.loads(run("demo", "--metric", "cost", "--mode", "min", "--json").stdout)
    assert (one["metric"], one["value"], one["trial_id"]) == ("cost", 1.5, 0)


def test_a_benchmark_without_value_is_passed_over_and_noted(run: Run) -> None:
    write_experiment(experiment_path(), reports([(1.0, 0.5)]), benchmark="a")
    write_experiment(experiment_path(), None, benchmark="b", state="running")
    done = run("demo")
    assert yaml.safe_load(done.stdout)["benchmark"] == "a"
    assert "b: no finite value yet: RS seed 0" in done.stderr


def test_errors_name_what_is_wrong(run: Run) -> None:
    write_experiment(experiment_path(), reports([(1.0, None)]))
    done = run("demo")
    assert isinstance(done.error, ResultsError)
    assert "no trial has reported a finite 'accuracy'" in str(done.error)
    done = run("dmo")
    assert isinstance(done.error, UnknownNameError)
    assert "Did you mean 'demo'" in str(done.error)
