"""A table as a file of columns, of which some can be read without the others.

Layout: a line with magic word, length and checksum of the header; the header, JSON; the columns, one
after the other, little-endian. Every part carries its CRC-32, so a damaged file is noticed and never
believed. Columns are numbers, truth values, or text as numbers that refer to a list in the header.
There is nothing in such a file that could be executed.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Column",
    "ColumnFileError",
    "Columns",
    "number_columns",
    "pack_columns",
    "read_columns",
    "table_columns",
]

_MAGIC = b"synebench-columns-1"
_FIRST_READ = 8192
_LONGEST_FIRST_LINE = 64
_KINDS = ("<f8", "<i8", "<i4", "<i2", "|i1", "<u8", "|b1")
_INTEGERS = ("|i1", "<i2", "<i4", "<i8")
_TEXT_MISSING = -1


class ColumnFileError(Exception):
    """The file is damaged, or not one of ours."""


@dataclass(frozen=True, eq=False)
class Column:
    """One column: numbers, or references to ``values``.

    :param data: shape (rows,)
    :param values: what ``data`` refers to, -1 being nothing; None if ``data`` is the column itself
    """

    data: NDArray[Any]
    values: tuple[str | bool, ...] | None = None

    def cells(self) -> NDArray[Any]:
        """The column's own values: int64, uint64, float64, bool, or objects with NaN for nothing."""
        if self.values is not None:
            cells: NDArray[Any] = np.array([*self.values, np.nan], dtype=object)[self.data]
            return cells
        return self.data.astype(np.int64) if self.data.dtype.kind == "i" else self.data

    def floats(self) -> NDArray[np.float64]:
        """As numbers, shape (rows,); NaN where there is none."""
        if self.values is None:
            return self.data.astype(np.float64)
        import pandas as pd

        cells = pd.to_numeric(pd.Series([*self.values, np.nan], dtype=object), errors="coerce")
        numbers: NDArray[np.float64] = cells.to_numpy(dtype=np.float64)[self.data]
        return numbers


@dataclass(frozen=True, eq=False)
class Columns:
    """A table, or some of its columns.

    :param names: of all columns of the table, in order
    :param columns: those that were asked for and are there, by name
    """

    rows: int
    names: tuple[str, ...]
    columns: dict[str, Column]

    def floats(self, name: str) -> NDArray[np.float64] | None:
        """Column ``name`` as numbers, shape (rows,), NaN where there is none; None without such a column."""
        return self.columns[name].floats() if name in self.columns else None

    def frame(self) -> pd.DataFrame:
        """The columns as a table of pandas."""
        import pandas as pd

        frame: pd.DataFrame = pd.DataFrame(
            {name: _series(column) for name, column in self.columns.items()},
            index=pd.RangeIndex(self.rows),
        )
        return frame


def table_columns(table: pd.DataFrame) -> Columns | None:
    """The columns of ``table``; None if it holds what cannot be stored."""
    columns = {str(name): _column(table[name]) for name in table.columns if table.columns.is_unique}
    stored = {name: column for name, column in columns.items() if column is not None}
    return Columns(len(table), tuple(stored), stored) if len(stored) == table.shape[1] else None


def number_columns(table: pd.DataFrame, names: Collection[str]) -> Columns:
    """The columns ``names`` of ``table`` that are there, as numbers; NaN where there is none."""
    import pandas as pd

    chosen = [name for name in table.columns if name in names]
    numbers = {name: pd.to_numeric(table[name], errors="coerce") for name in chosen}
    columns = {
        str(name): Column(n.to_numpy(dtype=np.float64, na_value=np.nan)) for name, n in numbers.items()
    }
    return Columns(len(table), tuple(map(str, table.columns)), columns)


