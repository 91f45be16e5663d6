"""Tables for people: as wide as the terminal, or, in a pipe or file, as wide as they need to be."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["print_table"]


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str] = ()) -> None:
    """Print ``rows`` under ``columns`` to standard output. Cells are shown as they are, without markup.

    :param right: columns that are aligned to the right
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(Text(column), justify="right" if column in right else "left")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console = Console(highlight=False, soft_wrap=False)
    if not console.is_terminal:
        console = Console(
            highlight=False, width=max(1, console.measure(table).maximum, _width(columns, rows))
        )
    console.print(table)


def _width(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """Room for every cell without wrapping; wide letters take two places."""
    cells = zip(columns, *rows, strict=True)
    return sum(2 * max(map(len, column)) + 2 for column in cells)
