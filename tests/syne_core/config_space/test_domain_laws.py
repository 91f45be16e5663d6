"""Laws that hold for every domain and every space."""

from __future__ import annotations

import copy
import json
import math
import pickle
import random
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
    choice,
    finrange,
    logfinrange,
    lograndint,
    loguniform,
    ordinal,
    randint,
    reverseloguniform,
    uniform,
)
from syne_core.errors import ConfigSpaceError


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
@example(choice([[1]]), choice([[True]]))
def test_domains_are_equal_exactly_if_their_json_forms_are(a: Domain, b: Domain) -> None:
    forms = [json.dumps(cs.to_dict(d), sort_keys=True).replace("-0.0", "0.0") for d in (a, b)]
    assert (a == b) == (forms[0] == forms[1])


@given(float_domains(), unit)
@example(uniform(0, 1.7e308), 0.99)
@example(uniform(-1, 1), 0.5)
def test_key_of_a_float_is_the_float_up_to_12_digits(domain: Domain, u: float) -> None:
    value = domain.from_unit(u)
    assert domain.match_key(value) == pytest.approx(value, rel=2.0**-40, abs=0.0)


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


# --- laws of every space --------------------------------------------------------------------------------


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
