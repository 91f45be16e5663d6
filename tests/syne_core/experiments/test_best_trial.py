"""The best trial over methods and seeds: its configuration with its types, its command, its checkpoint."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from study_folders import SPACE, reports, write_experiment

from syne_core.errors import ResultsError
from syne_core.experiments import load_study
from syne_core.experiments.best_trial import BestTrial, best_trial


def best(root: Path) -> BestTrial:
    (benchmark,) = load_study("demo", root).benchmarks
    return best_trial(benchmark)


def test_the_best_report_of_all_experiments_is_found(tmp_path: Path) -> None:
    write_experiment(tmp_path, reports([(1.0, 0.5), (2.0, 0.8)]))
    write_experiment(
        tmp_path, reports([(1.0, 0.6), (2.0, 0.9), (3.0, None)], trials=[4, 5, 5]), seed=1, method="BO"
    )
    found = best(tmp_path)
    assert (found.folder.method, found.folder.seed) == ("BO", 1)
    assert (found.value, found.trial_id, found.resource) == (0.9, 5, {"epoch": 1})
    assert found.config == {"lr": 0.006, "optimizer": "adam", "epochs": 3}


def test_values_have_the_types_of_the_space(tmp_path: Path) -> None:
    space = {
        "size": {"domain_cls": "Categorical", "domain_kwargs": {"categories": ["1", "2"]}},
        "units": {"domain_cls": "Integer", "domain_kwargs": {"lower": 1, "upper": 9}},
        "on": {"domain_cls": "Categorical", "domain_kwargs": {"categories": [True, False]}},
        "layers": [3, 4],
        "none": None,
        "name": "007",
        "unheard": {"domain_cls": "Quaternion", "domain_kwargs": {}},
    }
    cells = {
        "size": "2",
        "units": 7,
        "on": False,
        "layers": [3, 4],
        "none": None,
        "name": "007",
        "unheard": 5,
    }
    rows = reports([(1.0, 0.5)], **{f"config_{name}": value for name, value in cells.items()})
    rows[0] = {
        n: v for n, v in rows[0].items() if n not in ("config_lr", "config_optimizer", "config_epochs")
    }
    write_experiment(tmp_path, rows, metadata={"config_space": space})
    found = best(tmp_path)
    assert found.config == cells
    assert {name: type(value) for name, value in found.config.items()} == {
        n: type(v) for n, v in cells.items()
    }


def test_the_command_is_quoted_and_complete(tmp_path: Path) -> None:
    space = {**SPACE, "words": "it's 1 $HOME", "shift": -3, "dataset_path": "mnist"}
    rows = reports([(1.0, 0.5)], config_words="it's 1 $HOME", config_shift=-3)
    write_experiment(tmp_path, rows, metadata={"config_space": space})
    words = shlex.split(best(tmp_path).command)
    assert words[:2] == ["python", "/code/my scripts/train.py"]
    assert words[words.index("--words") + 1] == "it's 1 $HOME"
    assert "--shift=-3" in words
    assert Path(words[words.index("--dataset_path") + 1]).is_absolute()


def test_the_script_of_a_syne_tune_folder_is_known_by_name_only(tmp_path: Path) -> None:
    write_experiment(tmp_path, reports([(1.0, 0.5)]), metadata={"script": None})
    assert best(tmp_path).script == "train.py"


@pytest.mark.parametrize("layout", ["trials/1", "1"])
def test_the_checkpoint_is_found_in_either_layout(tmp_path: Path, layout: str) -> None:
    folder = write_experiment(tmp_path, reports([(1.0, 0.5), (2.0, 0.9)]))
    assert best(tmp_path).trial_folder is None
    checkpoints = folder / layout / "checkpoints"
    checkpoints.mkdir(parents=True)
    assert (best(tmp_path).trial_folder, best(tmp_path).checkpoint_folder) == (folder / layout, None)
    (checkpoints / "model.bin").write_bytes(b"")
    assert best(tmp_path).checkpoint_folder == checkpoints


def test_nothing_finite_is_an_error(tmp_path: Path) -> None:
    write_experiment(tmp_path, reports([(1.0, None)]))
    with pytest.raises(ResultsError, match="no trial has reported a finite 'accuracy' yet"):
        best(tmp_path)
