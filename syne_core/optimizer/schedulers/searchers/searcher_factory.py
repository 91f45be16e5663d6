"""Searchers by name."""

from __future__ import annotations

from typing import Any

from syne_core.errors import UnknownNameError
from syne_core.optimizer.arguments import reject_unknown
from syne_core.optimizer.schedulers.searchers.grid_searcher import GridSearcher
from syne_core.optimizer.schedulers.searchers.random_searcher import RandomSearcher
from syne_core.optimizer.schedulers.searchers.searcher import BaseSearcher

__all__ = ["SEARCHERS", "searcher_factory"]

#: Classes, constructed with the arguments of ``BaseSearcher`` and those of ``search_options``.
SEARCHERS: dict[str, type[BaseSearcher]] = {"grid": GridSearcher, "random": RandomSearcher}


def searcher_factory(searcher_name: str, config_space: dict[str, Any], **kwargs: Any) -> BaseSearcher:
    """The searcher named ``searcher_name``.

    :param kwargs: arguments of its class; ``debug_log`` of Syne Tune's launchers is passed over
    :raises UnknownNameError: no such searcher, or no such argument
    """
    if searcher_name not in SEARCHERS:
        raise UnknownNameError("searcher", searcher_name, SEARCHERS)
    cls = SEARCHERS[searcher_name]
    kwargs.pop("debug_log", None)  # the tuner logs what the searcher does
    reject_unknown(kwargs, cls)
    return cls(config_space, **kwargs)
