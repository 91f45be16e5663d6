"""A study as one table: a row for each report, with what tells its experiment from the others."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from syne_core.atomic_file import replacing
from syne_core.errors import MissingDependencyError
from syne_core.experiments.joined_table import OneTable, join_tables
from syne_core.experiments.results_reader import load_columns
from syne_core.experiments.study_results import StudyResults

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["study_table", "write_csv", "write_parquet"]

OnProgress = Callable[[int, int], None]


def study_table(study: StudyResults, on_progress: OnProgress | None = None) -> pd.DataFrame:
    """The reports of all experiments of ``study``.

    Columns: ``tag``, ``benchmark``, ``method``, ``n_workers``, ``seed``, ``experiment`` (name of the
    folder); then those of ``results.csv.zip``. Times are in seconds.

    :raises ResultsError: results have become unreadable since they were loaded
    """
    found = [
        (setup.tag, seed.folder)
        for benchmark in study.benchmarks
        for setup in benchmark.setups
        for seed in setup.seeds
    ]
    tables = []
    for number, (tag, folder) in enumerate(found, start=1):
        identity = {
            "tag": tag,
            "benchmark": folder.benchmark,
            "method": folder.method,
            "n_workers": folder.n_workers,
            "seed": folder.seed,
        }
        tables.append(OneTable(folder.name, identity, load_columns(folder.path, folder.metadata)))
        if on_progress is not None:
            on_progress(number, len(found))
    joined = join_tables(tables).rename(columns={"tuner_name": "experiment"})
    first = ["tag", "benchmark", "method", "n_workers", "seed", "experiment"]
    ordered: pd.DataFrame = joined[[*first, *(name for name in joined.columns if name not in first)]]
    return ordered


def write_csv(study: StudyResults, path: Path, on_progress: OnProgress | None = None) -> int:
    """Write ``study_table`` as CSV, packed if ``path`` ends with ``.gz``; the number of rows.

    Floats are written so that they read back as the same; what is missing is empty.
    """
    table = study_table(study, on_progress)
    with replacing(path) as file:
        if path.suffix == ".gz":
            # Without the time of day: the same study, the same bytes.
            with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
                _write_text(table, cast(IO[bytes], packed))
        else:
            _write_text(table, file)
    return len(table)


def write_parquet(study: StudyResults, path: Path, on_progress: OnProgress | None = None) -> int:
    """Write ``study_table`` as Parquet; the number of rows.

    :raises MissingDependencyError: there is neither pyarrow nor fastparquet
    """
    table = _of_plain_types(study_table(study, on_progress))
    content = io.BytesIO()
    try:
        table.to_parquet(content, index=False)
    except ImportError:
        raise MissingDependencyError("pyarrow", "export") from None
    with replacing(path) as file:
        file.write(content.getvalue())
    return len(table)


def _write_text(table: pd.DataFrame, file: IO[bytes]) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8", errors="backslashreplace", newline="")
    table.to_csv(text, index=False, lineterminator="\n")
    text.detach()


def _of_plain_types(table: pd.DataFrame) -> pd.DataFrame:
    """Columns that mix types become text: a column of Parquet has one type."""
    changed: dict[str, Any] = {}
    for name in table.columns:
        column = table[name]
        if column.dtype == object and column.dropna().map(type).nunique() > 1:
            changed[name] = column.map(str, na_action="ignore")
    plain: pd.DataFrame = table.assign(**changed)
    return plain
