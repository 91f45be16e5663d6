"""Scripts to train, and a way to run commands in this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

SCRIPT = """
import argparse, os, sys
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=1.0)
parser.add_argument("--note", default="")
args = parser.parse_args()
print("training with", args.lr, args.note)
text = f"{args.lr} {args.note} {os.environ['FAHR_EXECUTION_ENVIRONMENT']}"
with open(os.path.join(os.environ["SM_MODEL_DIR"], "weights.txt"), "w") as file:
    file.write(text)
"""


@dataclass(frozen=True)
class Done:
    """What a command printed, and the error that it ended with, if any."""

    stdout: str
    stderr: str
    error: BaseException | None

    @property
    def message(self) -> str:
        """Of the error."""
        assert self.error is not None, self.stderr
        return str(self.error)


Run = Callable[..., Done]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run a command in this process: ``run("synebench", "fit", ...)`` or ``run("fahr", "fit", ...)``."""
    from benchmarking.cli.fahr import command as fahr
    from benchmarking.cli.main import cli

    monkeypatch.setenv("SYNEBENCH_FIT_FOLDER", str(tmp_path / "fitted"))
    monkeypatch.chdir(tmp_path)
    programs: dict[str, click.Command] = {"synebench": cli, "fahr": fahr}

    def call(program: str, *words: str) -> Done:
        error: BaseException | None = None
        try:
            programs[program].main(args=list(words), prog_name=program, standalone_mode=False)
        except Exception as raised:
            error = raised
        printed = capsys.readouterr()
        return Done(printed.out, printed.err, error)

    return call


@pytest.fixture
def model_script(tmp_path: Path) -> Path:
    """``foo/model.py``."""
    path = tmp_path / "foo" / "model.py"
    path.parent.mkdir()
    path.write_text(SCRIPT)
    return path
