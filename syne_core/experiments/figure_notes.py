"""Text below the axes of a figure: how to read it, and what it does not show."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["write_below"]

_LETTERS_PER_INCH = 17
_LINE_HEIGHT = 0.16  # inches


def write_below(figure: Figure, lines: Sequence[str]) -> None:
    """Write ``lines`` in small letters below all axes; the figure grows by what they need."""
    width, height = figure.get_size_inches()
    letters = int(width * _LETTERS_PER_INCH)
    wrapped = [part for line in lines for part in textwrap.wrap(line, letters, subsequent_indent="  ")]
    text = figure.supxlabel("\n".join(wrapped), x=0.01, ha="left", fontsize=8, color="#444444")
    text.set_parse_math(False)
    figure.set_size_inches(width, height + _LINE_HEIGHT * len(wrapped))
