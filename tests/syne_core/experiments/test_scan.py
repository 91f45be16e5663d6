"""Finding experiments: which folders are ones, and that a broken one is named and harms no other."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from study_folders import reports, write_experiment, write_json, write_study

from syne_core.errors import UnknownNameError
from syne_core.experiments import BrokenExperiment, scan_experiments, scan_study, study_tags

ROWS = reports([(1.0, 0.5), (2.0, 0.7)])


def test_experiments_are_found_at_any_depth_in_order_of_their_paths(tmp_path: Path) -> None:
    folders = write_study(tmp_path, ("RS", "ASHA"), seeds=2)
    good, broken = scan_experiments(tmp_path)
    assert [found.path for found in good] == sorted(folders)
    assert broken == []
    assert scan_experiments(folders[0]).good[0].path == folders[0]


def test_the_root_is_looked_up_when_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_experiment(tmp_path / "elsewhere", ROWS)
    assert scan_experiments().good == []
    monkeypatch.setenv("SYNETUNE_FOLDER", str(tmp_path / "elsewhere"))
    assert [found.path for found in scan_experiments().good] == [folder]


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert scan_experiments(tmp_path / "nowhere") == ([], [])
    assert study_tags(tmp_path / "nowhere") == []


def test_awkward_paths_are_found(awkward_path: Path) -> None:
    folder = write_experiment(awkward_path, ROWS, method="A b'c")
    assert [found.path for found in scan_experiments(awkward_path).good] == [folder]


def test_metadata_of_trials_are_not_experiments(tmp_path: Path) -> None:
    folder = write_experiment(tmp_path, ROWS)
    for trial in (folder / "trials" / "0" / "checkpoints", folder / "3" / "checkpoints"):
        trial.mkdir(parents=True)
        write_json(trial / "metadata.json", {})
    assert [found.path for found in scan_experiments(tmp_path).good] == [folder]


def test_a_stray_file_above_experiments_does_not_hide_them(tmp_path: Path) -> None:
    folder = write_experiment(tmp_path, ROWS)
    (tmp_path / "demo" / "metadata.json").write_text("[]")
    good, broken = scan_experiments(tmp_path)
    assert [found.path for found in good] == [folder]
    assert broken == [
        BrokenExperiment(tmp_path / "demo", "metadata.json is damaged: it holds a list, not an object")
    ]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("metadata.json", "", "metadata.json is damaged"),
        ("metadata.json", '{"seed": 1', "metadata.json is damaged"),
        ("metadata.json", "[" * 100_000, "metadata.json is damaged"),
        ("metadata.json", None, "metadata.json is missing"),
        ("status.json", "[]", "status.json is damaged: it holds a list"),
        ("status.json", "{}", "status.json is damaged: unknown or missing"),
        ("status.json", '{"state": "dancing"}', "state is 'dancing'"),
        ("status.json", '{"state": "finished", "elapsed": "long"}', "elapsed is 'long'"),
        ("status.json", '{"state": "finished", "elapsed": NaN}', "elapsed is nan"),
        ("status.json", '{"state": "finished", "trials": {"Completed": "x"}}', "trials is"),
        ("status.json", '{"state": "finished", "reason": 7}', "reason is 7"),
        ("status.json", '{"state": "running", "pid": "x", "host": "HOST"}', "damaged"),
        ("status.json", '{"state": "finished", "best": 3}', "best is 3"),
        ("status.json", '{"state": "finished", "mood": 3}', "status.json is damaged"),
    ],
)
def test_a_broken_folder_is_named_and_the_others_are_found(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str, content: str | None, reason: str
) -> None:
    bad, good = (write_experiment(tmp_path, ROWS, seed=seed) for seed in (0, 1))
    host = json.loads((good / "status.json").read_text())["host"]
    if content is None:
        (bad / name).unlink()
    else:
        (bad / name).write_text(content.replace("HOST", host))
    with caplog.at_level(logging.WARNING):
        scanned = scan_experiments(tmp_path)
    assert [found.path for found in scanned.good] == [good]
    assert [found.path for found in scanned.broken] == [bad]
    assert reason in scanned.broken[0].reason
    assert str(bad) in caplog.text


@pytest.mark.parametrize("left", ["journal.jsonl", "experiment.log", "results.csv.zip", "status.json"])
def test_an_experiment_that_got_no_further_than_one_file_is_named(tmp_path: Path, left: str) -> None:
    folder = tmp_path / "demo" / "RS-0" / "demo-digits-0-00000000"
    folder.mkdir(parents=True)
    (folder / left).write_text("")
    assert scan_experiments(tmp_path).broken == [BrokenExperiment(folder, "metadata.json is missing")]


def test_a_folder_that_may_not_be_entered_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_folder, locked = write_experiment(tmp_path, ROWS), tmp_path / "locked"
    locked.mkdir()
    scandir = os.scandir

    def guarded(path: str) -> Iterator[os.DirEntry[str]]:
        if Path(path) == locked:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)  # root, who runs tests in containers, may enter all
    good, broken = scan_experiments(tmp_path)
    assert [found.path for found in good] == [open_folder]
    assert broken == [BrokenExperiment(locked, "Permission denied")]


def test_a_running_experiment_whose_process_is_dead_reads_as_interrupted(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    write_experiment(tmp_path, ROWS, state="running", status={"pid": child.pid})
    write_experiment(tmp_path, ROWS, seed=1, state="running")
    assert [found.state for found in scan_experiments(tmp_path).good] == ["interrupted", "running"]


def test_a_folder_of_syne_tune_is_read_without_status(tmp_path: Path) -> None:
    folder = tmp_path / "train-script-2023-01-01-00-00-00-000"
    folder.mkdir()
    write_json(
        folder / "metadata.json",
        {
            "st_tuner_creation_timestamp": 5.0,
            "entrypoint": "train_height",
            "metric_names": ["loss"],
            "metric_mode": "min",
            "scheduler_name": "FIFOScheduler",
            "config_space": json.dumps({"epochs": 9}),
        },
    )
    (found,) = scan_experiments(tmp_path).good
    assert (found.state, found.is_finished, found.elapsed, found.time_limit) == ("unknown", False, None, None)
    assert (found.method, found.benchmark, found.seed) == ("FIFOScheduler", "train_height", folder.name)
    assert found.created == 5.0


def test_an_unknown_tag_is_refused_with_the_nearest(tmp_path: Path) -> None:
    write_experiment(tmp_path, ROWS, tag="tutorial_local")
    with pytest.raises(UnknownNameError, match="Did you mean 'tutorial_local'"):
        scan_study("tutorial-local", tmp_path)
    with pytest.raises(UnknownNameError):
        scan_study("../" + tmp_path.name, tmp_path)


def test_scanning_imports_nothing_heavy(tmp_path: Path) -> None:
    write_experiment(tmp_path, ROWS)
    code = (
        "import sys; from syne_core.experiments import scan_experiments; "
        f"assert len(scan_experiments({str(tmp_path)!r}).good) == 1; "
        "print([m for m in ('pandas', 'numpy', 'scipy', 'matplotlib', 'rich') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
