"""Tables that Syne Tune serialised, read from a folder.

Two layouts are known, both with ``configspace.json`` and ``metadata.json``: one with all tasks in
``hyperparameters.parquet``, ``objectives_evaluations.npy`` and ``fidelities_values.npy``, and one in which
each task has files of its own (``TASK-hyperparameters.parquet``, ...).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from syne_core.blackbox.foreign_cells import TimeColumn, elapsed_seconds, fitted_columns, whole_numbers
from syne_core.blackbox.mistakes import brief, refuse, require
from syne_core.blackbox.table_checks import check_cells, domains_of
from syne_core.blackbox.tabular import BlackboxTabular
from syne_core.config_space import Domain, config_space_from_json_dict
from syne_core.errors import BlackboxError, ConfigSpaceError, MissingDependencyError, nearest_name

if TYPE_CHECKING:
    import pandas

__all__ = ["METADATA_FILE", "SPACE_FILE", "is_syne_tune_folder", "load_syne_tune", "read_parquet", "tasks_in"]

#: The configuration space.
SPACE_FILE = "configspace.json"
#: Names of tasks and objectives.
METADATA_FILE = "metadata.json"


@dataclass(frozen=True)
class _Files:
    """Where the parts of one task lie."""

    hyperparameters: Path
    objectives: Path
    fidelities: Path
    fidelity_space: Path


def is_syne_tune_folder(folder: Path) -> bool:
    """Does ``folder`` look as if Syne Tune had written it?"""
    return (folder / SPACE_FILE).is_file() and (folder / METADATA_FILE).is_file()


def tasks_in(folder: Path) -> list[str]:
    """Names of the tasks.

    :raises BlackboxError: ``metadata.json`` is damaged
    """
    tasks = _metadata(folder).get("task_names")
    if not isinstance(tasks, list) or not tasks or not all(isinstance(t, str) and t for t in tasks):
        refuse(str(folder / METADATA_FILE), [f"'task_names' must list names, not {brief(tasks)}"])
    return list(tasks)


def read_parquet(path: Path) -> pandas.DataFrame:
    """A Parquet file.

    :raises MissingDependencyError: there is neither fastparquet nor pyarrow
    :raises BlackboxError: the file is damaged
    """
    import pandas

    try:
        return pandas.read_parquet(path)
    except ImportError:
        raise MissingDependencyError("fastparquet", "blackbox-repository") from None
    except Exception as error:  # each of the two libraries has exceptions of its own
        raise BlackboxError(f"{path}: not Parquet, or damaged: {type(error).__name__}: {error}") from error


def load_syne_tune(
    folder: str | Path,
    task: str | None = None,
    *,
    time: TimeColumn | None = None,
    nearest_values: bool = False,
    read: Callable[[Path], pandas.DataFrame] = read_parquet,
) -> BlackboxTabular:
    """One task of a blackbox that Syne Tune serialised.

    Rows without a single report are left out, and rows with equal configurations become repetitions of
    one; ``provenance`` says how many.

    :param task: which; may be left out if there is one only
    :param time: which objective is the time; None: guessed from the metadata and the usual names
    :param nearest_values: move hyperparameters that are not in the space to the nearest value that is
    :param read: reads a Parquet file
    :raises BlackboxError: with all mistakes that can be seen together
    :raises MissingDependencyError: no library for Parquet
    """
    place = Path(folder)
    metadata, chosen = _metadata(place), _chosen_task(place, task)
    files, is_stacked = _files(place, chosen)
    objectives = _names(place, metadata)
    space = _space(place)
    domains = domains_of(space, str(place / SPACE_FILE))
    cells = _objectives(files.objectives, tasks_in(place).index(chosen) if is_stacked else None, objectives)
    resources = whole_numbers(_array(files.fidelities), str(files.fidelities))
    frame = read(files.hyperparameters)
    _check_sizes(place, cells, len(frame), len(resources), len(objectives))
    time = time or TimeColumn()
    column = time.objective(objectives, metadata.get("metric_elapsed_time"), str(place))
    elapsed = elapsed_seconds(cells, objectives, column, resources, time, str(files.objectives))
    names = [name for name in objectives if name != column]
    metrics = {name: cells[..., objectives.index(name)] for name in names}
    attr = _resource_attr(files.fidelity_space, metadata)
    require(str(files.objectives), check_cells(elapsed, metrics, attr, resources))
    rows = _rows(frame, domains, space, nearest_values, str(files.hyperparameters))
    kept = np.flatnonzero(~np.isnan(elapsed).all(axis=(1, 2))).tolist()
    require(str(place), [] if kept else ["no row has a report"])
    # Views where they will do: a table may take a good part of the memory.
    chosen_rows: Any = kept if len(kept) < len(rows) else slice(None)
    return BlackboxTabular(
        domains,
        [rows[row] for row in kept],
        elapsed[chosen_rows],
        {name: values[chosen_rows] for name, values in metrics.items()},
        resource_attr=attr,
        resources=resources,
        elapsed_time_attr=column or "elapsed_time",
        duplicates="merge",
        provenance=_provenance(chosen, metadata, len(rows) - len(kept)),
        name=f"{folder}/{chosen}",
    )


def _provenance(task: str, metadata: Mapping[str, Any], left_out: int) -> dict[str, Any]:
    known = {
        name: value for name, value in metadata.items() if name not in ("task_names", "objectives_names")
    }
    return {"format": "Syne Tune", "task": task, "rows_left_out": left_out, "metadata": known}


# -- small files --------------------------------------------------------------------------------------


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_bytes().decode())
    except OSError as error:
        raise BlackboxError(f"{path}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise BlackboxError(f"{path}: not JSON, or cut short: {error}") from None
    if not isinstance(value, dict):
        raise BlackboxError(f"{path}: not a JSON object but {brief(value)}")
    return value


def _metadata(folder: Path) -> dict[str, Any]:
    return _json(folder / METADATA_FILE)


def _space(folder: Path) -> dict[str, Any]:
    path = folder / SPACE_FILE
    try:
        return config_space_from_json_dict(_json(path))
    except ConfigSpaceError as error:
        refuse(str(path), str(error).splitlines())


def _names(folder: Path, metadata: Mapping[str, Any]) -> list[str]:
    names = metadata.get("objectives_names")
    good = isinstance(names, list) and names and all(isinstance(n, str) and n for n in names)
    if not good or not isinstance(names, list) or len(set(names)) < len(names):
        refuse(str(folder / METADATA_FILE), [f"'objectives_names' must list names, not {brief(names)}"])
    return names


def _chosen_task(folder: Path, task: str | None) -> str:
    tasks = tasks_in(folder)
    if task is None and len(tasks) == 1:
        return tasks[0]
    if task is None:
        example = f"{folder}/{tasks[0]}"
        raise BlackboxError(
            f"{folder} holds {len(tasks)} tasks; name one, as in '{example}': {', '.join(tasks)}"
        )
    if task not in tasks:
        near = nearest_name(task, tasks)
        hint = f" Did you mean '{near}'?" if near else ""
        raise BlackboxError(f"{folder} has no task '{task}'.{hint} It has: {', '.join(tasks)}")
    return task


def _files(folder: Path, task: str) -> tuple[_Files, bool]:
    """Files of a task, and whether it shares them with the others."""
    stacked = _Files(
        *(folder / name for name in ("hyperparameters.parquet", "objectives_evaluations.npy")),
        *(folder / name for name in ("fidelities_values.npy", "fidelityspace.json")),
    )
    own = _Files(
        *(folder / f"{task}-{name}" for name in ("hyperparameters.parquet", "objectives_evaluations.npy")),
        *(folder / f"{task}-{name}" for name in ("fidelity_values.npy", "fidelity_space.json")),
    )
    if (folder / f"data-{task}.parquet").exists():
        raise BlackboxError(
            f"{folder} holds single evaluations (data-{task}.parquet, a BlackboxOffline), not tables"
        )
    is_own = own.objectives.exists() and not stacked.objectives.exists()
    files = own if is_own else stacked
    needed = (files.hyperparameters, files.objectives, files.fidelities)
    require(str(folder), [f"{path.name} is missing" for path in needed if not path.is_file()])
    return files, not is_own


def _resource_attr(path: Path, metadata: Mapping[str, Any]) -> str:
    names = list(_json(path)) if path.is_file() else []
    require(str(path), [f"{len(names)} fidelities; tables have one"] if len(names) > 1 else [])
    told = metadata.get("time_attr")
    return names[0] if names else told if isinstance(told, str) and told else "epoch"


# -- arrays -------------------------------------------------------------------------------------------


def _array(path: Path) -> NDArray[Any]:
    try:
        # Mapped, since a file may hold many tasks.
        array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise BlackboxError(f"{path}: not an array, or cut short: {error}") from None
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu":
        raise BlackboxError(f"{path}: holds no numbers")
    return array


def _objectives(path: Path, number: int | None, names: Sequence[str]) -> NDArray[Any]:
    """Cells of one task, shape (configurations, seeds, fidelities, objectives)."""
    array = _array(path)
    if array.ndim == 5 and number is not None:
        if number >= len(array):
            refuse(str(path), [f"it has {len(array)} tasks; {METADATA_FILE} names more"])
        array = array[number]
    if array.ndim != 4:
        axes = "configurations, seeds, fidelities and objectives"
        refuse(str(path), [f"its shape {array.shape} is not that of {axes}"])
    return array


def _check_sizes(folder: Path, cells: NDArray[Any], rows: int, resources: int, objectives: int) -> None:
    pairs = [
        ("configurations", cells.shape[0], rows, "rows in the hyperparameters"),
        ("fidelities", cells.shape[2], resources, "fidelity values"),
        ("objectives", cells.shape[3], objectives, f"names in {METADATA_FILE}"),
    ]
    wrong = [f"{has} {axis}, but {other} {what}" for axis, has, other, what in pairs if has != other]
    require(str(folder), [f"objectives_evaluations.npy has {line}" for line in wrong])


def _rows(
    frame: pandas.DataFrame,
    domains: Mapping[str, Domain],
    space: Mapping[str, Any],
    nearest: bool,
    where: str,
) -> list[dict[str, Any]]:
    columns = {str(name): frame[name].tolist() for name in frame.columns}
    given = {name: column for name, column in columns.items() if name in domains or name not in space}
    fitted = fitted_columns(given, domains, nearest, where)
    return [dict(zip(fitted, values, strict=True)) for values in zip(*fitted.values(), strict=True)]
