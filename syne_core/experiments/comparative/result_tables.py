"""Results of experiments, read once per object that plots them, and what a script wants changed in them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from syne_core.errors import ResultsError, UsageError
from syne_core.experiments.column_file import Columns, number_columns
from syne_core.experiments.comparative.found_experiments import FoundExperiment
from syne_core.experiments.experiment_folder import BrokenExperiment, ExperimentFolder
from syne_core.experiments.incumbent import TIME, metric_values

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ColumnGenerator", "Loaded", "ResultTables", "TableChanges", "last_row"]

logger = logging.getLogger(__name__)

#: From the results of one experiment to a new column of the same length.
ColumnGenerator = Callable[["pd.DataFrame"], Any]

#: Experiments with the columns of their results that are needed.
Loaded = Sequence[tuple[FoundExperiment, Columns]]


@dataclass(frozen=True)
class TableChanges:
    """What a script wants changed in the results of each experiment before they are compared.

    :param one_result_per_trial: only the last report of each trial counts
    :param generator: makes a new column
    :param generated: its name
    """

    one_result_per_trial: bool = False
    generator: ColumnGenerator | None = None
    generated: str = ""

    @property
    def are_none(self) -> bool:
        """Whether the results count as they are."""
        return not self.one_result_per_trial and self.generator is None

    def applied(self, table: pd.DataFrame) -> pd.DataFrame:
        """``table`` with the changes.

        :raises UsageError: the new column exists already
        :raises ResultsError: the generator fails on this table
        """
        if self.one_result_per_trial:
            table = _one_row_per_trial(table)
        return table if self.generator is None else _with_column(table, self.generated, self.generator)


@dataclass
class ResultTables:
    """The results of experiments as they were when first asked for."""

    _columns: dict[tuple[Path, tuple[str, ...]], Columns] = field(default_factory=dict)

    def columns(self, folder: ExperimentFolder, names: tuple[str, ...]) -> Columns:
        """The columns ``names``, as far as they are there.

        :raises ResultsError: the results are damaged
        """
        key = folder.path, names
        if key not in self._columns:
            self._columns[key] = folder.load_numbers(names)
        return self._columns[key]

    def load(
        self, experiments: Sequence[FoundExperiment], names: tuple[str, ...], changes: TableChanges
    ) -> tuple[list[tuple[FoundExperiment, Columns]], list[BrokenExperiment]]:
        """Those of ``experiments`` whose results can be read, with the columns ``names``; and the others,
        which are warned of.

        :raises UsageError: a new column exists already
        """
        loaded, broken = [], []
        for one in experiments:
            try:
                if changes.are_none:
                    loaded.append((one, self.columns(one.folder, names)))
                else:
                    table = changes.applied(one.folder.load().results)
                    loaded.append((one, number_columns(table, names)))
            except ResultsError as error:
                broken.append(BrokenExperiment(one.folder.path, str(error)))
                logger.warning("%s (left out)", broken[-1])
        return loaded, broken


def last_row(table: pd.DataFrame, names: Collection[str]) -> dict[str, Any]:
    """The cells ``names`` of the latest report, as plain Python values; empty without reports."""
    times = metric_values(table, TIME)
    if not np.isfinite(times).any():
        return {}
    row = int(np.nanargmax(times))
    cells = {str(name): table[name].iloc[row] for name in table.columns if name in names}
    return {name: cell.item() if hasattr(cell, "item") else cell for name, cell in cells.items()}


def _one_row_per_trial(table: pd.DataFrame) -> pd.DataFrame:
    """The last report of each trial."""
    times = metric_values(table, TIME)
    trials = table["trial_id"].to_numpy()
    order = np.lexsort((times, trials))
    is_last = np.append(np.diff(trials[order]) != 0, True)[: len(order)]
    last: pd.DataFrame = table.iloc[np.sort(order[is_last])]
    return last


def _with_column(table: pd.DataFrame, name: str, generator: ColumnGenerator) -> pd.DataFrame:
    """``table`` with the column ``name`` that ``generator`` makes of it."""
    if name in table.columns:
        raise UsageError(
            f"dataframe_column_generator makes column '{name}', the metric, but the results have one"
        )
    try:
        column = np.asarray(generator(table))
    except Exception as error:
        raise ResultsError(f"dataframe_column_generator raised {type(error).__name__}: {error}") from error
    if column.shape != (len(table),):
        raise ResultsError(f"dataframe_column_generator makes {column.shape} values, not {len(table)}")
    widened: pd.DataFrame = table.assign(**{name: column})
    return widened
