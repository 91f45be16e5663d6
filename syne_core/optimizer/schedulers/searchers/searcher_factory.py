"""Searchers by name."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from syne_core.errors import UnknownNameError
from syne_core.optimizer.arguments import reject_unknown
from syne_core.optimizer.schedulers.searchers.searcher import BaseSearcher

__all__ = ["SEARCHERS", "searcher_class", "searcher_factory"]

_HERE = "syne_core.optimizer.schedulers.searchers"

#: Where the classes are, imported when they are used. They are constructed with the arguments of
#: ``BaseSearcher`` and those of ``search_options``.
SEARCHERS: dict[str, str] = {
    "bayesopt": f"{_HERE}.bayesopt_searcher:BayesianOptimizationSearcher",
    "grid": f"{_HERE}.grid_searcher:GridSearcher",
    "random": f"{_HERE}.random_searcher:RandomSearcher",
}


def searcher_class(searcher_name: str) -> type[BaseSearcher]:
    """The class of the searcher named ``searcher_name``.

    :raises UnknownNameError: no such searcher
    """
    if searcher_name not in SEARCHERS:
        raise UnknownNameError("searcher", searcher_name, SEARCHERS)
    module, _, name = SEARCHERS[searcher_name].partition(":")
    found: type[BaseSearcher] = getattr(import_module(module), name)
    return found


def searcher_factory(searcher_name: str, config_space: dict[str, Any], **kwargs: Any) -> BaseSearcher:
    """The searcher named ``searcher_name``.

    :param kwargs: arguments of its class; ``debug_log`` of Syne Tune's launchers is passed over
    :raises UnknownNameError: no such searcher, or no such argument
    """
    cls = searcher_class(searcher_name)
    kwargs.pop("debug_log", None)  # the tuner logs what the searcher does
    reject_unknown(kwargs, cls)
    return cls(config_space, **kwargs)
