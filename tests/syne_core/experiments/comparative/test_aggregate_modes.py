"""Lines and bands over seeds: against formulas, scipy, and their coverage in simulations."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from syne_core.experiments import StepCurve
from syne_core.experiments.comparative.aggregate_modes import (
    AGGREGATE_MODES,
    aggregate_curves,
    aggregate_values,
)


def test_mean_and_interval_are_students() -> None:
    values = np.random.default_rng(0).normal(size=(5, 1))
    line, lower, upper = aggregate_values(values, "mean_and_ci")
    low, high = stats.t.interval(0.95, 4, loc=values.mean(), scale=stats.sem(values[:, 0]))
    assert (line[0], lower[0], upper[0]) == pytest.approx((values.mean(), low, high))


def test_median_and_quartiles() -> None:
    line, lower, upper = aggregate_values(np.array([[4.0], [1.0], [2.0], [3.0], [5.0]]), "median_percentiles")
    assert (line[0], lower[0], upper[0]) == (3.0, 2.0, 4.0)


@pytest.mark.parametrize("n", [4, 8, 12])
def test_interquartile_mean_is_the_mean_of_the_inner_half(n: int) -> None:
    values = np.random.default_rng(n).normal(size=(n, 3))
    line, _, _ = aggregate_values(values, "iqm_bootstrap")
    assert line == pytest.approx(stats.trim_mean(values, 0.25, axis=0))


def test_interquartile_mean_cuts_fractions_of_values() -> None:
    # Of 5 values, 1.25 go at either end: 0.75 of the second and fourth stay, 2.5 in sum.
    line, _, _ = aggregate_values(np.array([[0.0], [1.0], [2.0], [4.0], [100.0]]), "iqm_bootstrap")
    assert line[0] == pytest.approx((0.75 * 1 + 2 + 0.75 * 4) / 2.5)


def test_the_bootstrap_has_the_variance_of_its_resamples() -> None:
    values = np.sort(np.random.default_rng(1).normal(size=7))
    line, lower, upper = aggregate_values(values[:, None], "iqm_bootstrap")
    rng = np.random.default_rng(2)
    drawn = np.sort(rng.choice(values, size=(40_000, 7)), axis=1)
    weights = np.array([0, 0.25, 1, 1, 1, 0.25, 0]) / 3.5
    deviation = (drawn @ weights).std()
    assert (upper - lower)[0] / 2 == pytest.approx(stats.t.ppf(0.975, 6) * deviation, rel=0.04)
    assert (upper + lower)[0] / 2 == pytest.approx(line[0])


@pytest.mark.parametrize("n", [5, 10, 30])
@pytest.mark.parametrize("mode", ["mean_and_ci", "iqm_bootstrap"])
def test_intervals_of_normal_values_cover_as_they_say(mode: str, n: int) -> None:
    values = np.random.default_rng(n).normal(size=(n, 4000))
    _, lower, upper = aggregate_values(values, mode)
    assert 0.93 <= ((lower <= 0) & (upper >= 0)).mean() <= 0.97


@pytest.mark.parametrize("mode", AGGREGATE_MODES)
def test_values_that_are_absent_do_not_count(mode: str) -> None:
    whole = np.random.default_rng(0).normal(size=(6, 4))
    gaps = whole.copy()
    gaps[:2, 1] = np.nan
    gaps[1:, 2] = np.nan
    gaps[:, 3] = np.nan
    line, lower, upper = aggregate_values(gaps, mode)
    plain = aggregate_values(whole, mode)
    assert (line[0], lower[0], upper[0]) == pytest.approx(tuple(part[0] for part in plain))
    assert line[1] == pytest.approx(aggregate_values(whole[2:, [1]], mode)[0][0])
    assert line[2] == whole[0, 2]
    assert np.isnan([*lower[1:], *upper[1:], line[3]]).all()


@pytest.mark.parametrize("mode", AGGREGATE_MODES)
def test_seeds_that_never_have_a_value_do_not_hide_the_band(mode: str) -> None:
    values = np.random.default_rng(0).normal(size=(3, 2))
    with_empty = np.vstack([values, np.full((1, 2), np.nan)])
    for found, plain in zip(aggregate_values(with_empty, mode), aggregate_values(values, mode), strict=True):
        assert found == pytest.approx(plain)


@pytest.mark.parametrize("mode", AGGREGATE_MODES)
@pytest.mark.parametrize("scale", [1e-300, 1.0, 1e300])
def test_size_of_values_does_not_matter(mode: str, scale: float) -> None:
    values = np.array([[1.0], [2.0], [4.0], [3.0]])
    for found, plain in zip(
        aggregate_values(values * scale, mode), aggregate_values(values, mode), strict=True
    ):
        assert found[0] / scale == pytest.approx(plain[0])


@pytest.mark.parametrize("mode", AGGREGATE_MODES)
def test_curves_are_aggregated_where_one_of_them_steps(mode: str) -> None:
    curves = [
        StepCurve(np.array([1.0, 5.0]), np.array([4.0, 2.0]), math.inf),
        StepCurve(np.array([2.0]), np.array([2.0]), 8.0),
    ]
    found = aggregate_curves(curves, mode, 10.0)
    at = dict(zip(found.times.tolist(), found.mean.tolist(), strict=True))
    assert (at[1.0], at[2.0], at[5.0], at[8.0], at[10.0]) == pytest.approx((4.0, 3.0, 2.0, 2.0, 2.0))
    assert found.n[found.times == 8.0] == 2
    assert found.n[found.times == 10.0] == 1
    assert found.num_seeds == 2


def test_the_same_values_give_the_same_band() -> None:
    values = np.random.default_rng(0).normal(size=(9, 50))
    first, second = (aggregate_values(values, "iqm_bootstrap") for _ in range(2))
    assert all((a == b).all() for a, b in zip(first, second, strict=True))
