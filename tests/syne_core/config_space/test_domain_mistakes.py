"""What constructors make of their arguments, and why they refuse some."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from syne_core import config_space as cs
from syne_core.config_space import (
    ordinal,
)
from syne_core.errors import ConfigSpaceError


@pytest.mark.parametrize(
    ("categories", "kind", "expected"),
    [
        ([1, 2, 3], None, "ordinal([1, 2, 3], kind='nn')"),
        ([0.1, 0.5], None, "ordinal([0.1, 0.5], kind='nn')"),
        ([3, 1, 2], None, "ordinal([3, 1, 2], kind='equal')"),
        (["a", "b"], None, "ordinal(['a', 'b'], kind='equal')"),
        ([False, True], None, "ordinal([False, True], kind='equal')"),
        ([5], None, "ordinal([5], kind='equal')"),
        ([5], "nn", "ordinal([5], kind='nn')"),
        ([1, 2, 3], "equal", "ordinal([1, 2, 3], kind='equal')"),
        ([1, 2, 3], "nn-log", "logordinal([1, 2, 3])"),
        (range(1, 4), None, "ordinal([1, 2, 3], kind='nn')"),
    ],
)
def test_kind_of_ordinal_follows_the_categories(categories: Any, kind: Any, expected: str) -> None:
    assert repr(ordinal(categories, kind)) == expected


NAN, INF = math.nan, math.inf
MISTAKES: list[tuple[str, str]] = [
    ("uniform(3, 3)", "uniform(3, 3): lower and upper are equal; write the constant 3 instead"),
    ("uniform(2, 1)", "uniform(2, 1): lower must be < upper"),
    ("uniform(NAN, 1)", "uniform(nan, 1): lower must be a finite number"),
    ("uniform(0, INF)", "uniform(0, inf): upper must be a finite number"),
    ("uniform(0, 10**400)", "upper must be a finite number"),
    ("uniform('0', 1)", "uniform('0', 1): lower must be a finite number"),
    ("uniform(True, 2)", "uniform(True, 2): lower must be a finite number"),
    ("uniform(0, None)", "uniform(0, None): upper must be a finite number"),
    ("uniform(-1e308, 1e308)", "uniform(-1e+308, 1e+308): lower and upper are too close or too far apart"),
    ("loguniform(0, 1)", "loguniform(0, 1): lower must be > 0"),
    ("loguniform(-1, 1)", "loguniform(-1, 1): lower must be > 0"),
    ("loguniform(1e300, math.nextafter(1e300, INF))", "too close or too far apart for floats on this scale"),
    ("reverseloguniform(-0.1, 0.5)", "reverseloguniform(-0.1, 0.5): bounds must be >= 0 and < 1"),
    ("reverseloguniform(0, 1)", "reverseloguniform(0, 1): bounds must be >= 0 and < 1"),
    ("Float(0, 1, 'cubic')", "Float: unknown scale 'cubic'; valid: linear, log, reverse-log"),
    ("randint(3, 3)", "randint(3, 3): lower and upper are equal; write the constant 3 instead"),
    ("randint(5, 3)", "randint(5, 3): lower must be < upper"),
    ("randint(0.5, 3)", "randint(0.5, 3): lower must be an integer, not 0.5"),
    ("randint(0, 2.5)", "randint(0, 2.5): upper must be an integer, not 2.5"),
    ("randint(False, 3)", "randint(False, 3): lower must be a finite number"),
    ("randint(0, 2**41)", "bounds must be within -2**40 and 2**40"),
    ("lograndint(0, 3)", "lograndint(0, 3): lower must be >= 1"),
    ("lograndint(1, 2**41)", "bounds must be within -2**40 and 2**40"),
    ("Integer(1, 2, 'reverse-log')", "Integer: unknown scale 'reverse-log'; valid: linear, log"),
    ("choice([])", "choice([]): needs at least one category"),
    ("choice(['a', 'b', 'a'])", "choice(['a', 'b', 'a']): category 'a' occurs twice"),
    ("choice([0.0, -0.0])", "category -0.0 occurs twice"),
    ("choice([{'a': 1, 'b': 2}, {'b': 2, 'a': 1}])", "occurs twice"),
    ("choice([1, 'a'])", "choice([1, 'a']): all categories must have one type, found int, str"),
    ("choice([0, 0.5])", "choice([0, 0.5]): all categories must have one type, found float, int"),
    ("choice(['a', None])", "all categories must have one type, found NoneType, str"),
    ("choice([None])", "category None is not a str, int, float, bool, list or dict"),
    ("choice([(1, 2)])", "category (1, 2) changes when written as JSON: use lists instead of tuples"),
    ("choice([[1, {2}]])", "cannot be written as JSON"),
    ("choice([1.0, NAN])", "category nan cannot be written as JSON"),
    ("choice([uniform])", "cannot be written as JSON"),
    ("choice('abc')", "choice('abc'): categories must be a list"),
    ("choice({'a', 'b'})", "categories must be a list"),
    ("choice(5)", "choice(5): categories must be a list"),
    ("choice(np.array(5))", "categories must be a list"),
    ("choice(list(range(100)) + [0])", "...): category 0 occurs twice"),
    ("ordinal([])", "ordinal([], kind='equal'): needs at least one category"),
    ("ordinal([1, 1])", "ordinal([1, 1], kind='equal'): category 1 occurs twice"),
    ("ordinal([2, 1], kind='nn')", "ordinal([2, 1], kind='nn'): categories must be strictly increasing"),
    ("ordinal(['a', 'b'], kind='nn')", "categories must be int or float, not str"),
    ("ordinal([1, 2], kind='log')", "ordinal: kind must be 'equal', 'nn' or 'nn-log', not 'log'"),
    ("ordinal([1e-300, 2e-300, 1.0])", "too close or too far apart on this scale; use kind='equal'"),
    ("ordinal([-1e308, 1e308])", "too close or too far apart"),
    ("ordinal([1, 10**400], kind='nn')", "too close or too far apart"),
    ("logordinal([0, 1])", "logordinal([0, 1]): categories must be > 0 on a log scale"),
    ("logordinal(['a'])", "logordinal(['a']): categories must be int or float, not str"),
    ("finrange(0, 1, 1)", "finrange(0, 1, 1): size must be from 2 to 1048576"),
    ("finrange(0, 1, 10**9)", "size must be from 2 to 1048576"),
    ("finrange(0, 1, 2.5)", "finrange(0, 1, 2.5): size must be an integer, not 2.5"),
    ("finrange(0, 1, True)", "finrange(0, 1, True): size must be an integer, not True"),
    ("finrange(1, 1, 3)", "finrange(1, 1, 3): lower and upper are equal; write the constant 1 instead"),
    ("finrange(2, 1, 3)", "finrange(2, 1, 3): lower must be < upper"),
    ("finrange(0, 1, 3, cast_int=True)", "cast_int=True): its 3 values are not distinct as integers"),
    ("finrange(0, 5, 5, cast_int=1)", "cast_int must be True or False"),
    ("finrange(1, math.nextafter(1, 2), 5)", "its 5 values are not distinct"),
    ("logfinrange(0, 1, 3)", "logfinrange(0, 1, 3): lower must be > 0"),
    ("logfinrange(0.2, 8, 3, cast_int=True)", "its smallest value is 0 as an integer"),
    ("logfinrange(1e300, math.nextafter(1e300, INF), 2)", "its 2 values are not distinct"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), MISTAKES, ids=[call for call, _ in MISTAKES])
def test_impossible_domains_are_refused_with_a_reason(call: str, message: str) -> None:
    with pytest.raises(ConfigSpaceError) as caught:
        eval(call, {**vars(cs), "NAN": NAN, "INF": INF, "np": np, "math": math})
    assert message in str(caught.value)
    assert len(str(caught.value)) < 250
