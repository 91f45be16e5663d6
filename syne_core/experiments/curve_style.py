"""How curves look: told apart by colour-blind readers, and in black and white by their dashes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["COLOURS", "CurveStyle", "curve_styles", "time_unit"]

# Okabe and Ito, "Color universal design" (2008), without their yellow, which vanishes on white paper.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#E69F00", "#56B4E9")
_DASHES: tuple[Any, ...] = ("solid", (0, (5, 1.6)), (0, (1.2, 1.2)), (0, (6, 1.6, 1.2, 1.6)))

_UNITS = (("s", 1.0, 300.0), ("min", 60.0, 7200.0), ("h", 3600.0, 72 * 3600.0), ("days", 86400.0, 0.0))


@dataclass(frozen=True)
class CurveStyle:
    """Colour and dashes of one curve, as matplotlib takes them."""

    colour: str
    dashes: Any


def curve_styles(labels: list[str]) -> dict[str, CurveStyle]:
    """A style for each label; the first 28 are all different."""
    return {
        label: CurveStyle(COLOURS[i % len(COLOURS)], _DASHES[i % len(_DASHES)])
        for i, label in enumerate(labels)
    }


def time_unit(seconds: float) -> tuple[str, float]:
    """Unit in which an axis of so many seconds reads well, and its length in seconds."""
    for name, length, longest in _UNITS:
        if seconds <= longest:
            return name, length
    return _UNITS[-1][:2]
