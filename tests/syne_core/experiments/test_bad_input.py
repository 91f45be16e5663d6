"""Studies whose experiments do not fit together: compared as far as they do, and the rest is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from study_folders import reports, write_experiment, write_study

from syne_core.errors import ResultsError, UsageError
from syne_core.experiments import final_table, load_studies, load_study
from syne_core.experiments.clock import check_clock
from syne_core.experiments.study_notes import left_out_notes, study_notes

POINTS = [(1.0, 0.5), (3.0, 0.9), (4.0, 0.7)]


def test_an_experiment_with_another_mode_is_set_aside_and_named(tmp_path: Path) -> None:
    write_study(tmp_path, ("RS",), seeds=3)
    odd = write_experiment(tmp_path, reports(POINTS), method="BO", mode="min", limit=60.0)
    study = load_study("demo", tmp_path)
    assert study.benchmarks[0].mode == "max"
    assert [setup.method for setup in study.benchmarks[0].setups] == ["RS"]
    (broken,) = study.broken
    assert broken.path == odd
    assert "mode min of 'accuracy', the others with mode max" in broken.reason
    assert left_out_notes(study) == [f"left out, {broken.reason}: {odd.name}"]


def test_lost_reports_of_a_finished_experiment_are_said_and_not_taken_for_its_end(tmp_path: Path) -> None:
    write_study(tmp_path, ("RS",), seeds=2)
    write_experiment(tmp_path, reports(POINTS), seed=2, elapsed=60.0, limit=60.0, status={"num_reports": 5})
    study = load_study("demo", tmp_path)
    (benchmark,) = study.benchmarks
    cut = benchmark.setups[0].seeds[2]
    assert (cut.num_lost, cut.has_ended, cut.curve.known_until) == (2, False, 4.0)
    assert any(
        note.startswith("reports are lost") and "RS seed 2 (2 of 5)" in note for note in study_notes(study)
    )
    (row,) = final_table(study)
    assert (row.seeds, row.ended) == (3, 2)


def test_where_as_many_experiments_want_it_small_as_large_the_user_decides(tmp_path: Path) -> None:
    write_experiment(tmp_path, reports(POINTS), method="RS")
    write_experiment(tmp_path, reports(POINTS), method="BO", mode="min")
    with pytest.raises(UsageError, match=r"digits: as many .*'accuracy'.* \(1\); say mode"):
        load_study("demo", tmp_path)
    for mode, method in (("min", "BO"), ("max", "RS")):
        study = load_study("demo", tmp_path, mode=mode)
        assert [setup.method for setup in study.benchmarks[0].setups] == [method]
        assert len(study.broken) == 1


def test_a_metric_that_some_do_not_report_is_said(tmp_path: Path) -> None:
    write_experiment(tmp_path, reports(POINTS, cost=2.0), seed=0)
    write_experiment(tmp_path, reports(POINTS), seed=1)
    write_experiment(tmp_path, None, seed=2)
    study = load_study("demo", tmp_path, metric="cost", mode="min")
    assert [seed.has_value for seed in study.benchmarks[0].seeds] == [True, False, False]
    assert study_notes(study) == ["cost is not reported: RS seed 1", "no finite value yet: RS seed 2"]


def test_diverged_trials_are_counted_and_passed_over(tmp_path: Path) -> None:
    points = [(1.0, 0.5), (2.0, None), (3.0, float("inf")), (4.0, 0.6), (5.0, float("-inf"))]
    write_experiment(tmp_path, reports(points, trials=[0, 1, 1, 0, 2]))
    study = load_study("demo", tmp_path)
    assert study.benchmarks[0].seeds[0].curve.final == 0.6
    assert study_notes(study) == [
        "trials with reports that lack a finite accuracy, which are passed over: RS 2 of 3"
    ]


def test_final_values_of_different_budgets_are_those_of_the_common_time(tmp_path: Path) -> None:
    points = [(1.0, 0.5), (50.0, 0.6), (100.0, 0.9)]
    write_experiment(tmp_path, reports(points), method="long", elapsed=120.0, limit=120.0)
    write_experiment(tmp_path, reports(points[:2]), method="short", elapsed=60.0, limit=60.0)
    study = load_study("demo", tmp_path)
    assert [(row.setup, row.mean, row.until) for row in final_table(study)] == [
        ("long", 0.6, 60.0),
        ("short", 0.6, 60.0),
    ]
    assert study_notes(study)[-1].startswith("time limits differ, each curve ends at its own, compared up to")
    same = final_table(load_study("demo", tmp_path, methods=["long"]))
    assert [(row.mean, row.until) for row in same] == [(0.9, None)]


def test_budgets_in_evaluations_are_said_too(tmp_path: Path) -> None:
    for seed, budget in enumerate((50, None)):
        write_experiment(tmp_path, reports(POINTS), seed=seed, metadata={"max_num_evaluations": budget})
    (note,) = study_notes(load_study("demo", tmp_path))
    assert note.endswith("max_num_evaluations 50, none")


def test_a_clock_that_goes_back_is_evened_out_and_said(tmp_path: Path) -> None:
    """As in a folder of Syne Tune where somebody set the clock back an hour after 100 s."""
    rows = reports([(50.0, 0.5), (100.0, 0.6), (-3490.0, 0.8), (-3440.0, 0.9)])
    write_experiment(tmp_path, rows, state=None)
    study = load_study("demo", tmp_path)
    (seed,) = study.benchmarks[0].seeds
    assert seed.curve.times.tolist() == [50.0, 100.0, 150.0]  # the step back itself counts as no time
    assert seed.curve.values.tolist() == [0.5, 0.8, 0.9]
    assert seed.elapsed == 150.0
    assert "the clock went back, which was evened out: RS seed 0 (3590 s)" in study_notes(study)


def test_a_clock_that_leaps_is_said(tmp_path: Path) -> None:
    times = [*np.arange(1.0, 60.0), *np.arange(8000.0, 8060.0)]
    write_experiment(tmp_path, reports([(t, 0.5) for t in times]), limit=9000.0)
    (note,) = study_notes(load_study("demo", tmp_path))
    assert note == "no report for so long that the clock may have leapt: RS seed 0 (7941 s)"


@pytest.mark.parametrize(
    "times",
    [
        [],
        [5.0],
        [1.0, 2.0, 2.0, 3.0],
        [10.0, 9.5, 11.0],  # two processes that share a file
        [1.0, 4000.0, 8000.0, 12000.0],  # an hour between all reports
        [9.0, 1.0, 8.0, 2.0, 7.0, 3.0, 6.0, 4.0, 1.0],  # a table in another order
        [float("nan"), 1.0, float("nan"), 2.0],
    ],
)
def test_usual_clocks_are_left_alone(times: list[float]) -> None:
    checked = check_clock(times)
    assert np.array_equal(checked.times, times, equal_nan=True)
    assert (checked.back, checked.leap) == (0.0, 0.0)


def test_a_study_without_experiments_among_several_is_said(tmp_path: Path) -> None:
    write_study(tmp_path, ("RS",), seeds=1)
    (tmp_path / "empty").mkdir()
    study = load_studies(["demo", "empty"], tmp_path)
    assert study_notes(study) == ["nothing to compare in: empty"]
    (tmp_path / "x").mkdir()
    with pytest.raises(ResultsError, match="Studies 'empty', 'x' have no experiment"):
        load_studies(["empty", "x"], tmp_path)
