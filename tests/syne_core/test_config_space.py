"""Domains and configuration spaces: laws that hold for every domain, messages, distributions, formats."""

from __future__ import annotations

import argparse
import collections
import copy
import json
import math
import pickle
import random
import statistics
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from syne_core import config_space as cs
from syne_core.config_space import (
    Categorical,
    Domain,
    FiniteRange,
    Float,
    Integer,
    Ordinal,
    OrdinalNearestNeighbor,
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

# --- strategies ----------------------------------------------------------------------------------------


def _or_reject(constructor: Any, *args: Any) -> Domain:
    """The domain, or none from this example if its bounds are too close to tell apart."""
    try:
        domain: Domain = constructor(*args)
    except ConfigSpaceError as error:
        reasons = ("too close", "not distinct", "smallest value is 0")
        assume(not any(reason in str(error) for reason in reasons))
        raise
    return domain


def _bounds(values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, Any]]:
    return st.tuples(values, values).filter(lambda ab: ab[0] != ab[1]).map(lambda ab: (min(ab), max(ab)))


real = st.floats(-1e9, 1e9, allow_subnormal=False)
positive = st.floats(1e-12, 1e12)
below_one = st.floats(0, 1 - 1e-9, allow_subnormal=False)
whole = st.integers(-(10**9), 10**9)
natural = st.integers(1, 10**9)
unit = st.floats(0, 1)


@st.composite
def float_domains(draw: st.DrawFn) -> Domain:
    constructor, values = draw(
        st.sampled_from([(uniform, real), (loguniform, positive), (reverseloguniform, below_one)])
    )
    return _or_reject(constructor, *draw(_bounds(values)))


@st.composite
def integer_domains(draw: st.DrawFn, widest: int = 10**9) -> Domain:
    constructor, values = draw(st.sampled_from([(randint, whole), (lograndint, natural)]))
    lower = draw(values)
    return constructor(lower, lower + draw(st.integers(1, widest)))


_scalars = [
    st.text(max_size=8),
    st.integers(),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
]
_nested = st.lists(st.one_of(*_scalars), max_size=3)


@st.composite
def unordered_domains(draw: st.DrawFn) -> Domain:
    element = draw(st.sampled_from([*_scalars, _nested, st.dictionaries(st.text(max_size=3), _nested)]))
    values = draw(
        st.lists(element, min_size=1, max_size=6, unique_by=lambda v: json.dumps(v, sort_keys=True))
    )
    assume(len({json.dumps(v).replace("-0.0", "0.0") for v in values}) == len(values))
    return choice(values) if draw(st.booleans()) else ordinal(values, kind="equal")


@st.composite
def nearest_neighbour_domains(draw: st.DrawFn) -> Domain:
    kind, values = draw(
        st.sampled_from([("nn", real), ("nn", whole), ("nn-log", positive), ("nn-log", natural)])
    )
    categories = sorted(draw(st.sets(values, min_size=1, max_size=8)))
    return _or_reject(ordinal, categories, kind)


@st.composite
def range_domains(draw: st.DrawFn) -> Domain:
    constructor, values = draw(st.sampled_from([(finrange, real), (logfinrange, positive)]))
    return _or_reject(constructor, *draw(_bounds(values)), draw(st.integers(2, 30)), draw(st.booleans()))


finite_domains = st.one_of(
    integer_domains(widest=40), unordered_domains(), nearest_neighbour_domains(), range_domains()
)
domains = st.one_of(float_domains(), integer_domains(), finite_domains)
constants = st.one_of(st.none(), *_scalars, _nested)
names = st.text(min_size=1, max_size=6).filter(lambda name: not name.startswith("st_"))


def spaces(entries: st.SearchStrategy[Domain] = domains) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(names, st.one_of(entries, constants), max_size=5)


def _close(domain: Domain, a: Any, b: Any) -> bool:
    """Equal, or for floats equal up to rounding relative to the range."""
    if isinstance(domain, Float):
        return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9 * (domain.upper - domain.lower))
    return type(a) is type(b) and bool(a == b)


# --- laws of every domain ------------------------------------------------------------------------------


@given(domains, unit)
def test_every_position_decodes_to_a_valid_value_of_the_right_type(domain: Domain, u: float) -> None:
    value = domain.from_unit(u)
    assert domain.is_valid(value)
    assert type(value) is domain.value_type


