"""Domains written as text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarking.commons.benchmark_definitions.space_expression import CONSTRUCTORS, read_space_entry
from syne_core import config_space
from syne_core.config_space import Domain, choice, finrange, lograndint, loguniform, ordinal, uniform
from syne_core.errors import ConfigSpaceError

FLOATS = st.floats(1e-6, 1e6)


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("loguniform(1e-6, 1)", loguniform(1e-6, 1)),
        ("  uniform( -1 , 1.5 ) ", uniform(-1, 1.5)),
        ("lograndint(lower=4, upper=1024)", lograndint(4, 1024)),
        ("choice(['sgd', \"adam\"])", choice(["sgd", "adam"])),
        ("choice((1, 2, 4))", choice((1, 2, 4))),
        ("choice([True, False])", choice([True, False])),
        ("ordinal([1, 2, 5], kind='nn-log')", ordinal([1, 2, 5], kind="nn-log")),
        ("finrange(0.1, 1, 10)", finrange(0.1, 1, 10)),
    ],
)
def test_a_call_of_a_constructor_is_a_domain(text: str, domain: Domain) -> None:
    assert read_space_entry(text) == domain


@given(name=st.sampled_from(["uniform", "loguniform", "reverseloguniform"]), bounds=st.tuples(FLOATS, FLOATS))
def test_numbers_arrive_as_they_were_written(name: str, bounds: tuple[float, float]) -> None:
    constructor = CONSTRUCTORS[name]
    try:
        expected = constructor(*bounds)
    except ConfigSpaceError as error:
        with pytest.raises(ConfigSpaceError, match=re.escape(str(error)[:40])):
            read_space_entry(f"{name}({bounds[0]!r}, {bounds[1]!r})")
    else:
        assert read_space_entry(f"{name}({bounds[0]!r}, {bounds[1]!r})") == expected


@given(st.lists(st.text(max_size=8), min_size=1, max_size=5, unique=True))
def test_text_arrives_as_it_was_written(values: list[str]) -> None:
    try:
        expected = choice(values)
    except ConfigSpaceError:
        return
    assert read_space_entry(f"choice({values!r})") == expected


@pytest.mark.parametrize(
    "text", ["", "adam", "./", "a (b", "data(1)/x", "27", "1e-3", "(1, 2)", "f(x", "x()y"]
)
def test_other_text_is_a_constant(text: str) -> None:
    assert read_space_entry(text) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("unifrom(0, 1)", "no domain 'unifrom'. Did you mean 'uniform'?"),
        ("cs.loguniform(0, 1)", "Did you mean 'loguniform'?"),
        ("open('/etc/passwd')", "no domain 'open'"),
        ("uniform(1)", "uniform takes (lower, upper): missing a required argument: 'upper'"),
        ("uniform(0, 1, 2)", "uniform takes (lower, upper): too many positional arguments"),
        ("uniform(0, 1, q=2)", "uniform takes (lower, upper)"),
        ("uniform(2, 1)", "lower"),
        ("loguniform(0, 1)", "lower must be > 0"),
        ("uniform('a', 1)", "uniform"),
        ("uniform(0, 1", "is no call"),
        ("uniform(0, 1) + 1", "is no call"),
        ("uniform(0, 1)(2)", "is no call"),
        ("uniform(0,, 1)", "is no call"),
        ("uniform(*[0, 1])", "no * or **"),
        ("uniform(**{'lower': 0, 'upper': 1})", "uniform takes (lower, upper)"),
        ("choice([sgd, adam])", "text needs quotes: 'adam'"),
        ("choice([])", "choice"),
        ("uniform(0, 2**3)", "arguments must be numbers"),
        ("uniform(0, (lambda: 1)())", "arguments must be numbers"),
        ("uniform(0, 1j)", "uniform"),
        ("choice(" + "[" * 500 + "]" * 500 + ")", "choice"),
        ("uniform(0, " + "9" * 5000 + ")", ""),
    ],
)
def test_what_is_no_domain_says_why(text: str, message: str) -> None:
    with pytest.raises(ConfigSpaceError) as refused:
        read_space_entry(text)
    assert message in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1
    assert len(str(refused.value)) < 400


def test_nothing_is_evaluated(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    with pytest.raises(ConfigSpaceError):
        read_space_entry(f"choice([__import__('pathlib').Path({str(victim)!r}).touch()])")
    assert not victim.exists()


@given(
    st.text(max_size=30)
    | st.builds(
        "{}({})".format, st.sampled_from(list(CONSTRUCTORS)), st.text("019.,'[]()-+eabx \\\n", max_size=12)
    )
)
def test_any_text_is_a_constant_a_domain_or_refused(text: str) -> None:
    try:
        entry = read_space_entry(text)
    except ConfigSpaceError:
        return
    assert isinstance(entry, Domain) or entry == text


def test_all_constructors_of_domains_can_be_used() -> None:
    functions = {
        name for name in config_space.__all__ if getattr(config_space, name, None).__class__ is type(choice)
    }
    returning_domains = {
        name for name in functions if name != "from_dict" and _returns_domain(getattr(config_space, name))
    }
    assert set(CONSTRUCTORS) == returning_domains


def _returns_domain(function: object) -> bool:
    named = str(getattr(function, "__annotations__", {}).get("return"))
    found = getattr(config_space, named, None)
    return isinstance(found, type) and issubclass(found, Domain)
