"""What the experiments of a benchmark say of their metrics, taken together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from syne_core.errors import UsageError
from syne_core.experiments.metadata import declared_mode, metric_and_mode

__all__ = ["check_modes", "says_metric", "shared_metadata"]

_KEYS = ("metric_names", "metric_mode")


def shared_metadata(
    metadata: Sequence[Mapping[str, Any]], metric: str | int = 0, mode: str | None = None
) -> dict[str, Any]:
    """What most of the experiments say of their metrics, as far as that is something.

    :param mode: if some of them say so of ``metric``, only these are asked
    """
    said = [{key: one.get(key) for key in _KEYS} for one in metadata]
    said = list(filter(says_metric, said)) or said
    if mode is not None:
        said = [one for one in said if _mode_of(one, metric) == mode] or said
    counts = Counter(map(repr, said))
    return max(said, key=lambda one: counts[repr(one)])


def says_metric(declared: Mapping[str, Any]) -> bool:
    """Whether there is a first metric, with a mode."""
    try:
        metric_and_mode(declared)
    except UsageError:
        return False
    return True


def check_modes(benchmark: str, metadata: Sequence[Mapping[str, Any]], metric: str, mode: str | None) -> None:
    """Refuse to guess where as many experiments want a metric small as want it large.

    :param mode: what the user says; decides
    :raises UsageError: they are as many, and the user says nothing
    """
    counts = Counter(declared_mode(one, metric) for one in metadata)
    if mode is None and 0 < counts["min"] == counts["max"]:
        raise UsageError(
            f"{benchmark}: as many experiments want '{metric}' to be small as want it to be large "
            f"({counts['min']}); say mode min or max to choose"
        )


def _mode_of(declared: Mapping[str, Any], metric: str | int) -> str | None:
    try:
        return metric_and_mode(declared, metric)[1]
    except UsageError:
        return None
