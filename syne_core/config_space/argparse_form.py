"""Configurations as command line arguments, for training scripts."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from syne_core.config_space.domain import Domain

if TYPE_CHECKING:
    import argparse


def add_to_argparse(parser: argparse.ArgumentParser, config_space: Mapping[str, Any]) -> None:
    """Add a required ``--name`` of the right type for every entry, constants included.

    Booleans are 1, 0, true or false; lists and dictionaries are JSON.
    """
    for name, entry in config_space.items():
        kind = entry.value_type if isinstance(entry, Domain) else type(entry)
        # argparse formats help texts with the % operator.
        shown = repr(entry).replace("%", "%%")
        parser.add_argument(f"--{name}", type=_reader(kind), required=True, help=shown)


def _reader(kind: type) -> Callable[[str], Any]:
    if kind in (str, int, float):
        return kind

    def read(text: str) -> Any:
        if kind is bool and text.strip().lower() in ("1", "0", "true", "false"):
            return text.strip().lower() in ("1", "true")
        # None is a constant that can hold nothing else.
        value = None if text == "None" else json.loads(text)
        if isinstance(value, kind) and kind is not bool:
            return value
        raise ValueError(text)

    # argparse quotes this in "argument --layers: invalid JSON list value: '3'".
    read.__name__ = f"JSON {kind.__name__}" if kind in (list, dict) else kind.__name__
    return read
