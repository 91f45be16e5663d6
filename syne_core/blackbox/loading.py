"""Blackboxes by name or folder."""

from __future__ import annotations

from pathlib import Path

from syne_core.blackbox.analytic import make_problem, problem_names
from syne_core.blackbox.blackbox import Blackbox
from syne_core.blackbox.curve_regression import Estimator
from syne_core.blackbox.foreign_cells import TimeColumn
from syne_core.blackbox.hub import HUB_PREFIX, download, split_hub_name
from syne_core.blackbox.mistakes import brief
from syne_core.blackbox.surrogates import add_surrogate
from syne_core.blackbox.syne_tune_files import SPACE_FILE, is_syne_tune_folder, load_syne_tune
from syne_core.blackbox.table_files import HEADER_FILE, is_table_folder, load_table
from syne_core.blackbox.tabular import BlackboxTabular
from syne_core.config_space import config_space_size
from syne_core.errors import BlackboxError, UnknownNameError

__all__ = ["blackbox_digest", "list_blackboxes", "load_blackbox"]

_TABLES = Path(__file__).parent / "tables"


def list_blackboxes() -> dict[str, str]:
    """Names that :func:`load_blackbox` takes, each with what it is: ``"table"`` or ``"problem"``."""
    tables = sorted(folder.name for folder in _TABLES.glob("*") if is_table_folder(folder))
    return dict.fromkeys(tables, "table") | dict.fromkeys(problem_names(), "problem")


def load_blackbox(
    source: str | Path,
    *,
    surrogate: str | Estimator | None = "auto",
    elapsed_time_attr: str | None = None,
    time_per_resource: bool = False,
    seconds_per_resource: float | None = None,
    nearest_values: bool = False,
) -> Blackbox:
    """The blackbox that ``source`` names.

    The last four arguments are for tables of Syne Tune only.

    :param source: a folder that :func:`~syne_core.blackbox.save_blackbox` or Syne Tune wrote, where a task of
        several is named as if it were a subfolder; a name of :func:`list_blackboxes`; or
        ``hf:NAME/TASK``: Syne Tune's table NAME on the Hugging Face hub
    :param surrogate: for tables: ``"auto"`` is ``"nearest"`` unless the table holds all configurations of
        its space; None: the bare table; else as in :func:`~syne_core.blackbox.add_surrogate`
    :param elapsed_time_attr: which objective is the time; None: guess
    :param time_per_resource: it holds the seconds of each resource step, to be summed up
    :param seconds_per_resource: there is none; each unit of the resource takes so long
    :param nearest_values: move hyperparameters that are not in the space to the nearest value that is
    :raises BlackboxError: the blackbox is damaged or does not fit the arguments
    :raises UnknownNameError: neither a folder nor a known name
    :raises MissingDependencyError: a library for Parquet or the hub is not installed
    """
    time = TimeColumn(elapsed_time_attr, time_per_resource, seconds_per_resource)
    found = _load(source, time, nearest_values)
    if surrogate is None or not isinstance(found, BlackboxTabular):
        return found
    if isinstance(surrogate, str) and surrogate == "auto":
        is_whole = config_space_size(found.config_space, None) == len(found.configurations)
        return found if is_whole else add_surrogate(found)
    return add_surrogate(found, surrogate)


def _load(source: str | Path, time: TimeColumn, nearest_values: bool) -> Blackbox:
    if not isinstance(source, (str, Path)) or not str(source):
        raise BlackboxError(f"a blackbox is given by a name or a folder, not {brief(source)}")
    foreign = _foreign(source)
    if foreign is not None:
        return load_syne_tune(*foreign, time=time, nearest_values=nearest_values)
    if time != TimeColumn() or nearest_values:
        raise BlackboxError(f"{source}: arguments about its time or values are for tables of Syne Tune")
    folder = Path(source).expanduser()
    for place in (_TABLES / str(source), folder):
        if is_table_folder(place):
            return load_table(place)
    problem = make_problem(str(source))
    if problem is not None:
        return problem
    if folder.is_dir():
        raise BlackboxError(f"{folder} holds no blackbox: neither {HEADER_FILE} nor Syne Tune's {SPACE_FILE}")
    if isinstance(source, Path) or folder.name != str(source):
        raise BlackboxError(f"{source}: no such folder")
    raise UnknownNameError("blackbox", str(source), list_blackboxes())


def _foreign(source: str | Path) -> tuple[Path, str | None] | None:
    """Folder and task, if Syne Tune wrote it."""
    if isinstance(source, str) and source.startswith(HUB_PREFIX):
        name, task = split_hub_name(source)
        return download(name), task
    folder = Path(source).expanduser()
    if is_table_folder(folder):
        return None
    if is_syne_tune_folder(folder):
        return folder, None
    return (folder.parent, folder.name) if is_syne_tune_folder(folder.parent) else None


def blackbox_digest(source: str | Path | Blackbox) -> str:
    """sha256, as hexadecimal digits, of what decides the answers of ``source``.

    :raises BlackboxError: as :func:`load_blackbox`
    """
    return (source if isinstance(source, Blackbox) else load_blackbox(source)).digest()
