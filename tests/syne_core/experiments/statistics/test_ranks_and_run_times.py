"""Ranks, critical differences, areas, targets, speed-ups and regret, against scipy and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from syne_core.errors import UsageError
from syne_core.experiments.incumbent import StepCurve
from syne_core.experiments.statistics import (
    area_under_incumbent,
    common_target,
    friedman,
    normalised_regret,
    ranks_over_time,
    run_time_ecdf,
    speed_up,
    time_to_target,
)
from syne_core.experiments.statistics.ranking import critical_difference
from syne_core.experiments.statistics.run_time import target_range

CELLS = st.integers(0, 4).map(float) | st.just(math.nan)


def curve(*steps: tuple[float, float], until: float = math.inf) -> StepCurve:
    times, values = zip(*steps, strict=True) if steps else ((), ())
    return StepCurve(np.array(times, dtype=float), np.array(values, dtype=float), until)


def test_friedman_is_scipys_and_one_is_the_best_rank() -> None:
    table = np.random.default_rng(0).normal(size=(9, 4)) + np.arange(4)
    found = friedman(table, "max")
    assert (found.statistic, found.p) == pytest.approx(tuple(stats.friedmanchisquare(*table.T)), rel=1e-9)
    expected = stats.rankdata(-table, axis=1).mean(axis=0)
    assert found.mean_ranks == pytest.approx(tuple(expected), rel=1e-12)
    assert friedman(-table, "min") == found
    assert (min(found.mean_ranks), found.blocks) == (found.mean_ranks[3], 9)


def test_critical_differences_are_those_of_demsars_table() -> None:
    """Table 5 of Demsar (2006): two-tailed Nemenyi at 0.05 and 0.1, for 2, 5 and 10 methods."""
    published = {(2, 0.05): 1.960, (5, 0.05): 2.728, (10, 0.05): 3.164, (5, 0.1): 2.459}
    for (methods, alpha), quantile in published.items():
        expected = quantile * math.sqrt(methods * (methods + 1) / (6 * 14))
        assert critical_difference(methods, 14, alpha) == pytest.approx(expected, abs=5e-4)


def test_demsars_example_has_his_ranks_statistic_and_difference() -> None:
    """Table 6 of Demsar (2006): AUC of C4.5 and three variants on 14 data sets."""
    table = [
        *([0.763, 0.768, 0.771, 0.798], [0.599, 0.591, 0.590, 0.569], [0.954, 0.971, 0.968, 0.967]),
        *([0.628, 0.661, 0.654, 0.657], [0.882, 0.888, 0.886, 0.898], [0.936, 0.931, 0.916, 0.931]),
        *([0.661, 0.668, 0.609, 0.685], [0.583, 0.583, 0.563, 0.625], [0.775, 0.838, 0.866, 0.875]),
        *([1.000, 1.000, 1.000, 1.000], [0.940, 0.962, 0.965, 0.962], [0.619, 0.666, 0.614, 0.669]),
        *([0.972, 0.981, 0.9751, 0.975], [0.957, 0.978, 0.946, 0.970]),
    ]
    found = friedman(table, "max", confidence=0.95)
    assert found.mean_ranks == pytest.approx((3.143, 2.000, 2.893, 1.964), abs=5e-4)
    assert found.critical_difference == pytest.approx(2.569 * math.sqrt(4 * 5 / (6 * 14)), abs=5e-4)
    ranks = np.array(found.mean_ranks)  # his statistic is not corrected for ties
    uncorrected = 12 * 14 / (4 * 5) * (float((ranks**2).sum()) - 4 * 5**2 / 4)
    assert uncorrected == pytest.approx(9.28, abs=0.01)
    assert found.statistic >= uncorrected
    assert found.cliques == ((3, 1, 2, 0),)


def test_cliques_are_the_largest_groups_within_the_critical_difference() -> None:
    order = np.tile([1.0, 2.0, 3.0, 4.0, 5.0], (9, 1))
    found = friedman(order, "min")
    assert 2 <= found.critical_difference < 3
    assert found.cliques == ((0, 1, 2), (1, 2, 3), (2, 3, 4))
    assert friedman(np.tile([1.0, 2.0], (10, 1)), "min").cliques == ()


def test_blocks_with_missing_values_do_not_count_and_infinite_ones_rank_last() -> None:
    found = friedman([[1, 2, math.inf], [1, math.nan, 2], [2, 1, math.inf]], "min")
    assert (found.blocks, found.mean_ranks) == (2, (1.5, 1.5, 3.0))


def test_ties_one_block_and_nothing_have_answers() -> None:
    tied = friedman(np.ones((4, 3)), "max")
    assert (tied.statistic, tied.p, tied.mean_ranks) == (0.0, 1.0, (2.0, 2.0, 2.0))
    one = friedman([[1.0, 2.0, 3.0]], "min")
    assert (one.mean_ranks, one.blocks, math.isnan(one.p)) == ((1.0, 2.0, 3.0), 1, True)
    nothing = friedman(np.empty((0, 3)), "min")
    assert (nothing.blocks, nothing.cliques, math.isnan(nothing.critical_difference)) == (0, (), True)
    with pytest.raises(UsageError, match="mode"):
        friedman([[1.0]], "up")
    with pytest.raises(UsageError, match="table"):
        friedman([1.0], "min")


@settings(max_examples=60)
@given(arrays(float, st.tuples(st.integers(0, 6), st.integers(0, 5)), elements=CELLS))
def test_mean_ranks_add_up_and_cliques_hold(table: np.ndarray) -> None:
    found = friedman(table, "min")
    methods = table.shape[1]
    assert len(found.mean_ranks) == methods
    if found.blocks and methods:
        assert sum(found.mean_ranks) == pytest.approx(methods * (methods + 1) / 2)
    for clique in found.cliques:
        ranks = [found.mean_ranks[i] for i in clique]
        assert max(ranks) - min(ranks) <= found.critical_difference + 1e-9


def test_ranks_over_time_follow_the_incumbents() -> None:
    slow, quick = curve((5, 0.1)), curve((1, 0.5), (3, 0.2))
    ranks, blocks = ranks_over_time([[slow], [quick]], [0, 1, 4, 5], "min")
    assert ranks.tolist() == [[1.5, 2, 2, 1], [1.5, 1, 1, 2]]
    assert blocks.tolist() == [1, 1, 1, 1]


def test_ranks_over_time_use_blocks_that_are_known_for_all_methods() -> None:
    short, other = curve((1, 0.5), until=2), curve((1, 0.4))
    ranks, blocks = ranks_over_time([[short, other, None], [other, short, other]], [1, 3], "max")
    assert blocks.tolist() == [2, 0]
    assert ranks[:, 0].tolist() == [1.5, 1.5]
    assert np.isnan(ranks[:, 1]).all()
    with pytest.raises(UsageError, match="each block"):
        ranks_over_time([[short], []], [1], "max")
    assert ranks_over_time([], [1, 2], "max")[0].shape == (0, 2)


def test_the_area_is_the_mean_height_of_the_incumbent() -> None:
    found = curve((2, 1.0), (6, 0.5))
    assert area_under_incumbent(found, 10) == pytest.approx((6 * 1.0 + 4 * 0.5) / 10)
    assert area_under_incumbent(found, 10, start=4) == pytest.approx((2 * 1.0 + 4 * 0.5) / 6)
    assert area_under_incumbent(found, 1) == 1.0, "the first value counts before it is known"
    assert math.isnan(area_under_incumbent(curve((1, 1.0), until=5), 6))
    assert math.isnan(area_under_incumbent(curve(), 6))
    with pytest.raises(UsageError, match="after 3"):
        area_under_incumbent(found, 3, start=3)


@given(
    st.lists(st.floats(0.1, 100), min_size=1, max_size=6, unique=True),
    st.floats(1, 200),
)
def test_the_area_is_that_of_a_fine_sum(times: list[float], horizon: float) -> None:
    found = curve(*((t, -float(i)) for i, t in enumerate(sorted(times))))
    grid = (np.arange(20_000) + 0.5) / 20_000 * horizon
    heights = np.nan_to_num(found.at(grid), nan=0.0)
    assert area_under_incumbent(found, horizon) == pytest.approx(heights.mean(), abs=2e-3)


def test_targets_are_reached_when_the_incumbent_is_as_good() -> None:
    found = curve((2, 0.5), (6, 0.9))
    assert [time_to_target(found, t, "max") for t in (0.1, 0.5, 0.6, 0.95)] == [2, 2, 6, math.inf]
    assert time_to_target(curve((1, 3.0), (2, 1.0)), 2.0, "min") == 2
    assert time_to_target(curve(), 2.0, "min") == math.inf


def test_the_common_target_is_the_best_that_all_reach() -> None:
    curves = [curve((1, 3.0), (5, 1.0)), curve((1, 2.0))]
    assert common_target(curves, "min") == 2.0
    assert common_target(curves, "min", horizon=4) == 3.0
    assert common_target(curves, "max") == 1.0
    assert math.isnan(common_target([*curves, curve()], "min"))
    assert math.isnan(common_target([], "min"))


def test_the_ecdf_is_the_share_of_runs_and_targets_reached() -> None:
    curves = [curve((1, 0.5), (4, 0.9)), curve((2, 0.6), until=10)]
    found = run_time_ecdf(curves, [0.5, 0.8], "max")
    assert (found.times.tolist(), found.values.tolist()) == ([1, 2, 4], [0.25, 0.5, 0.75])
    assert found.known_until == 10, "the second run might have found it later"
    assert run_time_ecdf(curves, [0.5], "max").known_until == math.inf
    assert run_time_ecdf(curves, [2.0], "max").times.size == 0
    assert run_time_ecdf([], [0.5], "max").times.size == run_time_ecdf(curves, [], "max").times.size == 0


@pytest.mark.parametrize("mode", ["min", "max"])
def test_the_ecdf_counts_as_time_to_target_does(mode: str) -> None:
    rng = np.random.default_rng(3)
    sign = 1 if mode == "max" else -1
    curves = [curve(*((t + 1, sign * v) for t, v in enumerate(np.sort(rng.random(n))))) for n in (1, 4, 9)]
    targets = [*rng.uniform(-1, 1, 20), *curves[1].values]
    found = run_time_ecdf(curves, targets, mode)
    times = np.array([[time_to_target(one, target, mode) for target in targets] for one in curves])
    for at in range(11):
        reached = found.values[found.times <= at]
        assert (reached[-1] if reached.size else 0.0) == pytest.approx((times <= at).mean())
    with pytest.raises(UsageError, match="mode"):
        run_time_ecdf(curves, targets, "best")


def test_targets_go_from_the_median_first_value_to_the_best() -> None:
    curves = [curve((1, 0.1), (2, 0.9)), curve((1, 0.3)), curve((1, 0.2)), curve()]
    assert target_range(curves, "max", 3).tolist() == pytest.approx([0.2, 0.83, 0.893])
    assert target_range([curve()], "min").size == 0


def test_a_speed_up_is_a_geometric_mean_with_students_interval_of_logarithms() -> None:
    of_a, of_b = (8.0, 20.0, 30.0), (2.0, 10.0, 3.0)
    a, b = ([curve((t, 1.0)) for t in times] for times in (of_a, of_b))
    found = speed_up(a, b, 1.0, "max")
    logs = np.log(of_a) - np.log(of_b)
    assert found.ratio.point == pytest.approx(stats.gmean([4.0, 2.0, 10.0]), rel=1e-9)
    expected = np.exp(stats.t.interval(0.95, 2, loc=logs.mean(), scale=stats.sem(logs)))
    assert (found.ratio.lower, found.ratio.upper) == pytest.approx(tuple(expected), rel=1e-9)


def test_runs_that_missed_the_target_count_with_their_time_and_are_told() -> None:
    a, b = [curve((1, 0.5), until=100)], [curve((1, 0.5), (10, 0.9))]
    found = speed_up(a, b, 0.9, "max")
    assert (found.ratio.point, found.missed_a, found.missed_b) == (pytest.approx(10), 1, 0)
    assert math.isnan(speed_up(a, a, 0.9, "max").ratio.point)
    unlimited = [curve((1, 0.5))]
    assert speed_up(unlimited, b, 0.9, "max").ratio.n == 0
    assert speed_up(unlimited, b, 0.9, "max", horizon=50).ratio.point == pytest.approx(5)
    assert speed_up([], [], 0.9, "max").ratio.n == 0
    with pytest.raises(UsageError, match="one length"):
        speed_up(a, [], 0.9, "max")


def test_normalised_regret_is_0_at_the_optimum_and_1_at_the_reference() -> None:
    assert normalised_regret([1.0, 3.0, 2.0], 1.0, 3.0, "min").tolist() == [0, 1, 0.5]
    assert normalised_regret([0.9, 0.5], 0.9, 0.5, "max").tolist() == [0, 1]
    assert np.isnan(normalised_regret([1.0, math.nan], 1.0, 1.0, "min")).all()
    assert math.isnan(normalised_regret(math.nan, 0.0, 1.0, "min"))
