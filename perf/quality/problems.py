"""Functions to minimise, for Bayesian optimisation; without noise, their optima known and off the centre.

``branin``, ``hartmann6`` and ``mixed9`` may be used while developing. The others are held out: nobody tunes
anything on them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from perf.quality.space import Config, Parameter

__all__ = ["PROBLEMS", "Problem", "hartmann3"]


@dataclass(frozen=True)
class Problem:
    """A function of a configuration, to be minimised.

    :param optimum: its smallest value
    :param best: a configuration that has it
    :param held_out: whether it was kept from those who develop the methods
    :param scale: how far a random configuration is above the optimum, about (the median)
    """

    name: str
    parameters: tuple[Parameter, ...]
    value: Callable[[Config], float]
    optimum: float
    best: Mapping[str, Any]
    held_out: bool
    scale: float


def _box(lows: list[float], highs: list[float]) -> tuple[Parameter, ...]:
    return tuple(
        Parameter(f"x{i}", "float", low, high)
        for i, (low, high) in enumerate(zip(lows, highs, strict=True), start=1)
    )


def _point(*values: float) -> Mapping[str, Any]:
    return MappingProxyType({f"x{i}": value for i, value in enumerate(values, start=1)})


def _vector(config: Config) -> np.ndarray:
    return np.array([config[f"x{i}"] for i in range(1, len(config) + 1)], dtype=float)


def _branin(config: Config) -> float:
    x, y = config["x1"], config["x2"]
    bend = y - 5.1 / (4 * math.pi**2) * x**2 + 5 / math.pi * x - 6
    return bend**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10


_WEIGHTS = np.array([1.0, 1.2, 3.0, 3.2])
_A6 = np.array(
    [
        [10, 3, 17, 3.5, 1.7, 8],
        [0.05, 10, 17, 0.1, 8, 14],
        [3, 3.5, 1.7, 10, 17, 8],
        [17, 8, 0.05, 10, 0.1, 14],
    ]
)
_P6 = 1e-4 * np.array(
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
)
_A3 = np.array([[3, 10, 30], [0.1, 10, 35], [3, 10, 30], [0.1, 10, 35]])
_P3 = 1e-4 * np.array([[3689, 1170, 2673], [4699, 4387, 7470], [1091, 8732, 5547], [381, 5743, 8828]])


def _hartmann6(config: Config) -> float:
    return float(-_WEIGHTS @ np.exp(-np.sum(_A6 * (_vector(config) - _P6) ** 2, axis=1)))


def hartmann3(x: np.ndarray) -> float:
    """Hartmann's function of 3 numbers in [0, 1]; smallest, -3.86278, at (0.114614, 0.555649, 0.852547)."""
    return float(-_WEIGHTS @ np.exp(-np.sum(_A3 * (x - _P3) ** 2, axis=1)))


def _levy(config: Config) -> float:
    w = 1 + (_vector(config) - 1) / 4
    inner = (w[:-1] - 1) ** 2 * (1 + 10 * np.sin(np.pi * w[:-1] + 1) ** 2)
    last = (w[-1] - 1) ** 2 * (1 + np.sin(2 * np.pi * w[-1]) ** 2)
    return float(np.sin(np.pi * w[0]) ** 2 + inner.sum() + last)


_ACKLEY_AT = np.array([-4.6, 3.6, -1.8])


def _ackley(config: Config) -> float:
    z = _vector(config) - _ACKLEY_AT
    waves = math.exp(float(np.mean(np.cos(2 * np.pi * z))))
    return 20 - 20 * math.exp(-0.2 * math.sqrt(float(np.mean(z**2)))) + math.e - waves


_STYBLINSKI_AT = np.array([0.0, 1.2, -0.7, 2.0])


def _styblinski_tang(config: Config) -> float:
    z = _vector(config) - _STYBLINSKI_AT
    return float(np.sum(z**4 - 16 * z**2 + 5 * z) / 2)


# -- mixed spaces --------------------------------------------------------------------------------------

_MIXED9 = (
    Parameter("learning_rate", "float", 1e-5, 1.0, log=True),
    Parameter("weight_decay", "float", 1e-8, 1e-1, log=True),
    Parameter("momentum", "float", 0.0, 0.99),
    Parameter("dropout", "float", 0.0, 0.9),
    Parameter("n_layers", "int", 1, 8),
    Parameter("n_units", "int", 16, 1024, log=True),
    Parameter("batch_size", "int", 8, 512, log=True),
    Parameter("optimizer", "choice", choices=("sgd", "rmsprop", "adam")),
    Parameter("activation", "choice", choices=("relu", "tanh", "elu", "gelu")),
)
_BEST_RATE = {"sgd": 0.68, "rmsprop": 0.38, "adam": 0.44}
_OPTIMIZER_COST = {"sgd": 0.05, "rmsprop": 0.09, "adam": 0.0}
_ACTIVATION_COST = {"relu": 0.03, "tanh": 0.15, "elu": 0.07, "gelu": 0.0}


