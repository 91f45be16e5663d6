"""Experiments as jobs of the emulator, with all back-ends inside."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pandas as pd
from job_study import JobStudy, make_study

from benchmarking.commons import hpo_main_local
from syne_core.emulator import Emulator
from syne_core.experiments import scan_study

WORDS = (
    *("--experiment_tag", "in-job", "--benchmark", "parabola", "--method", "RS"),
    *("--max_num_evaluations", "9"),
)


def results(study: JobStudy, number: int = 0) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(study.file("results.csv.zip", number)), compression="zip")


def test_an_experiment_with_local_trials_leaves_what_it_would_leave_here(
    emulator: Emulator, tmp_path: Path
) -> None:
    study = make_study(emulator, tmp_path / "mine", WORDS)
    described = study.run()
    assert described["TrainingJobStatus"] == "Completed", study.log(described["TrainingJobName"])
    here = run_here(study)
    assert study.files() == {path.name for path in here.iterdir() if path.is_file()}
    ours, theirs = study.json("metadata.json"), json.loads((here / "metadata.json").read_text())
    assert set(ours) == {*theirs, "job"}
    differ = {name for name in theirs if ours[name] != theirs[name]}
    assert differ <= {"st_tuner_creation_timestamp", "st_tuner_start_timestamp", "script", "command"} | {
        *("machine", "git", "packages")
    }
    assert list(results(study).columns) == list(pd.read_csv(here / "results.csv.zip").columns)
    assert study.json("status.json")["state"] == "finished"
    assert study.state()[0] == "finished"


def run_here(study: JobStudy) -> Path:
    from job_study import launcher_of

    from benchmarking.commons.python_file import run_python_file

    module = run_python_file(study.entry_point.with_name("my_benchmarks.py"))
    assert hpo_main_local.run_launcher(launcher_of("local", vars(module)), study.words) == 0
    (folder,) = scan_study("in-job").good
    return Path(folder.path)
