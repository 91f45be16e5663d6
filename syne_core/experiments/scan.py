"""Find experiments below a folder. One that cannot be read is named, set aside, and the rest is found."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from syne_core.errors import ResultsError, UnknownNameError
from syne_core.experiments.experiment_folder import (
    BrokenExperiment,
    ExperimentFolder,
    read_experiment_folder,
)
from syne_core.paths import ExperimentPaths, experiment_path

__all__ = ["ScannedExperiments", "experiment_folders", "scan_experiments", "scan_study", "study_tags"]

logger = logging.getLogger(__name__)


class ScannedExperiments(NamedTuple):
    """Experiments that can be read and folders that cannot, both by path."""

    good: list[ExperimentFolder]
    broken: list[BrokenExperiment]


def scan_experiments(root: str | Path | None = None) -> ScannedExperiments:
    """All experiments in or below ``root``, without their results; broken ones are warned of.

    Reads two small files for each experiment, and nothing of its trials.

    :param root: default: the root of all experiments
    """
    found = ScannedExperiments([], [])
    folder = experiment_path() if root is None else Path(root)
    for path in experiment_folders(folder, found.broken):
        try:
            found.good.append(read_experiment_folder(path))
        except ResultsError as error:
            found.broken.append(BrokenExperiment(path, str(error)))
    for broken in found.broken:
        logger.warning("%s (left out)", broken)
    return found


def scan_study(tag: str, root: str | Path | None = None) -> ScannedExperiments:
    """The experiments of the study ``tag``.

    :raises UnknownNameError: there is no such study
    """
    folder = experiment_path() if root is None else Path(root)
    tags = study_tags(folder)
    if tag not in tags:
        kind = "experiment tag" if tags else f"experiment tag (there are no studies in {folder})"
        raise UnknownNameError(kind, tag, tags)
    return scan_experiments(folder / tag)


def study_tags(root: str | Path | None = None) -> list[str]:
    """Names of the studies below ``root``."""
    folder = experiment_path() if root is None else Path(root)
    try:
        return sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
    except OSError:
        return []


def experiment_folders(root: Path, unreadable: list[BrokenExperiment]) -> Iterator[Path]:
    """Folders that hold an experiment or the beginnings of one, by path.

    :param unreadable: takes the folders that may not be entered
    """

    def refused(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):  # somebody removed it meanwhile
            unreadable.append(BrokenExperiment(Path(error.filename), str(error.strerror)))

    markers = _markers()
    for path, folders, files in os.walk(root, onerror=refused):
        is_experiment = not markers.isdisjoint(files)
        # Folders of trials are many, large, and may hold a metadata.json of their own.
        folders[:] = sorted(f for f in folders if not (is_experiment and _is_of_trials(f)))
        if is_experiment:
            yield Path(path)


def _markers() -> set[str]:
    paths = ExperimentPaths(Path())
    files = (paths.metadata, paths.status, paths.results, paths.journal, paths.log)
    return {file.name for file in files} | {"results.csv"}


def _is_of_trials(folder: str) -> bool:
    return folder == ExperimentPaths(Path()).trials.name or folder.isdecimal()
