"""The status file: what the tuner said last, and what is to be believed of it once the tuner is dead."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from syne_core.errors import ResultsError
from syne_core.experiment_status import ExperimentState, ExperimentStatus, read_status, write_status


def state_read(path: Path, **values: Any) -> str:
    write_status(path, ExperimentStatus(**{"state": ExperimentState.running, **values}))
    status = read_status(path)
    assert status is not None
    return status.state


def test_status_comes_back_as_written(tmp_path: Path) -> None:
    best = {"trial_id": 3, "metric": "loss", "value": 0.5, "config": {"x": 1}}
    status = ExperimentStatus("finished", "why", 3.5, {"Completed": 2}, 7, best, 60.0)
    write_status(tmp_path / "status.json", status)
    assert read_status(tmp_path / "status.json") == status
    assert status.is_finished


def test_no_file_is_no_status(tmp_path: Path) -> None:
    assert read_status(tmp_path / "status.json") is None


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"3",
        b"{}",
        b'{"state": "running", "surplus": 1}',
        b'{"state": "running", "pid": null}',
    ],
)
def test_damaged_status_is_an_error_that_names_the_file(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "status.json").write_bytes(damage)
    with pytest.raises(ResultsError, match=r"status\.json: damaged"):
        read_status(tmp_path / "status.json")


def test_running_means_that_the_process_lives(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    assert state_read(path) == ExperimentState.running
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        assert state_read(path, pid=process.pid) == ExperimentState.running
        process.kill()
        deadline = time.monotonic() + 120
        while state_read(path, pid=process.pid) == ExperimentState.running:  # a zombie, not waited for yet
            assert time.monotonic() < deadline
    assert state_read(path, pid=process.pid) == ExperimentState.interrupted
    status = read_status(path)
    assert status is not None
    assert "killed" in status.reason


def test_experiment_that_ends_between_two_looks_was_not_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "status.json"

    def ended_meanwhile(pid: int, signal: int) -> None:
        write_status(path, ExperimentStatus(ExperimentState.finished, "max_num_trials_finished reached"))
        raise ProcessLookupError

    monkeypatch.setattr(os, "kill", ended_meanwhile)
    assert state_read(path) == ExperimentState.finished


def test_process_that_began_after_the_last_word_of_the_tuner_is_not_the_tuner(tmp_path: Path) -> None:
    """Process ids are used again, in a container the same ones every time."""
    path = tmp_path / "status.json"
    assert (
        state_read(path, pid=os.getpid(), updated=time.time() - 90 * 86400.0) == ExperimentState.interrupted
    )


def test_process_of_another_user_lives(tmp_path: Path) -> None:
    assert state_read(tmp_path / "status.json", pid=1) == ExperimentState.running


def test_other_machines_are_taken_at_their_word(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    assert state_read(path, pid=2**22 + 1, host="another-machine") == ExperimentState.running


@pytest.mark.parametrize(
    "state", [ExperimentState.finished, ExperimentState.failed, ExperimentState.interrupted]
)
def test_what_has_ended_needs_no_process(tmp_path: Path, state: str) -> None:
    assert state_read(tmp_path / "status.json", state=state, pid=2**22 + 1) == state


def test_readers_see_the_old_status_or_the_new(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    write_status(path, ExperimentStatus("running"))
    with pytest.raises(ValueError, match="JSON"):
        write_status(path, ExperimentStatus("running", elapsed=float("nan")))
    assert json.loads(path.read_bytes())["elapsed"] == 0.0
    assert [entry.name for entry in tmp_path.iterdir() if entry.is_file()] == ["status.json"]
