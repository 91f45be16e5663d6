"""Verbs that look after the experiments of a study, on a study that was really run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SYNEBENCH = "-m\0benchmarking.cli.main"


@pytest.fixture
def study(launch, make_launcher, tmp_path: Path) -> Path:
    """The folder of a finished study with one experiment for RS and one for ASHA."""
    done = launch(make_launcher(), "--experiment_tag", "s", "--benchmark", "parabola")
    assert done.returncode == 0, done.stderr
    return tmp_path / "syne-tune" / "s"


def test_logs_of_experiments_and_trials(study: Path, launch) -> None:
    log = launch(SYNEBENCH, "logs", "s", "ASHA-0").stdout
    assert "trial 0: started with" in log
    assert "finished:" in log
    assert launch(SYNEBENCH, "logs", "s", "RS-0", "--trial", "1", "-f").stdout.count("[tune-metric]") >= 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("t", "RS-0"), "Valid: s"),
        (("s", "RS-1"), "Did you mean"),
        (("s", "s-parabola"), "may be any of these"),
        (("s", "RS-0", "--trial", "999"), "has no trial 999; its trials: 0 to"),
    ],
)
def test_what_is_not_there_is_one_message(study: Path, launch, arguments, message: str) -> None:
    done = launch(SYNEBENCH, "logs", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_clean_removes_checkpoints_and_keeps_results(study: Path, launch) -> None:
    assert list(study.glob("*/*/trials/*/checkpoints/epoch"))
    assert "Nothing was removed" in launch(SYNEBENCH, "clean", "s", "--dry_run").stderr
    assert list(study.glob("*/*/trials/*/checkpoints/epoch"))
    assert launch(SYNEBENCH, "clean", "s").returncode == 0
    assert not list(study.glob("*/*/trials/*/checkpoints"))
    assert len(list(study.glob("*/*/results.csv.zip"))) == 2
    assert "finished before" in launch(study.parents[1] / "hpo_main.py", *TAG).stdout


TAG = ("--experiment_tag", "s", "--benchmark", "parabola")


def test_removing_results_needs_a_yes(study: Path, launch) -> None:
    done = launch(SYNEBENCH, "clean", "s", "--all")
    assert done.returncode == 2
    assert "--yes is needed" in done.stderr
    assert study.is_dir()
    assert launch(SYNEBENCH, "clean", "s", "--all", "--yes").returncode == 0
    assert not study.exists()


def test_the_recipe_runs_the_same_experiment_again(study: Path, launch, tmp_path: Path) -> None:
    recipe = json.loads(launch(SYNEBENCH, "reproduce", "s", "RS-0", "--json").stdout)
    assert recipe["packages"]["numpy"]
    done = launch(SYNEBENCH, "reproduce", "s", "RS-0", "--write", str(tmp_path / "recipe"))
    assert done.returncode == 0, done.stderr
    command = [sys.executable, *recipe["command"][1:]]
    again = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert again.returncode == 0, again.stderr
    first, second = (
        [
            json.loads((trial / "config.json").read_text())["x"]
            for trial in sorted(folder.glob("RS-0/*/trials/[0-9]*"), key=lambda p: int(p.name))
        ]
        for folder in (study, study.with_name("s-again"))
    )
    assert first[:6] == second[:6]
    assert "numpy==" in (tmp_path / "recipe" / "requirements.txt").read_text()
    assert (tmp_path / "recipe" / "reproduce.sh").read_text().startswith("#!/bin/sh")
