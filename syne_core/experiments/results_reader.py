"""Read the table of results, so that a column has the same type whatever it happens to hold.

The table is CSV, which knows no types: a column of ``1, 2`` may be text, an empty one may be numbers.
Types follow from the metadata where these say something. Nothing is unpickled. Tables that were read
before come from the index.
"""

from __future__ import annotations

import io
import logging
import zipfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.version import Version

from syne_core.config_space import Domain
from syne_core.errors import JournalError, ResultsError
from syne_core.experiments.column_file import Columns, number_columns, table_columns
from syne_core.experiments.metadata import metadata_config_space, metric_names
from syne_core.experiments.results_index import Source, find_columns, source_of, store_columns
from syne_core.paths import ExperimentPaths
from syne_core.results_table import write_csv

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CONFIG_PREFIX", "load_columns", "load_numbers", "load_results", "read_results"]

logger = logging.getLogger(__name__)

CONFIG_PREFIX = "config_"

_FEWEST_STORED = 50  # rows; fewer are parsed as quickly as they are found
_LARGEST_ID = 2**53  # beyond, floats skip integers
_ODD = (RecursionError, OverflowError)  # of damaged JSON
_MISSING = ["", "nan", "NaN", "NA", "N/A", "<NA>", "None", "null", "NULL"]
_TEXT = ("st_decision", "st_status")
_NUMBERS = ("st_tuner_time", "st_worker_time", "st_worker_timestamp", "st_worker_cost")


def load_results(folder: Path, metadata: Mapping[str, Any]) -> pd.DataFrame:
    """As ``read_results``, from the index if the files are the same as when it was made.

    :param metadata: content of the folder's ``metadata.json``
    """
    source = source_of(folder)
    known = find_columns(source)
    return _read_and_store(folder, metadata, source) if known is None else known.frame()


def load_columns(folder: Path, metadata: Mapping[str, Any]) -> Columns | pd.DataFrame:
    """As ``load_results``, as columns if the index knows them, which saves making a table of each."""
    source = source_of(folder)
    known = find_columns(source)
    return _read_and_store(folder, metadata, source) if known is None else known


def load_numbers(folder: Path, metadata: Mapping[str, Any], names: Collection[str]) -> Columns:
    """The columns ``names``, as far as they are there, of what ``load_results`` returns, as numbers.

    :raises ResultsError: the table is damaged
    """
    source = source_of(folder)
    known = find_columns(source, names)
    if known is None:
        known = number_columns(_read_and_store(folder, metadata, source), names)
    return known


def _read_and_store(folder: Path, metadata: Mapping[str, Any], source: Source) -> pd.DataFrame:
    table = read_results(folder, metadata)
    if len(table) >= _FEWEST_STORED:
        columns = table_columns(table)
        if columns is not None:
            store_columns(source, columns)
    return table


def read_results(folder: Path, metadata: Mapping[str, Any]) -> pd.DataFrame:
    """The results of the experiment in ``folder``, a row for each report; none yet is an empty table.

    Where the journal is newer than the table of results, the journal is read instead.

    ``trial_id`` is int64, metrics and times are float64 (not finite: NaN or infinite), text stays text.

    :raises ResultsError: the table is damaged
    """
    content = _content(folder)
    if content is None or not content.strip():
        return _empty(metadata)
    try:
        return _parse(content, metadata)
    except ResultsError:
        raise
    except (ValueError, OverflowError) as error:
        raise ResultsError(f"the results are damaged: {_first_line(error)}") from None


def _content(folder: Path) -> bytes | None:
    paths = ExperimentPaths(folder)
    packed = paths.results
    try:
        if _is_newer(paths.journal, packed) and (rows := _from_journal(paths.journal)) is not None:
            return _longer(rows, packed)
        if packed.exists():
            return _unpack(packed)
        plain = folder / "results.csv"
        return plain.read_bytes() if plain.exists() else None
    except OSError as error:
        raise ResultsError(f"the results cannot be read: {error.strerror or error}") from None


def _is_newer(journal: Path, table: Path) -> bool:
    """Whether the table lags behind: the experiment is running, or its tuner was killed."""
    if not journal.exists():
        return False
    return not table.exists() or journal.stat().st_mtime_ns > table.stat().st_mtime_ns


