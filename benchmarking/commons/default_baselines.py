"""The methods: named ways to build a scheduler, and their registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarking.commons.registry import Registry
from syne_core.optimizer.scheduler import TrialScheduler

__all__ = [
    "ASHA",
    "METHODS",
    "MOBSTER",
    "MSR",
    "BayesianOptimization",
    "GridSearch",
    "Method",
    "MethodArguments",
    "RandomSearch",
]


@dataclass(frozen=True)
class MethodArguments:
    """What a method builds its scheduler from.

    :param config_space: domains and constants by name
    :param random_seed: seed of the scheduler
    :param resource_attr: name of the resource in reports
    :param max_resource_attr: name of the constant in ``config_space`` that limits the resource
    :param scheduler_kwargs: further arguments of the scheduler
    """

    config_space: dict[str, Any]
    metric: str
    mode: str
    random_seed: int
    resource_attr: str | None = None
    max_resource_attr: str | None = None
    scheduler_kwargs: dict[str, Any] = field(default_factory=dict)


Method = Callable[[MethodArguments], TrialScheduler]


def RandomSearch(method_arguments: MethodArguments, **kwargs: Any) -> TrialScheduler:
    """Random search.

    :param kwargs: arguments of ``syne_core.optimizer.baselines.RandomSearch``
    """
    from syne_core.optimizer.baselines import RandomSearch as Scheduler

    return Scheduler(**{**_common(method_arguments), **kwargs})


def GridSearch(method_arguments: MethodArguments, **kwargs: Any) -> TrialScheduler:
    """Grid search, in random order.

    :param kwargs: arguments of ``syne_core.optimizer.baselines.GridSearch``
    """
    from syne_core.optimizer.baselines import GridSearch as Scheduler

    return Scheduler(**{**_common(method_arguments), **kwargs})


def BayesianOptimization(method_arguments: MethodArguments, **kwargs: Any) -> TrialScheduler:
    """Bayesian optimisation with a Gaussian process.

    :param kwargs: arguments of ``syne_core.optimizer.baselines.BayesianOptimization``
    """
    from syne_core.optimizer.baselines import BayesianOptimization as Scheduler

    return Scheduler(**{**_common(method_arguments), **kwargs})


def ASHA(method_arguments: MethodArguments, **kwargs: Any) -> TrialScheduler:
    """Asynchronous successive halving, in its promotion variant unless ``type="stopping"``.

    :param kwargs: arguments of ``syne_core.optimizer.baselines.ASHA``
    """
    from syne_core.optimizer.baselines import ASHA as Scheduler

    settings = {
        "type": "promotion",
        "resource_attr": method_arguments.resource_attr,
        **_common(method_arguments),
    }
    return Scheduler(**{**settings, **kwargs})


def MOBSTER(method_arguments: MethodArguments, **kwargs: Any) -> TrialScheduler:
    """ASHA with configurations from a Gaussian process, in its promotion variant unless ``type="stopping"``.

    :param kwargs: arguments of ``syne_core.optimizer.baselines.MOBSTER``
    """
    from syne_core.optimizer.baselines import MOBSTER as Scheduler

    settings = {
        "type": "promotion",
        "resource_attr": method_arguments.resource_attr,
        **_common(method_arguments),
    }
    return Scheduler(**{**settings, **kwargs})


def MSR(method_arguments: MethodArguments, **kwargs: Any) -> TrialScheduler:
    """Random search with the median stopping rule.

    :param kwargs: arguments of ``syne_core.optimizer.schedulers.MedianStoppingRule``; those in
        ``method_arguments.scheduler_kwargs`` are random search's
    :raises UsageError: the benchmark names no resource
    """
    from syne_core.optimizer.schedulers import MedianStoppingRule

    settings = {"resource_attr": method_arguments.resource_attr, **kwargs}
    return MedianStoppingRule(RandomSearch(method_arguments), **settings)


_LIBRARIES = "benchmarking.commons.library_baselines"
# Name: attribute there, and the extra that brings the library.
_OF_LIBRARIES = {
    "TPE": ("TPE", "optuna"),
    "TPE-Median": ("TPEMedian", "optuna"),
    "TPE-Hyperband": ("TPEHyperband", "optuna"),
    "CMA-ES": ("CMAES", "optuna"),
    "Optuna-GP": ("OptunaGP", "optuna,torch"),
    "BoTorch": ("BoTorch", "botorch"),
    "SyneTune-RS": ("SyneTuneRS", "syne-tune"),
    "SyneTune-ASHA": ("SyneTuneASHA", "syne-tune"),
    "SyneTune-BORE": ("SyneTuneBORE", "syne-tune"),
    "SyneTune-TPE": ("SyneTuneTPE", "syne-tune"),
    "SyneTune-REA": ("SyneTuneREA", "syne-tune"),
    "SyneTune-CQR": ("SyneTuneCQR", "syne-tune"),
    "SyneTune-BoTorch": ("SyneTuneBoTorch", "syne-tune,botorch"),
    "SyneTune-BOHB": ("SyneTuneBOHB", "syne-tune"),
    "SyneTune-ASHABORE": ("SyneTuneASHABORE", "syne-tune"),
    "SyneTune-ASHACQR": ("SyneTuneASHACQR", "syne-tune"),
}

#: Callables ``MethodArguments -> TrialScheduler``.
METHODS = Registry(
    "method",
    "synebench.methods",
    {
        "RS": f"{__name__}:RandomSearch",
        "BO": f"{__name__}:BayesianOptimization",
        "ASHA": f"{__name__}:ASHA",
        "MOBSTER": f"{__name__}:MOBSTER",
        "Grid": f"{__name__}:GridSearch",
        "MSR": f"{__name__}:MSR",
        **{name: f"{_LIBRARIES}:{attribute}" for name, (attribute, _) in _OF_LIBRARIES.items()},
    },
    extras={name: extra for name, (_, extra) in _OF_LIBRARIES.items()},
)


def _common(arguments: MethodArguments) -> dict[str, Any]:
    return {
        "config_space": arguments.config_space,
        "metric": arguments.metric,
        "mode": arguments.mode,
        "random_seed": arguments.random_seed,
        "max_resource_attr": arguments.max_resource_attr,
        **arguments.scheduler_kwargs,
    }
