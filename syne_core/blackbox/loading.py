"""Blackboxes by name or folder."""

from __future__ import annotations

from pathlib import Path

from syne_core.blackbox.analytic import make_problem, problem_names
from syne_core.blackbox.blackbox import Blackbox
from syne_core.blackbox.curve_regression import Estimator
from syne_core.blackbox.mistakes import brief
from syne_core.blackbox.surrogates import add_surrogate
from syne_core.blackbox.table_files import is_table_folder, load_table
from syne_core.blackbox.tabular import BlackboxTabular
from syne_core.config_space import config_space_size
from syne_core.errors import BlackboxError, UnknownNameError

__all__ = ["blackbox_digest", "list_blackboxes", "load_blackbox"]

_TABLES = Path(__file__).parent / "tables"


def list_blackboxes() -> dict[str, str]:
    """Names that :func:`load_blackbox` takes, each with what it is: ``"table"`` or ``"problem"``."""
    tables = sorted(folder.name for folder in _TABLES.glob("*") if is_table_folder(folder))
    return dict.fromkeys(tables, "table") | dict.fromkeys(problem_names(), "problem")


def load_blackbox(source: str | Path, *, surrogate: str | Estimator | None = "auto") -> Blackbox:
    """The blackbox that ``source`` names.

    :param source: a folder; or a name of :func:`list_blackboxes`
    :param surrogate: for tables: ``"auto"`` is ``"nearest"`` unless the table holds all configurations of
        its space; None: the bare table; else as in :func:`~syne_core.blackbox.add_surrogate`
    :raises BlackboxError: the folder is damaged or holds no blackbox
    :raises UnknownNameError: neither a folder nor a known name
    """
    found = _load(source)
    if surrogate is None or not isinstance(found, BlackboxTabular):
        return found
    if isinstance(surrogate, str) and surrogate == "auto":
        is_whole = config_space_size(found.config_space, None) == len(found.configurations)
        return found if is_whole else add_surrogate(found)
    return add_surrogate(found, surrogate)


def _load(source: str | Path) -> Blackbox:
    if not isinstance(source, (str, Path)) or not str(source):
        raise BlackboxError(f"a blackbox is given by a name or a folder, not {brief(source)}")
    folder = Path(source).expanduser()
    if is_table_folder(_TABLES / str(source)):
        folder = _TABLES / str(source)
    if is_table_folder(folder):
        return load_table(folder)
    problem = make_problem(str(source))
    if problem is not None:
        return problem
    if folder.is_dir():
        raise BlackboxError(f"{folder} holds no blackbox")
    raise UnknownNameError("blackbox", str(source), list_blackboxes())


def blackbox_digest(source: str | Path | Blackbox) -> str:
    """sha256, as hexadecimal digits, of what decides the answers of ``source``.

    :raises BlackboxError: as :func:`load_blackbox`
    """
    return (source if isinstance(source, Blackbox) else load_blackbox(source)).digest()
