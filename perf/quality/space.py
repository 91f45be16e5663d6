"""Hyperparameters of a problem, in a form from which every library's own search space can be made."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Config", "Parameter", "draw", "settle"]

Config = dict[str, Any]
_DIGITS = 10


@dataclass(frozen=True)
class Parameter:
    """One hyperparameter.

    :param kind: ``float``, ``int`` or ``choice``
    :param low: smallest value (numbers)
    :param high: largest value, which belongs to the range (numbers)
    :param log: whether its logarithm is what matters
    :param choices: the values (``choice``)
    """

    name: str
    kind: str
    low: float = 0.0
    high: float = 1.0
    log: bool = False
    choices: tuple[str, ...] = ()

    def to_unit(self, value: Any) -> float:
        """Position of a number in its range, 0 to 1, on the logarithmic scale if ``log``."""
        low, high = self._ends()
        return (self._scaled(float(value)) - low) / (high - low)

    def from_unit(self, position: float) -> float | int:
        """The number at ``position``; of an int, the nearest one."""
        low, high = self._ends()
        scaled = low + min(1.0, max(0.0, position)) * (high - low)
        value = math.exp(scaled) if self.log else scaled
        value = min(self.high, max(self.low, value))
        return round(value) if self.kind == "int" else value

    def _ends(self) -> tuple[float, float]:
        return self._scaled(self.low), self._scaled(self.high)

    def _scaled(self, value: float) -> float:
        return math.log(value) if self.log else value


def settle(parameters: Sequence[Parameter], config: Config) -> Config:
    """``config`` as it is evaluated and stored: plain numbers, floats with ten digits, in their ranges.

    :raises ValueError: a value lies outside its range, or a name is missing
    """
    settled: Config = {}
    for parameter in parameters:
        if parameter.name not in config:
            raise ValueError(f"no value for {parameter.name}: {config}")
        value = config[parameter.name]
        if parameter.kind == "choice":
            if value not in parameter.choices:
                raise ValueError(f"{parameter.name}: {value!r} is none of {parameter.choices}")
            settled[parameter.name] = str(value)
            continue
        number = int(value) if parameter.kind == "int" else float(f"{float(value):.{_DIGITS}g}")
        slack = 1e-8 * (parameter.high - parameter.low)
        if not parameter.low - slack <= number <= parameter.high + slack:
            raise ValueError(f"{parameter.name}: {value!r} is outside {parameter.low} to {parameter.high}")
        inside = min(parameter.high, max(parameter.low, number))
        settled[parameter.name] = int(inside) if parameter.kind == "int" else inside
    return settled


def draw(parameters: Sequence[Parameter], generator: np.random.Generator) -> Config:
    """A random configuration, uniform on the (logarithmic) scales."""
    config: Config = {}
    for parameter in parameters:
        if parameter.kind == "choice":
            config[parameter.name] = parameter.choices[int(generator.integers(len(parameter.choices)))]
        else:
            config[parameter.name] = parameter.from_unit(float(generator.random()))
    return settle(parameters, config)
