"""``metadata.json`` of an experiment: reading it, and what its entries say.

Written by synebench or by Syne Tune 0.13 and 0.16, which write fewer entries and the configuration
space as a JSON string. So an absent entry, or one of another type, is None and no error.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from syne_core.config_space import config_space_from_json_dict
from syne_core.errors import ConfigSpaceError, ResultsError, UnknownNameError, UsageError

__all__ = [
    "declared_mode",
    "integer_entry",
    "metadata_config_space",
    "metric_and_mode",
    "metric_names",
    "number_entry",
    "read_json_object",
    "text_entry",
]

_MODES = ("min", "max")


def read_json_object(path: Path) -> dict[str, Any]:
    """The JSON object in the file at ``path``.

    :raises ResultsError: the file is absent, damaged, or holds something else
    """
    try:
        value = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise ResultsError(f"{path.name} is missing") from None
    except OSError as error:
        raise ResultsError(f"{path.name} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise ResultsError(f"{path.name} is damaged: {error}") from None
    if not isinstance(value, dict):
        raise ResultsError(f"{path.name} is damaged: it holds a {type(value).__name__}, not an object")
    return value


def text_entry(metadata: Mapping[str, Any], *keys: str) -> str | None:
    """The first of the entries ``keys`` that is a text with something in it."""
    found = (metadata.get(key) for key in keys)
    return next((value for value in found if isinstance(value, str) and value), None)


def number_entry(metadata: Mapping[str, Any], key: str) -> float | None:
    """The entry ``key`` if it is a finite number."""
    value = metadata.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:  # an integer beyond the floats
        return None


def integer_entry(metadata: Mapping[str, Any], key: str) -> int | None:
    """The entry ``key`` if it is a whole number."""
    number = number_entry(metadata, key)
    return int(number) if number is not None and number.is_integer() else None


def metric_names(metadata: Mapping[str, Any]) -> list[str]:
    """Names of the metrics, the first of which defines the incumbent; empty if none is said."""
    names = metadata.get("metric_names")
    if isinstance(names, str):
        return [names]
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def metric_and_mode(
    metadata: Mapping[str, Any], metric: str | int = 0, mode: str | None = None
) -> tuple[str, str]:
    """Name of a metric, and whether small (``"min"``) or large (``"max"``) values are good.

    :param metric: name, or position among the experiment's metrics
    :param mode: decides where the metadata say nothing; contradicting them is an error
    :raises UnknownNameError: no such metric
    :raises UsageError: the mode is neither in the metadata nor given
    """
    names = metric_names(metadata)
    if isinstance(metric, int):
        if not -len(names) <= metric < len(names):
            raise UnknownNameError("metric", str(metric), names)
        metric = names[metric]
    known = declared_mode(metadata, metric)
    if mode is not None and mode not in _MODES:
        raise UnknownNameError("mode", mode, _MODES)
    if known and mode and known != mode:
        raise UsageError(f"mode is '{mode}', but the experiment has metric '{metric}' with mode '{known}'")
    if known or mode:
        return metric, known or str(mode)
    if metric not in names:
        declared = f"; the experiment's own: {', '.join(names)}" if names else ""
        raise UsageError(f"Say whether metric '{metric}' is to be small or large: mode min or max{declared}")
    raise UsageError(f"The metadata do not say the mode of metric '{metric}'; valid: {', '.join(_MODES)}")


def metadata_config_space(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Domains and constants by name; entries that cannot be read are left out."""
    entries = metadata.get("config_space")
    if isinstance(entries, str):
        try:
            entries = json.loads(entries)
        except (ValueError, RecursionError):
            return {}
    space: dict[str, Any] = {}
    for name, entry in entries.items() if isinstance(entries, dict) else ():
        try:
            space.update(config_space_from_json_dict({name: entry}))
        except (ConfigSpaceError, TypeError, ValueError, OverflowError):
            continue  # a domain of a plug-in or of another version: its values are read as they look
    return space


def declared_mode(metadata: Mapping[str, Any], metric: str) -> str | None:
    """What the metadata say of ``metric``: ``"min"``, ``"max"`` or nothing."""
    names, modes = metric_names(metadata), metadata.get("metric_mode")
    if isinstance(modes, list):
        by_name = dict(zip(names, modes, strict=False))
        mode = by_name.get(metric)
    else:
        mode = modes if metric in names else None
    return mode if mode in _MODES else None
