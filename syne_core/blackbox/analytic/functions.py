"""Test functions of global optimisation; each takes a point and returns the value to be minimised.

Definitions and optima as collected by Surjanovic and Bingham, Virtual Library of Simulation Experiments
(sfu.ca/~ssurjano), after Dixon and Szego (1978) for Branin and Hartmann, Ackley (1987), Laguna and Marti
(2005) for Levy, and Rosenbrock (1960) in the chained form.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["FUNCTIONS", "TestFunction", "ackley", "branin", "hartmann3", "hartmann6", "levy", "rosenbrock"]

_ALPHA = (1.0, 1.2, 3.0, 3.2)
_A3 = ((3.0, 10.0, 30.0), (0.1, 10.0, 35.0), (3.0, 10.0, 30.0), (0.1, 10.0, 35.0))
_P3 = (
    (0.3689, 0.1170, 0.2673),
    (0.4699, 0.4387, 0.7470),
    (0.1091, 0.8732, 0.5547),
    (0.0381, 0.5743, 0.8828),
)
_A6 = (
    (10.0, 3.0, 17.0, 3.5, 1.7, 8.0),
    (0.05, 10.0, 17.0, 0.1, 8.0, 14.0),
    (3.0, 3.5, 1.7, 10.0, 17.0, 8.0),
    (17.0, 8.0, 0.05, 10.0, 0.1, 14.0),
)
_P6 = (
    (0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886),
    (0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991),
    (0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650),
    (0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381),
)


def branin(x: Sequence[float]) -> float:
    """Branin on [-5, 10] x [0, 15]: minimum 0.397887 at (-pi, 12.275), (pi, 2.275), (3 pi, 2.475)."""
    parabola = x[1] - 5.1 / (4 * math.pi**2) * x[0] ** 2 + 5 / math.pi * x[0] - 6
    return parabola**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x[0]) + 10


def hartmann3(x: Sequence[float]) -> float:
    """Hartmann on [0, 1]^3: minimum -3.86278 at (0.114614, 0.555649, 0.852547)."""
    return _hartmann(x, _A3, _P3)


def hartmann6(x: Sequence[float]) -> float:
    """Hartmann on [0, 1]^6: minimum -3.32237 at (0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573)."""
    return _hartmann(x, _A6, _P6)


def _hartmann(x: Sequence[float], a: Sequence[Sequence[float]], p: Sequence[Sequence[float]]) -> float:
    wells = zip(_ALPHA, a, p, strict=True)
    return -sum(
        height * math.exp(-sum(w * (xi - c) ** 2 for w, xi, c in zip(widths, x, centre, strict=True)))
        for height, widths, centre in wells
    )


def ackley(x: Sequence[float]) -> float:
    """Ackley, any dimension: minimum 0 at the origin."""
    radius = math.sqrt(sum(xi**2 for xi in x) / len(x))
    waves = sum(math.cos(2 * math.pi * xi) for xi in x) / len(x)
    return -20 * math.exp(-0.2 * radius) - math.exp(waves) + 20 + math.e


def levy(x: Sequence[float]) -> float:
    """Levy, any dimension: minimum 0 at (1, ..., 1)."""
    w = [1 + (xi - 1) / 4 for xi in x]
    first = math.sin(math.pi * w[0]) ** 2
    middle = sum((wi - 1) ** 2 * (1 + 10 * math.sin(math.pi * wi + 1) ** 2) for wi in w[:-1])
    return first + middle + (w[-1] - 1) ** 2 * (1 + math.sin(2 * math.pi * w[-1]) ** 2)


def rosenbrock(x: Sequence[float]) -> float:
    """Rosenbrock, two dimensions or more: minimum 0 at (1, ..., 1), in a long bent valley."""
    return sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in itertools.pairwise(x))


@dataclass(frozen=True)
class TestFunction:
    """A function with its box and optimum.

    :param formula: point to value
    :param bounds: (lower, upper) of each coordinate; of all coordinates if ``dimension`` may be chosen
    :param optimum: smallest value
    :param minimisers: all points where it is attained; single coordinates if the dimension may be chosen
    :param dimension: number of coordinates where none is asked for
    :param least: smallest dimension; None: it cannot be chosen
    """

    __test__ = False  # not one of pytest's

    formula: Callable[[Sequence[float]], float]
    bounds: tuple[tuple[float, float], ...]
    optimum: float
    minimisers: tuple[tuple[float, ...], ...]
    dimension: int
    least: int | None = None


# The usual box of Ackley is symmetric, so that a method that tries the centre first would be done.
# [-5, 10] is Eriksson et al. (2019), "Scalable global optimization via local Bayesian optimization".
_BOX = ((-5.0, 10.0),)

#: By name.
FUNCTIONS = {
    "branin": TestFunction(
        branin,
        ((-5.0, 10.0), (0.0, 15.0)),
        0.39788735772973816,
        ((-math.pi, 12.275), (math.pi, 2.275), (3 * math.pi, 2.475)),
        2,
    ),
    "hartmann3": TestFunction(
        hartmann3,
        ((0.0, 1.0),) * 3,
        -3.862779787332663,
        ((0.11458887930324516, 0.5556488952654733, 0.8525469855113912),),
        3,
    ),
    "hartmann6": TestFunction(
        hartmann6,
        ((0.0, 1.0),) * 6,
        -3.322368011415515,
        (
            (
                0.20168951037717156,
                0.150010691466166,
                0.4768739733716025,
                0.27533242885448195,
                0.3116516165628256,
                0.6573005308460204,
            ),
        ),
        6,
    ),
    "ackley": TestFunction(ackley, _BOX, 0.0, ((0.0,),), 5, least=1),
    "levy": TestFunction(levy, _BOX, 0.0, ((1.0,),), 4, least=1),
    "rosenbrock": TestFunction(rosenbrock, _BOX, 0.0, ((1.0,),), 4, least=2),
}