def _longer(rows: bytes, packed: Path) -> bytes:
    """``rows`` of the journal, unless it was cut off and the table has more of them."""
    if not packed.exists():
        return rows
    try:
        table = _unpack(packed)
    except (ResultsError, OSError):
        return rows
    return table if table.count(b"\n") > rows.count(b"\n") else rows


def _from_journal(journal: Path) -> bytes | None:
    """The table as the journal has it, None if that is damaged."""
    text = io.StringIO(newline="")
    try:
        write_csv(journal, text)
    except (JournalError, OSError, LookupError, TypeError, AttributeError, ValueError, *_ODD) as error:
        logger.warning("%s: %s; the results may lack the last reports", journal.parent, error)
        return None
    return text.getvalue().encode("utf-8", errors="backslashreplace")


def _unpack(path: Path) -> bytes:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
            if len(members) != 1:
                raise ResultsError(f"{path.name} is damaged: {len(members)} files inside, not one")
            return archive.read(members[0])
    except (OSError, ResultsError):
        raise
    except Exception as error:  # a damaged archive raises nearly anything
        raise ResultsError(f"{path.name} is damaged: {_first_line(error)}") from None


def _parse(content: bytes, metadata: Mapping[str, Any]) -> pd.DataFrame:
    import pandas as pd

    columns = pd.read_csv(io.BytesIO(content), nrows=0).columns
    text_columns = {f"{CONFIG_PREFIX}{name}" for name in _text_hyperparameters(metadata)}
    table: pd.DataFrame = pd.read_csv(
        io.BytesIO(content),
        dtype=dict.fromkeys([*_TEXT, *text_columns], "str"),
        # Categories may be called "NA" or "None".
        na_values={name: [""] if name in text_columns else _MISSING for name in columns},
        keep_default_na=False,
        low_memory=False,
        **_exact_floats(pd.__version__),
    )
    if not isinstance(table.index, pd.RangeIndex):  # pandas took what is too much for an index
        raise ResultsError("the results are damaged: rows have more cells than there are columns")
    if "trial_id" not in table.columns:
        raise ResultsError("the results are damaged: there is no column trial_id")
    if table["trial_id"].dtype != "int64" or table["trial_id"].abs().max() > _LARGEST_ID:
        table["trial_id"] = _whole_numbers(table["trial_id"])
    types = table.dtypes  # a column that is right is left alone: replacing it takes as long as reading it
    for name in {n for n in (*_NUMBERS, *metric_names(metadata)) if types.get(n, "float64") != "float64"}:
        table[name] = pd.to_numeric(table[name], errors="coerce").astype("float64")
    return table


def _exact_floats(pandas_version: str) -> dict[str, Any]:
    """Since 3.1, pandas reads every float as it was written; before, it must be asked to."""
    return {} if Version(pandas_version) >= Version("3.1") else {"float_precision": "round_trip"}


def _whole_numbers(column: pd.Series[Any]) -> pd.Series[Any]:
    import pandas as pd

    if column.empty:
        return column.astype("int64")
    numbers = pd.to_numeric(column, errors="coerce")
    if numbers.isna().any() or (numbers % 1 != 0).any() or (numbers.abs() > _LARGEST_ID).any():
        raise ResultsError("the results are damaged: a trial_id is not a whole number")
    return numbers.astype("int64")


def _text_hyperparameters(metadata: Mapping[str, Any]) -> list[str]:
    """Names of hyperparameters and constants whose values are text."""
    space = metadata_config_space(metadata)
    kinds = {n: e.value_type if isinstance(e, Domain) else type(e) for n, e in space.items()}
    return [name for name, kind in kinds.items() if kind is str]


def _empty(metadata: Mapping[str, Any]) -> pd.DataFrame:
    import pandas as pd

    types = dict.fromkeys(metric_names(metadata), "float64")
    types |= {"trial_id": "int64", "st_decision": "str", "st_status": "str", "st_tuner_time": "float64"}
    table: pd.DataFrame = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in types.items()})
    return table


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0] or type(error).__name__