@given(domains, unit)
def test_value_survives_the_way_to_the_unit_interval_and_back(domain: Domain, u: float) -> None:
    value = domain.from_unit(u)
    position = domain.to_unit(value)
    assert 0.0 <= position <= 1.0
    assert _close(domain, domain.from_unit(position), value)


@given(float_domains(), unit)
def test_float_positions_survive_decoding(domain: Domain, u: float) -> None:
    # Where the scale is steep a float cannot resolve the position any finer than this.
    values = [domain.lower, domain.upper]  # type: ignore[attr-defined]
    resolution = max(math.ulp(v) for v in values) / (values[1] - values[0])
    assume(resolution < 1e-10)
    if domain.scale == "reverse-log":  # type: ignore[attr-defined]
        resolution /= 1 - values[1]
    assert domain.to_unit(domain.from_unit(u)) == pytest.approx(u, abs=1e-9 + 10 * resolution)


@given(domains, st.floats(max_value=0), st.floats(min_value=1))
def test_positions_outside_the_unit_interval_are_clipped(domain: Domain, low: float, high: float) -> None:
    assert domain.from_unit(low) == domain.from_unit(0.0)
    assert domain.from_unit(high) == domain.from_unit(1.0)


@given(
    st.one_of(float_domains(), integer_domains(), nearest_neighbour_domains(), range_domains()), unit, unit
)
def test_numbers_grow_with_their_position(domain: Domain, u: float, v: float) -> None:
    assert domain.from_unit(min(u, v)) <= domain.from_unit(max(u, v))


@given(st.one_of(float_domains(), integer_domains(), range_domains()))
def test_ends_of_the_unit_interval_are_the_bounds(domain: Domain) -> None:
    ends = domain.from_unit(0.0), domain.from_unit(1.0)
    if isinstance(domain, FiniteRange):
        assert ends == (domain.values[0], domain.values[-1])
    else:
        assert ends == (domain.lower, domain.upper)  # type: ignore[attr-defined]


@given(domains, st.integers(0, 2**32))
def test_sample_is_the_value_at_one_random_position(domain: Domain, seed: int) -> None:
    rng, twin = random.Random(seed), random.Random(seed)
    assert domain.sample(rng) == domain.from_unit(twin.random())
    assert rng.getstate() == twin.getstate()


@given(domains, unit)
def test_cast_keeps_members_and_reads_them_from_text(domain: Domain, u: float) -> None:
    value = domain.from_unit(u)
    for given_value in (value, str(value), json.dumps(value)):
        if isinstance(value, str) and given_value != value:
            continue  # quoted text is another category
        cast = domain.cast(given_value)
        assert type(cast) is type(value)
        assert cast == value


@given(
    st.one_of(float_domains(), integer_domains(), nearest_neighbour_domains(), range_domains()),
    st.floats(allow_nan=False),
)
def test_cast_of_any_number_is_the_nearest_member(domain: Domain, number: float) -> None:
    cast = domain.cast(number)
    assert domain.is_valid(cast)
    assert type(cast) is domain.value_type
    low, high = domain.from_unit(0.0), domain.from_unit(1.0)
    if number <= low:
        assert cast == low
    elif number >= high:
        assert cast == high


@given(domains)
def test_json_form_reads_back_equal(domain: Domain) -> None:
    back = cs.from_dict(json.loads(json.dumps(cs.to_dict(domain), allow_nan=False)))
    assert back == domain
    assert hash(back) == hash(domain)


@given(domains)
def test_repr_evaluates_to_an_equal_domain(domain: Domain) -> None:
    assert eval(repr(domain), vars(cs).copy()) == domain


@given(domains)
def test_copies_and_pickles_are_equal_and_work(domain: Domain) -> None:
    for twin in (copy.deepcopy(domain), pickle.loads(pickle.dumps(domain))):  # noqa: S301  # our own bytes
        assert twin == domain
        assert twin.from_unit(0.3) == domain.from_unit(0.3)


@given(domains, domains)
@example(choice([{"a": 1, "b": 2}]), choice([{"b": 2, "a": 1}]))
@example(choice([0.0]), choice([-0.0]))
@example(choice([[1]]), choice([[True]]))
def test_domains_are_equal_exactly_if_their_json_forms_are(a: Domain, b: Domain) -> None:
    forms = [json.dumps(cs.to_dict(domain), sort_keys=True) for domain in (a, b)]
    assert (a == b) == (forms[0] == forms[1])


