"""Means over seeds and their intervals: right at each time, over the seeds that are there."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from syne_core.errors import UsageError
from syne_core.experiments import StepCurve, mean_curve
from syne_core.experiments.aggregate import mean_with_interval


def curve(*steps: tuple[float, float], until: float = math.inf) -> StepCurve:
    return StepCurve(np.array([t for t, _ in steps]), np.array([v for _, v in steps]), until)


@given(
    values=st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=12),
    confidence=st.sampled_from([0.5, 0.9, 0.95, 0.99]),
)
def test_the_interval_is_students(values: list[float], confidence: float) -> None:
    mean, lower, upper = mean_with_interval(values, confidence)
    error = np.std(values, ddof=1) / math.sqrt(len(values))
    assert mean == pytest.approx(np.mean(values), rel=1e-9, abs=1e-6)
    half = stats.t.interval(confidence, len(values) - 1, loc=0, scale=1)[1] * error
    assert (lower, upper) == (pytest.approx(mean - half, abs=1e-5), pytest.approx(mean + half, abs=1e-5))


def test_intervals_of_five_seeds_cover_as_often_as_they_say() -> None:
    samples = np.random.default_rng(1).normal(3.0, 2.0, size=(5, 20_000))
    _, lower, upper = mean_with_interval(samples)
    assert 0.945 < np.mean((lower <= 3.0) & (upper >= 3.0)) < 0.955


@pytest.mark.parametrize("scale", [1e-300, 1e-12, 1.0, 1e300])
def test_tiny_and_huge_values_neither_vanish_nor_overflow(scale: float) -> None:
    mean, lower, upper = mean_with_interval([1 * scale, 2 * scale, 3 * scale])
    half = stats.t.ppf(0.975, 2) / math.sqrt(3)
    assert [mean / scale, lower / scale, upper / scale] == pytest.approx([2, 2 - half, 2 + half])


def test_one_seed_has_a_mean_and_no_interval() -> None:
    mean, lower, upper = mean_with_interval([[4.0], [math.nan]])
    assert mean.tolist() == [4.0]
    assert np.isnan([lower[0], upper[0]]).all()
    assert np.isnan(mean_with_interval([])).all()


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95.0, math.nan])
def test_a_confidence_that_is_no_probability_is_refused(confidence: float) -> None:
    with pytest.raises(UsageError, match="between 0 and 1"):
        mean_with_interval([1.0, 2.0], confidence)


def test_seeds_count_from_their_first_report_on() -> None:
    mean = mean_curve([curve((1.0, 10.0)), curve((3.0, 20.0), (5.0, 30.0))])
    assert mean.times.tolist() == [1.0, 3.0, 5.0]
    assert mean.mean.tolist() == [10.0, 15.0, 20.0]
    assert mean.n.tolist() == [1, 2, 2]
    assert mean.is_complete.tolist() == [False, True, True]
    assert np.isnan(mean.lower).tolist() == [True, False, False]


def test_a_seed_that_ended_no_longer_counts() -> None:
    mean = mean_curve([curve((1.0, 10.0)), curve((1.0, 20.0), until=4.0)], horizon=9.0)
    just_after = np.nextafter(4.0, 9.0)
    assert mean.times.tolist() == [1.0, 4.0, just_after, 9.0]
    assert mean.mean.tolist() == [15.0, 15.0, 10.0, 10.0]
    assert mean.n.tolist() == [2, 2, 1, 1]


def test_a_last_step_at_the_very_end_is_kept() -> None:
    mean = mean_curve([curve((1.0, 10.0), (4.0, 12.0), until=4.0), curve((2.0, 20.0), until=4.0)])
    assert (mean.times[-1], mean.mean[-1], mean.n[-1]) == (4.0, 16.0, 2)


def test_seeds_without_a_value_are_not_counted() -> None:
    mean = mean_curve([curve((1.0, 10.0)), curve()])
    assert mean.num_seeds == 1
    assert mean.is_complete.all()
    assert mean_curve([]).times.size == mean_curve([curve()]).times.size == 0


@given(
    steps=st.lists(
        st.tuples(
            st.lists(st.tuples(st.integers(0, 20), st.integers(0, 9)), max_size=5, unique_by=lambda s: s[0]),
            st.integers(0, 25) | st.just(math.inf),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_the_default_grid_loses_nothing(steps: list[tuple[list[tuple[int, int]], float]]) -> None:
    """Between two of its times nothing changes, so any finer grid gives the same."""
    curves = [curve(*sorted((float(t), float(v)) for t, v in own), until=end) for own, end in steps]
    coarse = mean_curve(curves, horizon=25.0)
    fine = np.arange(0, 25.25, 0.25)
    at = np.searchsorted(coarse.times, fine, side="right") - 1
    expected = (
        np.where(at >= 0, coarse.mean[np.maximum(at, 0)], np.nan) if coarse.times.size else fine * np.nan
    )
    assert np.array_equal(mean_curve(curves, times=fine).mean, expected, equal_nan=True)
