"""The configuration spaces and metrics on which schedulers are tried by their contract."""

from __future__ import annotations

from typing import Any

from syne_core.config_space import (
    Domain,
    choice,
    finrange,
    logfinrange,
    logordinal,
    lograndint,
    loguniform,
    ordinal,
    randint,
    reverseloguniform,
    uniform,
)

__all__ = [
    "ALL_KINDS",
    "CONSTANTS",
    "EXTREMES",
    "FINITE_SIZE",
    "FINITE_SPACE",
    "MAX_RESOURCE",
    "SINGLE",
    "SPACE",
    "WIDE_SPACE",
]

MAX_RESOURCE = 9

CONSTANTS: dict[str, Any] = {"epochs": MAX_RESOURCE, "name": 'it\'s "x"', "layers": [1, 2]}

SPACE: dict[str, Any] = {
    "lr": loguniform(1e-6, 1.0),
    "width": randint(1, 64),
    "activation": choice(["relu", "tanh"]),
    "dropout": uniform(0.0, 0.99),
    **CONSTANTS,
}

FINITE_SPACE: dict[str, Any] = {"depth": randint(1, 4), **CONSTANTS, "batch_size": ordinal([8, 16, 64])}
FINITE_SIZE = 12

ALL_KINDS: dict[str, Any] = {
    "uniform": uniform(-2.0, 3.0),
    "loguniform": loguniform(1e-8, 10.0),
    "reverseloguniform": reverseloguniform(0.1, 0.9999),
    "randint": randint(-3, 5),
    "lograndint": lograndint(1, 4096),
    "choice": choice(["a", "b c", "d"]),
    "choice_of_lists": choice([[1, 2], [3]]),
    "choice_of_one": choice(["only"]),
    "ordinal": ordinal(["small", "medium", "large"]),
    "ordinal_numbers": ordinal([1, 5, 6, 20]),
    "logordinal": logordinal([0.1, 1.0, 100.0]),
    "finrange": finrange(0.0, 1.0, 5),
    "logfinrange": logfinrange(8, 512, 7, cast_int=True),
    **CONSTANTS,
}

WIDE_SPACE: dict[str, Any] = {
    "uniform": uniform(-1e300, 1e300),
    "loguniform": loguniform(1e-300, 1e300),
    "randint": randint(-(2**40), 2**40),
    "lograndint": lograndint(1, 2**40),
    **CONSTANTS,
}

SINGLE: dict[str, Domain] = {
    "float": uniform(0.0, 1.0),
    "log": loguniform(1e-6, 1.0),
    "integer": randint(1, 100),
    "category": choice([f"number {i}" for i in range(40)]),
    "ordinal": ordinal(list(range(1, 41))),
}

# Of all sizes that floats have, and with squares and sums that they have not.
EXTREMES = (1e300, 1e-300, -1e300, 0.0, 1.0, -1e-300, 1.7e308, -1.7e308)
