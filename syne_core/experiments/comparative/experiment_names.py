"""From names of experiments to folders: ``experiment_names``, ``with_subdirs`` and ``datetime_bounds``.

An experiment lies in ``{root}/{name}/{with_subdirs}/{name}-*/``, or, if ``with_subdirs`` is None, in
``{root}/{name}-*/``.
"""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from syne_core.errors import ResultsError, UnknownNameError, UsageError
from syne_core.experiments.experiment_folder import (
    BrokenExperiment,
    ExperimentFolder,
    read_experiment_folder,
)
from syne_core.experiments.scan import experiment_folders, study_tags

__all__ = ["DATETIME_FORMAT", "Bounds", "Moments", "bounds_by_name", "is_within", "named_experiments"]

DATETIME_FORMAT = "%Y-%m-%d-%H-%M-%S"

#: First and last moment, both inclusive, in the format of ``DATETIME_FORMAT``; None: no bound.
Bounds = tuple[str | None, str | None]

Moments = tuple[datetime | None, datetime | None]

# Syne Tune appends time and three letters to the name.
_STAMP = re.compile(r"-(\d{4}(?:-\d\d){5})-\w{3}$")


def named_experiments(
    name: str, root: Path, with_subdirs: str | Sequence[str] | None, broken: list[BrokenExperiment]
) -> list[ExperimentFolder]:
    """The experiments called ``name``, by path, without their results.

    :param broken: takes those that cannot be read
    :raises UnknownNameError: nothing is called like that
    """
    patterns = [with_subdirs] if isinstance(with_subdirs, str) else with_subdirs
    leaf = f"{glob.escape(name)}-*"
    tails = [leaf] if patterns is None else [f"{glob.escape(name)}/{pattern}/{leaf}" for pattern in patterns]
    paths = sorted({path for tail in tails for path in root.glob(tail) if path.is_dir()})
    found = list(_read(paths, broken))
    if not paths and patterns is None:
        raise ResultsError(f"There is no folder {root / f'{name}-*'}")
    if not paths and not (root / name).is_dir():
        raise UnknownNameError("experiment name", name, study_tags(root))
    return found


def bounds_by_name(bounds: Bounds | Mapping[str, Bounds] | None, names: Sequence[str]) -> dict[str, Moments]:
    """The bounds of each of ``names``.

    :raises UsageError: they are no times, or in the wrong order
    """
    if bounds is None or isinstance(bounds, Mapping):
        given = bounds or {}
        if unknown := [name for name in given if name not in names]:
            raise UnknownNameError("experiment name in datetime_bounds,", unknown[0], names)
        return {name: _moments(given.get(name, (None, None))) for name in names}
    return dict.fromkeys(names, _moments(bounds))


def is_within(folder: ExperimentFolder, bounds: Moments) -> bool:
    """Whether ``folder`` was made within ``bounds``.

    :raises ResultsError: nothing says when it was made
    """
    lower, upper = bounds
    if lower is None and upper is None:
        return True
    made = _made(folder)
    return (lower is None or made >= lower) and (upper is None or made <= upper)


def _read(paths: Sequence[Path], broken: list[BrokenExperiment]) -> Iterator[ExperimentFolder]:
    for path in paths:
        if next(experiment_folders(path, broken), None) != path:
            continue  # nothing of an experiment is in it
        try:
            yield read_experiment_folder(path)
        except ResultsError as error:
            broken.append(BrokenExperiment(path, str(error)))


def _moments(bounds: Bounds) -> Moments:
    try:
        lower, upper = (None if one is None else datetime.strptime(one, DATETIME_FORMAT) for one in bounds)
    except (TypeError, ValueError):
        raise UsageError(
            f"datetime_bounds must be two times such as '2026-03-19-22-01-57', or None; they are {bounds!r}"
        ) from None
    if lower is not None and upper is not None and lower > upper:
        raise UsageError(f"datetime_bounds: the first must be before the second; they are {bounds!r}")
    return lower, upper


def _made(folder: ExperimentFolder) -> datetime:
    """In local time, as Syne Tune counts."""
    if stamp := _STAMP.search(folder.name):
        return datetime.strptime(stamp[1], DATETIME_FORMAT)
    if not folder.created:
        raise ResultsError("its metadata do not say when it was made, but there are datetime_bounds")
    return datetime.fromtimestamp(folder.created).replace(microsecond=0)
