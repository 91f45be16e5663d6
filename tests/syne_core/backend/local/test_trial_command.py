"""Command lines of trials: what the configuration holds is what the script parses."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from syne_core.backend.local.trial_command import trial_arguments, trial_command
from syne_core.paths import TrialPaths


def parsed(config: dict[str, Any], **types: Any) -> dict[str, Any]:
    """What a script with argparse gets."""
    parser = argparse.ArgumentParser(exit_on_error=False)
    for name in config:
        parser.add_argument(f"--{name}", type=types.get(name, str))
    return vars(parser.parse_args(trial_arguments(config)))


# "--" alone is beyond argparse before Python 3.13: it makes an empty list of it, however it is written.
names = st.from_regex(r"[a-zA-Z][a-zA-Z0-9_]{0,8}", fullmatch=True).filter(lambda name: name != "h")
texts = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=20).filter(
    lambda text: text != "--"
) | st.sampled_from(
    [
        "",
        " ",
        "a b",
        "'",
        '"',
        "\n",
        "$HOME",
        "`ls`",
        "-",
        "--epochs",
        "-1",
        "- 1",
        "-x y",
        "=",
        "a=b",
        "é😀",
        "*",
        "@file",
    ]
)


@given(config=st.dictionaries(names, texts, max_size=5))
@example(config={"x": "-1", "lr": "--lr", "e": ""})
def test_text_arrives_as_it_is(config: dict[str, str]) -> None:
    assert parsed(config) == config


@given(config=st.dictionaries(names, st.integers() | st.floats(allow_nan=False), max_size=5))
@example(config={"lr": 1e-05, "shift": -1e-05, "n": -3, "big": -1.5e300})
def test_numbers_arrive_to_the_last_digit(config: dict[str, float]) -> None:
    read = parsed(config, **{name: type(value) for name, value in config.items()})
    assert read == config
    assert {name: type(value) for name, value in read.items()} == {n: type(v) for n, v in config.items()}


json_values = st.recursive(
    st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(
    value=st.lists(json_values, max_size=4) | st.dictionaries(st.text(max_size=4), json_values, max_size=4)
)
def test_lists_and_dictionaries_arrive_as_json(value: Any) -> None:
    assert parsed({"layers": value}, layers=json.loads) == {"layers": value}


def test_spaces_do_not_split_an_argument() -> None:
    """Fault 5: ``cmd.split(" ")``."""
    assert trial_arguments({"text": "a b  c"}) == ["--text", "a b  c"]


def test_none_is_left_out_and_booleans_are_words() -> None:
    assert trial_arguments({"a": None, "b": True, "c": False}) == ["--b", "True", "--c", "False"]


def test_numpy_numbers_read_as_plain_ones() -> None:
    config = {"a": np.float64(1e-05), "b": np.int64(-3), "c": np.float32(0.5)}
    assert parsed(config, a=float, b=int, c=float) == {"a": 1e-05, "b": -3, "c": 0.5}


@pytest.mark.parametrize("as_json", [False, True])
def test_command_names_interpreter_script_and_checkpoint_folder(tmp_path: Path, as_json: bool) -> None:
    paths = TrialPaths(tmp_path / "a b" / "7")
    command = trial_command(Path("/s c/train it.py"), {"x": 1}, paths, as_json)
    middle = ["--st_config_json_filename", str(paths.config)] if as_json else ["--x", "1"]
    assert command == [
        sys.executable, "/s c/train it.py", *middle, "--st_checkpoint_dir", str(paths.checkpoints)
    ]  # fmt: skip


def test_relative_dataset_path_is_that_of_the_shared_cache(tmp_path: Path) -> None:
    paths = TrialPaths(tmp_path)
    command = trial_command(Path("s.py"), {"dataset_path": "./"}, paths, as_json=False)
    assert command[2:4] == ["--dataset_path", str(tmp_path / "data")]
