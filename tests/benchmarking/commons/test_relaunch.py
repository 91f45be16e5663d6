"""How to run a command again."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarking.commons.relaunch import continue_hint, process_command


def hint(
    monkeypatch: pytest.MonkeyPatch, *words: str, restart: bool = False, study: Path | None = None
) -> str:
    monkeypatch.setattr(sys, "orig_argv", ["/usr/bin/python3", *words])
    return continue_hint(SimpleNamespace(restart=restart, study=study))


def test_the_hint_is_what_was_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("hpo_main.py", "--experiment_tag", "a b")
    assert hint(monkeypatch, *words) == (
        "the same command continues: python hpo_main.py --experiment_tag 'a b'"
    )
    module = hint(monkeypatch, "-m", "pack.hpo_main", "--n_workers", "2")
    assert module.endswith(": python -m pack.hpo_main --n_workers 2")
    script = hint(monkeypatch, "/env/bin/synebench", "run", "study.yaml")
    assert script.endswith(": synebench run study.yaml")


@pytest.mark.parametrize(
    "restart", [("--restart",), ("--restart", "1"), ("--restart=true",), ("--restart", "--restart", "TRUE")]
)
def test_the_hint_does_not_start_over(monkeypatch: pytest.MonkeyPatch, restart: tuple[str, ...]) -> None:
    text = hint(monkeypatch, "hpo_main.py", *restart, "--num_seeds", "1", restart=True)
    assert text == "this command continues: python hpo_main.py --num_seeds 1"


def test_nor_where_the_study_says_restart(monkeypatch: pytest.MonkeyPatch) -> None:
    text = hint(monkeypatch, "hpo_main.py", "study.yaml", restart=True, study=Path("study.yaml"))
    assert text.endswith("python hpo_main.py study.yaml --restart 0")


def test_a_process_like_this_one_has_this_interpreter_and_its_options(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "orig_argv", ["python", "-X", "dev", "hpo_main.py", "--json"])
    assert process_command() == [sys.executable, "-X", "dev", "hpo_main.py", "--json"]
