"""Load experiments: one by name, or all, as list or as one table. Signatures are Syne Tune 0.13's.

Differences from there: the default of ``root`` is looked up at the time of the call; a folder that
cannot be read is warned of by name and left out; nothing is downloaded and nothing is unpickled.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syne_core.errors import ResultsError, nearest_name
from syne_core.experiments.experiment_folder import ExperimentFolder, read_experiment_folder
from syne_core.experiments.experiment_result import ExperimentResult
from syne_core.experiments.joined_table import OneTable, join_tables
from syne_core.experiments.results_reader import load_columns
from syne_core.experiments.scan import experiment_folders, scan_experiments
from syne_core.paths import experiment_path

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["get_metadata", "list_experiments", "load_experiment", "load_experiments_df"]

logger = logging.getLogger(__name__)

PathFilter = Callable[[str], bool]
ExperimentFilter = Callable[[ExperimentResult], bool]


def load_experiment(
    tuner_name: str,
    download_if_not_found: bool = True,
    load_tuner: bool = False,
    local_path: str | Path | None = None,
    experiment_name: str | None = None,
) -> ExperimentResult:
    """The experiment ``tuner_name``.

    :param tuner_name: its folder below the root, or the last part of that
    :param download_if_not_found: accepted for Syne Tune's sake; nothing is downloaded
    :param load_tuner: likewise; ``tuner`` of the result is None
    :param local_path: root of all experiments; default as for ``experiment_path``
    :param experiment_name: tag of the study, needed only if several have a ``tuner_name``
    :raises ResultsError: there is no such experiment, several, or its files are damaged
    """
    folder = _find(tuner_name, experiment_path(local_path=local_path), experiment_name)
    try:
        return read_experiment_folder(folder).load()
    except ResultsError as error:
        raise ResultsError(f"{folder}: {error}") from None


def get_metadata(
    path_filter: PathFilter | None = None, root: str | Path | None = None
) -> dict[str, dict[str, Any]]:
    """Content of ``metadata.json`` by name of experiment, with ``path``, the folder that holds it.

    :param path_filter: gets the experiment's folder; only those it accepts are kept
    :param root: default: ``experiment_path()``
    """
    good = scan_experiments(root).good
    return {
        found.name: {**found.metadata, "path": str(found.path.parent)}
        for found in good
        if path_filter is None or path_filter(str(found.path))
    }


def list_experiments(
    path_filter: PathFilter | None = None,
    experiment_filter: ExperimentFilter | None = None,
    root: str | Path | None = None,
    load_tuner: bool = False,
) -> list[ExperimentResult]:
    """All experiments below ``root`` with their results, the newest first.

    :param path_filter: gets the path of ``metadata.json``; others are not loaded
    :param experiment_filter: gets the loaded experiment
    :param root: default: ``experiment_path()``
    :param load_tuner: accepted for Syne Tune's sake
    """
    loaded = (_load_or_warn(folder) for folder in _newest_first(path_filter, root))
    experiments = [one for one in loaded if one is not None]
    return [one for one in experiments if experiment_filter is None or experiment_filter(one)]


def load_experiments_df(
    path_filter: PathFilter | None = None,
    experiment_filter: ExperimentFilter | None = None,
    root: str | Path | None = None,
    load_tuner: bool = False,
) -> pd.DataFrame:
    """The results of all experiments in one table, a row for each report; arguments as above.

    Columns: those of the results, ``tuner_name``, and each entry of the metadata, which takes the
    place of a column of its name: lists of several as ``{name}-0``, ..., dictionaries as JSON. No
    experiments, or none with a report, make an empty table.
    """
    import pandas as pd

    if experiment_filter is None:
        read = (_read_or_warn(folder) for folder in _newest_first(path_filter, root))
        tables = [table for table in read if table is not None]
    else:
        listed = list_experiments(path_filter, experiment_filter, root, load_tuner)
        tables = [OneTable(one.name, one.metadata, one.results) for one in listed]
    tables = [table for table in tables if table.rows]
    return join_tables(tables) if tables else pd.DataFrame(columns=["trial_id", "tuner_name"])


def _find(tuner_name: str, root: Path, experiment_name: str | None) -> Path:
    direct = root / tuner_name
    if direct.is_dir():
        return direct
    below = root / experiment_name if experiment_name else root
    folders = list(experiment_folders(below, []))
    found = [folder for folder in folders if folder.name == tuner_name]
    if len(found) == 1:
        return found[0]
    if found:
        raise ResultsError(f"'{tuner_name}' is not unique: {', '.join(map(str, found))}")
    near = nearest_name(tuner_name, [folder.name for folder in folders])
    hint = f"; did you mean '{near}'?" if near else ""
    raise ResultsError(f"There is no experiment '{tuner_name}' in {below}{hint}")


def _newest_first(path_filter: PathFilter | None, root: str | Path | None) -> list[ExperimentFolder]:
    folders = sorted(scan_experiments(root).good, key=lambda folder: folder.created, reverse=True)
    return [f for f in folders if path_filter is None or path_filter(str(f.path / "metadata.json"))]


def _read_or_warn(folder: ExperimentFolder) -> OneTable | None:
    try:
        return OneTable(folder.name, folder.metadata, load_columns(folder.path, folder.metadata))
    except ResultsError as error:
        logger.warning("%s: %s (left out)", folder.path, error)
        return None


def _load_or_warn(folder: ExperimentFolder) -> ExperimentResult | None:
    try:
        return folder.load()
    except ResultsError as error:
        logger.warning("%s: %s (left out)", folder.path, error)
        return None
