"""Learning curves to minimise within a budget of simulated time: noisy, and not all equally dear.

A curve falls from 0.9 at no resource to the configuration's own final value at 27, by a power law whose
rate depends on the configuration too, so that early ranks mislead.
``curve_net`` may be used while developing; the others are held out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from perf.quality.problems import hartmann3
from perf.quality.space import Config, Parameter

__all__ = ["CURVES", "MAX_RESOURCE", "CurveProblem"]

MAX_RESOURCE = 27
_START = 0.9


@dataclass(frozen=True)
class CurveProblem:
    """A family of learning curves.

    :param final: noise-free loss at ``MAX_RESOURCE``
    :param rate: exponent of the power law; larger is faster
    :param epoch_seconds: simulated seconds for one unit of resource
    :param noise: standard deviation of what is added to a report
    :param budget: simulated seconds that 4 workers have
    :param optimum: smallest final loss; ``best`` has it
    """

    name: str
    parameters: tuple[Parameter, ...]
    final: Callable[[Config], float]
    rate: Callable[[Config], float]
    epoch_seconds: Callable[[Config], float]
    noise: float
    budget: float
    optimum: float
    best: Mapping[str, Any]
    held_out: bool

    def loss(self, config: Config, resource: int) -> float:
        """Noise-free loss at ``resource``, 1 to ``MAX_RESOURCE``."""
        final, rate = self.final(config), self.rate(config)
        last = (MAX_RESOURCE + 1) ** -rate
        return final + (_START - final) * ((resource + 1) ** -rate - last) / (1 - last)

    def report(self, config: Config, resource: int, seed: int, trial: int) -> float:
        """What trial number ``trial`` of the run with ``seed`` reports at ``resource``."""
        draws = np.random.default_rng([seed, trial, resource, 271])
        return self.loss(config, resource) + self.noise * float(draws.standard_normal())


_Units = Mapping[str, float]


def _units(parameters: tuple[Parameter, ...]) -> Callable[[Config], _Units]:
    numbers = [p for p in parameters if p.kind != "choice"]
    return lambda config: {p.name: p.to_unit(config[p.name]) for p in numbers}


def _saturating(low: float, excess: float) -> float:
    return low + (_START - low) * (1 - math.exp(-excess))


# -- curve_net: the best learning rates are slow, the best networks dear -----------------------------

_NET = (
    Parameter("learning_rate", "float", 1e-4, 1.0, log=True),
    Parameter("weight_decay", "float", 1e-6, 1e-1, log=True),
    Parameter("n_units", "int", 16, 512, log=True),
    Parameter("dropout", "float", 0.0, 0.8),
)
_net = _units(_NET)
_NET_WIDTH = _NET[2].to_unit(181)


def _net_final(config: Config) -> float:
    u = _net(config)
    width = u["n_units"] - _NET_WIDTH
    rate = u["learning_rate"] - 0.58 + 0.2 * width
    rest = 0.8 * (u["weight_decay"] - 0.35) ** 2 + width**2 + 0.7 * (u["dropout"] - 0.25) ** 2
    return _saturating(0.08, 5 * rate**2 + rest)


def _net_rate(config: Config) -> float:
    return 0.1 + 1.8 * _net(config)["learning_rate"]


def _net_seconds(config: Config) -> float:
    return 1 + 4 * _net(config)["n_units"] ** 2


# -- curve_mixed: six hyperparameters, one of them a category ------------------------------------------

_MIXED = (
    Parameter("optimizer", "choice", choices=("sgd", "nesterov", "adam")),
    Parameter("learning_rate", "float", 1e-5, 1e-1, log=True),
    Parameter("batch_size", "int", 16, 256, log=True),
    Parameter("n_layers", "int", 1, 6),
    Parameter("momentum", "float", 0.0, 0.99),
    Parameter("weight_decay", "float", 1e-7, 1e-2, log=True),
)
_mixed = _units(_MIXED)
_MIXED_RATE = {"sgd": 0.78, "nesterov": 0.7, "adam": 0.4}
_MIXED_COST = {"sgd": 0.06, "nesterov": 0.0, "adam": 0.03}


def _mixed_final(config: Config) -> float:
    u = _mixed(config)
    kind = config["optimizer"]
    batch = u["batch_size"] - 0.25
    rate = u["learning_rate"] - _MIXED_RATE[kind] - 0.25 * batch
    rest = 0.4 * batch**2 + 0.05 * (config["n_layers"] - 4) ** 2 + 0.6 * (u["momentum"] - 0.82) ** 2
    return _saturating(0.12, 4 * rate**2 + rest + 0.5 * (u["weight_decay"] - 0.6) ** 2 + _MIXED_COST[kind])


def _mixed_rate(config: Config) -> float:
    u = _mixed(config)
    quick = 0.3 if config["optimizer"] == "adam" else 0.0
    return 0.1 + 0.8 * u["learning_rate"] + 0.6 * (1 - u["batch_size"]) + quick


def _mixed_seconds(config: Config) -> float:
    return 0.5 * float(config["n_layers"]) * (1 + 2 * (1 - _mixed(config)["batch_size"]))


# -- curve_hartmann: several basins --------------------------------------------------------------------

_HARTMANN = (
    Parameter("x1", "float", 0.0, 1.0),
    Parameter("x2", "float", 0.0, 1.0),
    Parameter("x3", "float", 0.0, 1.0),
    Parameter("size", "int", 1, 32, log=True),
)
_hartmann = _units(_HARTMANN)
_H3_LOW = -3.86278214782076


def _hartmann_final(config: Config) -> float:
    x = np.array([config["x1"], config["x2"], config["x3"]])
    size = _hartmann(config)["size"] - 0.8
    return 0.1 + 0.6 * (hartmann3(x) - _H3_LOW) / -_H3_LOW + 0.15 * size**2


def _hartmann_rate(config: Config) -> float:
    return 0.1 + 1.2 * config["x2"] + 0.6 * (1 - _hartmann(config)["size"])


def _hartmann_seconds(config: Config) -> float:
    return 1 + 3 * _hartmann(config)["size"]


CURVES: Mapping[str, CurveProblem] = MappingProxyType(
    {
        problem.name: problem
        for problem in (
            CurveProblem(
                "curve_net", _NET, _net_final, _net_rate, _net_seconds, 0.01, 150.0, 0.08,
                MappingProxyType(
                    {
                        "learning_rate": _NET[0].from_unit(0.58), "weight_decay": _NET[1].from_unit(0.35),
                        "n_units": 181, "dropout": 0.2,
                    }
                ),
                held_out=False,
            ),
            CurveProblem(
                "curve_mixed", _MIXED, _mixed_final, _mixed_rate, _mixed_seconds, 0.02, 220.0, 0.12,
                MappingProxyType(
                    {
                        "optimizer": "nesterov", "learning_rate": _MIXED[1].from_unit(0.7), "batch_size": 32,
                        "n_layers": 4, "momentum": 0.82 * 0.99, "weight_decay": _MIXED[5].from_unit(0.6),
                    }
                ),
                held_out=True,
            ),
            CurveProblem(
                "curve_hartmann", _HARTMANN, _hartmann_final, _hartmann_rate, _hartmann_seconds, 0.005, 150.0,
                0.1,
                MappingProxyType({"x1": 0.114614, "x2": 0.555649, "x3": 0.852547, "size": 16}),
                held_out=True,
            ),
        )
    }
)  # fmt: skip
