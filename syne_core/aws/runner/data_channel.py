"""The input channel ``dataset``: data sets that the job finds where trials of one machine share a cache.

A relative ``dataset_path`` or ``input_data_dir`` lies in it, as it lies in the cache elsewhere (see
``syne_core.paths``). Standard library only, parses as Python 3.8.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

__all__ = ["CHANNEL", "DATA_VARIABLE", "arguments_in_channel", "config_in_channel", "dataset_channel"]

CHANNEL = "dataset"
#: Names the cache to whatever starts trials.
DATA_VARIABLE = "SYNEBENCH_DATA"
_KEYS = ("dataset_path", "input_data_dir")


def dataset_channel(base: Path) -> Path | None:
    """Where the channel lies; None if the job has none.

    :param base: ``/opt/ml`` or what stands for it
    """
    folder = base / "input" / "data" / CHANNEL
    return folder if folder.is_dir() else None


def config_in_channel(config: dict[str, Any], channel: Path) -> dict[str, Any]:
    """``config`` with relative paths of data in ``channel``."""
    return {name: _placed(value, channel) if name in _KEYS else value for name, value in config.items()}


def arguments_in_channel(arguments: list[str], channel: Path) -> list[str]:
    """The same for ``--name value``, a word each."""
    flags = {f"--{name}" for name in _KEYS}
    return [
        _placed(word, channel) if i > 0 and arguments[i - 1] in flags else word
        for i, word in enumerate(arguments)
    ]


def _placed(value: Any, channel: Path) -> Any:
    if not isinstance(value, str) or "://" in value or os.path.isabs(os.path.expanduser(value)):
        return value
    return os.path.normpath(os.path.join(str(channel), value))
