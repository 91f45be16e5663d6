"""A space with every kind of entry."""

from __future__ import annotations

from typing import Any

import pytest

from syne_core.config_space import (
    choice,
    finrange,
    lograndint,
    loguniform,
    ordinal,
    randint,
    reverseloguniform,
    uniform,
)


@pytest.fixture
def mixed_space() -> dict[str, Any]:
    return {
        "lr": loguniform(1e-5, 0.1),
        "epochs": 27,
        "momentum": uniform(0, 0.99),
        "beta": reverseloguniform(0.9, 0.9999),
        "batch": randint(8, 256),
        "units": lograndint(4, 1024),
        "optimizer": choice(["sgd", "adam"]),
        "layers": choice([[64], [64, 64]]),
        "depth": ordinal([1, 2, 4]),
        "fraction": finrange(0.1, 0.5, 5),
        "dataset_path": "data dir",
    }
