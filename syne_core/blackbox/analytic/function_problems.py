"""Test functions as benchmarks: a trial reports once, after a time that depends on its configuration."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from syne_core.blackbox.analytic.formula import FormulaBlackbox, Optimum
from syne_core.blackbox.analytic.functions import FUNCTIONS
from syne_core.blackbox.blackbox import LearningCurve
from syne_core.config_space import uniform
from syne_core.errors import BlackboxError, UnknownNameError

__all__ = ["FunctionProblem"]

_MOST_DIMENSIONS = 1000


class FunctionProblem(FormulaBlackbox):
    """A test function of global optimisation, to be minimised.

    Hyperparameters are ``x0``, ``x1``, ..., the metric is ``objective``, reported once, at epoch 1. A run
    takes ``seconds * 2**(2 m - 1)`` seconds, where m is the mean position of the hyperparameters in their
    intervals: from half of ``seconds`` to twice as long, so that trials end out of order.

    :param function: a name of :data:`~syne_core.blackbox.analytic.functions.FUNCTIONS`
    :param dimension: number of hyperparameters, where it can be chosen
    :param noise: standard deviation of the noise that is added to the value
    :param seconds: of a run in the middle of the space
    :ivar optimum: smallest value, and where
    :raises UnknownNameError: no such function
    :raises BlackboxError: another argument makes no sense
    """

    resources = (1,)
    metric_names = ("objective",)

    def __init__(
        self, function: str, dimension: int | None = None, *, noise: float = 0.0, seconds: float = 60.0
    ) -> None:
        if function not in FUNCTIONS:
            raise UnknownNameError("function", function, FUNCTIONS)
        made_of = FUNCTIONS[function]
        size = made_of.dimension if dimension is None else dimension
        _check(function, size, noise, seconds)
        bounds = made_of.bounds if made_of.least is None else made_of.bounds * size
        settings = {"function": function, "dimension": size, "noise": noise, "seconds": seconds}
        name = function if made_of.least is None else f"{function}{size}"
        super().__init__(name, {f"x{i}": uniform(*bound) for i, bound in enumerate(bounds)}, settings)
        self._formula, self._noise_level, self._seconds = made_of.formula, noise, seconds
        points = [p if made_of.least is None else p * size for p in made_of.minimisers]
        configs = tuple([dict(zip(self.config_space, point, strict=True)) for point in points])
        self.optimum = Optimum(made_of.optimum, configs)

    def value(self, config: Mapping[str, Any]) -> float:
        """The function without noise."""
        return self._formula([config[name] for name in self.config_space])

    def curve(self, config: Mapping[str, Any], seed: int = 0) -> LearningCurve:
        """One report."""
        key = self._key(config, seed)
        value = self.value(config)
        if self._noise_level:
            value += self._noise_level * float(self._normal(key, seed, 1)[0])
        where = [domain.to_unit(config[name]) for name, domain in self.config_space.items()]
        took = self._seconds * 2.0 ** (2.0 * sum(where) / len(where) - 1.0)
        return LearningCurve((1,), (took,), {"objective": (float(value),)})


def _check(function: str, dimension: Any, noise: Any, seconds: Any) -> None:
    made_of = FUNCTIONS[function]
    least = made_of.dimension if made_of.least is None else made_of.least
    most = made_of.dimension if made_of.least is None else _MOST_DIMENSIONS
    mistakes = []
    if isinstance(dimension, bool) or not isinstance(dimension, int) or not least <= dimension <= most:
        valid = str(least) if least == most else f"from {least} to {most}"
        mistakes.append(f"{function}: dimension must be {valid}, not {dimension!r}")
    if not (isinstance(noise, (int, float)) and 0 <= noise < math.inf):
        mistakes.append(f"{function}: noise must be >= 0, not {noise!r}")
    if not (isinstance(seconds, (int, float)) and 0 < seconds < math.inf):
        mistakes.append(f"{function}: seconds must be > 0, not {seconds!r}")
    if mistakes:
        raise BlackboxError("\n".join(mistakes))
