"""What happened inside of one experiment, from its journal or from its table of results."""

from __future__ import annotations

from pathlib import Path

import pytest
from journal_folders import write_journal
from study_folders import reports, write_experiment

from syne_core.errors import ResultsError
from syne_core.experiments.experiment_folder import ExperimentFolder, read_experiment_folder
from syne_core.experiments.report.trial_history import TrialHistory, TrialRun, read_history


def folder_with_journal(tmp_path: Path, tail: str = "") -> ExperimentFolder:
    path = write_experiment(tmp_path, reports([(1.0, 0.5), (3.5, 0.9)]), elapsed=8.0)
    write_journal(path, tail=tail)
    return read_experiment_folder(path)


def history_of(folder: ExperimentFolder) -> TrialHistory:
    return read_history(folder, "accuracy", "max")


def test_the_journal_tells_when_trials_ran(tmp_path: Path) -> None:
    history = history_of(folder_with_journal(tmp_path))
    assert history.is_exact
    assert history.runs == (
        TrialRun(0, 0.0, 2.0),
        TrialRun(1, 0.0, 1.5),
        TrialRun(2, 1.5, 5.0),
        TrialRun(0, 2.5, 4.0),
        TrialRun(2, 6.0, 8.0),
        TrialRun(3, 6.0, 8.0),
    )
    assert history.busy == pytest.approx(2.0 + 1.5 + 3.5 + 1.5 + 2.0 + 2.0)


def test_the_journal_tells_how_trials_ended(tmp_path: Path) -> None:
    history = history_of(folder_with_journal(tmp_path))
    assert [trial.state for trial in history.trials] == ["Completed", "Failed", "Stopped", "Stopped"]
    assert [trial.reason for trial in history.trials] == ["", "ended with code 1", "", ""]
    assert [trial.best for trial in history.trials] == [0.9, None, 0.7, None]
    assert [trial.resource for trial in history.trials] == [2.0, None, 2.0, 1.0]
    assert history.trials[0].config == {"lr": 0.1, "optimizer": "adam", "epochs": 3}


def test_costs_of_runs_are_added_up(tmp_path: Path) -> None:
    """A run counts from 0; one that goes on in another session is another run."""
    history = history_of(folder_with_journal(tmp_path))
    assert [trial.cost for trial in history.trials] == [pytest.approx(0.03), None, pytest.approx(0.07), None]
    assert history.cost == pytest.approx(0.1)


def test_what_still_runs_is_held_until_the_last_event(tmp_path: Path) -> None:
    path = write_experiment(tmp_path, reports([(1.0, 0.5)]), state="interrupted")
    lines = write_journal(path).read_text().splitlines()
    (path / "journal.jsonl").write_text("\n".join(lines[:4]) + "\n")
    history = history_of(read_experiment_folder(path))
    assert history.runs == (TrialRun(0, 0.0, 1.0), TrialRun(1, 0.0, 1.0))
    assert [trial.state for trial in history.trials] == ["InProgress", "InProgress"]


def test_a_torn_last_line_is_passed_over(tmp_path: Path) -> None:
    whole = history_of(folder_with_journal(tmp_path / "a"))
    assert history_of(folder_with_journal(tmp_path / "b", tail='{"event": "rep')) == whole


@pytest.mark.parametrize("tail", ["not JSON\n", '{"event": "report", "t": 9.0, "trial": 77}\n', "[]\n"])
def test_the_table_takes_the_place_of_a_damaged_journal(tmp_path: Path, tail: str) -> None:
    history = history_of(folder_with_journal(tmp_path, tail))
    assert not history.is_exact
    assert [trial.trial_id for trial in history.trials] == [0, 1]


def test_the_table_tells_about_when_trials_ran(tmp_path: Path) -> None:
    """As in folders of Syne Tune: a run begins where the worker's time begins anew."""
    rows = reports([(1.0, 0.5), (1.5, 0.4), (2.0, 0.6), (6.0, 0.8)], trials=[0, 1, 0, 0])
    for row, worker_time in zip(rows, (0.8, 1.0, 1.8, 0.5), strict=True):
        row["st_worker_time"] = worker_time
    rows[1]["st_decision"], rows[3]["st_decision"] = "STOP", "PAUSE"
    folder = read_experiment_folder(write_experiment(tmp_path, rows, state=None))
    history = history_of(folder)
    assert not history.is_exact
    assert history.runs == (
        TrialRun(0, pytest.approx(0.2), 2.0),
        TrialRun(1, 0.5, 1.5),
        TrialRun(0, 5.5, 6.0),
    )
    assert [(trial.state, trial.best, trial.num_reports) for trial in history.trials] == [
        ("Paused", 0.8, 3),
        ("Stopped", 0.4, 1),
    ]


def test_no_journal_and_a_damaged_table_cannot_be_read(tmp_path: Path) -> None:
    path = write_experiment(tmp_path, reports([(1.0, 0.5)]))
    (path / "results.csv.zip").write_bytes(b"PK damaged")
    with pytest.raises(ResultsError, match="damaged"):
        history_of(read_experiment_folder(path))


def test_no_results_yet_are_an_empty_history(tmp_path: Path) -> None:
    folder = read_experiment_folder(write_experiment(tmp_path, None, state="running"))
    assert history_of(folder) == TrialHistory((), (), (), is_exact=False)
    assert history_of(folder).cost is None
