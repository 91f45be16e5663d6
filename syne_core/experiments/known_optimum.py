"""The best possible value of a benchmark, where it is known: problems given by a formula."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from syne_core.errors import SyneError
from syne_core.experiments.metadata import text_entry

__all__ = ["known_optimum"]

_KEYS = ("blackbox", "blackbox_name", "blackbox_settings")


def known_optimum(metadata: Sequence[Mapping[str, Any]], metric: str) -> float | None:
    """The optimum of ``metric``, without noise, at the largest resource; None if it is not known.

    :param metadata: of all experiments on the benchmark, which must have run the same problem
    """
    first = metadata[0] if metadata else {}
    name = text_entry(first, "blackbox_name")
    if name is None or any(one.get(key) != first.get(key) for one in metadata for key in _KEYS):
        return None
    found = _optimum(name, str(first.get("blackbox")))
    return found[1] if found is not None and found[0] == metric else None


@lru_cache(maxsize=64)
def _optimum(name: str, kind: str) -> tuple[str, float] | None:
    """Metric and optimum of the problem called ``name``; the search of some takes a second."""
    from syne_core.blackbox.analytic.formula import Optimum
    from syne_core.blackbox.analytic.names import make_problem

    try:
        problem = make_problem(name)
    except SyneError:
        return None
    if problem is None or type(problem).__name__ != kind:  # a table may be called like a problem
        return None
    optimum = getattr(problem, "optimum", None)
    return (problem.metric_names[0], float(optimum.value)) if isinstance(optimum, Optimum) else None
