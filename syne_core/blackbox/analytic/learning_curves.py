"""Families of learning curves: nine mixed hyperparameters, unequal cost, noise, runs that diverge.

Not a model of any network; the shapes are those that curves of networks are known to follow: power laws
and exponentials (Domhan et al. 2015, "Speeding up automatic hyperparameter optimization by extrapolation
of learning curves"). What is good after one epoch is not what is good after the last: large networks
learn slower and end better, and so do small learning rates, within limits.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from syne_core.blackbox.analytic.formula import FormulaBlackbox, Optimum
from syne_core.blackbox.analytic.search import smallest
from syne_core.blackbox.blackbox import LearningCurve
from syne_core.config_space import choice, lograndint, loguniform, randint, uniform
from syne_core.errors import BlackboxError
from syne_core.optimizer.random_streams import RandomStreams

__all__ = ["SHAPES", "LearningCurveProblem"]

Shape = Literal["power", "exponential"]
#: Names of the shapes.
SHAPES: tuple[Shape, ...] = ("power", "exponential")

_ACTIVATIONS = ("relu", "tanh", "gelu")
_SPACE = {
    "learning_rate": loguniform(1e-5, 1.0),
    "batch_size": lograndint(8, 256),
    "n_layers": randint(1, 6),
    "n_units": lograndint(16, 1024),
    "dropout": uniform(0.0, 0.9),
    "weight_decay": loguniform(1e-8, 1e-1),
    "momentum": uniform(0.0, 0.99),
    "activation": choice(_ACTIVATIONS),
    "optimizer": choice(["sgd", "adam"]),
}
_CHANCE = 0.9  # error before training
_MOST_RESOURCES = 100_000


@dataclass(frozen=True)
class _Landscape:
    """Where the asymptote is lowest, and how fast it rises away from there.

    Instance 0 has the values below; others move each by a draw of their own.
    """

    floor: float = 0.05
    log_rate_sgd: float = -1.3
    log_rate_adam: float = -2.9
    log_units: float = 2.5
    layers: float = 3.6
    dropout: float = 0.25
    log_decay: float = -4.2
    momentum: float = 0.8
    activations: tuple[float, float, float] = (0.02, 0.08, 0.0)
    optimizers: tuple[float, float] = (0.03, 0.0)

    @classmethod
    def instance(cls, number: int) -> _Landscape:
        """The landscape of an instance."""
        if number == 0:
            return cls()
        draw = RandomStreams(number, "learning curve landscape").generator(0)
        bits: Any = draw.bit_generator.random_raw(13)
        u = [float(x) * 2.0**-64 for x in bits]
        return cls(
            floor=0.02 + 0.1 * u[0],
            log_rate_sgd=-1.8 + 1.0 * u[1],
            log_rate_adam=-3.6 + 1.2 * u[2],
            log_units=1.9 + 0.9 * u[3],
            layers=2.0 + 3.0 * u[4],
            dropout=0.05 + 0.5 * u[5],
            log_decay=-6.0 + 3.5 * u[6],
            momentum=0.3 + 0.6 * u[7],
            activations=(0.1 * u[8], 0.1 * u[9], 0.1 * u[10]),
            optimizers=(0.08 * u[11], 0.08 * u[12]),
        )


@dataclass(frozen=True)
class _Run:
    """What a configuration decides: asymptote, speed, seconds per epoch, when it diverges (inf: never)."""

    asymptote: float
    speed: float
    seconds: float
    diverges: float


class LearningCurveProblem(FormulaBlackbox):
    """A family member: the ``error`` of a training of nine hyperparameters, to be minimised.

    Without noise the error after r epochs is ``a + (0.9 - a) d(r)``, with ``d(r) = (1 + k r)**-1.2`` for
    ``"power"`` and ``exp(-k r)`` for ``"exponential"``; asymptote a, speed k and the seconds of an epoch
    (1 to 50) follow from the configuration. With too high a learning rate the run diverges: from some
    epoch on the error is NaN. Noise is one normal number for the run and one for each epoch.

    :param shape: ``"power"`` or ``"exponential"``
    :param instance: 0, or another number for another landscape: optima, penalties and floor move
    :param max_resource: epochs of a whole run
    :param noise: standard deviation of the noise of an epoch; that of a run is half of it
    :raises BlackboxError: an argument makes no sense
    """

    metric_names = ("error",)

    def __init__(
        self, shape: Shape = "power", instance: int = 0, *, max_resource: int = 27, noise: float = 0.005
    ) -> None:
        _check(shape, instance, max_resource, noise)
        settings = {"shape": shape, "instance": instance, "max_resource": max_resource, "noise": noise}
        super().__init__(f"curves-{shape}-{instance}" if instance else f"curves-{shape}", _SPACE, settings)
        self.resources = tuple(range(1, max_resource + 1))
        self._shape, self._noise_level, self._epochs = shape, noise, np.arange(1.0, max_resource + 1)
        self._landscape = _Landscape.instance(instance)

    def curve(self, config: Mapping[str, Any], seed: int = 0) -> LearningCurve:
        """The curve of all epochs."""
        key = self._key(config, seed)
        run = self._run(config)
        fall = self._fall(run.speed, self._epochs)
        errors = run.asymptote + (_CHANCE - run.asymptote) * fall
        if self._noise_level:
            noise = self._noise_level * self._normal(key, seed, len(self.resources) + 1)
            errors = np.clip(errors + noise[1:] + 0.5 * noise[0], 0.0, 1.0)
        errors[self._epochs >= run.diverges] = np.nan
        elapsed = (run.seconds * self._epochs).tolist()
        return LearningCurve(self.resources, elapsed, {"error": errors.tolist()})

    def value(self, config: Mapping[str, Any], resource: int | None = None) -> float:
        """The error after ``resource`` epochs, by default the last, without noise; NaN if it has diverged."""
        epochs = self.resources[-1] if resource is None else resource
        run = self._run(config)
        if epochs >= run.diverges:
            return math.nan
        return run.asymptote + (_CHANCE - run.asymptote) * float(self._fall(run.speed, np.float64(epochs)))

    @cached_property
    def optimum(self) -> Optimum:
        """Smallest error without noise after the last epoch, found by search; takes about a second."""
        value, config = smallest(self.value, self.config_space)
        return Optimum(value, (config,), exact=False)

    def _fall(self, speed: float, epochs: Any) -> Any:
        return (1.0 + speed * epochs) ** -1.2 if self._shape == "power" else np.exp(-speed * epochs)

    def _run(self, config: Mapping[str, Any]) -> _Run:
        at, adam = self._landscape, config["optimizer"] == "adam"
        log_batch = math.log10(config["batch_size"] / 64)
        # The linear scaling rule, in part: larger batches want larger rates.
        best_rate = (at.log_rate_adam if adam else at.log_rate_sgd) + 0.5 * log_batch
        off = math.log10(config["learning_rate"]) - best_rate
        units, layers = config["n_units"], config["n_layers"]
        log_units = math.log10(units)
        # Large networks want more dropout.
        dropout = at.dropout + 0.15 * (log_units - at.log_units)
        penalty = (
            (0.25 * off**2 if off > 0 else 0.08 * off**2)
            + 0.22 * (log_units - at.log_units) ** 2
            + 0.015 * (layers - at.layers) ** 2
            + 0.9 * (config["dropout"] - dropout) ** 2
            + 0.012 * (math.log10(config["weight_decay"]) - at.log_decay) ** 2
            + (0.04 if adam else 0.25) * (config["momentum"] - at.momentum) ** 2
            + at.activations[_ACTIVATIONS.index(config["activation"])]
            + at.optimizers[adam]
        )
        effort = units * layers / 800
        size = 1.0 + effort
        return _Run(
            asymptote=at.floor + (0.8 - at.floor) * -math.expm1(-penalty),
            speed=0.6 * 10.0 ** (0.5 * min(off, 0.8)) * size**-0.4 * 10.0 ** (-0.25 * log_batch),
            seconds=2.0 * size * 10.0 ** (-0.4 * log_batch) * (1.25 if adam else 1.0),
            diverges=_divergence(off, config["momentum"], adam),
        )


def _divergence(off: float, momentum: float, adam: bool) -> float:
    """First epoch at which a run has diverged; the further beyond the limit, the earlier."""
    excess = off - (1.5 if adam else 1.3 - 0.6 * momentum)
    return math.inf if excess <= 0 else math.ceil(1.0 / excess)


def _check(shape: Any, instance: Any, max_resource: Any, noise: Any) -> None:
    def whole(value: Any, least: int) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and value >= least

    mistakes = []
    if shape not in SHAPES:
        mistakes.append(f"shape must be {' or '.join(map(repr, SHAPES))}, not {shape!r}")
    if not whole(instance, 0):
        mistakes.append(f"instance must be a whole number >= 0, not {instance!r}")
    if not whole(max_resource, 1) or max_resource > _MOST_RESOURCES:
        mistakes.append(f"max_resource must be from 1 to {_MOST_RESOURCES}, not {max_resource!r}")
    if not (isinstance(noise, (int, float)) and 0 <= noise < math.inf):
        mistakes.append(f"noise must be >= 0, not {noise!r}")
    if mistakes:
        raise BlackboxError("\n".join(mistakes))
