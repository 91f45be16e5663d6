"""Small tables to test with."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from syne_core.blackbox import BlackboxTabular
from syne_core.config_space import choice, loguniform, randint, sample_config, uniform

SPACE = {"lr": loguniform(1e-4, 1.0), "layers": randint(1, 8), "kind": choice(["a", "b"])}
RESOURCES = (1, 2, 3, 9)


def arguments(rows: int = 6, seeds: int = 2, **changes: Any) -> dict[str, Any]:
    """Good arguments of :class:`BlackboxTabular`, some replaced."""
    rng = random.Random(5)
    numbers = np.random.default_rng(5)
    shape = (rows, seeds, len(RESOURCES))
    made: dict[str, Any] = {
        "config_space": SPACE,
        "configurations": [sample_config(SPACE, rng) for _ in range(rows)],
        "elapsed": np.cumsum(numbers.uniform(1, 5, shape), axis=2),
        "metrics": {"loss": numbers.random(shape), "acc": numbers.random(shape)},
        "resources": RESOURCES,
    }
    return {**made, **changes}


def table(rows: int = 6, seeds: int = 2, **changes: Any) -> BlackboxTabular:
    """A good table."""
    return BlackboxTabular(**arguments(rows, seeds, **changes))


def wide_table(rows: int = 60) -> BlackboxTabular:
    """One whose loss and time are simple functions of two hyperparameters."""
    space = {"x": uniform(0, 1), "y": uniform(0, 1)}
    rng = random.Random(1)
    configs = [sample_config(space, rng) for _ in range(rows)]
    epochs = np.arange(1, 11)
    loss = [[[c["x"] + 1 / epoch for epoch in epochs]] for c in configs]
    elapsed = [[(1 + 9 * c["y"]) * epochs] for c in configs]
    return BlackboxTabular(space, configs, np.array(elapsed), {"loss": loss}, resources=epochs.tolist())
