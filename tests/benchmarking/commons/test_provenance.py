"""Where results come from."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from benchmarking.commons.study.provenance import provenance


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True)


@pytest.fixture(autouse=True)
def _fresh() -> None:
    provenance.cache_clear()


def test_commit_and_uncommitted_changes_are_kept(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "train.py").write_text("lr = 1\n")
    git(tmp_path, "add", "train.py")
    git(tmp_path, "commit", "-qm", "first")
    clean = provenance(tmp_path)["git"]
    assert (clean["dirty"], clean["diff"], len(clean["commit"])) == (False, "", 40)
    (tmp_path / "train.py").write_text("lr = 2\n")
    (tmp_path / "new.py").write_text("")
    provenance.cache_clear()
    dirty = provenance(tmp_path)["git"]
    assert dirty["commit"] == clean["commit"]
    assert dirty["dirty"]
    assert "+lr = 2" in dirty["diff"]
    assert dirty["untracked"] == ["new.py"]


def test_outside_a_repository_there_is_no_commit(tmp_path: Path) -> None:
    assert provenance(tmp_path)["git"] is None


def test_packages_and_machine_are_named_and_no_secret_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very-secret")
    found = provenance(tmp_path)
    assert found["packages"]["numpy"]
    assert found["machine"]["cores"] >= 1
    assert found["machine"]["memory_bytes"] > 1e8
    assert "very-secret" not in json.dumps(found)
