"""Some two hundred generated bad command lines and broken files.

Each is one clear message that names the mistake, exit code 2, no traceback, nothing started, nothing on
disk.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from bad_invocations import CASES, FEW, Bad


def test_there_are_enough_different_cases() -> None:
    assert len(CASES) >= 200


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder; it has a space."""
    path = tmp_path / "work here"
    path.mkdir()
    monkeypatch.chdir(path)
    return path


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)


def everything_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if "__pycache__" not in path.parts}


def assert_one_clear_message(bad: Bad, code: int, out: str, err: str) -> None:
    assert code == 2, err
    assert out == ""
    assert err.startswith("Error: ")
    assert sum(line.startswith("Error: ") for line in err.splitlines()) == 1
    for text in bad.says:
        assert text in err
    assert "Traceback" not in err
    assert "This is a bug" not in err
    lines = err.splitlines()
    assert len(lines) <= 4, err
    assert all(len(line) < 600 for line in lines)


@pytest.mark.parametrize("bad", CASES)
def test_a_bad_invocation_is_one_message_and_starts_nothing(
    invoke, folder: Path, tmp_path: Path, bad: Bad
) -> None:
    write(folder, bad.files)
    before = everything_below(tmp_path)
    done = invoke(*bad.words)
    assert_one_clear_message(bad, done.code, done.out, done.err)
    assert everything_below(tmp_path) == before


@pytest.mark.parametrize("bad", FEW)
def test_so_it_is_with_the_command_itself(folder: Path, tmp_path: Path, bad: Bad) -> None:
    write(folder, bad.files)
    before = everything_below(tmp_path)
    words = [word.replace("parabola", "mlp_digits") for word in bad.words]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarking.cli.main", "run", *words],
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    bad = Bad(bad.words, tuple(text.replace("parabola", "mlp_digits") for text in bad.says))
    assert_one_clear_message(bad, done.returncode, done.stdout, done.stderr)
    assert everything_below(tmp_path) == before
