"""Blackboxes by name or folder."""

from __future__ import annotations

from pathlib import Path

from syne_core.blackbox.analytic import make_problem, problem_names
from syne_core.blackbox.blackbox import Blackbox
from syne_core.blackbox.mistakes import brief
from syne_core.blackbox.table_files import is_table_folder, load_table
from syne_core.errors import BlackboxError, UnknownNameError

__all__ = ["blackbox_digest", "list_blackboxes", "load_blackbox"]

_TABLES = Path(__file__).parent / "tables"


def list_blackboxes() -> dict[str, str]:
    """Names that :func:`load_blackbox` takes, each with what it is: ``"table"`` or ``"problem"``."""
    tables = sorted(folder.name for folder in _TABLES.glob("*") if is_table_folder(folder))
    return dict.fromkeys(tables, "table") | dict.fromkeys(problem_names(), "problem")


def load_blackbox(source: str | Path) -> Blackbox:
    """The blackbox that ``source`` names.

    :param source: a folder; or a name of :func:`list_blackboxes`
    :raises BlackboxError: the folder is damaged or holds no blackbox
    :raises UnknownNameError: neither a folder nor a known name
    """
    if not isinstance(source, (str, Path)) or not str(source):
        raise BlackboxError(f"a blackbox is given by a name or a folder, not {brief(source)}")
    folder = Path(source).expanduser()
    if str(source) in list_blackboxes():
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
