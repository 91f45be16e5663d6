"""The results of many experiments in one table, built column by column: nothing is copied twice."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from syne_core.experiments.column_file import Columns

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["OneTable", "join_tables"]


@dataclass(frozen=True, eq=False)
class OneTable:
    """The results of one experiment, and what is the same in all of its rows.

    :param table: all columns of the results
    """

    name: str
    metadata: dict[str, Any]
    table: pd.DataFrame | Columns

    @property
    def rows(self) -> int:
        """Number of reports."""
        return self.table.rows if isinstance(self.table, Columns) else len(self.table)

    @property
    def names(self) -> list[str]:
        """Of the columns."""
        return list(self.table.names if isinstance(self.table, Columns) else self.table.columns)

    def cells(self, name: str) -> NDArray[Any] | None:
        """The column ``name``, shape (rows,); None if there is none."""
        if isinstance(self.table, Columns):
            return self.table.columns[name].cells() if name in self.table.columns else None
        return self.table[name].to_numpy() if name in self.table.columns else None


def join_tables(tables: Sequence[OneTable]) -> pd.DataFrame:
    """A row for each report of each experiment, in their order.

    Columns: those of the results, ``tuner_name``, and each entry of the metadata, which takes the
    place of a column of its name: lists of several as ``{name}-0``, ..., dictionaries as JSON. Where an
    experiment lacks a column there is NaN.
    """
    import pandas as pd

    rows = np.array([one.rows for one in tables], dtype=np.int64)
    constants = [{"tuner_name": one.name, **_flat(one.metadata)} for one in tables]
    own = {name for entries in constants for name in entries}
    columns: dict[str, Any] = {}
    for name in dict.fromkeys(name for one in tables for name in one.names):
        if name not in own:
            columns[name] = _joined([one.cells(name) for one in tables], rows)
    for name in dict.fromkeys(name for entries in constants for name in entries):
        values = pd.Series([entries.get(name) for entries in constants])
        columns[name] = values.array.repeat(rows)
    joined: pd.DataFrame = pd.DataFrame(columns, copy=False)
    return joined


def _joined(parts: list[NDArray[Any] | None], rows: NDArray[np.int64]) -> Any:
    """The parts of a column, one after the other; whole numbers become floats where some are missing."""
    import pandas as pd

    filled = [
        np.full(count, np.nan) if part is None else part for part, count in zip(parts, rows, strict=True)
    ]
    kinds = {part.dtype.kind for part in filled}
    if kinds <= {"i", "f", "u"} or kinds == {"b"}:
        return np.concatenate(filled)
    return pd.Series(np.concatenate([part.astype(object) for part in filled])).array


def _flat(metadata: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in metadata.items():
        if isinstance(value, list) and len(value) > 1:
            flat |= {f"{name}-{i}": _cell(item) for i, item in enumerate(value)}
        else:
            flat[name] = _cell((value or [None])[0] if isinstance(value, list) else value)
    return flat


def _cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, (dict, list)) else value
