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


def test_the_recipe_keeps_files_and_further_flags(launch, script: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        f"script: {script}\nmetric: loss\nmode: min\nresource_attr: epoch\nmax_resource_attr: epochs\n"
        "max_wallclock_time: 60\nn_workers: 2\nconfig_space:\n  x: uniform(0, 1)\n  epochs: 2\n"
    )
    (tmp_path / "methods.py").write_text(
        "from benchmarking.commons.default_baselines import RandomSearch\n"
        "methods = {'Mine': lambda arguments: RandomSearch(arguments, points_to_evaluate=[])}\n"
    )
    words = [
        "--experiment_tag",
        "m",
        f"--benchmark={tmp_path}/mine.yaml",
        "--methods",
        f"{tmp_path}/methods.py",
    ]
    done = launch(SYNEBENCH, "run", *words, "--max-num-evaluations", "4", "--restart", "--num_seeds", "2")
    assert done.returncode == 0, done.stderr
    recipe = json.loads(launch(SYNEBENCH, "reproduce", "m", "Mine-1", "--json").stdout)["command"]
    start = ["python", "-m", "benchmarking.cli.main", "run"]
    assert recipe[:6] == [*start, "--methods", f"{tmp_path}/methods.py"]
    assert recipe[recipe.index("--benchmark") + 1] == f"{tmp_path}/mine.yaml"
    assert recipe[recipe.index("--start_seed") + 1] == "1"
    assert recipe.count("--max_num_evaluations") == 1
    assert "--restart" not in recipe
    again = launch(SYNEBENCH, *recipe[3:])
    assert again.returncode == 0, again.stderr
    assert len(list(tmp_path.glob("syne-tune/m-again/Mine-1/*/results.csv.zip"))) == 1
