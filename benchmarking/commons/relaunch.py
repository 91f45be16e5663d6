"""The command of this process, to be run again by a program or by a person."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from types import SimpleNamespace

__all__ = ["continue_hint", "process_command", "typed_command"]


def process_command() -> list[str]:
    """What starts a process like this one, options of the interpreter included."""
    return [sys.executable, *sys.orig_argv[1:]]


def typed_command() -> list[str]:
    """The command of this process as a person would type it."""
    return _as_typed(sys.orig_argv[1:])


def continue_hint(settings: SimpleNamespace) -> str:
    """How a person continues what was interrupted; starting over would undo it."""
    words = _without_restart(sys.orig_argv[1:])
    if settings.restart and settings.study is not None:
        words += ["--restart", "0"]  # in case that the file says it
    same = "the same command" if not settings.restart else "this command"
    return f"{same} continues: {shlex.join(_as_typed(words))}"


def _as_typed(words: Sequence[str]) -> list[str]:
    """Console scripts are programs of their own, Python files are not."""
    if words and not words[0].startswith("-") and not words[0].endswith(".py"):
        return [os.path.basename(words[0]), *words[1:]]
    return ["python", *words]


def _without_restart(words: Sequence[str]) -> list[str]:
    kept: list[str] = []
    before = ""
    for word in words:
        is_value = before == "--restart" and word.lower() in ("0", "1", "true", "false")
        if word.partition("=")[0] != "--restart" and not is_value:
            kept.append(word)
        before = word
    return kept
