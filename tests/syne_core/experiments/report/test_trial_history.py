"""What happened inside of one experiment, from its journal or from its table of results."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from journal_folders import JOURNAL, write_journal
from study_folders import reports, write_experiment

from syne_core.errors import ResultsError
from syne_core.experiments.experiment_folder import ExperimentFolder, read_experiment_folder
from syne_core.experiments.report.trial_history import ReportPoint, TrialHistory, read_history


def folder_with_journal(tmp_path: Path, tail: str = "") -> ExperimentFolder:
    path = write_experiment(tmp_path, None, elapsed=8.0)
    write_journal(path, tail=tail)
    return read_experiment_folder(path)


def history_of(folder: ExperimentFolder) -> TrialHistory:
    return read_history(folder, "accuracy", "max", 8.0)


def times_of(history: TrialHistory) -> list[tuple[int, float, float | None]]:
    return [(run.trial_id, run.start, run.end) for run in history.runs]


def test_the_journal_tells_when_trials_ran(tmp_path: Path) -> None:
    history = history_of(folder_with_journal(tmp_path))
    assert history.is_exact
    assert times_of(history) == [
        (0, 0.0, 2.0),
        (1, 0.0, 1.5),
        (2, 1.5, 8.0),
        (0, 2.5, 4.0),
        (3, 6.0, 8.0),
    ]


def test_the_journal_tells_how_trials_ended(tmp_path: Path) -> None:
    history = history_of(folder_with_journal(tmp_path))
    assert [trial.state for trial in history.trials] == ["Completed", "Failed", "Stopped", "Stopped"]
    assert [trial.reason for trial in history.trials] == ["", "ended with code 1", "", ""]
    assert [trial.best for trial in history.trials] == [0.9, None, 0.7, None]
    assert [trial.resource for trial in history.trials] == [2.0, None, 2.0, 1.0]
    assert [trial.num_reports for trial in history.trials] == [2, 0, 2, 1]
    assert history.trials[0].config == {"lr": 0.1, "optimizer": "adam", "epochs": 3}
    assert history.trials[1].config == {"lr": 0.2, "optimizer": "adam", "epochs": 3}, "it never reported"


def test_reports_have_time_resource_and_value(tmp_path: Path) -> None:
    history = history_of(folder_with_journal(tmp_path))
    assert history.reports == (
        ReportPoint(0, 1.0, 1.0, 0.5),
        ReportPoint(0, 3.5, 2.0, 0.9),
        ReportPoint(2, 5.0, 1.0, 0.7),
        ReportPoint(2, 7.0, 2.0, 0.6),
        ReportPoint(3, 7.5, 1.0, None),
    )


def test_costs_of_runs_are_added_up(tmp_path: Path) -> None:
    """Within a run they grow; the second run of trial 0 begins at 0."""
    history = history_of(folder_with_journal(tmp_path))
    costs = [trial.cost for trial in history.trials]
    assert costs == [pytest.approx(0.03), None, pytest.approx(0.04), None]
    assert history.cost == pytest.approx(0.07)


def test_costs_that_begin_anew_within_a_run_are_added_too(tmp_path: Path) -> None:
    """A trial that was running when the tuner died starts again."""
    rows = reports([(1.0, 0.5), (2.0, 0.5), (3.0, 0.5)], trials=[0, 0, 0])
    for row, cost in zip(rows, (0.2, 0.3, 0.1), strict=True):
        row["st_worker_cost"] = cost
    history = history_of(read_experiment_folder(write_experiment(tmp_path, rows)))
    assert history.cost == pytest.approx(0.4)


def test_what_still_runs_has_no_end(tmp_path: Path) -> None:
    path = write_experiment(tmp_path, None, state="interrupted")
    write_journal(path, JOURNAL[:4])
    history = history_of(read_experiment_folder(path))
    assert times_of(history) == [(0, 0.0, None), (1, 0.0, None)]
    assert [trial.state for trial in history.trials] == ["InProgress", "InProgress"]


def test_a_torn_last_line_is_passed_over(tmp_path: Path) -> None:
    whole = history_of(folder_with_journal(tmp_path / "a"))
    assert history_of(folder_with_journal(tmp_path / "b", tail='{"event": "rep')) == whole


@pytest.mark.parametrize(
    "tail", ["not JSON\n", '{"event": "end_run", "t": 9, "trial": 0, "extra": 1.5}\n', "[]\n"]
)
def test_the_table_takes_the_place_of_a_damaged_journal(tmp_path: Path, tail: str) -> None:
    path = write_experiment(tmp_path, reports([(1.0, 0.5), (3.5, 0.9)]))
    write_journal(path, tail=tail)
    os.utime(path / "results.csv.zip", (2e9, 2e9))  # newer than the journal
    history = history_of(read_experiment_folder(path))
    assert not history.is_exact
    assert [trial.trial_id for trial in history.trials] == [0, 1]


def test_the_table_tells_about_when_trials_ran(tmp_path: Path) -> None:
    """As in folders of Syne Tune."""
    rows = reports([(1.0, 0.5), (1.5, 0.4), (2.0, 0.6), (6.0, 0.8)], trials=[0, 1, 0, 0])
    for row, worker_time in zip(rows, (0.8, 1.0, 1.8, 0.5), strict=True):
        row["st_worker_time"] = worker_time
    rows[1]["st_decision"], rows[2]["st_decision"], rows[3]["st_decision"] = "STOP", "PAUSE", "PAUSE"
    history = history_of(read_experiment_folder(write_experiment(tmp_path, rows, state=None)))
    assert not history.is_exact
    assert times_of(history) == [(0, pytest.approx(0.2), 2.0), (1, 0.5, 1.5), (0, 5.5, 6.0)]
    assert [(trial.state, trial.best, trial.num_reports) for trial in history.trials] == [
        ("Paused", 0.8, 3),
        ("Stopped", 0.4, 1),
    ]


def test_a_report_without_a_resource_counts_as_the_next(tmp_path: Path) -> None:
    rows = reports([(1.0, 0.5), (2.0, 0.6)], trials=[0, 0])
    folder = write_experiment(tmp_path, rows, metadata={"resource_attr": None})
    assert [report.resource for report in history_of(read_experiment_folder(folder)).reports] == [1.0, 2.0]


def test_no_journal_and_a_damaged_table_cannot_be_read(tmp_path: Path) -> None:
    path = write_experiment(tmp_path, reports([(1.0, 0.5)]))
    (path / "results.csv.zip").write_bytes(b"PK damaged")
    with pytest.raises(ResultsError, match="damaged"):
        history_of(read_experiment_folder(path))


def test_no_results_yet_are_an_empty_history(tmp_path: Path) -> None:
    folder = read_experiment_folder(write_experiment(tmp_path, None, state="running"))
    history = history_of(folder)
    assert (history.trials, history.runs, history.reports, history.cost) == ((), (), (), None)
