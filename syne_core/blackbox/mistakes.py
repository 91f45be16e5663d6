"""All mistakes of a table in one error, however many there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

from syne_core.errors import BlackboxError

__all__ = ["MOST_SHOWN", "brief", "refuse", "require", "shown"]

#: Mistakes of one kind that are spelled out; the others are counted.
MOST_SHOWN = 10


def require(where: str, mistakes: Sequence[str]) -> None:
    """Raise one error with all ``mistakes``, if there are any.

    :param where: what they are mistakes of, for example a folder
    :raises BlackboxError: ``mistakes`` is not empty
    """
    if mistakes:
        refuse(where, mistakes)


def refuse(where: str, mistakes: Sequence[str]) -> NoReturn:
    """Raise one error with all ``mistakes``, a line each.

    :raises BlackboxError: always
    """
    lines = list(mistakes)
    if len(lines) == 1:
        raise BlackboxError(f"{where}: {lines[0]}")
    raise BlackboxError("\n".join([f"{where}:", *(f"  {line}" for line in lines)]))


def shown(mistakes: Sequence[str], what: str = "more of this kind") -> list[str]:
    """The first ``MOST_SHOWN`` of ``mistakes``, and how many others there are."""
    left = len(mistakes) - MOST_SHOWN
    return [*mistakes[:MOST_SHOWN], *([f"... and {left} {what}"] if left > 0 else [])]


def brief(value: Any, most: int = 80) -> str:
    """``value`` as it would be typed, cut to ``most`` characters."""
    text = repr(value)
    return text if len(text) <= most else f"{text[: most - 4]} ..."
