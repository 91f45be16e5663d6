"""What a measurement found, in the form in which it is printed and kept."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Outcome", "Target", "median", "quantile", "rounded", "store"]


@dataclass(frozen=True)
class Target:
    """A promise: ``measured`` is at most ``at_most``, both in the unit that ``what`` names."""

    what: str
    at_most: float
    measured: float | None

    @property
    def met(self) -> bool | None:
        """None where it could not be measured."""
        return None if self.measured is None else self.measured <= self.at_most


@dataclass(frozen=True)
class Outcome:
    """The result of one script.

    :param question: what was measured, in a sentence
    :param ours: our figures by name
    :param peer: the peer's figures by name, or why there are none
    :param ratio: ours divided by the peer's, of the figure that ``question`` is about
    :param warm_up: what was run, and not counted, before the clock was read
    :param raw: every single measurement, in the order made
    :param commands: the command lines that were measured
    """

    name: str
    question: str
    ours: dict[str, Any]
    peer: dict[str, Any]
    ratio: float | None
    targets: tuple[Target, ...]
    warm_up: str
    raw: list[dict[str, Any]]
    commands: tuple[str, ...]
    notes: tuple[str, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """As printed and kept; floats with six digits."""
        values: dict[str, Any] = rounded(asdict(self))
        for entry, target in zip(values["targets"], self.targets, strict=True):
            entry["met"] = target.met
        return values


def median(values: Sequence[float]) -> float:
    """The median; raises ``statistics.StatisticsError`` for no values."""
    return float(statistics.median(values))


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` of ``values`` do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-round(share * len(ordered) * 1e6) // 10**6) - 1))]


def rounded(value: Any) -> Any:
    """``value`` with its floats, at any depth, cut to six significant digits."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {name: rounded(entry) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(entry) for entry in value]
    return value


def store(values: dict[str, Any], path: Path) -> None:
    """Replace ``path``; the rows of ``raw`` take a line each."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = ",\n".join(f"    {json.dumps(row)}" for row in values["raw"])
    text = json.dumps({**values, "raw": "@rows"}, indent=2)
    path.write_text(text.replace('"@rows"', f"[\n{rows}\n  ]" if rows else "[]") + "\n")
