"""Optuna, imported when it is needed, and its samplers and pruners by name."""

from __future__ import annotations

import importlib
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from syne_core.errors import MissingDependencyError, UnknownNameError, UsageError
from syne_core.optimizer.arguments import reject_unknown

__all__ = ["PRUNERS", "SAMPLERS", "make_pruner", "make_sampler", "optuna_library", "quiet_optuna"]

#: Classes of ``optuna.samplers`` by our names, with the arguments that they get unless told otherwise.
#: Trials run side by side, so TPE is to heed the running ones. The others would warn at every trial of
#: spaces that they handle in part only, such as CMA-ES categories, which it draws at random.
SAMPLERS: dict[str, tuple[str, dict[str, Any]]] = {
    "cmaes": ("CmaEsSampler", {"warn_independent_sampling": False}),
    "gp": ("GPSampler", {}),
    "qmc": ("QMCSampler", {"scramble": True, "warn_independent_sampling": False}),
    "random": ("RandomSampler", {}),
    "tpe": ("TPESampler", {"constant_liar": True}),
}

#: Classes of ``optuna.pruners`` by our names.
PRUNERS: dict[str, str] = {
    "halving": "SuccessiveHalvingPruner",
    "hyperband": "HyperbandPruner",
    "median": "MedianPruner",
    "percentile": "PercentilePruner",
}

# What a sampler needs besides Optuna: module, package and extra.
_NEEDS = {"cmaes": ("cmaes", "cmaes", "optuna"), "gp": ("torch", "torch", "optuna,torch")}


def optuna_library() -> Any:
    """The module ``optuna``.

    :raises MissingDependencyError: it is not installed
    """
    try:
        return importlib.import_module("optuna")
    except ModuleNotFoundError as error:
        if error.name != "optuna":
            raise
        raise MissingDependencyError("Optuna", "optuna") from None


@contextmanager
def quiet_optuna() -> Iterator[None]:
    """A block in which Optuna announces no studies and does not warn that something is experimental.

    What it logs and warns of elsewhere, in studies of the user's own, remains as it was.
    """
    library = optuna_library()
    logger = logging.getLogger("optuna")
    level = logger.level
    logger.setLevel(max(level, logging.WARNING))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", library.exceptions.ExperimentalWarning)
            yield
    finally:
        logger.setLevel(level)


def make_sampler(name: str, options: Mapping[str, Any], seed: int) -> Any:
    """The sampler ``name`` of ``SAMPLERS``.

    :param options: further arguments of its class
    :param seed: below 2**32
    :raises UnknownNameError: no such sampler, or no such argument
    :raises MissingDependencyError: a package is missing that it needs
    :raises UsageError: an argument makes no sense
    """
    if name not in SAMPLERS:
        raise UnknownNameError("Optuna sampler", name, SAMPLERS)
    module, package, extra = _NEEDS.get(name, ("optuna", "Optuna", "optuna"))
    try:
        importlib.import_module(module)
    except ModuleNotFoundError:
        raise MissingDependencyError(package, extra) from None
    class_name, defaults = SAMPLERS[name]
    cls = getattr(optuna_library().samplers, class_name)
    return _made(cls, {"seed": seed, **defaults, **options})


def make_pruner(name: str, options: Mapping[str, Any], max_resource: int | None) -> Any:
    """The pruner ``name`` of ``PRUNERS``.

    :param options: further arguments of its class
    :param max_resource: largest resource of a trial, which Hyperband wants to know
    :raises UnknownNameError: no such pruner, or no such argument
    :raises UsageError: an argument makes no sense
    """
    if name not in PRUNERS:
        raise UnknownNameError("Optuna pruner", name, PRUNERS)
    cls = getattr(optuna_library().pruners, PRUNERS[name])
    knows_max = name == "hyperband" and max_resource is not None
    return _made(cls, {**({"max_resource": max_resource} if knows_max else {}), **options})


def _made(cls: type, arguments: Mapping[str, Any]) -> Any:
    reject_unknown(arguments, cls)
    try:
        return cls(**arguments)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{cls.__name__}: {error}") from error