@given(finite_domains)
def test_cardinality_counts_the_values(domain: Domain) -> None:
    values = [config["x"] for config in cs.enumerate_configs({"x": domain})]
    assert len(values) == domain.cardinality == len(domain)
    assert all(domain.is_valid(value) for value in values)
    assert len({domain.match_key(value) for value in values}) == len(values)


@given(finite_domains)
def test_every_value_of_a_finite_domain_can_be_reached_and_encoded(domain: Domain) -> None:
    for config in cs.enumerate_configs({"x": domain}):
        assert domain.from_unit(domain.to_unit(config["x"])) == config["x"]


@given(float_domains())
def test_infinite_domains_have_length_zero_and_are_true(domain: Domain) -> None:
    assert domain.cardinality is None
    assert len(domain) == 0
    assert domain


@given(domains)
def test_nan_is_nowhere(domain: Domain) -> None:
    assert not domain.is_valid(math.nan)
    for use in (domain.to_unit, domain.from_unit):
        with pytest.raises(ConfigSpaceError):
            use(math.nan)
    if domain.value_type is not str:
        with pytest.raises(ConfigSpaceError):
            domain.cast(math.nan)


@given(domains)
def test_objects_of_foreign_types_are_refused_with_our_error(domain: Domain) -> None:
    for foreign in (object(), None, (1, 2), {1}, np.zeros(2), lambda: 0, 10**400, -math.inf):
        if domain.is_valid(foreign):
            assert isinstance(foreign, int)  # a category may be a huge integer
            continue
        with pytest.raises(ConfigSpaceError, match="is not in"):
            domain.match_key(foreign)
        if isinstance(foreign, (int, float)) and not isinstance(domain, Categorical):
            assert domain.to_unit(foreign) == domain.to_unit(domain.cast(foreign))  # clipped
        elif not isinstance(foreign, (int, float)):
            with pytest.raises(ConfigSpaceError, match="is not"):
                domain.to_unit(foreign)


# --- membership and casting ----------------------------------------------------------------------------

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
        (choice([[1, 2], [3]]), (1, 2), [1, 2]),
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
    assert repr(uniform(-0.0, 1)) == "uniform(0.0, 1.0)"


