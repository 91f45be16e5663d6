"""The folders that loading is measured on are what a run leaves, the same each time."""

from __future__ import annotations

from pathlib import Path

from perf.sides.result_folders import METHODS, TAG, write_study
from syne_core.experiments import experiment_trials, load_study
from syne_core.experiments.study_notes import left_out_notes


def test_folders_for_measuring_are_the_same_each_time_and_can_be_loaded(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_study(tmp_path / name, 20, 60)
    files = [file.relative_to(tmp_path / "a") for file in (tmp_path / "a").rglob("*") if file.is_file()]
    assert len(files) == 20 * 4
    for file in files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    study = load_study(TAG, tmp_path / "a")
    assert study.methods == METHODS
    assert left_out_notes(study) == []
    assert [len(benchmark.seeds) for benchmark in study.benchmarks] == [10, 10]
    assert all(seed.num_reports == 60 for benchmark in study.benchmarks for seed in benchmark.seeds)
    trials = experiment_trials(study.benchmarks[0].seeds[0].folder, "accuracy", "max")
    assert trials["num_reports"].sum() == 60
    assert (trials["seconds"] > 0).all()
