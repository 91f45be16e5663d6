"""``synebench plan`` and ``synebench launch``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

STUDY = """\
experiment_tag: planned
benchmark: mlp_digits
method: [RS, ASHA]
n_workers: [2, 4]
num_seeds: 5
max_wallclock_time: 10m
max_parallel_jobs: 3
"""


def python(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        env={**environment, "HOME": "/nonexistent", **variables},
    )


def synebench(*words: str) -> subprocess.CompletedProcess[str]:
    return python("-m", "benchmarking.cli.main", *words)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    path = tmp_path / "study.yaml"
    path.write_text(STUDY)
    return path


def planned(*words: str) -> dict[str, Any]:
    done = synebench("plan", *words, "--json")
    assert done.returncode == 0, done.stderr
    plan: dict[str, Any] = json.loads(done.stdout)
    return plan


def test_a_study_file_is_planned_without_an_account(study: Path) -> None:
    plan = planned(str(study))
    assert len(plan["experiments"]) == 2 * 2 * 5
    assert plan["counts"] == {"run": 20}
    assert plan["peak_instances"] == {"ml.c5.4xlarge": 3}
    assert plan["instance_hours"]["least"] == pytest.approx(20 / 6)
    assert plan["cost_usd"]["least"] == pytest.approx(20 / 6 * 0.816)
    first = plan["experiments"][0]
    wanted = {"id", "name", "n_workers", "max_wallclock_time", "instance_type", "action", "max_run"}
    assert wanted <= first.keys()


def test_the_back_end_of_the_file_decides_what_trials_need(study: Path) -> None:
    study.write_text(STUDY + "backend: sagemaker\ntuner_instance_type: ml.m5.large\n")
    assert planned(str(study))["peak_instances"] == {"ml.m5.large": 3, "ml.c5.xlarge": 12}


def test_people_get_a_table_and_the_same_plan_as_a_dry_run_of_launch(study: Path) -> None:
    by_plan, by_launch = synebench("plan", str(study)), synebench("launch", str(study), "--dry_run")
    assert by_plan.returncode == by_launch.returncode == 0
    assert by_plan.stdout == by_launch.stdout
    assert len(by_plan.stdout.splitlines()) == 1 + 20 + 1 + 2
    assert "20 jobs, up to 3 at a time" in by_plan.stderr


def test_wrong_keys_and_flags_suggest_the_right_ones(study: Path) -> None:
    study.write_text(STUDY + "max_paralel_jobs: 3\n")
    done = synebench("plan", str(study), "--tuner_instance_tipe", "ml.m5.large")
    assert done.returncode == 2
    assert "Did you mean 'max_parallel_jobs'" in done.stderr
    assert "Did you mean --tuner_instance_type" in done.stderr


def test_finished_experiments_are_skipped_and_cost_nothing(study: Path) -> None:
    words = (
        "--experiment_tag",
        "some",
        "--benchmark",
        "mlp_digits",
        "--method",
        "RS",
        "--backend",
        "simulator",
    )
    done = synebench("run", *words, "--max_wallclock_time", "5")
    assert done.returncode == 0, done.stderr
    plan = planned(*words, "--max_wallclock_time", "5", "--num_seeds", "2")
    assert [one["action"] for one in plan["experiments"]] == ["skip", "run"]
    assert plan["jobs"] == 1


# Plans, and says at the end how many functions were called: the same on every machine, however busy.
COUNTING = """
import sys
from benchmarking.cli.main import main
calls = 0
def counted(frame, event, argument):
    global calls
    calls += event in ("call", "c_call")
sys.setprofile(counted)
try:
    main()
finally:
    sys.setprofile(None)
    print(calls, file=sys.stderr)
"""


def calls_to_plan(number: int) -> int:
    words = ("--experiment_tag", "t", "--benchmark", "mlp_digits", "--method", "RS", "--json")
    done = python("-c", COUNTING, "plan", *words, "--num_seeds", str(number))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["jobs"] == number
    return int(done.stderr.splitlines()[-1])


def test_an_experiment_more_costs_little_also_in_a_plan_of_a_thousand() -> None:
    """What that means in seconds: ``perf/remote_launch.py``."""
    calls = [calls_to_plan(number) for number in (1, 100, 1000)]
    assert (calls[2] - calls[1]) / 900 < 2000, "about 950 are usual"
    assert (calls[2] - calls[1]) / 900 < 1.2 * (calls[1] - calls[0]) / 99, "it grows with their number alone"
