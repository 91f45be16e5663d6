"""Configurations on the command line."""

from __future__ import annotations

import argparse
import json
import random
from typing import Any

import pytest

from syne_core import config_space as cs
from syne_core.config_space import (
    choice,
    randint,
)


def _parser(space: dict[str, Any]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(exit_on_error=False)
    cs.add_to_argparse(parser, space)
    return parser


@pytest.fixture
def flagged_space(mixed_space: dict[str, Any]) -> dict[str, Any]:
    """Entries that need care on a command line."""
    more = {"nesterov": choice([True, False]), "verbose": False, "extra": {"a": 1}, "none": None}
    return {**mixed_space, **more, "note": "50% more"}


def test_arguments_arrive_with_the_types_of_the_space(flagged_space: dict[str, Any]) -> None:
    config = cs.sample_config(flagged_space, random.Random(2)) | {"nesterov": True}
    argv = []
    for name, value in config.items():
        as_json = isinstance(value, (list, dict))
        argv += [f"--{name}", json.dumps(value) if as_json else str(value)]
    parsed = vars(_parser(flagged_space).parse_args(argv))
    assert parsed == config
    assert [type(parsed[name]) for name in config] == [type(value) for value in config.values()]


@pytest.mark.parametrize(("text", "value"), [("1", True), ("0", False), ("True", True), ("false", False)])
def test_booleans_are_read_from_digits_and_words(text: str, value: bool) -> None:
    assert _parser({"flag": True}).parse_args(["--flag", text]).flag is value


@pytest.mark.parametrize(
    ("space", "text", "message"),
    [
        ({"x": choice([[1], [2]])}, "1", "invalid JSON list value: '1'"),
        ({"x": {"a": 1}}, "[1", "invalid JSON dict value"),
        ({"x": True}, "yes", "invalid bool value: 'yes'"),
        ({"x": randint(1, 3)}, "1.5", "invalid int value"),
        ({"x": None}, "1", "invalid NoneType value"),
    ],
)
def test_unreadable_arguments_are_usage_errors(space: dict[str, Any], text: str, message: str) -> None:
    with pytest.raises(argparse.ArgumentError, match=message.replace("[", r"\[")):
        _parser(space).parse_args(["--x", text])


def test_help_shows_the_domains_and_every_entry_is_required(
    flagged_space: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    parser = _parser(flagged_space)
    assert "loguniform(1e-05, 0.1)" in parser.format_help()
    assert "50% more" in parser.format_help()
    parser.exit_on_error = True
    with pytest.raises(SystemExit):
        parser.parse_args([])
    assert "--epochs" in capsys.readouterr().err
