"""Which experiments of a study count: those asked for, and of several alike the newest."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence

from syne_core.errors import UnknownNameError
from syne_core.experiments.experiment_folder import ExperimentFolder

__all__ = ["newest_of_each", "select_experiments"]

logger = logging.getLogger(__name__)


def select_experiments(
    folders: Iterable[ExperimentFolder], benchmarks: Sequence[str] = (), methods: Sequence[str] = ()
) -> list[ExperimentFolder]:
    """Those of ``folders`` with one of the benchmarks and one of the methods; none given means all.

    :raises UnknownNameError: a name that no experiment has
    """
    chosen = list(folders)
    _check("benchmark", benchmarks, {folder.benchmark for folder in chosen})
    _check("method", methods, {folder.method for folder in chosen})
    if benchmarks:
        chosen = [folder for folder in chosen if folder.benchmark in benchmarks]
    if methods:
        chosen = [folder for folder in chosen if folder.method in methods]
    return chosen


def newest_of_each(
    folders: Iterable[ExperimentFolder],
) -> tuple[list[ExperimentFolder], list[ExperimentFolder]]:
    """The newest experiment of each benchmark, method, number of workers and seed; and the others.

    Running a study again with other settings makes another folder, which is no other repetition. So
    each of the others is warned of, with the one that takes its place.
    """
    groups: dict[tuple[object, ...], list[ExperimentFolder]] = defaultdict(list)
    for folder in folders:
        groups[folder.benchmark, folder.method, folder.n_workers, folder.seed].append(folder)
    newest, others = [], []
    for group in groups.values():
        group.sort(key=lambda folder: (folder.created, str(folder.path)))
        newest.append(group[-1])
        others += group[:-1]
        for old in group[:-1]:
            logger.warning(
                "%s is left out: %s is newer and of the same method, seed and benchmark",
                old.path,
                group[-1].path,
            )
    return newest, others


def _check(kind: str, names: Sequence[str], known: set[str]) -> None:
    for name in names:
        if name not in known:
            raise UnknownNameError(kind, name, known)
