"""GPUs of trials, with a fake ``nvidia-smi``."""

from __future__ import annotations

from pathlib import Path

import pytest

from syne_core.backend.local.gpus import GpuPool, environment, visible_gpus
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
