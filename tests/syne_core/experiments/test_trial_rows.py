"""Trials of an experiment: from its reports, and from its journal."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from study_folders import reports, write_experiment

from syne_core.experiments import (
    TrialRun,
    busy_workers,
    experiment_trials,
    load_study,
    trial_runs,
    trial_table,
    utilisation,
)
from syne_core.experiments.experiment_folder import ExperimentFolder, read_experiment_folder

ROWS = reports([(1.0, 0.5), (2.0, 0.4), (3.0, None), (4.0, 0.9), (6.0, 0.7)], trials=[0, 1, 0, 0, 1])
for row, epoch, decision in zip(
    ROWS, (1, 1, 2, 3, 2), ("CONTINUE", "PAUSE", "CONTINUE", "STOP", "CONTINUE"), strict=True
):
    row |= {"epoch": epoch, "st_decision": decision}

JOURNAL: list[dict[str, Any]] = [
    {"event": "session", "t": 0.0, "pid": 1, "host": "h", "time": 0.0, "identity": {}},
    {"event": "suggest", "t": 0.5, "asked": 0, "kind": "start", "source": None, "config": {"lr": 0.1}},
    {"event": "suggest", "t": 0.5, "asked": 1, "kind": "start", "source": None, "config": {"lr": 0.2}},
    {"event": "report", "t": 1.0, "trial": 0, "report": {}, "decision": "CONTINUE", "status": ""},
    {"event": "end_run", "t": 2.5, "trial": 1, "state": "Paused", "reason": ""},
    {"event": "suggest", "t": 3.0, "asked": 2, "kind": "start", "source": None, "config": {"lr": 0.3}},
    {"event": "end_run", "t": 3.5, "trial": 2, "state": "Failed", "reason": "exit code 1"},
    {"event": "end_run", "t": 4.5, "trial": 0, "state": "Stopped", "reason": ""},
    {"event": "resume", "t": 5.0, "trial": 1, "config": None},
]


def folder_with(root: Path, journal: list[dict[str, Any]] | None) -> ExperimentFolder:
    path = write_experiment(root, ROWS, elapsed=8.0)
    if journal is not None:
        text = "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in journal)
        (path / "journal.jsonl").write_text(text)
        (path / "results.csv.zip").touch()  # the table is up to date
    return read_experiment_folder(path)


def test_a_row_for_each_trial_with_its_best_last_and_resource(tmp_path: Path) -> None:
    table = trial_table(folder_with(tmp_path, None).load().results, "accuracy", "max", "epoch")
    assert table["trial_id"].tolist() == [0, 1]
    assert table["best"].tolist() == [0.9, 0.7]
    assert table["last"].tolist() == [0.9, 0.7]
    assert table["resource"].tolist() == [3.0, 2.0]
    assert table["num_reports"].tolist() == [3, 2]
    assert table["num_nonfinite"].tolist() == [1, 0]
    assert table["status"].tolist() == ["Stopped", "InProgress"]
    assert table["first_report"].tolist() == [1.0, 2.0]
    assert table["last_report"].tolist() == [4.0, 6.0]
    assert table["config_lr"].tolist() == [0.001, 0.002]
    smallest = trial_table(folder_with(tmp_path / "b", None).load().results, "accuracy", "min")
    assert smallest["best"].tolist() == [0.5, 0.4]
    assert smallest["resource"].isna().all()


def test_the_journal_adds_runs_and_trials_that_never_reported(tmp_path: Path) -> None:
    table = experiment_trials(folder_with(tmp_path, JOURNAL), "accuracy", "max")
    assert table["trial_id"].tolist() == [0, 1, 2]
    assert table["status"].tolist() == ["Stopped", "InProgress", "Failed"]
    assert table["start"].tolist() == [0.5, 0.5, 3.0]
    assert table["end"].tolist()[::2] == [4.5, 3.5]
    assert math.isnan(table["end"][1])
    assert table["num_runs"].tolist() == [1, 2, 1]
    assert table["num_reports"].tolist() == [3, 2, 0]
    assert table["config_lr"].tolist() == [0.001, 0.002, 0.3]
    assert table["trial_id"].dtype == "int64"
    assert table["best"].dtype == "float64"


def test_runs_of_a_journal_are_exact(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, JOURNAL)
    runs = trial_runs(folder)
    assert [(run.trial_id, run.start, run.end, run.state) for run in runs] == [
        (0, 0.5, 4.5, "Stopped"),
        (1, 0.5, 2.5, "Paused"),
        (2, 3.0, 3.5, "Failed"),
        (1, 5.0, None, "InProgress"),
    ]
    assert runs[3].config == {"lr": 0.2}
    assert utilisation(runs, 2, 8.0) == pytest.approx((4.0 + 2.0 + 0.5 + 3.0) / 16)
    assert busy_workers(runs, 8.0) == ([0.5, 2.5, 3.0, 3.5, 4.5, 5.0, 8.0], [2, 1, 2, 1, 0, 1, 0])


@pytest.mark.parametrize(
    "content", [b"", b"nonsense\n", b"[1]\n", b'{"event":"suggest"}\n', b'{"event":"end_run","t":"x"}\n']
)
def test_without_a_journal_that_can_be_read_runs_follow_from_reports(tmp_path: Path, content: bytes) -> None:
    folder = folder_with(tmp_path, None)
    if content:
        (folder.path / "journal.jsonl").write_bytes(content)
        (folder.path / "results.csv.zip").touch()
    runs = trial_runs(folder)
    assert [(run.trial_id, run.start, run.end, run.state) for run in runs] == [
        (0, 0.5, 4.0, "Stopped"),
        (1, 1.5, 2.0, "Paused"),
        (1, 5.5, 6.0, "InProgress"),
    ]


def test_utilisation_is_not_guessed() -> None:
    run = TrialRun(0, 0.0, 5.0, "Completed", {})
    assert utilisation([run], None, 10.0) is None
    assert utilisation([run], 1, 0.0) is None
    assert utilisation([run], 1, 10.0) == 0.5
    assert utilisation([], 2, 10.0) == 0.0


def test_an_experiment_without_reports_has_no_rows(tmp_path: Path) -> None:
    write_experiment(tmp_path, None)
    (seed,) = load_study("demo", tmp_path).benchmarks[0].seeds
    table = experiment_trials(seed.folder, "accuracy", "max")
    assert len(table) == 0
    assert {"trial_id", "best", "start", "status"} <= set(table.columns)
