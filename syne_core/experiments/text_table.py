"""Tables for people: as wide as the terminal, or, in a pipe or file, as wide as they need to be."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["print_table"]

#: Rows that rich would take seconds to lay out.
_MANY = 200


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str] = ()) -> None:
    """Print ``rows`` under ``columns`` to standard output. Cells are shown as they are, without markup.

    :param right: columns that are aligned to the right
    """
    from rich.console import Console

    if len(rows) > _MANY or not Console().is_terminal:
        _print_plainly(columns, rows, right)
    else:
        _print_to_terminal(columns, rows, right)


def _print_to_terminal(columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str]) -> None:
    """What is too long for the terminal is wrapped inside of its cell."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(Text(column), justify="right" if column in right else "left")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console(highlight=False, soft_wrap=False).print(table)


def _print_plainly(columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str]) -> None:
    """As wide as it needs to be; wide letters take two places."""
    from rich.cells import cell_len

    lines = [[_on_one_line(cell) for cell in line] for line in (columns, *rows)]
    widths = [max(map(cell_len, cells)) for cells in zip(*lines, strict=True)]
    texts = []
    for line in lines:
        cells = []
        for cell, width, column in zip(line, widths, columns, strict=True):
            room = " " * (width - cell_len(cell))
            cells.append(room + cell if column in right else cell + room)
        texts.append("  ".join(cells).rstrip())
    print("\n".join(texts))


def _on_one_line(cell: str) -> str:
    return " ".join(cell.splitlines()) if "\n" in cell else cell
