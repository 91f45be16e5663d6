"""Paths: the documented layout, absolute everywhere, data in one shared cache."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from syne_core.paths import (
    ExperimentPaths,
    data_cache,
    experiment_name,
    experiment_path,
    is_valid_tag,
    resolve_data_paths,
    s3_tag,
)


def test_experiment_lies_where_it_is_documented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = experiment_name("tut", "ASHA", 3, "resnet_cifar10", "0123abcd")
    assert name == "tut/ASHA-3/tut-resnet_cifar10-3-0123abcd"
    monkeypatch.setenv("SYNETUNE_FOLDER", str(tmp_path))
    assert experiment_path(name) == tmp_path / name
    assert experiment_path() == tmp_path
    assert experiment_path(name, tmp_path / "other") == tmp_path / "other" / name


def test_two_benchmarks_of_a_study_never_share_a_folder() -> None:
    """Fault 10: a prefix without the benchmark let two benchmarks mix."""
    assert experiment_name("t", "RS", 0, "a", "1") != experiment_name("t", "RS", 0, "b", "1")


def test_default_root_is_in_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SYNETUNE_FOLDER")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert experiment_path("x") == tmp_path / "syne-tune" / "x"
    monkeypatch.setenv("SYNETUNE_FOLDER", "~/elsewhere")
    assert experiment_path("x") == tmp_path / "elsewhere" / "x"


def test_relative_folders_are_those_of_the_tuner_not_of_the_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trials run in folders of their own, where a relative path would mean something else."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SYNETUNE_FOLDER", "results")
    monkeypatch.setenv("SYNEBENCH_DATA", "data")
    assert experiment_path("x") == tmp_path / "results" / "x"
    assert experiment_path("x", "there") == tmp_path / "there" / "x"
    assert resolve_data_paths({"dataset_path": "mnist"}) == {"dataset_path": str(tmp_path / "data" / "mnist")}


def test_files_of_an_experiment_and_its_trials() -> None:
    paths = ExperimentPaths(Path("/e"))
    files = [paths.journal, paths.metadata, paths.results, paths.status, paths.trials]
    assert [str(file) for file in files] == [
        "/e/journal.jsonl",
        "/e/metadata.json",
        "/e/results.csv.zip",
        "/e/status.json",
        "/e/trials",
    ]
    trial = paths.trial(7)
    assert [str(file) for file in (trial.config, trial.stdout, trial.stderr, trial.checkpoints)] == [
        "/e/trials/7/config.json",
        "/e/trials/7/std.out",
        "/e/trials/7/std.err",
        "/e/trials/7/checkpoints",
    ]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("./", "{data}"),
        ("mnist", "{data}/mnist"),
        ("./a b/c", "{data}/a b/c"),
        ("/abs/olute", "/abs/olute"),
        ("~/mine", "{home}/mine"),
        ("~nobody-has-this-name/x", "{data}/~nobody-has-this-name/x"),
        ("s3://bucket/key", "s3://bucket/key"),
        (None, None),
        (3, 3),
    ],
)
def test_relative_dataset_path_is_in_the_shared_cache(
    given: Any, expected: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SYNEBENCH_DATA", str(tmp_path / "data"))
    if isinstance(expected, str):
        expected = expected.format(data=tmp_path / "data", home=tmp_path / "home")
    config = {"dataset_path": given, "other_path": "mnist"}
    assert resolve_data_paths(config) == {"dataset_path": expected, "other_path": "mnist"}
    assert config["dataset_path"] == given, "the caller's configuration stays as it was"


def test_data_cache_follows_the_usual_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SYNEBENCH_DATA")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert data_cache() == tmp_path / "xdg" / "synebench" / "data"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert data_cache() == tmp_path / ".cache" / "synebench" / "data"


def test_underscores_of_a_tag_become_dashes_on_s3() -> None:
    assert s3_tag("tutorial_local") == "tutorial-local"


@pytest.mark.parametrize("tag", ["a", "tutorial_local", "odsc-1", "A9", "x" * 60])
def test_documented_tags_are_valid(tag: str) -> None:
    assert is_valid_tag(tag)


@pytest.mark.parametrize("tag", ["", "-a", "a-", "_a", "a b", "a/b", "..", "a\n", "é", "x" * 61, "bundles"])
def test_tags_that_make_bad_names_are_not(tag: str) -> None:
    assert not is_valid_tag(tag)
