"""Tabulated benchmarks: what a trial would report, without running it.

Public names load when first used: the contract alone costs no import of NumPy.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from syne_core.blackbox.blackbox import Blackbox, LearningCurve

if TYPE_CHECKING:  # what __getattr__ loads, for type checkers and editors
    from syne_core.blackbox.held_out import SurrogateError, surrogate_error
    from syne_core.blackbox.loading import blackbox_digest, list_blackboxes, load_blackbox
    from syne_core.blackbox.surrogates import SurrogateBlackbox, add_surrogate
    from syne_core.blackbox.table_files import save_blackbox
    from syne_core.blackbox.tabular import BlackboxTabular, restrict_to_table

_HOME = {
    "BlackboxTabular": "tabular",
    "SurrogateBlackbox": "surrogates",
    "SurrogateError": "held_out",
    "add_surrogate": "surrogates",
    "blackbox_digest": "loading",
    "list_blackboxes": "loading",
    "load_blackbox": "loading",
    "restrict_to_table": "tabular",
    "save_blackbox": "table_files",
    "surrogate_error": "held_out",
}

__all__ = [
    "Blackbox",
    "BlackboxTabular",
    "LearningCurve",
    "SurrogateBlackbox",
    "SurrogateError",
    "add_surrogate",
    "blackbox_digest",
    "list_blackboxes",
    "load_blackbox",
    "restrict_to_table",
    "save_blackbox",
    "surrogate_error",
]


def __getattr__(name: str) -> object:
    try:
        home = _HOME[name]
    except KeyError:
        raise AttributeError(f"module 'syne_core.blackbox' has no attribute {name!r}") from None
    return getattr(import_module(f"syne_core.blackbox.{home}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
