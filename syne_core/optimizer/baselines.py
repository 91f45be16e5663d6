"""Well-known methods, as schedulers with their settings."""

from __future__ import annotations

from typing import Any

from syne_core.errors import UsageError
from syne_core.optimizer.scheduler import TrialScheduler
from syne_core.optimizer.schedulers.fifo import FIFOScheduler
from syne_core.optimizer.schedulers.hyperband import HyperbandScheduler

__all__ = ["ASHA", "MOBSTER", "BayesianOptimization", "GridSearch", "RandomSearch", "baselines_dict"]


class RandomSearch(FIFOScheduler):
    """Random search: every configuration is drawn at random, and trained to the end.

    :param kwargs: arguments of ``FIFOScheduler``; ``search_options`` are those of ``RandomSearcher``
    """

    def __init__(self, config_space: dict[str, Any], metric: str, **kwargs: Any) -> None:
        super().__init__(config_space, **_with_searcher(self, "random", kwargs), metric=metric)


class GridSearch(FIFOScheduler):
    """Grid search: the points of a grid in random order, each trained to the end.

    :param kwargs: arguments of ``FIFOScheduler``; ``search_options`` are those of ``GridSearcher``
    """

    def __init__(self, config_space: dict[str, Any], metric: str, **kwargs: Any) -> None:
        super().__init__(config_space, **_with_searcher(self, "grid", kwargs), metric=metric)


class ASHA(HyperbandScheduler):
    """Asynchronous successive halving with random configurations (Li et al. 2020).

    :param kwargs: arguments of ``HyperbandScheduler``; ``max_resource_attr`` or ``max_t`` is needed.
        ``type`` is ``"stopping"`` unless given, as in Syne Tune
    """

    def __init__(self, config_space: dict[str, Any], metric: str, resource_attr: str, **kwargs: Any) -> None:
        kwargs = _with_searcher(self, "random", kwargs)
        super().__init__(config_space, metric=metric, resource_attr=resource_attr, **kwargs)


class BayesianOptimization(FIFOScheduler):
    """Bayesian optimisation with a Gaussian process; every configuration is trained to the end.

    :param kwargs: arguments of ``FIFOScheduler``; ``search_options`` are those of
        ``BayesianOptimizationSearcher``
    """

    def __init__(self, config_space: dict[str, Any], metric: str, **kwargs: Any) -> None:
        super().__init__(config_space, **_with_searcher(self, "bayesopt", kwargs), metric=metric)


class MOBSTER(HyperbandScheduler):
    """ASHA whose configurations come from a Gaussian process over configuration and resource.

    Klein et al. 2020, "Model-based asynchronous hyperparameter and neural architecture search".

    :param kwargs: arguments of ``HyperbandScheduler``; ``max_resource_attr`` or ``max_t`` is needed.
        ``type`` is ``"stopping"`` unless given, as in Syne Tune. ``search_options`` are those of
        ``BayesianOptimizationSearcher``
    """

    def __init__(self, config_space: dict[str, Any], metric: str, resource_attr: str, **kwargs: Any) -> None:
        kwargs = _with_searcher(self, "bayesopt", kwargs)
        super().__init__(config_space, metric=metric, resource_attr=resource_attr, **kwargs)


def _with_searcher(scheduler: TrialScheduler, name: str, kwargs: dict[str, Any]) -> dict[str, Any]:
    """``kwargs`` with the searcher that defines the method.

    :raises UsageError: another one was given
    """
    given = kwargs.get("searcher", name)
    if given != name:
        raise UsageError(f"{type(scheduler).__name__} has searcher '{name}', not {given!r}")
    return {**kwargs, "searcher": name}


#: Methods by the names that Syne Tune shows for them.
baselines_dict: dict[str, type[TrialScheduler]] = {
    "Random Search": RandomSearch,
    "Grid Search": GridSearch,
    "Bayesian Optimization": BayesianOptimization,
    "ASHA": ASHA,
    "MOBSTER": MOBSTER,
}