# --- constructors and their messages -------------------------------------------------------------------


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
    ("uniform(NAN, 1)", "uniform(nan, 1): lower must be finite"),
    ("uniform(0, INF)", "uniform(0, inf): upper must be finite"),
    ("uniform(0, 10**400)", "upper must be finite"),
    ("uniform('0', 1)", "uniform('0', 1): lower must be a number, not '0'"),
    ("uniform(True, 2)", "uniform(True, 2): lower must be a number, not True"),
    ("uniform(0, None)", "uniform(0, None): upper must be a number, not None"),
    ("uniform(-1e308, 1e308)", "upper - lower is too large for a float"),
    ("loguniform(0, 1)", "loguniform(0, 1): lower must be > 0"),
    ("loguniform(-1, 1)", "loguniform(-1, 1): lower must be > 0"),
    ("loguniform(1e300, math.nextafter(1e300, INF))", "too close to tell apart"),
    ("reverseloguniform(-0.1, 0.5)", "reverseloguniform(-0.1, 0.5): lower must be >= 0"),
    ("reverseloguniform(0, 1)", "reverseloguniform(0, 1): upper must be < 1"),
    ("Float(0, 1, 'cubic')", "Float: unknown scale 'cubic'; valid: linear, log, reverse-log"),
    ("randint(3, 3)", "randint(3, 3): lower and upper are equal; write the constant 3 instead"),
    ("randint(5, 3)", "randint(5, 3): lower must be < upper"),
    ("randint(0.5, 3)", "randint(0.5, 3): lower must be an integer, not 0.5"),
    ("randint(0, 2.5)", "randint(0, 2.5): upper must be an integer, not 2.5"),
    ("randint(False, 3)", "randint(False, 3): lower must be a number, not False"),
    ("randint(0, 2**50)", "upper - lower must be < 2**50"),
    ("lograndint(0, 3)", "lograndint(0, 3): lower must be >= 1"),
    ("lograndint(1, 2**41)", "upper must be <= 2**40"),
    ("Integer(1, 2, 'reverse-log')", "Integer: unknown scale 'reverse-log'; valid: linear, log"),
    ("choice([])", "choice([]): needs at least one category"),
    ("choice(['a', 'b', 'a'])", "choice(['a', 'b', 'a']): category 'a' occurs twice"),
    ("choice([0.0, -0.0])", "category 0.0 occurs twice"),
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
    ("ordinal([])", "ordinal([]): needs at least one category"),
    ("ordinal([1, 1])", "ordinal([1, 1]): category 1 occurs twice"),
    ("ordinal([2, 1], kind='nn')", "ordinal([2, 1], kind='nn'): categories must be strictly increasing"),
    ("ordinal(['a', 'b'], kind='nn')", "categories must be int or float, not str"),
    ("ordinal([1, 2], kind='log')", "ordinal([1, 2], kind='log'): kind must be 'equal', 'nn' or 'nn-log'"),
    ("ordinal([1e-300, 2e-300, 1.0])", "too close to tell apart on this scale; use kind='equal'"),
    ("ordinal([-1e308, 1e308])", "last - first category is too large for a float"),
    ("ordinal([1, 10**400], kind='nn')", "a category is too large for a float"),
    ("logordinal([0, 1])", "logordinal([0, 1]): categories must be > 0 on a log scale"),
    ("logordinal(['a'])", "logordinal(['a']): categories must be int or float, not str"),
    ("OrdinalNearestNeighbor((1, 2), 'no')", "log_scale must be True or False, not 'no'"),
    ("finrange(0, 1, 1)", "finrange(0, 1, 1): size must be from 2 to 1048576"),
    ("finrange(0, 1, 10**9)", "size must be from 2 to 1048576"),
    ("finrange(0, 1, 2.5)", "finrange(0, 1, 2.5): size must be an integer, not 2.5"),
    ("finrange(0, 1, True)", "finrange(0, 1, True): size must be an integer, not True"),
    ("finrange(1, 1, 3)", "finrange(1, 1, 3): lower and upper are equal; write the constant 1 instead"),
    ("finrange(2, 1, 3)", "finrange(2, 1, 3): lower must be < upper"),
    ("finrange(0, 1, 3, cast_int=True)", "cast_int=True): its 3 values are not distinct as integers"),
    ("finrange(0, 5, 5, cast_int=1)", "cast_int must be True or False, not 1"),
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


# --- distributions, with fixed seeds -------------------------------------------------------------------


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


def test_a_numpy_generator_serves_as_well() -> None:
    space = _MIXED
    config = cs.sample_config(space, np.random.default_rng(3))
    assert cs.config_mistakes(config, space) == []
    decoded = cs.decode_config(np.full(len(cs.non_constant_hyperparameter_keys(space)), 0.4).tolist(), space)
    from_numpy = cs.decode_config(np.full(len(decoded) - 2, 0.4), space)  # type: ignore[arg-type]
    assert from_numpy == decoded
    assert [type(v) for v in from_numpy.values()] == [type(v) for v in decoded.values()]


# --- spaces --------------------------------------------------------------------------------------------

