"""Runs commands that read results, and lets their tests use the builder of folders."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

# Test folders are no packages; pytest makes modules beside a test importable, but not those elsewhere.
_TESTS = Path(__file__).parents[2]
sys.path.append(str(_TESTS / "syne_core" / "experiments"))
sys.path.append(str(_TESTS / "benchmarking" / "commons" / "remote"))


@dataclass(frozen=True)
class Done:
    """What a command printed, and the error that it ended with, if any."""

    stdout: str
    stderr: str
    error: Exception | None


@pytest.fixture
def invoke(capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Run a command in this process: ``invoke(command, "--flag", ...)``."""

    def call(command: click.Command, *arguments: str) -> Done:
        error = None
        try:
            command.main(args=list(arguments), prog_name="verb", standalone_mode=False)
        except Exception as raised:
            error = raised
        printed = capsys.readouterr()
        return Done(printed.out, printed.err, error)

    return call
