"""What the experiments of a benchmark say of their metrics, taken together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from syne_core.errors import UsageError
from syne_core.experiments.metadata import metric_and_mode

__all__ = ["says_metric", "shared_metadata"]

_KEYS = ("metric_names", "metric_mode")


def shared_metadata(metadata: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What most of the experiments say of their metrics, as far as that is something."""
    said = [{key: one.get(key) for key in _KEYS} for one in metadata]
    said = list(filter(says_metric, said)) or said
    counts = Counter(map(repr, said))
    return max(said, key=lambda one: counts[repr(one)])


def says_metric(declared: Mapping[str, Any]) -> bool:
    """Whether there is a first metric, with a mode."""
    try:
        metric_and_mode(declared)
    except UsageError:
        return False
    return True
