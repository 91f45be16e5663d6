"""A user's own script and method, in files of a few lines, from command line to results."""

from __future__ import annotations

import json
from pathlib import Path

METHODS = """\
from benchmarking.commons.default_baselines import ASHA
methods = {
    "ASHA-2": lambda arguments: ASHA(arguments, reduction_factor=2),
}
"""
STUDY = """\
experiment_tag: mine
benchmark: training/mine.yaml
methods: methods.py
n_workers: [1, 2]
n_parallel: 2
max_num_evaluations: 8
max_wallclock_time: 1m
"""


def test_a_study_of_files_runs_from_anywhere(launch, definition_file: Path, tmp_path: Path) -> None:
    (tmp_path / "methods.py").write_text(METHODS)
    (tmp_path / "study.yaml").write_text(STUDY)
    done = launch("-m\0benchmarking.cli.main", "run", str(tmp_path / "study.yaml"), "--json")
    assert done.returncode == 0, done.stderr
    outcomes = json.loads(done.stdout)
    assert [(one["benchmark"], one["method"], one["n_workers"], one["state"]) for one in outcomes] == [
        ("mine", "ASHA-2", 1, "finished"),
        ("mine", "ASHA-2", 2, "finished"),
    ]
    assert "[2/2] ASHA-2 on mine, seed 0, 2 workers: begins with 2 workers, at most 1 min" in done.stderr
    for one in outcomes:
        metadata = json.loads((Path(one["folder"]) / "metadata.json").read_text())
        assert metadata["n_workers"] == one["n_workers"]
        assert metadata["benchmark"] == "mine"
    again = launch("-m\0benchmarking.cli.main", "run", str(tmp_path / "study.yaml"), "--json")
    assert [one["action"] for one in json.loads(again.stdout)] == ["skip", "skip"]


def test_launchers_take_studies_and_definitions_too(
    launch, make_launcher, definition_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "study.yaml").write_text("experiment_tag: t\nbenchmark: [parabola, training/mine.yaml]\n")
    done = launch(
        make_launcher(), "--study", str(tmp_path / "study.yaml"), "--method", "RS", "--dry_run", "--json"
    )
    assert done.returncode == 0, done.stderr
    assert [one["benchmark"] for one in json.loads(done.stdout)] == ["parabola", "mine"]


def test_help_names_all_flags_but_the_internal_one(launch) -> None:
    done = launch("-m\0benchmarking.cli.main", "run", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    for flag in ("--study", "--methods", "--n_parallel", "--max-wallclock-time", "--restart"):
        assert flag in done.stdout
    assert "run_one" not in done.stdout
