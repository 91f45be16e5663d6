"""Functions over a whole space: check, sample, compare, enumerate, cast."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest

from syne_core import config_space as cs
from syne_core.config_space import (
    choice,
    loguniform,
    randint,
    uniform,
)
from syne_core.errors import ConfigSpaceError


def test_a_numpy_generator_serves_as_well(mixed_space: dict[str, Any]) -> None:
    config = cs.sample_config(mixed_space, np.random.default_rng(3))
    assert cs.config_mistakes(config, mixed_space) == []
    decoded = cs.decode_config([0.4] * 9, mixed_space)
    from_numpy = cs.decode_config(np.full(9, 0.4), mixed_space)  # type: ignore[arg-type]
    assert from_numpy == decoded
    assert [type(v) for v in from_numpy.values()] == [type(v) for v in decoded.values()]


def test_enumeration_varies_the_last_hyperparameter_fastest_and_is_lazy() -> None:
    space = {"a": choice(["x", "y"]), "c": 1, "b": randint(1, 10**12)}
    first = [next(configs) for configs in [cs.enumerate_configs(space)] for _ in range(2)]
    assert first == [{"a": "x", "c": 1, "b": 1}, {"a": "x", "c": 1, "b": 2}]


def test_enumeration_of_an_infinite_space_names_its_infinite_hyperparameters(
    mixed_space: dict[str, Any],
) -> None:
    with pytest.raises(ConfigSpaceError, match=r"lr: loguniform.*infinitely many(.|\n)*momentum: uniform"):
        cs.enumerate_configs(mixed_space)


def test_size_is_none_when_infinite_or_above_the_limit() -> None:
    pair = {"a": randint(1, 10), "b": choice(["x", "y"]), "c": 3}
    assert cs.config_space_size(pair) == 20
    assert cs.config_space_size(pair, upper_limit=20) == 20
    assert cs.config_space_size(pair, upper_limit=19) is None
    assert cs.config_space_size({**pair, "d": uniform(0, 1)}) is None
    assert cs.config_space_size({"a": randint(1, 2**20), "b": choice([1, 2])}) is None
    assert cs.config_space_size({"a": randint(1, 2**20), "b": choice([1, 2])}, upper_limit=None) == 2**21
    assert cs.config_space_size({}) == 1


def test_all_mistakes_of_a_space_are_reported_together() -> None:
    space: dict[Any, Any] = {
        "st_time": 1,
        "": 2,
        3: 4,
        "callback": print,
        "shape": (1, 2),
        "count": np.int64(3),
        "bad": math.nan,
        "nested": [{"x": uniform(0, 1)}],
        "lookalike": {"domain_cls": "Float"},
        "lr": uniform(0, 1),
        "fine": [None, True, 1, 0.5, "a", {"b": []}],
    }
    with pytest.raises(ConfigSpaceError) as caught:
        cs.check_config_space(space)
    lines = str(caught.value).splitlines()
    starts = [
        "st_time: names",
        "'': a",
        "3: a",
        "callback: c",
        "shape: c",
        "count: c",
        "bad: c",
        "nested: c",
        "look",
    ]
    assert len(lines) == len(starts)
    for line, start in zip(lines, starts, strict=True):
        assert line.startswith(start)


def test_check_accepts_a_good_space_and_refuses_other_types(mixed_space: dict[str, Any]) -> None:
    cs.check_config_space(mixed_space)
    with pytest.raises(ConfigSpaceError, match="is a dict, not list"):
        cs.check_config_space([uniform(0, 1)])  # type: ignore[arg-type]


def test_all_mistakes_of_a_configuration_are_reported_together(mixed_space: dict[str, Any]) -> None:
    config = cs.sample_config(mixed_space, random.Random(0))
    del config["depth"], config["dataset_path"]  # a constant may be left out
    config |= {"lr": "0.01", "batch": 512, "epochs": 28, "optimiser": "adam", "zzz": 1}
    assert cs.config_mistakes(config, mixed_space) == [
        "lr: '0.01' is not in loguniform(1e-05, 0.1)",
        "epochs: 28 differs from the constant 27",
        "batch: 512 is not in randint(8, 256)",
        "depth: missing; expected a value of ordinal([1, 2, 4], kind='nn')",
        "optimiser: not in the space; did you mean 'optimizer'?",
        "zzz: not in the space",
    ]
    assert not cs.is_valid_config(config, mixed_space)


@pytest.mark.parametrize(
    ("constant", "value", "same"),
    [
        (27, 27.0, True),
        (27, np.int64(27), True),
        (1, True, False),
        (True, 1, False),
        ("a", "b", False),
        (None, None, True),
        ([1, 2], [1, 2], True),
        (3, np.array([3, 3]), False),
    ],
)
def test_constants_of_a_configuration_must_agree(constant: Any, value: Any, same: bool) -> None:
    assert cs.is_valid_config({"c": value}, {"c": constant}) is same


def test_constants_that_are_lists_are_not_shared_with_the_space() -> None:
    space = {"sizes": [1, 2], "x": randint(1, 2)}
    for config in (
        cs.sample_config(space, random.Random(0)),
        cs.decode_config([0.5], space),
        next(cs.enumerate_configs(space)),
        cs.config_space_to_json_dict(space),
    ):
        config["sizes"].append(3)
    assert space["sizes"] == [1, 2]


def test_key_separates_values_that_python_calls_equal() -> None:
    space = {"x": choice([True, False]), "y": choice([[1], [1.0]])}
    assert len({cs.config_key(c, space) for c in cs.enumerate_configs(space)}) == 4


def test_key_ignores_rounding_in_the_last_digit_only() -> None:
    space = {"lr": loguniform(1e-5, 0.1)}
    key = cs.config_key({"lr": 0.012345678901}, space)
    assert cs.config_key({"lr": math.nextafter(0.012345678901, 1)}, space) == key
    assert cs.config_key({"lr": 0.012345678902}, space) != key


@pytest.mark.parametrize("use", [cs.config_key, cs.encode_config])
def test_missing_hyperparameter_is_named(use: Any) -> None:
    with pytest.raises(KeyError, match="lr"):
        use({"x": 1}, {"lr": uniform(0, 1)})


def test_decoding_refuses_a_wrong_number_of_positions() -> None:
    for units in ([], [0.5, 0.5]):
        with pytest.raises(ConfigSpaceError, match=f"{len(units)} positions given for 1 hyperparameters"):
            cs.decode_config(units, {"lr": uniform(0, 1), "c": 3})


def test_casting_a_configuration_reads_text_and_names_what_it_cannot_read(
    mixed_space: dict[str, Any],
) -> None:
    config = cs.sample_config(mixed_space, random.Random(1))
    as_text = {name: str(value) for name, value in config.items()} | {"unknown": "1"}
    cast = cs.cast_config_values(as_text, mixed_space)
    assert cast == config
    assert [type(v) for v in cast.values()] == [type(v) for v in config.values()]
    assert cs.cast_config_values({"epochs": "28"}, mixed_space) == {"epochs": "28"}
    with pytest.raises(ConfigSpaceError, match="batch: 'many' is not a number"):
        cs.cast_config_values({"batch": "many"}, mixed_space)


def test_hyperparameters_are_listed_in_the_order_of_the_space() -> None:
    assert cs.non_constant_hyperparameter_keys({"b": uniform(0, 1), "c": 3, "a": randint(0, 1)}) == ["b", "a"]
