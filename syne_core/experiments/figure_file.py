"""Write a figure to a file."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from syne_core.atomic_file import replacing
from syne_core.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["check_figure_path", "save_figure"]

_DOTS_PER_INCH = 150
_UNDATED = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}
_FORMATS = ("jpg", "pdf", "png", "svg")


def check_figure_path(path: str | Path) -> str:
    """The format that the ending of ``path`` asks for.

    :raises UsageError: no such format
    """
    name = Path(path).suffix.removeprefix(".").lower()
    if name not in _FORMATS:
        valid = ", ".join(f".{known}" for known in _FORMATS)
        raise UsageError(f"Figure file '{path}': the ending must be one of {valid}")
    return name


def save_figure(figure: Figure, path: str | Path, dpi: int = _DOTS_PER_INCH) -> Path:
    """Write ``figure`` to ``path``, whose ending decides the format; its folder is made if absent.

    :param dpi: dots per inch, of formats that have dots
    :returns: the path
    :raises UsageError: no such format, or the file cannot be written
    """
    file_format = check_figure_path(path)
    from matplotlib import rc_context

    content = io.BytesIO()
    with rc_context({"svg.hashsalt": "synebench"}):  # the same figure makes the same file
        figure.savefig(content, format=file_format, dpi=dpi, metadata=_UNDATED.get(file_format))
    target = Path(path).expanduser()
    try:
        with replacing(target) as file:
            file.write(content.getvalue())
    except OSError as error:
        raise UsageError(f"Figure file '{path}' cannot be written: {error.strerror or error}") from None
    return target
