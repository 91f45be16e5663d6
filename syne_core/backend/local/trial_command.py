"""The command line of a trial: an argument list, never a shell string."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from syne_core.paths import TrialPaths, resolve_data_paths

__all__ = ["trial_arguments", "trial_command"]


def trial_command(script: Path, config: Mapping[str, Any], paths: TrialPaths, as_json: bool) -> list[str]:
    """``python SCRIPT --name value ... --st_checkpoint_dir DIR``.

    :param as_json: pass ``--st_config_json_filename FILE`` instead of the values
    """
    if as_json:
        arguments = ["--st_config_json_filename", str(paths.config)]
    else:
        arguments = trial_arguments(resolve_data_paths(config))
    return [sys.executable, str(script), *arguments, "--st_checkpoint_dir", str(paths.checkpoints)]


def trial_arguments(config: Mapping[str, Any]) -> list[str]:
    """``--name value`` for each entry; lists and dictionaries as JSON, None left out.

    A value that begins with ``-`` is written ``--name=value``: parsers would take it for a flag.
    """
    arguments: list[str] = []
    for name, value in config.items():
        if value is None:
            continue
        text = json.dumps(value) if isinstance(value, (list, tuple, dict)) else str(value)
        arguments += [f"--{name}={text}"] if text.startswith("-") else [f"--{name}", text]
    return arguments