_MIXED: dict[str, Any] = {
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


@given(spaces(), st.integers(0, 2**32))
def test_sampled_configurations_are_valid_and_in_order(space: dict[str, Any], seed: int) -> None:
    config = cs.sample_config(space, random.Random(seed))
    assert list(config) == list(space)
    assert cs.config_mistakes(config, space) == []
    assert cs.is_valid_config(config, space)
    assert config == cs.sample_config(space, random.Random(seed))


@given(spaces(), st.integers(0, 2**32))
def test_encoding_and_decoding_a_configuration_are_inverse(space: dict[str, Any], seed: int) -> None:
    config = cs.sample_config(space, random.Random(seed))
    units = cs.encode_config(config, space)
    assert len(units) == len(cs.non_constant_hyperparameter_keys(space))
    decoded = cs.decode_config(units, space)
    assert list(decoded) == list(space)
    for name, entry in space.items():
        assert _close(entry, decoded[name], config[name])


@given(spaces(), st.integers(0, 2**32))
def test_keys_do_not_depend_on_order_text_form_or_constants(space: dict[str, Any], seed: int) -> None:
    config = cs.sample_config(space, random.Random(seed))
    key = cs.config_key(config, space)
    hash(key)
    hyperparameters = {name: config[name] for name in reversed(cs.non_constant_hyperparameter_keys(space))}
    assert cs.config_key({**hyperparameters, "st_extra": 1}, space) == key
    as_text = {name: str(value) for name, value in config.items()}
    assert cs.config_key(cs.cast_config_values(as_text, space), space) == key


@given(spaces())
@example({"a": {"b": [1]}, "x": uniform(0, 1)})
def test_json_form_of_a_space_reads_back_equal(space: dict[str, Any]) -> None:
    back = cs.config_space_from_json_dict(json.loads(json.dumps(cs.config_space_to_json_dict(space))))
    assert back == space
    assert list(back) == list(space)


@given(st.dictionaries(names, st.one_of(unordered_domains(), constants), max_size=3))
def test_enumeration_visits_each_configuration_once(space: dict[str, Any]) -> None:
    configs = list(cs.enumerate_configs(space))
    assert len(configs) == cs.config_space_size(space)
    assert len({cs.config_key(config, space) for config in configs}) == len(configs)
    assert all(cs.is_valid_config(config, space) for config in configs)


def test_enumeration_varies_the_last_hyperparameter_fastest_and_is_lazy() -> None:
    space = {"a": choice(["x", "y"]), "c": 1, "b": randint(1, 10**12)}
    first = [next(configs) for configs in [cs.enumerate_configs(space)] for _ in range(2)]
    assert first == [{"a": "x", "c": 1, "b": 1}, {"a": "x", "c": 1, "b": 2}]


def test_enumeration_of_an_infinite_space_names_its_infinite_hyperparameters() -> None:
    with pytest.raises(ConfigSpaceError, match=r"lr: loguniform.*infinitely many(.|\n)*momentum: uniform"):
        cs.enumerate_configs(_MIXED)


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


def test_check_accepts_a_good_space_and_refuses_other_types() -> None:
    cs.check_config_space(_MIXED)
    with pytest.raises(ConfigSpaceError, match="is a dict, not list"):
        cs.check_config_space([uniform(0, 1)])  # type: ignore[arg-type]


def test_all_mistakes_of_a_configuration_are_reported_together() -> None:
    config = cs.sample_config(_MIXED, random.Random(0))
    del config["depth"], config["dataset_path"]  # a constant may be left out
    config |= {"lr": "0.01", "batch": 512, "epochs": 28, "optimiser": "adam", "zzz": 1}
    assert cs.config_mistakes(config, _MIXED) == [
        "lr: '0.01' is not in loguniform(1e-05, 0.1) (expected float, not str)",
        "epochs: 28 differs from the constant 27",
        "batch: 512 is not in randint(8, 256)",
        "depth: missing; expected a value of ordinal([1, 2, 4], kind='nn')",
        "optimiser: not in the space; did you mean 'optimizer'?",
        "zzz: not in the space",
    ]
    assert not cs.is_valid_config(config, _MIXED)


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
    with pytest.raises(ConfigSpaceError, match="lr: missing from configuration"):
        use({"x": 1}, {"lr": uniform(0, 1)})


def test_decoding_refuses_a_wrong_number_of_positions() -> None:
    for units in ([], [0.5, 0.5]):
        with pytest.raises(ConfigSpaceError, match=f"{len(units)} positions given for 1 hyperparameters"):
            cs.decode_config(units, {"lr": uniform(0, 1), "c": 3})


def test_casting_a_configuration_reads_text_and_names_what_it_cannot_read() -> None:
    config = cs.sample_config(_MIXED, random.Random(1))
    as_text = {name: str(value) for name, value in config.items()} | {"unknown": "1"}
    cast = cs.cast_config_values(as_text, _MIXED)
    assert cast == config
    assert [type(v) for v in cast.values()] == [type(v) for v in config.values()]
    assert cs.cast_config_values({"epochs": "28"}, _MIXED) == {"epochs": "28"}
    with pytest.raises(ConfigSpaceError, match="batch: 'many' is not a number"):
        cs.cast_config_values({"batch": "many"}, _MIXED)


def test_hyperparameters_are_listed_in_the_order_of_the_space() -> None:
    assert cs.non_constant_hyperparameter_keys({"b": uniform(0, 1), "c": 3, "a": randint(0, 1)}) == ["b", "a"]


# --- Syne Tune's JSON form -----------------------------------------------------------------------------

_LOG = {"sampler_cls": "LogUniform", "sampler_kwargs": {"base": 2.718281828459045}}
_UNIFORM: dict[str, Any] = {"sampler_cls": "Uniform", "sampler_kwargs": {}}
# As printed by Syne Tune 0.13's to_dict for the same calls.
PEER: list[tuple[Domain, dict[str, Any]]] = [
    (uniform(0, 1), {"domain_cls": "Float", "domain_kwargs": {"lower": 0, "upper": 1}, **_UNIFORM}),
    (loguniform(1e-5, 0.1), {"domain_cls": "Float", "domain_kwargs": {"lower": 1e-05, "upper": 0.1}, **_LOG}),
    (randint(1, 3), {"domain_cls": "Integer", "domain_kwargs": {"lower": 1, "upper": 3}, **_UNIFORM}),
    (lograndint(1, 8), {"domain_cls": "Integer", "domain_kwargs": {"lower": 1, "upper": 8}, **_LOG}),
    (
        choice(["a", "b"]),
        {"domain_cls": "Categorical", "domain_kwargs": {"categories": ["a", "b"]}, **_UNIFORM},
    ),
    (ordinal(["a", "b"]), {"domain_cls": "Ordinal", "domain_kwargs": {"categories": ["a", "b"]}, **_UNIFORM}),
    (
        ordinal([1, 2, 8]),
        {
            "domain_cls": "OrdinalNearestNeighbor",
            "domain_kwargs": {"categories": [1, 2, 8], "log_scale": False},
        },
    ),
    (
        logordinal([1, 2, 8]),
        {
            "domain_cls": "OrdinalNearestNeighbor",
            "domain_kwargs": {"categories": [1, 2, 8], "log_scale": True},
        },
    ),
    (
        finrange(0, 1, 5),
        {
            "domain_cls": "FiniteRange",
            "domain_kwargs": {"lower": 0, "upper": 1, "log_scale": False, "cast_int": False, "size": 5},
        },
    ),
    (
        logfinrange(1, 100, 4, cast_int=True),
        {
            "domain_cls": "FiniteRange",
            "domain_kwargs": {"lower": 1, "upper": 100, "log_scale": True, "cast_int": True, "size": 4},
        },
    ),
]


@pytest.mark.parametrize(("domain", "written"), PEER, ids=[repr(d) for d, _ in PEER])
def test_json_form_is_that_of_syne_tune(domain: Domain, written: dict[str, Any]) -> None:
    assert cs.to_dict(domain) == written
    assert cs.from_dict(written) == domain


def test_reverseloguniform_keeps_its_sampler_and_is_recognised_in_files_of_syne_tune() -> None:
    ours = cs.to_dict(reverseloguniform(0, 0.99))
    assert ours["sampler_cls"] == "ReverseLogUniform"  # what Syne Tune reads
    # Syne Tune writes it with the name of the parent class.
    assert cs.from_dict({**ours, "sampler_cls": "LogUniform"}) == reverseloguniform(0, 0.99)


def test_values_of_a_log_range_computed_by_numpy_are_members() -> None:
    domain = logfinrange(1e-5, 1, 7)
    step = (np.log(1) - np.log(1e-5)) / 6
    assert all(domain.is_valid(np.exp(i * step + np.log(1e-5))) for i in range(7))


def _with(**changes: Any) -> dict[str, Any]:
    return {**cs.to_dict(uniform(0, 1)), **changes}


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (_with(domain_cls="Function"), "unknown domain_cls 'Function'; valid: Float, Integer,"),
        (_with(domain_cls=["Float"]), "unknown domain_cls"),
        (_with(domain_kwargs=None), "Float: domain_kwargs must be a dict, not None"),
        (_with(domain_kwargs={"lower": 0}), "missing: ['upper']"),
        (_with(domain_kwargs={"lower": 0, "upper": 1, "q": 2}), "unknown: ['q']"),
        (_with(domain_kwargs={"lower": 0, "upper": 1, "scale": "log"}), "unknown: ['scale']"),
        (_with(domain_kwargs={"lower": 1, "upper": 1}), "lower and upper are equal"),
        (_with(sampler_cls="Normal"), "Float: unknown sampler_cls 'Normal'; valid: Uniform, LogUniform, Rev"),
        (_with(domain_cls="Integer", sampler_cls="ReverseLogUniform"), "Integer: unknown sampler_cls"),
    ],
)
def test_unreadable_json_forms_are_refused_by_name(entry: dict[str, Any], message: str) -> None:
    good = cs.to_dict(randint(0, 1))
    with pytest.raises(ConfigSpaceError) as caught:
        cs.config_space_from_json_dict({"good": good, "first": entry, "second": entry})
    lines = str(caught.value).splitlines()
    assert [line.split(":")[0] for line in lines] == ["first", "second"]
    assert all(message in line for line in lines)


