"""Our domains as Optuna's distributions, and values there and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from syne_core.config_space import Categorical, Domain, FiniteRange, Float, Integer, Ordinal
from syne_core.errors import ConfigSpaceError
from syne_core.optimizer.adapters.optuna_library import optuna_library

__all__ = ["OptunaSpace"]


class OptunaSpace:
    """A configuration space as Optuna sees it.

    Floats and integers keep their values and scales. Finite ranges and ordered categories become the
    integers 0, 1, ..., their positions; categories without an order become Optuna's categories, which are
    their positions too, as Optuna takes no lists. A float on the reverse-log scale x becomes -log(1 - x).

    :raises MissingDependencyError: Optuna is not installed
    :raises ConfigSpaceError: a domain is of an unknown kind
    """

    def __init__(self, config_space: Mapping[str, Any]) -> None:
        self._domains = {name: entry for name, entry in config_space.items() if isinstance(entry, Domain)}
        self.distributions = {name: _distribution(domain) for name, domain in self._domains.items()}

    def to_optuna(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """The values of the hyperparameters of ``config`` as parameters of an Optuna trial."""
        return {name: _to_optuna(config[name], domain) for name, domain in self._domains.items()}

    def from_optuna(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The configuration, without constants, that parameters of an Optuna trial stand for."""
        return {name: _from_optuna(params[name], domain) for name, domain in self._domains.items()}


def _distribution(domain: Domain) -> Any:
    made = optuna_library().distributions
    if isinstance(domain, Float):
        low, high = _to_optuna(domain.lower, domain), _to_optuna(domain.upper, domain)
        return made.FloatDistribution(low, high, log=domain.scale == "log")
    if isinstance(domain, Integer):
        return made.IntDistribution(domain.lower, domain.upper, log=domain.scale == "log")
    if isinstance(domain, (FiniteRange, Ordinal)):
        return made.IntDistribution(0, len(domain) - 1)
    if isinstance(domain, Categorical):
        return made.CategoricalDistribution(tuple(range(len(domain))))
    raise ConfigSpaceError(f"{domain!r} cannot be told to Optuna")


def _to_optuna(value: Any, domain: Domain) -> Any:
    if isinstance(domain, Float):
        return -math.log1p(-value) if domain.scale == "reverse-log" else float(value)
    if isinstance(domain, Integer):
        return int(value)
    position = domain.match_key(value)  # of domains with positions, the key is the position
    assert isinstance(position, int)
    return position


def _from_optuna(param: Any, domain: Domain) -> Any:
    if isinstance(domain, Float):
        # Within the bounds, which a logarithm and back again might miss by a rounding error.
        return domain.cast(-math.expm1(-param) if domain.scale == "reverse-log" else float(param))
    if isinstance(domain, Integer):
        return int(param)
    return domain.value_at(int(param))
