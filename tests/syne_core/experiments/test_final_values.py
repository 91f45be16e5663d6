"""The table of final values: over which seeds, and with which interval."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from scipy import stats
from study_folders import reports, write_experiment, write_study

from syne_core.experiments import final_table, load_study


def test_a_row_has_mean_interval_best_and_rate(tmp_path: Path) -> None:
    finals = (0.5, 0.7, 0.9)
    for seed, value in enumerate(finals):
        write_experiment(tmp_path, reports([(2.0, value), (3.0, 0.1)]), seed=seed, elapsed=1800.0)
    (row,) = final_table(load_study("demo", tmp_path))
    assert (row.benchmark, row.setup, row.seeds, row.ended) == ("digits", "RS", 3, 3)
    assert (row.mean, row.best) == (pytest.approx(0.7), 0.9)
    expected = stats.t.interval(0.95, 2, loc=0.7, scale=stats.sem(finals))
    assert (row.lower, row.upper) == pytest.approx(expected)
    assert (row.num_trials, row.trials_per_hour) == (6, pytest.approx(4.0))


def test_small_is_best_where_the_mode_says_so(tmp_path: Path) -> None:
    for seed, value in enumerate((3.0, 1.0)):
        write_experiment(tmp_path, reports([(2.0, value)], "loss"), metric="loss", mode="min", seed=seed)
    (row,) = final_table(load_study("demo", tmp_path))
    assert (row.mean, row.best) == (2.0, 1.0)


def test_the_mean_is_over_experiments_that_ended(tmp_path: Path) -> None:
    write_experiment(tmp_path, reports([(2.0, 0.5)]), seed=0)
    write_experiment(tmp_path, reports([(2.0, 0.9)]), seed=1, state="interrupted")
    write_experiment(tmp_path, reports([(2.0, None)]), seed=2)
    (row,) = final_table(load_study("demo", tmp_path))
    assert (row.mean, row.lower, row.best) == (0.5, None, 0.9)
    assert (row.seeds, row.ended, row.is_provisional) == (2, 1, False)


def test_while_none_has_ended_the_mean_is_provisional(tmp_path: Path) -> None:
    for seed in (0, 1):
        write_experiment(tmp_path, reports([(2.0, 0.5 + seed)]), seed=seed, state="running")
    (row,) = final_table(load_study("demo", tmp_path))
    assert (row.mean, row.ended, row.is_provisional) == (1.0, 0, True)


def test_a_setup_without_a_value_has_a_row_without_numbers(tmp_path: Path) -> None:
    write_study(tmp_path, ("RS",), seeds=1)
    write_experiment(tmp_path, None, method="BO", state="running", elapsed=0.0)
    empty, _ = final_table(load_study("demo", tmp_path))
    assert (empty.method, empty.seeds, empty.is_provisional) == ("BO", 0, False)
    assert empty.mean is empty.lower is empty.best is empty.trials_per_hour is None
    json.dumps(empty.to_json(), allow_nan=False)


def test_folders_of_syne_tune_count_as_they_are(tmp_path: Path) -> None:
    for seed in (0, 1):
        write_experiment(tmp_path, reports([(2.0, 0.5)]), seed=seed, state=None)
    (row,) = final_table(load_study("demo", tmp_path))
    assert (row.ended, row.is_provisional) == (2, False)
