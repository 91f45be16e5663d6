"""Lengths of time as people write them: ``90``, ``90s``, ``10m``, ``5h``, ``1h30m``, ``2d``."""

from __future__ import annotations

import math
import re

__all__ = ["DURATION_PATTERN", "EXAMPLES", "as_duration"]

EXAMPLES = "seconds, or like 90s, 10m, 5h, 1h30m, 2d"

_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}

#: What ``as_duration`` accepts with a unit, as a regular expression of JSON schema.
DURATION_PATTERN = "^(?=.)" + "".join(rf"(?:{_NUMBER}{unit})?" for unit in _UNITS) + "$"

_WITH_UNITS = re.compile(r"\s*".join(rf"(?:({_NUMBER})\s*{unit})?" for unit in _UNITS))
_CLOCK = re.compile(r"([0-9]+):([0-9]+)(?::([0-9]+))?")


def as_duration(text: str) -> float:
    """Seconds in ``text``. Units come in the order d, h, m, s, each at most once.

    A sign is let through, so that whoever checks the range says what is wrong with it.

    :raises ValueError: saying what to write instead; ``10:30`` could be two things, so it is neither
    """
    text = text.strip()
    if clock := _CLOCK.fullmatch(text):
        raise ValueError(f"no duration; write {_clock_meanings(clock)}")
    try:
        seconds = float(text)
    except ValueError:
        seconds = _with_units(text)
    if not math.isfinite(seconds) or "_" in text:
        raise ValueError(f"no duration; write {EXAMPLES}")
    return seconds


def _with_units(text: str) -> float:
    parts = _WITH_UNITS.fullmatch(text)
    if parts is None or not any(parts.groups()):
        raise ValueError(f"no duration; write {EXAMPLES}")
    return sum(float(n) * size for n, size in zip(parts.groups(), _UNITS.values(), strict=True) if n)


def _clock_meanings(clock: re.Match[str]) -> str:
    first, second, third = clock.groups()
    if third is not None:
        return f"{first}h{second}m{third}s"
    return f"{first}h{second}m or {first}m{second}s"
