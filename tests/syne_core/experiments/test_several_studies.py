"""Several studies in one result: kept apart by label, compared seed by seed."""

from __future__ import annotations

from pathlib import Path

import pytest
from study_folders import reports, write_experiment, write_study

from syne_core.errors import ResultsError, UnknownNameError, UsageError
from syne_core.experiments import load_studies, load_study
from syne_core.experiments.study_notes import study_notes


def test_setups_of_several_studies_are_told_apart_by_the_tag(tmp_path: Path) -> None:
    write_study(tmp_path, ("RS", "ASHA"), seeds=2, tag="old")
    write_study(tmp_path, ("RS",), seeds=2, tag="new")
    study = load_studies(["old", "new"], tmp_path)
    (benchmark,) = study.benchmarks
    assert [setup.label for setup in benchmark.setups] == ["old: ASHA", "old: RS", "new: RS"]
    assert [(setup.tag, setup.method) for setup in benchmark.setups] == [
        ("old", "ASHA"),
        ("old", "RS"),
        ("new", "RS"),
    ]
    assert [len(setup.seeds) for setup in benchmark.setups] == [2, 2, 2]
    assert benchmark.superseded == ()
    assert (study.tag, study.tags) == ("old, new", ("old", "new"))


def test_a_copied_study_is_another_study(tmp_path: Path) -> None:
    """Its metadata still say the old tag."""
    write_study(tmp_path, ("RS",), seeds=2, tag="old")
    (tmp_path / "old").rename(tmp_path / "moved")
    write_study(tmp_path, ("RS",), seeds=2, tag="old")
    study = load_studies(["moved", "old"], tmp_path)
    assert [setup.label for setup in study.benchmarks[0].setups] == ["moved: RS", "old: RS"]
    assert study.benchmarks[0].superseded == ()


def test_one_study_is_labelled_as_ever(tmp_path: Path) -> None:
    write_study(tmp_path, ("RS", "ASHA"), seeds=2)
    several, one = load_studies(["demo", "demo"], tmp_path), load_study("demo", tmp_path)
    for study in (several, one):
        assert [setup.label for setup in study.benchmarks[0].setups] == ["ASHA", "RS"]
        assert study.tag == "demo"


def test_notes_name_methods_and_seeds_that_one_of_the_studies_lacks(tmp_path: Path) -> None:
    write_study(tmp_path, ("RS",), seeds=3, tag="old", benchmark="a")
    write_study(tmp_path, ("RS",), seeds=2, tag="new", benchmark="a")
    write_study(tmp_path, ("RS",), seeds=2, tag="old", benchmark="b")
    assert study_notes(load_studies(["old", "new"], tmp_path)) == [
        "a: missing: new: RS seed 2",
        "b: missing: new: RS",
    ]


def test_all_unknown_studies_are_named_together(tmp_path: Path) -> None:
    write_study(tmp_path, ("RS",), seeds=1)
    with pytest.raises(UsageError, match=r"'dem'.*'demo'[^$]*'other'"):
        load_studies(["dem", "demo", "other"], tmp_path)
    with pytest.raises(UnknownNameError, match="Did you mean 'demo'"):
        load_studies(["demo", "dem"], tmp_path)
    with pytest.raises(UsageError, match="at least one"):
        load_studies([], tmp_path)


def test_a_choice_that_no_experiment_meets_is_named(tmp_path: Path) -> None:
    write_study(tmp_path, ("RS",), seeds=1, benchmark="a")
    write_study(tmp_path, ("ASHA",), seeds=1, benchmark="b")
    with pytest.raises(ResultsError, match="'demo' has no experiment with benchmark a and method ASHA"):
        load_study("demo", tmp_path, benchmarks=["a"], methods=["ASHA"])


def test_the_common_horizon_is_the_time_until_which_all_setups_are_known(tmp_path: Path) -> None:
    points = [(1.0, 0.5), (30.0, 0.9)]
    write_experiment(tmp_path, reports(points), method="RS", seed=0, elapsed=60.0, limit=60.0)
    write_experiment(tmp_path, reports(points), method="RS", seed=1, elapsed=5.0, limit=60.0, state="failed")
    write_experiment(tmp_path, reports(points), method="ASHA", seed=0, elapsed=120.0, limit=120.0)
    write_experiment(tmp_path, reports(points), method="ASHA", seed=1, elapsed=119.0, limit=120.0)
    benchmark = load_study("demo", tmp_path).benchmarks[0]
    assert benchmark.horizon == 120.0
    assert benchmark.common_horizon == 60.0


def test_where_budgets_are_the_same_the_common_horizon_is_the_whole(tmp_path: Path) -> None:
    write_study(tmp_path, ("RS", "ASHA"), seeds=2)
    benchmark = load_study("demo", tmp_path).benchmarks[0]
    assert benchmark.common_horizon == benchmark.horizon == 60.0


def test_a_study_under_way_is_known_as_far_as_the_shortest_of_its_seeds(tmp_path: Path) -> None:
    for seed, elapsed in enumerate((40.0, 50.0)):
        write_experiment(tmp_path, reports([(1.0, 0.5)]), seed=seed, elapsed=elapsed, state="running")
    assert load_study("demo", tmp_path).benchmarks[0].common_horizon == 40.0
