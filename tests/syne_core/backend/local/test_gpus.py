"""GPUs of trials, with a fake ``nvidia-smi``."""

from __future__ import annotations

from pathlib import Path

import pytest

from syne_core.backend.local.gpus import GpuPool, environment, visible_gpus
from syne_core.backend.local.local_backend import LocalBackend
from syne_core.backend.trial_status import Status
from syne_core.errors import UsageError


@pytest.fixture
def nvidia_smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four GPUs."""
    program = tmp_path / "bin" / "nvidia-smi"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nprintf '0\\n1\\n2\\n3\\n'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return program


@pytest.mark.usefixtures("nvidia_smi")
def test_gpus_are_those_of_nvidia_smi() -> None:
    assert visible_gpus() == ["0", "1", "2", "3"]


@pytest.mark.usefixtures("nvidia_smi")
@pytest.mark.parametrize(("allowed", "expected"), [("2,3", ["2", "3"]), ("", []), ("-1", [])])
def test_gpus_are_restricted_by_the_environment(
    monkeypatch: pytest.MonkeyPatch, allowed: str, expected: list[str]
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", allowed)
    assert visible_gpus() == expected


def test_without_nvidia_smi_there_are_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert visible_gpus() == []


def test_a_failing_nvidia_smi_means_none(nvidia_smi: Path) -> None:
    nvidia_smi.write_text("#!/bin/sh\necho broken driver; exit 9\n")
    assert visible_gpus() == []


def test_free_gpus_are_given_first_and_rotate() -> None:
    pool = GpuPool(["0", "1", "2"], per_trial=1)
    assert [pool.acquire(key) for key in "abc"] == [["0"], ["1"], ["2"]]
    pool.release("b")
    assert pool.acquire("d") == ["1"]
    pool.release("a")
    pool.release("d")
    assert pool.acquire("e") == ["0"], "the least recently used one"


def test_a_trial_may_have_several() -> None:
    pool = GpuPool(["0", "1", "2", "3"], per_trial=2)
    assert pool.capacity == 2
    assert environment(pool.acquire("a")) == {"CUDA_VISIBLE_DEVICES": "0,1"}
    assert pool.acquire("b") == ["2", "3"]


def test_sharing_only_on_request() -> None:
    pool = GpuPool(["0"], per_trial=1)
    pool.acquire("a")
    with pytest.raises(UsageError, match="no GPU is free"):
        pool.acquire("b")
    shared = GpuPool(["0", "1"], per_trial=1, share=True)
    assert [shared.acquire(key) for key in "abcd"] == [["0"], ["1"], ["0"], ["1"]]


def test_without_gpus_nothing_is_assigned() -> None:
    pool = GpuPool([], per_trial=1)
    assert pool.acquire("a") is None
    assert environment(None) == {}


@pytest.mark.parametrize("per_trial", [-1, 3])
def test_impossible_numbers_are_refused(per_trial: int) -> None:
    with pytest.raises(UsageError, match="num_gpus_per_trial"):
        GpuPool(["0", "1"], per_trial)


@pytest.mark.usefixtures("nvidia_smi")
def test_gpus_to_use_must_be_there() -> None:
    assert visible_gpus([2, 1]) == ["2", "1"]
    with pytest.raises(UsageError, match="no GPU 7; valid: 0, 1, 2, 3"):
        visible_gpus([0, 7])


@pytest.mark.usefixtures("nvidia_smi")
def test_trials_of_the_local_backend_see_their_gpus(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text("import os; print(os.environ['CUDA_VISIBLE_DEVICES'])")
    backend = LocalBackend(str(script), num_gpus_per_trial=2, gpus_to_use=[1, 2, 3])
    backend.set_path(str(tmp_path))
    try:
        for expected in ("1,2", "3,1", "2,1"):
            trial_id = backend.start_trial({}).trial_id
            while backend.busy_trial_ids():
                backend.wait(1.0)
            assert backend.stdout(trial_id) == [expected + "\n"]
    finally:
        backend.close()


@pytest.mark.usefixtures("nvidia_smi")
def test_a_trial_without_a_free_gpu_fails_and_says_why(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text("import time; time.sleep(600)")
    backend = LocalBackend(str(script), num_gpus_per_trial=4)
    backend.set_path(str(tmp_path))
    try:
        first, second = (backend.start_trial({}).trial_id for _ in range(2))
        states, _ = backend.fetch_status_results([first, second])
        assert states[first][1] == Status.in_progress
        assert states[second][1] == Status.failed
        assert "no GPU is free" in str(states[second][0])
    finally:
        backend.close()