def _mixed9(config: Config) -> float:
    """As of a network: the right learning rate depends on optimizer and batch size, dropout on width."""
    u = {p.name: p.to_unit(config[p.name]) for p in _MIXED9 if p.kind != "choice"}
    optimizer = config["optimizer"]
    width, batch = u["n_units"] - 2 / 3, u["batch_size"] - 1 / 3
    rate = u["learning_rate"] - _BEST_RATE[optimizer] - 0.3 * batch
    drop = u["dropout"] - 0.28 - 0.25 * width
    slow = 1.5 * (u["momentum"] - 0.9) ** 2 if optimizer == "sgd" else 0.3 * (u["momentum"] - 0.7) ** 2
    loss = 6 * rate**2 + (u["weight_decay"] - 0.62) ** 2 + slow
    loss += 1.2 * drop**2 + 0.03 * (1 - math.cos(4 * math.pi * drop))
    loss += 0.08 * abs(config["n_layers"] - 3) ** 1.5 / 2 + 0.8 * width**2 + 0.5 * batch**2
    loss += _OPTIMIZER_COST[optimizer] + _ACTIVATION_COST[config["activation"]]
    return 0.05 + 0.9 * (1 - math.exp(-1.5 * loss))


_MIXED6 = (
    Parameter("kernel", "choice", choices=("a", "b", "c", "d")),
    Parameter("share", "float", 0.0, 1.0),
    Parameter("c", "float", 1e-3, 1e3, log=True),
    Parameter("gamma", "float", 1e-4, 10.0, log=True),
    Parameter("k", "int", 1, 20),
    Parameter("depth", "int", 2, 12),
)
_ORDER = {"a": (0, 1, 2), "b": (2, 0, 1), "c": (1, 2, 0), "d": (1, 0, 2)}
_STEEP = {"a": 0.8, "b": 1.2, "c": 1.0, "d": 0.6}
_OFFSET = {"a": 0.1, "b": 0.0, "c": 0.2, "d": 0.35}
_H3_LOW = -3.86278214782076


def _mixed6(config: Config) -> float:
    """Hartmann-3 in the floats, its axes permuted by the category, and two integers."""
    kind = config["kernel"]
    u = np.array([p.to_unit(config[p.name]) for p in _MIXED6[1:4]])
    smooth = (hartmann3(u[list(_ORDER[kind])]) - _H3_LOW) / -_H3_LOW
    whole = 0.02 * abs(config["k"] - 14) + 0.3 * ((config["depth"] - 5) / 10) ** 2
    return _STEEP[kind] * smooth + _OFFSET[kind] + whole


def _mixed9_best() -> Mapping[str, Any]:
    unit = {"learning_rate": 0.44, "weight_decay": 0.62, "momentum": 0.7, "dropout": 0.28}
    numbers = {p.name: p.from_unit(unit[p.name]) for p in _MIXED9 if p.name in unit}
    whole = {"n_layers": 3, "n_units": 256, "batch_size": 32, "optimizer": "adam", "activation": "gelu"}
    return MappingProxyType({**numbers, **whole})


def _mixed6_best() -> Mapping[str, Any]:
    # Kernel b reads its axes as (third, first, second).
    unit = {"share": 0.555649, "c": 0.852547, "gamma": 0.114614}
    numbers = {p.name: p.from_unit(unit[p.name]) for p in _MIXED6 if p.name in unit}
    return MappingProxyType({"kernel": "b", **numbers, "k": 14, "depth": 5})


_LOW4 = -39.1661657037714
PROBLEMS: Mapping[str, Problem] = MappingProxyType(
    {
        problem.name: problem
        for problem in (
            Problem(
                "branin",
                _box([-5, 0], [10, 15]),
                _branin,
                0.397887357729738,
                _point(math.pi, 2.275),
                held_out=False,
                scale=34.0,
            ),
            Problem(
                "hartmann6",
                _box([0] * 6, [1] * 6),
                _hartmann6,
                -3.32236801141551,
                _point(0.20168952, 0.15001069, 0.47687398, 0.27533243, 0.31165162, 0.65730054),
                held_out=False,
                scale=3.2,
            ),
            Problem("mixed9", _MIXED9, _mixed9, 0.05, _mixed9_best(), held_out=False, scale=0.78),
            Problem(
                "levy4", _box([-4] * 4, [12] * 4), _levy, 0.0, _point(1, 1, 1, 1), held_out=True, scale=28.0
            ),
            Problem(
                "ackley3",
                _box([-10] * 3, [10] * 3),
                _ackley,
                0.0,
                _point(*_ACKLEY_AT.tolist()),
                held_out=True,
                scale=16.0,
            ),
            Problem(
                "styblinski_tang4",
                _box([-5] * 4, [5] * 4),
                _styblinski_tang,
                4 * _LOW4,
                _point(*(_STYBLINSKI_AT - 2.90353402777118).tolist()),
                held_out=True,
                scale=153.0,
            ),
            Problem("mixed6", _MIXED6, _mixed6, 0.0, _mixed6_best(), held_out=True, scale=1.0),
        )
    }
)