def pack_columns(columns: Columns, source: Any) -> bytes:
    """The content of a file.

    :param source: what the table was made of, as JSON; ``read_columns`` compares it
    """
    entries, parts, at = [], [], 0
    for name, column in columns.columns.items():
        data = column.data.tobytes()
        entry = {"name": name, "kind": column.data.dtype.str, "at": at, "crc": zlib.crc32(data)}
        entries.append(entry if column.values is None else {**entry, "values": column.values})
        parts.append(data)
        at += len(data)
    header = json.dumps(
        {"source": source, "rows": columns.rows, "columns": entries}, separators=(",", ":")
    ).encode()
    first = b"%s %d %d\n" % (_MAGIC, len(header), zlib.crc32(header))
    return b"".join([first, header, *parts])


def read_columns(path: Path, source: Any, names: Collection[str] | None = None) -> Columns | None:
    """The table in ``path``, if it was made of ``source``.

    :param names: columns to read, as far as they are there; None for all
    :raises ColumnFileError: the file is damaged
    :raises OSError: it cannot be read, or is not there
    """
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        header, start = _header(fd)
        if header["source"] != source:
            return None
        rows, found = header["rows"], header["columns"]
        wanted = [one for one in found if names is None or one["name"] in names]
        columns = {one["name"]: _read_column(fd, one, rows, start) for one in wanted}
        return Columns(rows, tuple(one["name"] for one in found), columns)
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError) as error:
        raise ColumnFileError(f"{path}: {error!r}") from None
    finally:
        os.close(fd)


def _header(fd: int) -> tuple[dict[str, Any], int]:
    """The header, and where the columns begin."""
    begin = os.read(fd, _FIRST_READ)
    first, newline, rest = begin.partition(b"\n")
    magic, length, checksum = first[:_LONGEST_FIRST_LINE].split(b" ")
    size = int(length)
    if magic != _MAGIC or not newline or not 0 <= size <= os.fstat(fd).st_size:
        raise ValueError("the beginning is damaged")
    if size > len(rest):
        rest += os.pread(fd, size - len(rest), len(begin))
    content = rest[:size]
    if zlib.crc32(content) != int(checksum):
        raise ValueError("the header is damaged")
    header: dict[str, Any] = json.loads(content)
    return header, len(first) + 1 + size


def _read_column(fd: int, entry: dict[str, Any], rows: int, start: int) -> Column:
    if entry["kind"] not in _KINDS:
        raise ValueError(f"a column of kind {entry['kind']}")
    kind = np.dtype(entry["kind"])
    content = os.pread(fd, rows * kind.itemsize, start + entry["at"])
    if len(content) != rows * kind.itemsize or zlib.crc32(content) != entry["crc"]:
        raise ValueError(f"column {entry['name']} is damaged")
    values = entry.get("values")
    return Column(np.frombuffer(content, kind), None if values is None else tuple(values))


def _column(series: pd.Series[Any]) -> Column | None:
    import pandas as pd

    kind = getattr(series.dtype, "str", None)
    if kind in ("<f8", "<u8", "|b1"):
        return Column(series.to_numpy())
    if kind == "<i8":
        return Column(_smallest(series.to_numpy()))
    codes, unique = pd.factorize(series)
    values = tuple(unique.tolist())
    kinds = {type(value) for value in values}
    if not (kinds <= {str} or kinds == {bool}):
        return None
    return Column(_smallest(np.asarray(codes, dtype=np.int64)), values)


def _smallest(numbers: NDArray[np.int64]) -> NDArray[Any]:
    low, high = (int(numbers.min()), int(numbers.max())) if numbers.size else (0, 0)
    fits = (kind for kind in _INTEGERS if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max)
    return numbers.astype(next(fits))


def _series(column: Column) -> Any:
    import pandas as pd

    if column.values is None or _are_truths(column.values):
        return column.cells()
    return pd.Series(column.cells(), dtype=_text_type())


def _are_truths(values: Iterable[str | bool]) -> bool:
    return any(isinstance(value, bool) for value in values)


def _text_type() -> Any:
    """What this pandas reads text as: objects before version 3."""
    import pandas as pd

    return pd.Series(["text"]).dtype
