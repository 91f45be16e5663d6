"""Which experiments of a study are compared with which, until when, and what is said of the rest."""

from __future__ import annotations

import logging
import math
from pathlib import Path
from typing import Any

import pytest
from study_folders import reports, write_experiment, write_study

from syne_core.errors import ResultsError, UnknownNameError, UsageError
from syne_core.experiments import load_study
from syne_core.experiments.study_notes import left_out_notes, seed_ranges, study_notes

POINTS = [(1.0, 0.5), (3.0, 0.9), (4.0, 0.7)]


def test_experiments_are_sorted_by_benchmark_method_and_seed(tmp_path: Path) -> None:
    write_study(tmp_path, ("RS", "ASHA"), seeds=2, benchmark="b")
    write_study(tmp_path, ("RS",), seeds=11, benchmark="a")
    study = load_study("demo", tmp_path)
    assert [b.name for b in study.benchmarks] == ["a", "b"]
    assert [setup.label for setup in study.benchmarks[1].setups] == ["ASHA", "RS"]
    assert [seed.folder.seed for seed in study.benchmarks[0].seeds] == list(range(11))
    assert (study.benchmarks[0].metric, study.benchmarks[0].mode) == ("accuracy", "max")


def test_only_the_chosen_benchmarks_and_methods_are_loaded(tmp_path: Path) -> None:
    for benchmark in ("a", "b"):
        write_study(tmp_path, ("RS", "ASHA", "BO"), seeds=1, benchmark=benchmark)
    study = load_study("demo", tmp_path, benchmarks=["b"], methods=["RS", "BO"])
    assert study.methods == ("BO", "RS")
    assert [[setup.method for setup in b.setups] for b in study.benchmarks] == [["BO", "RS"]]
    with pytest.raises(UnknownNameError, match=r"benchmark 'c'.*Valid: a, b"):
        load_study("demo", tmp_path, benchmarks=["c"])
    with pytest.raises(UnknownNameError, match="Did you mean 'ASHA'"):
        load_study("demo", tmp_path, methods=["asha"])


def test_the_newest_of_two_folders_of_a_seed_counts_and_both_are_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    new = write_experiment(tmp_path, reports([(1.0, 0.1)]), id8="aaaaaaaa", created=2.0)
    old = write_experiment(tmp_path, reports([(1.0, 0.9)]), id8="bbbbbbbb", created=1.0)
    with caplog.at_level(logging.WARNING):
        study = load_study("demo", tmp_path)
    (seed,) = study.benchmarks[0].seeds
    assert seed.folder.path == new
    (warning,) = caplog.messages
    assert str(new) in warning
    assert str(old) in warning
    assert old.name in " ".join(left_out_notes(study))


def test_numbers_of_workers_are_compared_and_not_mixed(tmp_path: Path) -> None:
    for workers in (2, 1, 8):
        for seed in (0, 1):
            write_experiment(
                tmp_path, reports(POINTS), seed=seed, id8=f"{workers:08}", metadata={"n_workers": workers}
            )
    setups = load_study("demo", tmp_path).benchmarks[0].setups
    assert [setup.label for setup in setups] == ["RS, 1 worker", "RS, 2 workers", "RS, 8 workers"]
    assert [len(setup.seeds) for setup in setups] == [2, 2, 2]


def test_a_finished_experiment_keeps_its_incumbent_and_an_unfinished_one_does_not(tmp_path: Path) -> None:
    write_experiment(tmp_path, reports(POINTS), seed=0, elapsed=5.0, limit=60.0)
    write_experiment(tmp_path, reports(POINTS), seed=1, elapsed=60.0, limit=60.0)
    write_experiment(tmp_path, reports(POINTS), seed=2, elapsed=20.0, limit=60.0, state="interrupted")
    write_experiment(tmp_path, reports(POINTS), seed=3, elapsed=2.0, limit=60.0, state="failed")
    write_experiment(tmp_path, reports(POINTS), seed=4, state=None, limit=60.0)
    benchmark = load_study("demo", tmp_path).benchmarks[0]
    assert [seed.curve.known_until for seed in benchmark.seeds] == [math.inf, math.inf, 20.0, 4.0, 4.0]
    assert benchmark.horizon == 60.0


def test_with_different_time_limits_a_curve_ends_at_its_own(tmp_path: Path) -> None:
    write_experiment(tmp_path, reports(POINTS), seed=0, elapsed=60.5, limit=60.0)
    write_experiment(tmp_path, reports(POINTS), seed=1, elapsed=120.0, limit=120.0)
    write_experiment(tmp_path, reports(POINTS), seed=2, elapsed=30.0, limit=60.0)  # all configurations tried
    study = load_study("demo", tmp_path)
    assert [seed.curve.known_until for seed in study.benchmarks[0].seeds] == [60.5, 120.0, math.inf]
    assert study_notes(study) == [
        "time limits differ, each curve ends at its own, compared up to 60.5 s: 60 s, 120 s"
    ]


