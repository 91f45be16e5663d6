"""What ``points_to_evaluate`` stands for."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syne_core.config_space import (
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
from syne_core.errors import ConfigSpaceError
from syne_core.optimizer.schedulers.searchers import impute_points_to_evaluate
from syne_core.optimizer.schedulers.searchers.initial_points import default_value

SPACE = {"lr": loguniform(1e-4, 1.0), "width": randint(8, 256), "act": choice(["b", "a"]), "epochs": 27}
DEFAULT = {"lr": pytest.approx(1e-2), "width": 132, "act": "b", "epochs": 27}


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        (uniform(0, 1), 0.5),
        (uniform(-4, 2), -1.0),
        (loguniform(1e-6, 1), 1e-3),
        (reverseloguniform(0, 0.99), 0.9),
        (randint(0, 10), 5),
        (randint(8, 256), 132),
        (lograndint(4, 1024), 64),
        (lograndint(1, 100), 10),
        (choice(["x", "y", "z"]), "x"),
        (choice([3]), 3),
        (ordinal(["s", "m", "l"]), "m"),
        (ordinal([1, 2, 3, 4], kind="equal"), 3),
        (ordinal([1, 2, 10]), 2),
        (ordinal([0, 6, 10]), 6),
        (logordinal([1, 8, 10, 100]), 10),
        (finrange(0.0, 1.0, 5), 0.5),
        (finrange(2, 10, 5, cast_int=True), 6),
        (logfinrange(1.0, 100.0, 3), 10.0),
    ],
    ids=repr,
)
def test_default_is_in_the_middle_or_first(domain: Any, expected: Any) -> None:
    value = default_value(domain)
    assert value == pytest.approx(expected) if isinstance(expected, float) else value == expected
    assert domain.is_valid(value)
    assert type(value) is domain.value_type


def test_none_is_one_default_and_an_empty_list_is_none() -> None:
    assert impute_points_to_evaluate(None, SPACE) == [DEFAULT]
    assert impute_points_to_evaluate([{}], SPACE) == [DEFAULT]
    assert impute_points_to_evaluate([], SPACE) == []


def test_partial_configurations_are_completed_in_the_order_of_the_space() -> None:
    [config] = impute_points_to_evaluate([{"act": "a", "lr": 0.5}], SPACE)
    assert config == {**DEFAULT, "lr": 0.5, "act": "a"}
    assert list(config) == list(SPACE)


def test_repetitions_are_dropped_and_the_order_stays() -> None:
    points: list[dict[str, Any]] = [{"width": 9}, {}, {"width": 9, "act": "b"}, {"width": 132}, {"width": 10}]
    assert [c["width"] for c in impute_points_to_evaluate(points, SPACE)] == [9, 132, 10]


def test_numbers_get_the_type_of_their_hyperparameter() -> None:
    [config] = impute_points_to_evaluate([{"width": 9.0, "lr": 1}], SPACE)
    assert (type(config["width"]), type(config["lr"])) == (int, float)
    [config] = impute_points_to_evaluate([{"width": np.int64(9), "lr": np.float32(0.5)}], SPACE)
    assert (type(config["width"]), type(config["lr"])) == (int, float)


def test_numbers_within_a_finite_range_move_to_its_nearest_member() -> None:
    assert impute_points_to_evaluate([{"x": 0.3}], {"x": finrange(0.0, 1.0, 5)}) == [{"x": 0.25}]


def test_constants_may_be_given_if_they_agree() -> None:
    assert impute_points_to_evaluate([{"epochs": 27}], SPACE) == [DEFAULT]
    with pytest.raises(ConfigSpaceError, match=r"points_to_evaluate\[0\]: epochs: 9 differs from .* 27"):
        impute_points_to_evaluate([{"epochs": 9}], SPACE)


def test_every_mistake_is_named_with_its_place() -> None:
    points: list[dict[str, Any]] = [
        {"lr": 7.0},
        {"lr": 0.1, "widht": 9},
        {"act": "c", "width": 8.5},
        {"lr": math.nan},
    ]
    with pytest.raises(ConfigSpaceError) as caught:
        impute_points_to_evaluate(points, SPACE)
    lines = str(caught.value).splitlines()
    assert [line.split(": ")[:2] for line in lines] == [
        ["points_to_evaluate[0]", "lr"],
        ["points_to_evaluate[1]", "widht"],
        ["points_to_evaluate[2]", "width"],
        ["points_to_evaluate[2]", "act"],
        ["points_to_evaluate[3]", "lr"],
    ]
    assert "did you mean 'width'" in lines[1]


@pytest.mark.parametrize("points", [{"lr": 0.1}, "lr", 5, [[0.1]], [None]])
def test_what_is_no_list_of_configurations_is_refused(points: Any) -> None:
    with pytest.raises(ConfigSpaceError, match="points_to_evaluate"):
        impute_points_to_evaluate(points, SPACE)


def test_mutable_values_are_copies() -> None:
    space = {"shape": choice([[1, 2], [3]]), "layers": [4]}
    [config] = impute_points_to_evaluate(None, space)
    config["shape"].append(5)
    config["layers"].append(5)
    assert impute_points_to_evaluate(None, space) == [{"shape": [1, 2], "layers": [4]}]


@given(lower=st.integers(-50, 50), span=st.integers(1, 100))
def test_default_of_integers_is_within_half_of_the_mid_point(lower: int, span: int) -> None:
    assert abs(default_value(randint(lower, lower + span)) - (lower + span / 2)) <= 0.5
