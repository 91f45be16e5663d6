"""Rung levels, brackets, and who is good enough at a rung."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syne_core.config_space import randint, uniform
from syne_core.errors import UnknownNameError, UsageError
from syne_core.optimizer.schedulers.brackets import BracketSampler, bracket_probabilities
from syne_core.optimizer.schedulers.resource_levels import compute_rung_levels, find_max_resource
from syne_core.optimizer.schedulers.rung import Rung

# -- rung levels -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"max_t": 27}, [1, 3, 9]),
        ({"max_t": 81}, [1, 3, 9, 27]),
        ({"max_t": 82}, [1, 3, 9, 27, 81]),
        ({"max_t": 2}, [1]),
        ({"max_t": 100, "grace_period": 5, "reduction_factor": 4}, [5, 20, 80]),
        ({"max_t": 16, "reduction_factor": 2.5}, [1, 2, 6]),  # 15.625 is rounded to 16, which is the end
        ({"max_t": 17, "reduction_factor": 2.5}, [1, 2, 6, 16]),
        ({"max_t": 5, "rung_increment": 1}, [1, 2, 3, 4]),
        ({"max_t": 10, "grace_period": 2, "rung_increment": 3}, [2, 5, 8]),
        ({"max_t": 27, "rung_levels": [2, 5, 26]}, [2, 5, 26]),
        ({"max_t": 27, "rung_levels": (1, 3, 27)}, [1, 3]),
        ({"max_t": 9, "rung_levels": [2.0, 4]}, [2, 4]),
    ],
)
def test_rung_levels(arguments: dict[str, Any], expected: list[int]) -> None:
    assert compute_rung_levels(**arguments) == expected


@given(
    first=st.integers(1, 20),
    factor=st.floats(2, 10),
    max_t=st.integers(21, 2000),
)
def test_geometric_levels_start_at_the_grace_period_and_stay_below_the_end(
    first: int, factor: float, max_t: int
) -> None:
    levels = compute_rung_levels(max_t, first, factor)
    assert levels[0] == first
    assert all(a < b for a, b in zip(levels, [*levels[1:], max_t], strict=True))
    assert all(level == round(first * factor**k) for k, level in enumerate(levels))
    assert round(first * factor ** len(levels)) >= max_t


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"grace_period": 0}, "grace_period must be a positive integer, not 0"),
        ({"grace_period": 1.5}, "grace_period must be a positive integer"),
        ({"grace_period": True}, "grace_period must be a positive integer"),
        ({"grace_period": 9}, "grace_period must be below the largest resource 9, is 9"),
        ({"reduction_factor": 1.9}, "reduction_factor must be a number >= 2, not 1.9"),
        ({"reduction_factor": "3"}, "reduction_factor must be a number"),
        ({"reduction_factor": math.nan}, "reduction_factor must be a number"),
        ({"rung_increment": 0}, "rung_increment must be a positive integer"),
        ({"rung_increment": 1, "reduction_factor": 3}, "only one of rung_increment and reduction_factor"),
        ({"rung_levels": [1], "reduction_factor": 3}, "only one of rung_levels and reduction_factor"),
        ({"rung_levels": []}, "at least one level"),
        ({"rung_levels": [9]}, "at least one level"),
        ({"rung_levels": [1, 10]}, "the last of rung_levels, 10, is beyond the largest resource 9"),
        ({"rung_levels": [3, 3]}, "strictly increasing"),
        ({"rung_levels": [1, 2.5]}, r"rung_levels\[1\] must be a positive integer, not 2.5"),
        ({"rung_levels": 3}, "rung_levels must be a list"),
    ],
)
def test_levels_that_make_no_sense_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        compute_rung_levels(9, **arguments)


# -- the largest resource ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("space", "attr", "max_t", "expected"),
    [
        ({"epochs": 27}, None, None, (27, True)),
        ({"max_t": 5}, None, None, (5, True)),
        ({"max_epochs": 6.0}, None, None, (6, True)),
        ({"num_train_epochs": 3}, None, None, (None, False)),
        ({"num_train_epochs": 3}, "num_train_epochs", None, (3, True)),
        ({"steps": 9, "epochs": 3}, "steps", None, (9, True)),
        ({"epochs": 27}, "epochs", 9, (9, False)),
        ({"epochs": 27}, "epochs", 27, (27, True)),
        ({"epochs": 27}, "epochs", 81, (81, True)),
        ({"epochs": 27}, None, 27, (27, False)),
        ({}, None, 4, (4, False)),
        ({"epochs": randint(1, 9)}, None, None, (None, False)),
        ({"epochs": randint(1, 9)}, "epochs", 9, (9, False)),
        ({"epochs": randint(1, 9), "max_t": 4}, None, None, (4, True)),
    ],
)
def test_largest_resource_and_whether_the_script_ends_there(
    space: dict[str, Any], attr: str | None, max_t: int | None, expected: tuple[int | None, bool]
) -> None:
    found = find_max_resource({"x": uniform(0, 1), **space}, attr, max_t)
    assert (found.level, found.script_ends_there) == expected


def test_mistakes_about_the_largest_resource_are_named() -> None:
    with pytest.raises(UnknownNameError, match=r"max_resource_attr 'epoch'.*'epochs'"):
        find_max_resource({"epochs": 3}, "epoch", None)
    with pytest.raises(UsageError, match=r"config_space\['epochs'\].* positive integer, not 'x'"):
        find_max_resource({"epochs": "x"}, "epochs", None)
    with pytest.raises(UsageError, match="max_t must be a positive integer, not 0"):
        find_max_resource({}, None, 0)


# -- within the quantile -----------------------------------------------------------------------

LEVELS = [(1, 3), (1, 2), (1, 4), (3, 9), (2, 5), (16, 40), (27, 81), (80, 100), (1, 81), (5, 7)]


@given(
    level=st.sampled_from(LEVELS),
    values=st.lists(st.integers(-1000, 1000), min_size=2, max_size=80),
)
def test_good_enough_is_within_numpys_quantile(level: tuple[int, int], values: list[int]) -> None:
    rung = Rung(*level)
    for count, value in enumerate(values, start=1):
        rung.add(float(value))
        if count > 1:
            cutoff = np.quantile(np.array(values[:count], dtype=float), level[0] / level[1])
            # The slack is for NumPy's rounding; values differ by 1 at least.
            for member in set(values[:count]):
                assert rung.is_good_enough(member) == (member <= cutoff + 1e-6)


@pytest.mark.parametrize("count", [2, 3, 4, 7, 10, 28, 100, 10_000])
@pytest.mark.parametrize("level", LEVELS)
def test_number_that_is_good_enough(level: tuple[int, int], count: int) -> None:
    rung = Rung(*level)
    for value in range(count):
        rung.add(float(value))
    good = sum(rung.is_good_enough(value) for value in range(count))
    assert good == int(np.quantile(np.arange(count), level[0] / level[1]) + 1e-6) + 1


def test_sequence_by_hand() -> None:
    # Quantile 1/3 of n values is at position (n - 1) / 3, counted from 0.
    rung = Rung(1, 3)
    seen = []
    for value in (0.5, 0.6, 0.4, 0.45, 0.41, 0.39, 0.43):
        rung.add(value)
        seen.append(rung.is_good_enough(value))
    # For n = 5 it is between .41 and .45; for n = 7 it is .41.
    assert seen == [True, False, True, True, True, True, False]


def test_ties_are_all_good_enough() -> None:
    rung = Rung(1, 3)
    for _ in range(5):
        rung.add(1.0)
        assert rung.is_good_enough(1.0)


def test_diverged_is_never_good_enough_beside_others() -> None:
    rung = Rung(1, 3)
    rung.add(math.inf)
    assert rung.is_good_enough(math.inf)  # alone
    rung.add(math.inf)
    assert not rung.is_good_enough(math.inf)
    rung.add(5.0)
    assert rung.is_good_enough(5.0)
    assert not rung.is_good_enough(math.inf)
    assert len(rung) == 3


# -- brackets ----------------------------------------------------------------------------------


def test_brackets_are_as_likely_as_in_synchronous_hyperband() -> None:
    # Hyperband with R = 81, eta = 3 (Li et al. 2018, table 1) starts 81, 34, 15, 8, 5 configurations,
    # rounded up from 5 / (5 - s) * 3**(4 - s).
    exact = [5 / (5 - s) * 3 ** (4 - s) for s in range(5)]
    assert [math.ceil(n) for n in exact] == [81, 34, 15, 8, 5]
    probabilities = bracket_probabilities([1, 3, 9, 27, 81], 5)
    assert probabilities == pytest.approx([n / sum(exact) for n in exact])


def test_drawn_brackets_follow_their_probabilities() -> None:
    sampler = BracketSampler([1, 3, 9, 27], 3, seed=1)
    counts = Counter(sampler.bracket_of(k) for k in range(6000))
    for bracket, probability in enumerate(bracket_probabilities([1, 3, 9, 27], 3)):
        assert counts[bracket] / 6000 == pytest.approx(probability, abs=0.02)
    assert set(counts) == {0, 1, 2}


def test_bracket_depends_on_seed_and_number_only() -> None:
    forward = [BracketSampler([1, 3, 9], 3, 5).bracket_of(k) for k in range(40)]
    sampler = BracketSampler([1, 3, 9], 3, 5)
    assert [sampler.bracket_of(k) for k in reversed(range(40))] == forward[::-1]
    assert forward != [BracketSampler([1, 3, 9], 3, 6).bracket_of(k) for k in range(40)]


def test_there_are_at_most_as_many_brackets_as_levels() -> None:
    assert BracketSampler([1, 3, 9], 7, 0).num_brackets == 3
    assert {BracketSampler([1, 3, 9], 1, 0).bracket_of(k) for k in range(20)} == {0}