def test_notes_say_what_is_missing_unfinished_or_without_value(tmp_path: Path) -> None:
    write_study(tmp_path, ("RS",), seeds=5)
    write_experiment(tmp_path, reports(POINTS), method="ASHA", seed=0, state="interrupted")
    write_experiment(tmp_path, reports([(1.0, None)]), method="ASHA", seed=1)
    write_experiment(tmp_path, None, method="BO", seed=3, state="running")
    write_experiment(tmp_path, reports(POINTS), method="ST", seed=0, state=None)
    assert study_notes(load_study("demo", tmp_path)) == [
        "missing: ASHA seeds 2-4; BO seeds 0-2, 4; ST seeds 1-4",
        "unfinished: ASHA seed 0 (interrupted); BO seed 3 (running)",
        "no finite value yet: ASHA seed 1; BO seed 3",
        "trials with reports that lack a finite accuracy, which are passed over: ASHA 1 of 4",
        "state not recorded, curve ends at the last report: ST seed 0",
        "time limits differ, each curve ends at its own, compared up to 4 s: 60 s, none",
    ]


def test_a_method_that_a_benchmark_lacks_is_missing_there(tmp_path: Path) -> None:
    write_study(tmp_path, ("RS", "BO"), seeds=1, benchmark="a")
    write_study(tmp_path, ("RS",), seeds=1, benchmark="b")
    assert study_notes(load_study("demo", tmp_path)) == ["b: missing: BO"]


def test_a_complete_study_needs_no_notes(tmp_path: Path) -> None:
    write_study(tmp_path)
    study = load_study("demo", tmp_path)
    assert study_notes(study) == left_out_notes(study) == []


@pytest.mark.parametrize(
    ("seeds", "text"),
    [([3], "seed 3"), ([2, 0, 1], "seeds 0-2"), ([0, 1, 5, 7, 8], "seeds 0-1, 5, 7-8"), (["x"], "seed x")],
)
def test_seeds_are_listed_as_ranges(seeds: list[int | str], text: str) -> None:
    assert seed_ranges(seeds) == text


def test_a_broken_table_is_set_aside_and_named(tmp_path: Path) -> None:
    write_study(tmp_path, ("RS",), seeds=3)
    bad = write_experiment(tmp_path, reports(POINTS), method="BO")
    (bad / "results.csv.zip").write_bytes(b"no archive")
    study = load_study("demo", tmp_path)
    assert [broken.path for broken in study.broken] == [bad]
    assert [setup.method for setup in study.benchmarks[0].setups] == ["RS"]
    assert left_out_notes(study) == [f"left out, results.csv.zip is damaged: {bad.name}"]


def test_another_reported_value_can_be_compared(tmp_path: Path) -> None:
    write_experiment(tmp_path, reports(POINTS, cost=2.5))
    write_experiment(tmp_path, None, seed=1)
    benchmark = load_study("demo", tmp_path, metric="cost", mode="min").benchmarks[0]
    assert [seed.curve.final for seed in benchmark.seeds] == [2.5, None]
    with pytest.raises(UsageError, match="mode min or max"):
        load_study("demo", tmp_path, metric="cost")
    with pytest.raises(UnknownNameError, match=r"Did you mean 'accuracy'\? Valid: accuracy, cost, epoch"):
        load_study("demo", tmp_path, metric="acuracy")
    with pytest.raises(UsageError, match="mode is 'min', but"):
        load_study("demo", tmp_path, metric="accuracy", mode="min")
    with pytest.raises(UnknownNameError, match="mode 'minimum'"):
        load_study("demo", tmp_path, metric="cost", mode="minimum")


@pytest.mark.parametrize(
    ("odd", "others"),
    [({"metric_names": ["acc%racy"]}, 2), ({"metric_mode": None}, 1), ({"metric_names": []}, 1)],
)
def test_one_odd_metadata_file_does_not_decide_for_all(
    tmp_path: Path, odd: dict[str, Any], others: int
) -> None:
    write_experiment(tmp_path, reports(POINTS), seed=0, metadata=odd)
    for seed in range(others):
        write_experiment(tmp_path, reports(POINTS), seed=seed + 1)
    benchmark = load_study("demo", tmp_path).benchmarks[0]
    assert benchmark.metric == "accuracy"
    assert all(seed.has_value for seed in benchmark.seeds)


def test_a_benchmark_that_no_metadata_explain_is_set_aside(tmp_path: Path) -> None:
    write_experiment(tmp_path, reports(POINTS))
    odd = write_experiment(tmp_path, reports(POINTS), benchmark="odd", metadata={"metric_mode": None})
    study = load_study("demo", tmp_path)
    assert [b.name for b in study.benchmarks] == ["digits"]
    assert [broken.path for broken in study.broken] == [odd]


def test_a_study_without_anything_readable_says_why(tmp_path: Path) -> None:
    folder = write_experiment(tmp_path, None)
    (folder / "metadata.json").write_text("")
    with pytest.raises(ResultsError, match=r"no experiment that can be read: .*metadata\.json is damaged"):
        load_study("demo", tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ResultsError, match="'empty' has no experiment"):
        load_study("empty", tmp_path)


def test_trials_are_counted_from_the_status_or_the_table(tmp_path: Path) -> None:
    write_experiment(tmp_path, reports(POINTS), seed=0, status={"trials": {"Completed": 3, "InProgress": 4}})
    write_experiment(tmp_path, reports(POINTS), seed=1, state=None)
    assert [seed.num_trials for seed in load_study("demo", tmp_path).benchmarks[0].seeds] == [7, 3]
