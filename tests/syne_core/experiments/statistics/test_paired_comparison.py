"""Tests of pairs agree with scipy and with counting; power and the smallest p-value say what seeds can do."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats

from syne_core.errors import UsageError
from syne_core.experiments.statistics import (
    equivalence_test,
    holm,
    paired_comparison,
    seeds_needed,
    smallest_p,
)
from syne_core.experiments.statistics.paired import sign_p, signed_rank_p
from syne_core.experiments.statistics.power import seeds_for_p

NUMBERS = st.floats(-1e6, 1e6) | st.just(math.nan)
PAIRS = st.lists(st.tuples(NUMBERS, NUMBERS), max_size=9)


def test_positive_differences_mean_that_b_is_better() -> None:
    a, b = [1.0, 2.0, 3.0], [2.0, 3.0, 2.5]
    largest, smallest = paired_comparison(a, b, "max"), paired_comparison(a, b, "min")
    assert (largest.wins, largest.losses, largest.mean_difference) == (2, 1, 0.5)
    assert (smallest.wins, smallest.losses, smallest.mean_difference) == (1, 2, -0.5)


@pytest.mark.parametrize("n", [3, 8, 25, 50])
def test_without_ties_wilcoxon_is_scipys_exact_test(n: int) -> None:
    rng = np.random.default_rng(n)
    a, b = rng.normal(size=n), rng.normal(0.3, 1, size=n)
    found = paired_comparison(a, b, "max")
    assert found.wilcoxon_p == pytest.approx(stats.wilcoxon(b, a, method="exact").pvalue, rel=1e-9)
    assert found.sign_p == pytest.approx(stats.binomtest(found.wins, n).pvalue, rel=1e-9)
    expected = stats.ttest_rel(b, a).confidence_interval()
    assert (found.lower, found.upper) == pytest.approx(tuple(expected), rel=1e-9)


def test_many_pairs_use_the_normal_approximation_of_scipy() -> None:
    differences = np.random.default_rng(0).normal(0.1, 1, 200)
    expected = stats.wilcoxon(differences, correction=True).pvalue
    assert signed_rank_p(differences) == pytest.approx(expected, rel=1e-9)


@settings(max_examples=40)
@given(st.lists(st.integers(-3, 3), min_size=1, max_size=9))
@example([1, 1, 2, -1, 3, 0])
def test_with_ties_all_signs_are_counted(differences: list[int]) -> None:
    """The definition: how many of the 2**n signs give a sum of ranks at least as extreme."""
    found = [d for d in differences if d]
    ranks = stats.rankdata(np.abs(found)) if found else np.empty(0)
    sums = [float(np.dot(ranks, signs)) for signs in itertools.product((0, 1), repeat=len(found))]
    observed = float(ranks[np.array(found) > 0].sum()) if found else 0.0
    above, below = (
        np.mean([op(s) for s in sums]) for op in (lambda s: s >= observed, lambda s: s <= observed)
    )
    assert signed_rank_p(differences) == pytest.approx(min(1.0, 2 * min(above, below)), rel=1e-9)
    if found:
        assert signed_rank_p(differences, "greater") == pytest.approx(above, rel=1e-9)
        assert signed_rank_p(differences, "less") == pytest.approx(below, rel=1e-9)


def test_differences_that_are_equal_but_for_rounding_share_their_rank() -> None:
    assert 0.3 - 0.2 != 0.2 - 0.1
    assert signed_rank_p([0.3 - 0.2, 0.2 - 0.1, -0.1, 0.5]) == signed_rank_p([1, 1, -1, 5])


def test_no_pairs_one_pair_and_ties_have_answers() -> None:
    nothing = paired_comparison([], [], "min")
    assert (nothing.n, nothing.smallest_p, nothing.seeds_needed) == (0, 1.0, None)
    assert all(map(math.isnan, (nothing.mean_difference, nothing.wilcoxon_p, nothing.sign_p)))
    missing = paired_comparison([1.0, math.nan, 2.0], [math.nan, 1.0, 1.0], "min")
    assert (missing.n, missing.wins, missing.wilcoxon_p) == (1, 1, 1.0)
    tied = paired_comparison([1.0] * 8, [1.0] * 8, "max")
    assert (tied.ties, tied.wilcoxon_p, tied.sign_p, tied.lower, tied.upper) == (8, 1.0, 1.0, 0.0, 0.0)
    assert tied.seeds_needed is None


@settings(max_examples=40)
@given(PAIRS, st.sampled_from(["min", "max"]))
def test_swapping_the_sides_swaps_the_answer(pairs: list[tuple[float, float]], mode: str) -> None:
    a, b = ([pair[i] for pair in pairs] for i in (0, 1))
    one, other = paired_comparison(a, b, mode), paired_comparison(b, a, mode)
    assert (one.wins, one.losses, one.ties) == (other.losses, other.wins, other.ties)
    assert one.mean_difference == pytest.approx(-other.mean_difference, nan_ok=True)
    assert one.wilcoxon_p == pytest.approx(other.wilcoxon_p, nan_ok=True)
    assert one.seeds_needed == other.seeds_needed
    if one.n:
        assert one.smallest_p * (1 - 1e-9) <= one.wilcoxon_p <= 1


def test_wrong_shapes_and_modes_are_refused() -> None:
    with pytest.raises(UsageError, match=r"one length.*\(1,\) and \(2,\)"):
        paired_comparison([1.0], [1.0, 2.0], "min")
    with pytest.raises(UsageError, match="mode must be min or max, not 'least'"):
        paired_comparison([1.0], [1.0], "least")


@pytest.mark.parametrize("n", [1, 2, 5, 6, 10])
def test_the_smallest_p_is_reached_when_all_differences_have_one_sign(n: int) -> None:
    differences = np.arange(1.0, n + 1)
    assert signed_rank_p(differences) == pytest.approx(smallest_p(n), rel=1e-12)
    assert sign_p(n, 0) == pytest.approx(smallest_p(n), rel=1e-12)


def test_five_seeds_cannot_go_below_0_0625() -> None:
    assert smallest_p(5) == 0.0625
    assert seeds_for_p(0.05) == 6
    assert all(smallest_p(seeds_for_p(a)) <= a < smallest_p(seeds_for_p(a) - 1) for a in (0.3, 0.01, 1e-6))
    assert seeds_for_p(0.0625) == 5


@pytest.mark.parametrize(("effect", "alpha"), [(0.3, 0.05), (0.8, 0.05), (0.8, 0.005), (2.0, 0.05)])
def test_seeds_needed_is_the_first_number_with_the_power_by_the_noncentral_t(
    effect: float, alpha: float
) -> None:
    def power(n: int) -> float:
        critical, shift = stats.t.ppf(1 - alpha / 2, n - 1), effect * math.sqrt(n)
        return float(stats.nct.sf(critical, n - 1, shift))

    student = next(n for n in itertools.count(2) if power(n) >= 0.8)
    expected = max(math.ceil(student / (3 / math.pi)), seeds_for_p(alpha))
    differences = effect + np.array([-1.0, 1.0]) / math.sqrt(2)
    assert seeds_needed(differences, alpha) == expected


@pytest.mark.parametrize("effect", [0.5, 1.0])
def test_with_as_many_seeds_wilcoxon_finds_the_effect_as_often_as_promised(effect: float) -> None:
    n = seeds_needed(effect + np.array([-1.0, 1.0]) / math.sqrt(2))
    assert n is not None
    samples = np.random.default_rng(7).normal(effect, 1, (1500, n))
    found = stats.wilcoxon(samples, axis=1).pvalue <= 0.05
    assert 0.76 < found.mean() < 0.86


def test_no_effect_needs_no_number_of_seeds() -> None:
    assert seeds_needed([0.0, 0.0, 0.0]) is seeds_needed([1.0]) is seeds_needed([]) is None
    assert seeds_needed([1.0, -1.0]) is None
    assert seeds_needed([2.0, 2.0]) == 6
    assert seeds_needed([1.0, -0.999]) is None, "thousands"


@given(st.lists(st.floats(0, 1) | st.just(math.nan), max_size=8))
def test_holm_is_the_step_down_of_bonferroni(p_values: list[float]) -> None:
    known = sorted((p, i) for i, p in enumerate(p_values) if not math.isnan(p))
    expected, largest = [math.nan] * len(p_values), 0.0
    for rank, (p, i) in enumerate(known):
        largest = max(largest, min(1.0, (len(known) - rank) * p))
        expected[i] = largest
    assert holm(p_values) == pytest.approx(expected, nan_ok=True)


def test_holm_of_a_textbook() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_equivalence_is_two_one_sided_tests_of_scipy() -> None:
    differences = np.random.default_rng(3).normal(0.02, 0.1, 12)
    found = equivalence_test(differences, 0.1)
    above = stats.ttest_1samp(differences, -0.1, alternative="greater").pvalue
    below = stats.ttest_1samp(differences, 0.1, alternative="less").pvalue
    assert found.p == pytest.approx(max(above, below), rel=1e-9)
    expected = stats.ttest_1samp(differences, 0).confidence_interval(0.9)
    assert (found.lower, found.upper) == pytest.approx(tuple(expected), rel=1e-9)
    assert found.is_shown == (found.p <= 0.05) == (found.lower > -0.1 and found.upper < 0.1)


def test_equal_results_are_equivalent_and_one_pair_shows_nothing() -> None:
    assert equivalence_test([0.0] * 3, 0.01).is_shown
    assert equivalence_test([0.02] * 3, 0.01).p == 1.0
    assert not equivalence_test([0.0] * 3, 0.0).is_shown
    assert not equivalence_test([0.0], 0.01).is_shown
    assert math.isnan(equivalence_test([], 0.01).p)
    with pytest.raises(UsageError, match="at least 0"):
        equivalence_test([0.0], -1.0)


@settings(max_examples=40)
@given(st.lists(NUMBERS, max_size=8), st.floats(0, 10))
def test_equivalence_and_its_interval_agree(differences: list[float], margin: float) -> None:
    found = equivalence_test(differences, margin)
    inside = -margin < found.lower and found.upper < margin
    near = any(
        math.isclose(abs(end), margin, rel_tol=1e-6, abs_tol=1e-9) for end in (found.lower, found.upper)
    )
    assert near or found.is_shown == inside
