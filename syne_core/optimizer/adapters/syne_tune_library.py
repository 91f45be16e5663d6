"""Syne Tune 0.16, imported when it is needed: its schedulers by name, and what is known to be wrong there."""

from __future__ import annotations

import importlib
import logging
from typing import Any

from syne_core.errors import MissingDependencyError, UnknownNameError

__all__ = ["SCHEDULERS", "known_faults", "scheduler_class", "syne_tune_module", "syne_tune_version"]

#: Classes of ``syne_tune.optimizer.baselines``, and whether they look at every epoch.
SCHEDULERS: dict[str, bool] = {
    "ASHA": True,
    "ASHABORE": True,
    "ASHACQR": True,
    "BOHB": True,
    "BORE": False,
    "BOTorch": False,
    "CQR": False,
    "REA": False,
    "RandomSearch": False,
    "TPE": False,
}

_LENT = "here it is lent a state of its own, which the seed decides"
_PAIRING = (
    "it pairs configurations in the order of trials with objectives in the order of completion, so with "
    "several workers it is about random search"
)
_BRACKETS = f"it draws brackets and random configurations from the global random state; {_LENT}"
_GLOBAL = f"it draws from the global random state; {_LENT}"
# By class: what its source says, and its runs show.
_FAULTS: dict[str, tuple[str, ...]] = {
    "BOTorch": (_PAIRING, _GLOBAL),
    **dict.fromkeys(("ASHA", "ASHABORE", "ASHACQR", "BOHB"), (_BRACKETS,)),
    **dict.fromkeys(("BORE", "CQR", "REA", "RandomSearch", "TPE"), (_GLOBAL,)),
}


def known_faults(class_name: str) -> list[str]:
    """What is known to be wrong with a scheduler of Syne Tune 0.16, a sentence each."""
    return [f"Syne Tune's {class_name}: {fault}" for fault in _FAULTS.get(class_name, ())]


def syne_tune_version() -> str:
    """The version that is installed."""
    return str(syne_tune_module("syne_tune").__version__)


def scheduler_class(name: str) -> Any:
    """The class ``name`` of ``syne_tune.optimizer.baselines``.

    :raises UnknownNameError: it is not in ``SCHEDULERS``
    :raises MissingDependencyError: Syne Tune is not installed, or what that scheduler needs
    """
    if name not in SCHEDULERS:
        raise UnknownNameError("scheduler of Syne Tune", name, SCHEDULERS)
    if name == "BOTorch":
        try:
            importlib.import_module("botorch")
        except ModuleNotFoundError:
            raise MissingDependencyError("BoTorch", "syne-tune,botorch") from None
    baselines = syne_tune_module("syne_tune.optimizer.baselines")
    if not hasattr(baselines, "CQR"):
        version = syne_tune_version()
        raise MissingDependencyError(f"Syne Tune 0.16, not {version},", "syne-tune")
    return getattr(baselines, name)


def syne_tune_module(name: str) -> Any:
    """A module of Syne Tune's.

    :raises MissingDependencyError: it cannot be imported
    """
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        # It imports libraries of its own extras, which ours brings along.
        missing = error.name or name
        what = "Syne Tune 0.16" if missing.startswith("syne_tune") else f"{missing}, for Syne Tune"
        raise MissingDependencyError(what, "syne-tune") from None
    finally:
        # Importing it sets up logging for the whole process.
        root.setLevel(level)
        for handler in [handler for handler in root.handlers if handler not in handlers]:
            root.removeHandler(handler)
