"""Which values belong to a domain, and which member a stranger becomes."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from syne_core import config_space as cs
from syne_core.config_space import (
    Domain,
    Integer,
    choice,
    finrange,
    logfinrange,
    logordinal,
    lograndint,
    loguniform,
    ordinal,
    randint,
    uniform,
)
from syne_core.errors import ConfigSpaceError

MEMBERS = [
    (uniform(0, 1), [0, 1, 0.5, 0.0, 1.0, np.float64(0.5), np.float32(0.25), np.int64(1), np.array(0.5)]),
    (randint(1, 3), [1, 2, 3, np.int64(2), np.uint8(3)]),
    (lograndint(1, 3), [1, 3]),
    (choice(["a", "b"]), ["a", np.str_("b")]),
    (choice([True, False]), [True, False, np.bool_(True)]),
    (choice([1, 2]), [1, np.int32(2)]),
    (choice([1.0, 2.5]), [1.0, 1, np.float64(2.5)]),
    (choice([[1, 2], [3]]), [[1, 2], [3]]),
    (choice([{"a": 1, "b": 2}]), [{"b": 2, "a": 1}]),
    (ordinal([1, 2, 8]), [1, 8]),
    (logordinal([0.1, 1.0]), [1, 0.1]),
    (finrange(0.1, 0.5, 5), [0.1, 0.2, 0.3, 0.30000000000000004, 0.5]),
    (finrange(-1, 1, 21), [0, 0.0, 0.3, -0.7]),
    (logfinrange(1, 1024, 11, cast_int=True), [1, 2, 512, np.int64(1024)]),
    (logfinrange(1e-8, 1, 9), [1e-8, 1e-7, 1]),
]
STRANGERS = [
    (uniform(0, 1), [-1e-9, 1.1, True, False, "0.5", None, math.inf, np.bool_(1), np.ones(1), 1j, [0.5]]),
    (randint(0, 3), [-1, 4, 1.0, True, "1", None, np.float64(1.0), math.inf]),
    (choice(["a", "b"]), ["c", "A", 1, None, ["a"]]),
    (choice([True, False]), [1, 0, "true", None]),
    (choice([0, 1]), [True, False, 1.0, "1"]),
    (choice([1.0, 2.5]), [True, 2.4, "1.0"]),
    (choice([[1, 2], [3]]), [(1, 2), [1.0, 2], [1], [True, 2], [np.int64(1), 2], "[1, 2]"]),
    (ordinal([1, 2, 8]), [3, 1.0, True, "2"]),
    (finrange(0.1, 0.5, 5), [0.15, 0.1001, 0.0, 0.6, 5, True, "0.1", math.inf, -math.inf]),
    (logfinrange(1, 1024, 11, cast_int=True), [3, 2.0, 0, 2048, True]),
    (logfinrange(1e-8, 1, 9), [1.05e-8, 0, -1e-8, 1.1]),
]  # fmt: skip


@pytest.mark.parametrize(("domain", "value"), [(d, v) for d, values in MEMBERS for v in values], ids=repr)
def test_members_are_valid(domain: Domain, value: Any) -> None:
    assert domain.is_valid(value)
    assert domain.match_key(value) == domain.match_key(domain.cast(value))
    assert 0.0 <= domain.to_unit(value) <= 1.0


@pytest.mark.parametrize(("domain", "value"), [(d, v) for d, values in STRANGERS for v in values], ids=repr)
def test_strangers_are_not_valid(domain: Domain, value: Any) -> None:
    assert not domain.is_valid(value)
    with pytest.raises(ConfigSpaceError, match="is not in"):
        domain.match_key(value)


@pytest.mark.parametrize(
    ("domain", "value", "expected"),
    [
        (uniform(0, 1), "0.25", 0.25),
        (uniform(0, 1), 7, 1.0),
        (uniform(0, 1), "-inf", 0.0),
        (uniform(0, 1), 10**400, 1.0),
        (loguniform(1e-5, 0.1), " 1e-3 ", 1e-3),
        (randint(1, 10), "7", 7),
        (randint(1, 10), "7.0", 7),
        (randint(1, 10), 6.8, 7),
        (randint(-9, -1), -6.8, -7),
        (randint(1, 10), math.inf, 10),
        (randint(1, 10), np.float64(3.0), 3),
        (choice(["8", "16"]), 8, "8"),
        (choice([8, 16]), "16.0", 16),
        (choice([0.1, 0.25]), np.float32(0.1), 0.1),
        (choice([True, False]), "TRUE", True),
        (choice([True, False]), "0", False),
        (choice([True, False]), 1, True),
        (choice([[1, 2], [3]]), "[1, 2]", [1, 2]),
        (choice([["a"], ["b"]]), "['b']", ["b"]),
        (ordinal([1, 2, 8]), 4, 2),
        (ordinal([1, 2, 8]), "6", 8),
        (logordinal([1, 10, 100]), 30, 10),
        (logordinal([1, 10, 100]), 32, 100),
        (logordinal([1, 10, 100]), -5, 1),
        (finrange(0, 1, 5), "0.6", 0.5),
        (logfinrange(1, 1024, 11, cast_int=True), "500", 512),
        (logfinrange(1, 1024, 11, cast_int=True), 0, 1),
    ],
    ids=repr,
)
def test_cast_finds_the_nearest_value(domain: Domain, value: Any, expected: Any) -> None:
    cast = domain.cast(value)
    assert cast == expected
    assert type(cast) is type(expected)


@pytest.mark.parametrize(
    ("domain", "value"),
    [
        (uniform(0, 1), "abc"),
        (uniform(0, 1), "nan"),
        (uniform(0, 1), None),
        (randint(0, 1), True),
        (randint(0, 1), ""),
        (choice(["a"]), "b"),
        (choice([8, 16]), 9),
        (choice([8, 16]), 8.4),
        (choice([0.1, 0.25]), 0.11),
        (choice([True, False]), "yes"),
        (choice([[1, 2]]), [2, 1]),
        (ordinal([1, 2, 8]), "many"),
        (finrange(0, 1, 5), [0.5]),
    ],
    ids=repr,
)
def test_cast_refuses_what_has_no_nearest_value(domain: Domain, value: Any) -> None:
    with pytest.raises(ConfigSpaceError, match="is not"):
        domain.cast(value)


def test_changing_a_sampled_list_leaves_the_domain_alone() -> None:
    given_list = [[1, 2], [3]]
    domain = choice(given_list)
    given_list[0].append(9)
    for value in (
        domain.from_unit(0.0),
        domain.cast("[1, 2]"),
        cs.to_dict(domain)["domain_kwargs"]["categories"][0],
    ):
        value.append(4)
    assert domain == choice([[1, 2], [3]])
    assert domain.from_unit(0.0) == [1, 2]


def test_domains_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        uniform(0, 1).lower = 2.0  # type: ignore[misc]


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (choice([0, 1]), choice([False, True])),
        (choice([0, 1]), choice([0.0, 1.0])),
        (choice([1, 2]), choice([2, 1])),
        (choice([1, 2]), ordinal([1, 2], kind="equal")),
        (ordinal([1, 2]), logordinal([1, 2])),
        (uniform(0.1, 0.5), loguniform(0.1, 0.5)),
        (uniform(1, 5), randint(1, 5)),
        (finrange(1, 5, 3), finrange(1, 5, 5)),
    ],
)
def test_different_domains_are_not_equal(a: Domain, b: Domain) -> None:
    assert a != b
    assert len({a, b}) == 2


def test_integral_floats_and_numpy_bounds_are_taken_as_plain_numbers() -> None:
    assert randint(1.0, np.int64(3)) == randint(1, 3)  # type: ignore[arg-type]
    from_array = choice(np.array([1, 2]))  # type: ignore[arg-type]
    assert json.dumps(cs.to_dict(from_array)) == json.dumps(cs.to_dict(choice([1, 2])))
    assert repr(loguniform(np.float64(1e-5), 0.1)) == "loguniform(1e-05, 0.1)"


@pytest.mark.parametrize("domain", [randint(-(2**40), 2**40), randint(0, 2**40), lograndint(1, 2**40)])
def test_the_largest_integers_keep_positions_of_their_own(domain: Integer) -> None:
    for distance in range(1000):
        for value in (domain.lower + distance, domain.upper - distance):
            assert domain.from_unit(domain.to_unit(value)) == value


def test_an_even_number_of_integers_decodes_to_the_upper_of_the_middle_ones() -> None:
    assert [randint(lower, lower + 3).from_unit(0.5) for lower in (-3, 0, 1, 2)] == [-1, 2, 3, 4]
