"""How often values are sampled, with fixed seeds, and where they lie in the unit interval."""

from __future__ import annotations

import collections
import math
import random
import statistics
from typing import Any

import pytest

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


def _samples(domain: Domain, n: int = 20_000) -> list[Any]:
    rng = random.Random(20240229)
    return [domain.sample(rng) for _ in range(n)]


def _assert_frequencies(domain: Domain, expected: dict[Any, float], n: int = 20_000) -> None:
    """Each value's frequency is within five standard errors of what is expected."""
    assert sum(expected.values()) == pytest.approx(1.0)
    counts = collections.Counter(_samples(domain, n))
    assert set(counts) <= set(expected)
    for value, p in expected.items():
        assert abs(counts[value] - n * p) < 5 * math.sqrt(n * p * (1 - p)), value


@pytest.mark.parametrize(
    ("domain", "quartiles"),
    [
        (uniform(-1, 3), [0.0, 1.0, 2.0]),
        (loguniform(1e-8, 1), [1e-6, 1e-4, 1e-2]),
        (reverseloguniform(0, 0.9999), [0.9, 0.99, 0.999]),
    ],
    ids=repr,
)
def test_quartiles_of_floats_follow_the_scale(domain: Domain, quartiles: list[float]) -> None:
    found = statistics.quantiles((domain.to_unit(v) for v in _samples(domain)), n=4)
    assert found == pytest.approx([0.25, 0.5, 0.75], abs=0.02)
    assert [domain.from_unit(u) for u in (0.25, 0.5, 0.75)] == pytest.approx(quartiles)


def test_randint_samples_all_integers_equally_often() -> None:
    _assert_frequencies(randint(-2, 7), dict.fromkeys(range(-2, 8), 0.1))


def test_lograndint_gives_each_integer_its_interval_on_the_log_scale() -> None:
    total = math.log(20.5 / 0.5)
    shares = {v: math.log((v + 0.5) / (v - 0.5)) / total for v in range(1, 21)}
    _assert_frequencies(lograndint(1, 20), shares)


def test_categories_and_finite_ranges_are_sampled_equally_often() -> None:
    _assert_frequencies(choice(["a", "b", "c"]), dict.fromkeys("abc", 1 / 3))
    _assert_frequencies(ordinal([1, 5, 500], kind="equal"), dict.fromkeys((1, 5, 500), 1 / 3))
    _assert_frequencies(logfinrange(1, 1000, 4, cast_int=True), dict.fromkeys((1, 10, 100, 1000), 0.25))


def test_nearest_neighbour_ordinal_is_sampled_by_the_room_around_each_value() -> None:
    # Mean gap 3.5, so the interval is [-0.75, 9.75] and the cuts are 1.5 and 5.
    _assert_frequencies(ordinal([1, 2, 8]), {1: 2.25 / 10.5, 2: 3.5 / 10.5, 8: 4.75 / 10.5})
    # In logs to base 2: 0, 1, 3; mean gap 1.5; interval [-0.75, 3.75]; cuts 0.5 and 2.
    _assert_frequencies(logordinal([1, 2, 8]), {1: 1.25 / 4.5, 2: 1.5 / 4.5, 8: 1.75 / 4.5})


def test_positions_of_discrete_values() -> None:
    assert [choice(["a", "b", "c", "d"]).to_unit(v) for v in "abcd"] == [0.125, 0.375, 0.625, 0.875]
    assert [randint(1, 4).to_unit(v) for v in (1, 4)] == [0.125, 0.875]
    assert [finrange(0, 1, 4).to_unit(v) for v in (0, 1 / 3, 1)] == [0.125, 0.375, 0.875]
    assert [ordinal([0, 1, 3]).to_unit(v) for v in (0, 1, 3)] == pytest.approx(
        [0.75 / 4.5, 1.75 / 4.5, 3.75 / 4.5]
    )
