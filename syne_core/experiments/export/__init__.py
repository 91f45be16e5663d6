"""Studies for other programs: tables as CSV or Parquet, experiments as studies of Optuna.

The ending of the file decides. ``load_experiments_df`` is the same for pandas, with all metadata.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from syne_core.errors import UsageError
from syne_core.experiments.study_results import StudyResults

__all__ = ["ENDINGS", "check_export_path", "export_study"]

#: Endings of files, and what writes them: module and function.
ENDINGS = {
    ".csv": ("table", "write_csv"),
    ".csv.gz": ("table", "write_csv"),
    ".parquet": ("table", "write_parquet"),
    ".db": ("optuna_storage", "write_optuna_sqlite"),
    ".sqlite3": ("optuna_storage", "write_optuna_sqlite"),
    ".journal": ("optuna_storage", "write_optuna_journal"),
}


def check_export_path(path: Path) -> str:
    """The ending of ``path`` that decides on the format.

    :raises UsageError: it is none of ``ENDINGS``, or there is no such folder
    """
    ending = next((e for e in sorted(ENDINGS, key=len, reverse=True) if path.name.endswith(e)), None)
    if ending is None:
        raise UsageError(f"'{path}' says no format; a file may end with: {', '.join(ENDINGS)}")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"There is no folder '{path.parent}' to write '{path.name}' to")
    return ending


def export_study(
    study: StudyResults, path: Path, on_progress: Callable[[int, int], None] | None = None
) -> int:
    """Write ``study`` to ``path``, in the format of its ending; a file there is replaced.

    :param on_progress: gets the experiments written so far, and all
    :returns: rows of the table, or trials
    :raises UsageError: see ``check_export_path``
    :raises MissingDependencyError: what writes the format is not installed
    :raises ResultsError: results have become unreadable since they were loaded
    """
    module, function = ENDINGS[check_export_path(path)]
    write = getattr(import_module(f"{__name__}.{module}"), function)
    count: int = write(study, path, on_progress)
    return count
