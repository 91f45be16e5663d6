"""Small tables to test with."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
from hypothesis import strategies as st

from syne_core.blackbox import BlackboxTabular
from syne_core.config_space import (
    Domain,
    choice,
    config_key,
    decode_config,
    finrange,
    logfinrange,
    lograndint,
    loguniform,
    ordinal,
    randint,
    sample_config,
    uniform,
)

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


NAMES = st.text(min_size=1, max_size=8).filter(lambda name: not name.startswith("st_"))
TEXTS = st.lists(st.text(max_size=6), min_size=1, max_size=4, unique=True)
DOMAINS: st.SearchStrategy[Domain] = st.one_of(
    st.tuples(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6)).map(lambda p: uniform(p[0], p[0] + p[1])),
    st.floats(1e-12, 1.0).map(lambda low: loguniform(low, low * 1e4)),
    st.tuples(st.integers(-99, 99), st.integers(1, 99)).map(lambda p: randint(p[0], p[0] + p[1])),
    st.integers(1, 99).map(lambda low: lograndint(low, low * 10)),
    st.integers(2, 9).map(lambda n: finrange(0.0, 0.6, n)),
    st.integers(2, 4).map(lambda n: logfinrange(8, 64, n, cast_int=True)),
    st.just(ordinal([1, 2, 4, 8])),
    st.just(choice([True, False])),
    st.just(choice([[1, 2], [3]])),
    TEXTS.map(choice),
)


@st.composite
def tables(draw: st.DrawFn) -> BlackboxTabular:
    """Any table: spaces, gaps, divergence, failures, 32 or 64 bits."""
    space = draw(st.dictionaries(NAMES, DOMAINS, min_size=1, max_size=4))
    rows = draw(st.integers(1, 5))
    unit = st.lists(st.floats(0, 1), min_size=len(space), max_size=len(space))
    configs = [decode_config(draw(unit), space) for _ in range(rows)]
    rows = len({config_key(config, space) for config in configs})
    configs = list({config_key(config, space): config for config in configs}.values())
    resources = sorted(draw(st.sets(st.integers(1, 99), min_size=1, max_size=4)))
    shape = (rows, draw(st.integers(1, 3)), len(resources))
    numbers = np.random.default_rng(draw(st.integers(0, 99)))
    elapsed = np.cumsum(numbers.exponential(size=shape), axis=2)
    metric = numbers.normal(size=shape)
    metric[numbers.random(shape) < 0.1] = np.nan
    gone = numbers.random(shape) < 0.2
    elapsed[gone], metric[gone] = np.nan, np.nan
    failures = {(row, 0): draw(st.text(min_size=1, max_size=5)) for row in range(rows)}
    if draw(st.booleans()):
        elapsed, metric = elapsed.astype(np.float32), metric.astype(np.float32)
    names = [name for name in ("y", "ü /\n") if name not in space]
    return BlackboxTabular(
        space,
        configs,
        elapsed,
        dict.fromkeys(names or ["metric"], metric),
        resources=resources,
        resource_attr="rung",
        failures=failures,
        modes={},
        provenance=draw(
            st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=3), max_size=2)
        ),
    )
