"""Back-ends: where trials run. Loaded when first used."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what __getattr__ loads, for type checkers and editors
    from syne_core.backend.local.local_backend import LocalBackend
    from syne_core.backend.local.python_backend import PythonBackend

_HOME = {
    "LocalBackend": "syne_core.backend.local.local_backend",
    "PythonBackend": "syne_core.backend.local.python_backend",
}

__all__ = ["LocalBackend", "PythonBackend"]


def __getattr__(name: str) -> object:
    try:
        home = _HOME[name]
    except KeyError:
        raise AttributeError(f"module 'syne_core.backend' has no attribute {name!r}") from None
    return getattr(import_module(home), name)
