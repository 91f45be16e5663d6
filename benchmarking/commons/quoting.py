"""What a user typed, as it may stand in a message."""

from __future__ import annotations

import re

__all__ = ["one_line", "shortened"]

_LONGEST = 60
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def one_line(text: object) -> str:
    """``text`` without line breaks and control characters."""
    return _UNPRINTABLE.sub("?", str(text))


def shortened(text: object) -> str:
    """``text`` on one line, cut if it is long."""
    line = one_line(text)
    return line if len(line) <= _LONGEST else line[: _LONGEST - 3] + "..."
