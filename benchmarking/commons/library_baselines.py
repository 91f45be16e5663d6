"""Methods of other libraries, to compare with. Each needs an extra, and is imported when it is built."""

from __future__ import annotations

from typing import Any

from benchmarking.commons.default_baselines import Method, MethodArguments
from syne_core.optimizer.scheduler import TrialScheduler

__all__ = [
    "CMAES",
    "TPE",
    "BoTorch",
    "OptunaGP",
    "SyneTuneASHA",
    "SyneTuneASHABORE",
    "SyneTuneASHACQR",
    "SyneTuneBOHB",
    "SyneTuneBORE",
    "SyneTuneBoTorch",
    "SyneTuneCQR",
    "SyneTuneREA",
    "SyneTuneRS",
    "SyneTuneTPE",
    "TPEHyperband",
    "TPEMedian",
]


def TPE(method_arguments: MethodArguments, **kwargs: Any) -> TrialScheduler:
    """Optuna's tree-structured Parzen estimator.

    :param kwargs: arguments of ``syne_core.optimizer.adapters.OptunaScheduler``
    """
    return _optuna(method_arguments, {"sampler": "tpe", **kwargs})


def TPEMedian(method_arguments: MethodArguments, **kwargs: Any) -> TrialScheduler:
    """Optuna's TPE, which stops trials below the median.

    :param kwargs: as of ``TPE``
    """
    return _optuna(method_arguments, {"sampler": "tpe", "pruner": "median", **kwargs})


def TPEHyperband(method_arguments: MethodArguments, **kwargs: Any) -> TrialScheduler:
    """Optuna's TPE with its Hyperband pruner.

    :param kwargs: as of ``TPE``
    """
    return _optuna(method_arguments, {"sampler": "tpe", "pruner": "hyperband", **kwargs})


def OptunaGP(method_arguments: MethodArguments, **kwargs: Any) -> TrialScheduler:
    """Optuna's Gaussian process.

    :param kwargs: as of ``TPE``
    """
    return _optuna(method_arguments, {"sampler": "gp", **kwargs})


def CMAES(method_arguments: MethodArguments, **kwargs: Any) -> TrialScheduler:
    """Optuna's CMA-ES; it draws categories at random.

    :param kwargs: as of ``TPE``
    """
    return _optuna(method_arguments, {"sampler": "cmaes", **kwargs})


def BoTorch(method_arguments: MethodArguments, **kwargs: Any) -> TrialScheduler:
    """Bayesian optimisation with BoTorch's qLogEI.

    :param kwargs: arguments of ``syne_core.optimizer.adapters.BoTorch``
    """
    from syne_core.optimizer.adapters import BoTorch as Scheduler

    return Scheduler(**{**_common(method_arguments), **kwargs})


def _optuna(arguments: MethodArguments, settings: dict[str, Any]) -> TrialScheduler:
    from syne_core.optimizer.adapters import OptunaScheduler

    resource = {"resource_attr": arguments.resource_attr}
    return OptunaScheduler(**{**resource, **_common(arguments), **settings})


def _syne_tune(name: str, what: str) -> Method:
    """The method that builds the scheduler ``name`` of Syne Tune 0.16."""

    def method(method_arguments: MethodArguments, **kwargs: Any) -> TrialScheduler:
        from syne_core.optimizer.adapters import SyneTuneScheduler

        settings = {"scheduler": name, "resource_attr": method_arguments.resource_attr}
        return SyneTuneScheduler(**{**settings, **_common(method_arguments), **kwargs})

    method.__doc__ = f"{what}, of Syne Tune 0.16."
    return method


SyneTuneRS = _syne_tune("RandomSearch", "Random search")
SyneTuneASHA = _syne_tune("ASHA", "ASHA in its stopping variant")
SyneTuneBORE = _syne_tune("BORE", "Bayesian optimisation by density-ratio estimation")
SyneTuneTPE = _syne_tune("TPE", "Kernel density estimation")
SyneTuneREA = _syne_tune("REA", "Regularised evolution")
SyneTuneCQR = _syne_tune("CQR", "Conformal quantile regression")
SyneTuneBoTorch = _syne_tune("BOTorch", "BoTorch, with a fault that makes it nearly random search")
SyneTuneBOHB = _syne_tune("BOHB", "ASHA with kernel density estimation")
SyneTuneASHABORE = _syne_tune("ASHABORE", "ASHA with BORE")
SyneTuneASHACQR = _syne_tune("ASHACQR", "ASHA with conformal quantile regression")


def _common(arguments: MethodArguments) -> dict[str, Any]:
    return {
        "config_space": arguments.config_space,
        "metric": arguments.metric,
        "mode": arguments.mode,
        "random_seed": arguments.random_seed,
        "max_resource_attr": arguments.max_resource_attr,
        **arguments.scheduler_kwargs,
    }
