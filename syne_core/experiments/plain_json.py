"""Results as JSON, which knows neither NaN nor infinity."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["plain_json"]


def plain_json(record: DataclassInstance) -> dict[str, Any]:
    """The fields of a dataclass, at any depth, as an object of JSON; numbers that do not exist are None."""
    found: dict[str, Any] = _plain(asdict(record))
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _plain(entry) for name, entry in value.items()}
    return [_plain(entry) for entry in value] if isinstance(value, (list, tuple)) else value