def test_sampler_may_be_absent_and_means_uniform() -> None:
    assert cs.from_dict({"domain_cls": "Float", "domain_kwargs": {"lower": 0, "upper": 1}}) == uniform(0, 1)


# --- command line --------------------------------------------------------------------------------------


def _parser(space: dict[str, Any]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(exit_on_error=False)
    cs.add_to_argparse(parser, space)
    return parser


_FLAGGED = {
    **_MIXED,
    "nesterov": choice([True, False]),
    "verbose": False,
    "extra": {"a": 1},
    "note": "50% more",
}


def test_arguments_arrive_with_the_types_of_the_space() -> None:
    config = cs.sample_config(_FLAGGED, random.Random(2)) | {"nesterov": True, "none": None}
    argv = []
    for name, value in config.items():
        as_json = isinstance(value, (list, dict))
        argv += [f"--{name}", json.dumps(value) if as_json else str(value)]
    parsed = vars(_parser({**_FLAGGED, "none": None}).parse_args(argv))
    assert parsed == config
    assert [type(parsed[name]) for name in config] == [type(value) for value in config.values()]


@pytest.mark.parametrize(("text", "value"), [("1", True), ("0", False), ("True", True), ("false", False)])
def test_booleans_are_read_from_digits_and_words(text: str, value: bool) -> None:
    assert _parser({"flag": True}).parse_args(["--flag", text]).flag is value


@pytest.mark.parametrize(
    ("space", "text", "message"),
    [
        ({"x": choice([[1], [2]])}, "1", "invalid JSON list value: '1'"),
        ({"x": {"a": 1}}, "[1", "invalid JSON dict value"),
        ({"x": True}, "yes", "invalid bool value: 'yes'"),
        ({"x": randint(1, 3)}, "1.5", "invalid int value"),
        ({"x": None}, "1", "invalid NoneType value"),
    ],
)
def test_unreadable_arguments_are_usage_errors(space: dict[str, Any], text: str, message: str) -> None:
    with pytest.raises(argparse.ArgumentError, match=message.replace("[", r"\[")):
        _parser(space).parse_args(["--x", text])


def test_help_shows_the_domains_and_every_entry_is_required(capsys: pytest.CaptureFixture[str]) -> None:
    parser = _parser(_FLAGGED)
    assert "loguniform(1e-05, 0.1)" in parser.format_help()
    assert "50% more" in parser.format_help()
    parser.exit_on_error = True
    with pytest.raises(SystemExit):
        parser.parse_args([])
    assert "--epochs" in capsys.readouterr().err


# --- the module ----------------------------------------------------------------------------------------


def test_importing_it_loads_no_package_beyond_the_standard_library() -> None:
    code = (
        "import sys; before = set(sys.modules); import syne_core.config_space\n"
        "new = {name.split('.')[0] for name in set(sys.modules) - before}\n"
        "print(*sorted(new - set(sys.stdlib_module_names)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["syne_core"]


def test_public_names_exist_and_cover_everything_public() -> None:
    own = {
        name
        for name, value in vars(cs).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == cs.__name__
    }
    assert own == set(cs.__all__)


def test_class_hierarchy_is_that_of_syne_tune() -> None:
    assert issubclass(OrdinalNearestNeighbor, Ordinal)
    assert issubclass(Ordinal, Categorical)
    assert all(issubclass(cls, Domain) for cls in (Float, Integer, Categorical, FiniteRange))
    with pytest.raises(TypeError, match="abstract"):
        Domain()  # type: ignore[abstract]
