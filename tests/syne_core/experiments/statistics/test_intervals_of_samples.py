"""Intervals of one sample agree with scipy, cover the truth, and survive any input."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from syne_core.errors import UsageError
from syne_core.experiments.aggregate import mean_with_interval
from syne_core.experiments.statistics import (
    Interval,
    interquartile_mean,
    iqm_interval,
    mean_interval,
    median_interval,
)

NUMBERS = st.floats(-1e6, 1e6) | st.sampled_from([math.nan, math.inf, -math.inf])
SAMPLES = st.lists(NUMBERS, max_size=12)
NOTHING = (None, None)


def ends(interval: Interval) -> tuple[float | None, float | None]:
    """None where there is no interval."""
    return NOTHING if math.isnan(interval.lower) else (interval.lower, interval.upper)


@pytest.mark.parametrize("n", [2, 5, 30])
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
def test_the_mean_and_its_interval_are_scipys(n: int, confidence: float) -> None:
    values = np.random.default_rng(n).normal(3, 2, n)
    found = mean_interval(values, confidence)
    expected = stats.t.interval(confidence, n - 1, loc=values.mean(), scale=stats.sem(values))
    assert found.point == pytest.approx(values.mean(), rel=1e-12)
    assert (found.lower, found.upper) == pytest.approx(expected, rel=1e-9)
    assert (found.n, found.confidence) == (n, confidence)


def test_few_values_have_no_interval() -> None:
    assert mean_interval([]).n == 0
    assert math.isnan(mean_interval([]).point)
    one = mean_interval([2.0, math.nan])
    assert (one.point, one.n) == (2.0, 1)
    assert ends(one) == ends(median_interval([2.0])) == ends(iqm_interval([2.0])) == NOTHING


def test_equal_values_have_an_interval_without_width() -> None:
    values = [0.7] * 8
    for interval in (mean_interval(values), median_interval(values), iqm_interval([values])):
        assert (interval.point, *ends(interval)) == pytest.approx((0.7, 0.7, 0.7))


@pytest.mark.parametrize("n", [6, 7, 9, 10, 11, 20, 31])
def test_the_median_lies_between_the_order_statistics_that_enclose_the_level(n: int) -> None:
    """The interpolated ends lie between those of the next narrower and wider exact intervals."""
    values = np.sort(np.random.default_rng(n).normal(size=n))
    found = median_interval(values)
    exact = [1 - 2 * stats.binom.cdf(k - 1, n, 0.5) for k in range(1, (n + 1) // 2 + 1)]
    wide = max(k for k, share in enumerate(exact, 1) if share >= 0.95)
    narrow = min(wide + 1, (n + 1) // 2)
    assert values[wide - 1] <= found.lower <= values[narrow - 1]
    assert values[n - narrow] <= found.upper <= values[n - wide]
    assert found.point == np.median(values)


def test_the_median_of_ten_is_that_of_the_published_formula() -> None:
    """Hettmansperger and Sheather: 1..10 at 95 %, worked out by hand from binomial probabilities."""
    outside, inside = 1 - 2 * 11 / 1024, 1 - 2 * 56 / 1024
    share = (outside - 0.95) / (outside - inside)
    weight = (10 - 2) * share / (2 + (10 - 2 * 2) * share)
    found = median_interval(range(1, 11))
    assert (found.lower, found.upper) == pytest.approx((2 + weight, 9 - weight), rel=1e-12)


def test_five_seeds_cannot_give_an_interval_of_95_percent_for_the_median() -> None:
    assert ends(median_interval([1, 2, 3, 4, 5])) == NOTHING
    assert ends(median_interval([1, 2, 3, 4, 5], 0.9375)) == (1, 5)


@given(SAMPLES)
def test_the_interquartile_mean_is_scipys_trimmed_mean(values: list[float]) -> None:
    finite = [value for value in values if math.isfinite(value)]
    expected = stats.trim_mean(finite, 0.25) if finite else math.nan
    assert interquartile_mean(values) == pytest.approx(expected, rel=1e-9, abs=1e-9, nan_ok=True)


def test_the_bootstrap_draws_within_benchmarks_and_takes_expanded_percentiles() -> None:
    rng = np.random.default_rng(1)
    table = rng.normal(size=(3, 6)) + np.array([[0.0], [10.0], [20.0]])
    found = iqm_interval(table, 0.9, seed=3, num_resamples=500)
    rng = np.random.default_rng(3)
    drawn = [rng.choice(row, (500, 6)) for row in table]
    means = [stats.trim_mean(np.concatenate([part[i] for part in drawn]), 0.25) for i in range(500)]
    tail = stats.norm.cdf(-math.sqrt(18 / 15) * stats.t.ppf(0.95, 15))
    assert (found.lower, found.upper) == pytest.approx(np.quantile(means, [tail, 1 - tail]), rel=1e-9)
    assert found.point == pytest.approx(stats.trim_mean(table.ravel(), 0.25), rel=1e-9)


def test_the_bootstrap_gives_the_same_again_and_another_seed_something_else() -> None:
    table = np.random.default_rng(0).normal(size=(2, 5))
    assert iqm_interval(table, seed=4) == iqm_interval(table, seed=4)
    assert iqm_interval(table, seed=4) != iqm_interval(table, seed=5)


def test_seeds_that_are_missing_are_not_drawn() -> None:
    table = [[1.0, 2.0, math.nan], [3.0, math.nan, math.nan], [math.nan] * 3]
    found = iqm_interval(table, num_resamples=2000)
    assert (found.n, found.point) == (3, 2.0)
    assert 1.0 <= found.lower <= found.point <= found.upper <= 3.0


@settings(max_examples=40)
@given(SAMPLES, st.floats(0.01, 0.99))
def test_any_input_gives_an_ordered_interval_or_none(values: list[float], confidence: float) -> None:
    count = sum(map(math.isfinite, values))
    resampled = iqm_interval(values, confidence, num_resamples=200)
    for interval in (mean_interval(values, confidence), median_interval(values, confidence), resampled):
        assert interval.n == count
        if not math.isnan(interval.lower):
            assert interval.lower <= interval.upper
    for interval in (mean_interval(values, confidence), median_interval(values, confidence)):
        if not math.isnan(interval.lower):
            slack = 1e-9 * max(1.0, abs(interval.point))
            assert interval.lower - slack <= interval.point <= interval.upper + slack


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95.0, math.nan])
def test_a_confidence_that_is_none_is_refused(confidence: float) -> None:
    for make in (mean_interval, median_interval, iqm_interval):
        with pytest.raises(UsageError, match="between 0 and 1"):
            make([1.0, 2.0], confidence)


@pytest.mark.parametrize("n", [5, 10, 30])
def test_student_covers_the_mean_of_normal_data(n: int) -> None:
    """``perf/interval_coverage.py`` measures more closely, and for skewed data."""
    samples = np.random.default_rng(n).normal(size=(n, 20_000))
    _, lower, upper = mean_with_interval(samples)
    assert 0.94 < ((lower < 0) & (upper > 0)).mean() < 0.96


@pytest.mark.parametrize("n", [10])
def test_order_statistics_cover_the_median(n: int) -> None:
    samples = np.random.default_rng(n).lognormal(size=(500, n))
    found = [median_interval(sample) for sample in samples]
    assert 0.93 < np.mean([one.lower <= 1 <= one.upper for one in found]) < 0.97


def test_the_bootstrap_covers_the_interquartile_mean_also_with_five_seeds() -> None:
    tables = np.random.default_rng(0).normal(size=(300, 2, 5))
    found = [iqm_interval(table, seed=i, num_resamples=2000) for i, table in enumerate(tables)]
    assert 0.91 < np.mean([one.lower <= 0 <= one.upper for one in found]) < 0.99
