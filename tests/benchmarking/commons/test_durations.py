"""Lengths of time as people write them."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarking.commons.durations import DURATION_PATTERN, as_duration

NUMBERS = st.one_of(st.integers(0, 10_000), st.decimals(0, 100, places=2))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("0.5", 0.5),
        ("1e3", 1000),
        ("90s", 90),
        ("10m", 600),
        ("5h", 18000),
        ("1h30m", 5400),
        ("1h 30m", 5400),
        ("2d", 172800),
        ("1.5h", 5400),
        ("1d2h3m4s", 93784),
        (" 10m ", 600),
        ("-5", -5),
    ],
)
def test_seconds_or_units(text: str, seconds: float) -> None:
    assert as_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("10:30", "write 10h30m or 10m30s"),
        ("1:02:03", "write 1h02m03s"),
        ("", "seconds, or like 90s"),
        ("h", "seconds, or like 90s"),
        ("5 hours", "seconds, or like 90s"),
        ("5H", "seconds, or like 90s"),
        ("30m1h", "seconds, or like 90s"),
        ("1h1h", "seconds, or like 90s"),
        ("-5h", "seconds, or like 90s"),
        ("nan", "seconds, or like 90s"),
        ("inf", "seconds, or like 90s"),
        ("1e400", "seconds, or like 90s"),
        ("1_000", "seconds, or like 90s"),
    ],
)
def test_anything_else_says_what_to_write(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        as_duration(text)


@given(st.tuples(*[st.none() | NUMBERS] * 4).filter(any))
def test_units_add_up(counts: tuple[object, ...]) -> None:
    pairs = [(count, unit) for count, unit in zip(counts, "dhms", strict=True) if count is not None]
    sizes = {"d": 86400, "h": 3600, "m": 60, "s": 1}
    expected = sum(float(str(count)) * sizes[unit] for count, unit in pairs)
    assert math.isclose(as_duration("".join(f"{count}{unit}" for count, unit in pairs)), expected)


@given(st.text("0123456789.dhms :-e", max_size=12) | st.text(max_size=12))
def test_text_is_a_finite_number_of_seconds_or_refused(text: str) -> None:
    try:
        seconds = as_duration(text)
    except ValueError:
        assert not re.search(DURATION_PATTERN, text) or "\n" in text
    else:
        assert math.isfinite(seconds)


@given(st.from_regex(DURATION_PATTERN.replace("(?=.)", ""), fullmatch=True).filter(bool))
def test_what_the_schema_accepts_is_accepted(text: str) -> None:
    as_duration(text)
