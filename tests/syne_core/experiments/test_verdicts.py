"""What is said of a study: who is better, what is too small to tell, and what limits the answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from study_folders import reports, write_experiment

from syne_core.errors import UsageError
from syne_core.experiments import load_study
from syne_core.experiments.experiment_folder import ExperimentFolder
from syne_core.experiments.incumbent import StepCurve
from syne_core.experiments.known_optimum import known_optimum
from syne_core.experiments.pair_verdicts import Pair, judge_pairs
from syne_core.experiments.paired_values import paired_values
from syne_core.experiments.seed_results import SeedResults
from syne_core.experiments.study_results import BenchmarkResults, SetupResults, StudyResults
from syne_core.experiments.verdicts import judge

Finals = dict[str, Sequence[float | None]]


def write(root: Path, finals: Finals, benchmark: str = "digits", **settings: object) -> None:
    """An experiment for each final value, reported after 10 s of 60; None: nothing finite."""
    for method, values in finals.items():
        for seed, value in enumerate(values):
            rows = reports([(10.0, value)])
            described = {"method": method, "seed": seed, "elapsed": 60.0, "limit": 60.0, **settings}
            write_experiment(root, rows, benchmark=benchmark, **described)  # type: ignore[arg-type]


def test_a_clear_difference_is_said_with_its_size_interval_and_p(tmp_path: Path) -> None:
    worse = [0.50, 0.52, 0.51, 0.49, 0.50, 0.53, 0.48, 0.50]
    better = [0.61, 0.60, 0.62, 0.60, 0.63, 0.61, 0.60, 0.62]
    write(tmp_path, {"ASHA": better, "RS": worse})
    verdict = judge(load_study("demo", tmp_path))
    (pair,) = verdict.benchmarks[0].pairs
    assert (pair.a, pair.b, pair.verdict) == ("ASHA", "RS", "worse")
    assert pair.holm_p == pytest.approx(stats.wilcoxon(better, worse, method="exact").pvalue, rel=1e-9)
    low, high = stats.ttest_rel(better, worse).confidence_interval()
    size = np.mean(better) - np.mean(worse)
    told = (
        f"ASHA is better than RS by {size:.4g} (95 % interval {low:.4g} to {high:.4g}), 8 seeds, p = 0.0078."
    )
    assert pair.sentence == told
    best = "digits: best mean accuracy (large is good) at 60 s: ASHA (0.6112, 8 seeds), "
    assert verdict.sentences[0] == best + "then RS (0.5038, 8 seeds)."
    assert f"digits: {told}" in verdict.sentences


def test_five_seeds_are_too_few_to_tell_however_clear_the_difference(tmp_path: Path) -> None:
    write(tmp_path, {"A": [0.5, 0.51, 0.52, 0.53, 0.54], "B": [0.9, 0.91, 0.92, 0.93, 0.95]})
    (pair,) = judge(load_study("demo", tmp_path)).benchmarks[0].pairs
    assert (pair.verdict, pair.seeds_needed) == ("too few seeds", 6)
    few = "Too few seeds to tell B from A (5 cannot go below p = 0.0625); about 6 are needed."
    assert pair.sentence.startswith(f"{few} B is ahead by 0.402")


def test_more_comparisons_need_more_seeds(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    finals = {name: (0.1 * i + rng.normal(0, 0.01, 6)).tolist() for i, name in enumerate("ABCD")}
    write(tmp_path, finals)
    pairs = judge(load_study("demo", tmp_path)).benchmarks[0].pairs
    assert {pair.tests for pair in pairs} == {6}
    assert {pair.verdict for pair in pairs} == {"too few seeds"}
    assert {pair.seeds_needed for pair in pairs} == {8}
    assert "6 cannot go below p = 0.03125, or 0.188 after Holm for 6 comparisons" in pairs[0].sentence


def test_seeds_enough_without_a_difference_are_not_called_equal(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    write(tmp_path, {"A": rng.normal(0.5, 0.1, 10).tolist(), "B": rng.normal(0.52, 0.1, 10).tolist()})
    (pair,) = judge(load_study("demo", tmp_path)).benchmarks[0].pairs
    assert pair.verdict == "not shown"
    assert pair.sentence.startswith("No difference shown between A and B: A is ahead by ")
    assert f"about {pair.seeds_needed} seeds are needed" in pair.sentence


def test_ranks_decide_even_if_one_large_loss_turns_the_mean() -> None:
    a, b = np.zeros(12), np.append(np.linspace(0.1, 0.2, 11), -5.0)
    (pair,) = judge_pairs([Pair("A", "B", a, b, "max")], 0.9)
    assert (pair.verdict, pair.comparison.mean_difference < 0) == ("better", True)
    assert "although the mean says otherwise" in pair.sentence


def test_small_is_good_where_the_mode_says_so(tmp_path: Path) -> None:
    values = {"A": [1.0 + 0.1 * i for i in range(7)], "B": [2.0 + 0.11 * i for i in range(7)]}
    for method, finals in values.items():
        for seed, value in enumerate(finals):
            rows = reports([(1.0, value)], "loss")
            write_experiment(tmp_path, rows, method=method, seed=seed, metric="loss", mode="min")
    (benchmark,) = judge(load_study("demo", tmp_path)).benchmarks
    assert benchmark.pairs[0].verdict == "worse"
    assert benchmark.friedman.mean_ranks == (1.0, 2.0)


def test_pairs_are_made_by_seed(tmp_path: Path) -> None:
    write(tmp_path, {"A": [0.1, 0.2, 0.3]})
    for seed in (1, 2, 3):
        write_experiment(
            tmp_path, reports([(1.0, seed / 10)]), method="B", seed=seed, elapsed=60.0, limit=60.0
        )
    study = load_study("demo", tmp_path)
    table = paired_values(study.benchmarks[0])
    assert table.seeds == (0, 1, 2, 3)
    np.testing.assert_array_equal(table.values, [[0.1, np.nan], [0.2, 0.1], [0.3, 0.2], [np.nan, 0.3]])
    verdict = judge(study)
    assert verdict.benchmarks[0].pairs[0].comparison.n == 2
    assert "missing: A seed 3; B seed 0" in verdict.caveats


def test_no_seed_in_common_is_nothing_to_compare(tmp_path: Path) -> None:
    write(tmp_path, {"A": [0.1]})
    write_experiment(tmp_path, reports([(1.0, 0.3)]), method="B", seed=5, elapsed=60.0, limit=60.0)
    (pair,) = judge(load_study("demo", tmp_path)).benchmarks[0].pairs
    assert pair.sentence == "B and A have no seeds in common: nothing to compare."
    assert pair.verdict == "too few seeds"


def test_differing_budgets_are_compared_on_the_common_range(tmp_path: Path) -> None:
    for seed in range(6):
        short = reports([(10.0, 0.5 + seed / 100)])
        write_experiment(tmp_path, short, method="A", seed=seed, elapsed=60.0, limit=60.0)
        long = reports([(20.0, 0.4 + seed / 100), (90.0, 0.9)])
        write_experiment(tmp_path, long, method="B", seed=seed, elapsed=120.0, limit=120.0)
    verdict = judge(load_study("demo", tmp_path))
    assert verdict.benchmarks[0].horizon == 60.0
    assert verdict.benchmarks[0].pairs[0].verdict == "worse", "B is better after 90 s only"
    assert any("60 s" in caveat for caveat in verdict.caveats)


def test_what_is_unfinished_counts_as_far_as_it_is_known_and_is_named(tmp_path: Path) -> None:
    for seed, state in enumerate(["finished", "finished", "interrupted"]):
        elapsed = 30.0 if state == "interrupted" else 60.0
        for method in ("A", "B"):
            rows = reports([(10.0, 0.5)])
            write_experiment(
                tmp_path, rows, method=method, seed=seed, state=state, elapsed=elapsed, limit=60.0
            )
    verdict = judge(load_study("demo", tmp_path))
    assert verdict.benchmarks[0].pairs[0].comparison.n == 2
    assert any("unfinished" in caveat for caveat in verdict.caveats)


def test_a_finished_seed_without_a_finite_value_ranks_last_and_has_no_difference(tmp_path: Path) -> None:
    write(tmp_path, {"A": [0.5, 0.5, None], "B": [0.4, 0.4, 0.4], "C": [0.3, 0.3, 0.3]})
    (benchmark,) = judge(load_study("demo", tmp_path)).benchmarks
    assert benchmark.friedman.blocks == 3
    assert benchmark.friedman.mean_ranks == pytest.approx((5 / 3, 5 / 3, 8 / 3))
    assert benchmark.pairs[0].comparison.n == 2


def test_over_benchmarks_pairs_are_benchmarks_and_seeds_on_one_scale(tmp_path: Path) -> None:
    write(tmp_path, {"A": [0.90, 0.92, 0.91, 0.93], "B": [0.95, 0.97, 0.96, 0.98]}, "one")
    write(tmp_path, {"A": [100.0, 200.0, 300.0, 400.0], "B": [150.0, 260.0, 370.0, 500.0]}, "two")
    verdict = judge(load_study("demo", tmp_path))
    overall = verdict.overall
    assert overall is not None
    (pair,) = overall.pairs
    assert (pair.verdict, pair.comparison.n, pair.comparison.wins) == ("better", 8, 8)
    scaled_a = [*((np.array([0.90, 0.92, 0.91, 0.93]) - 0.90) / 0.08), 0, 0.25, 0.5, 0.75]
    assert overall.setups[0].value.point == pytest.approx(np.mean(scaled_a))
    assert overall.setups[0].iqm.point == pytest.approx(stats.trim_mean(scaled_a, 0.25))
    assert verdict.sentences[0].startswith("Over 2 benchmarks: ")


def test_setups_that_ran_on_one_benchmark_only_are_not_judged_over_all(tmp_path: Path) -> None:
    write(tmp_path, {"A": [0.1], "B": [0.2]}, "one")
    write(tmp_path, {"A": [0.1], "C": [0.2]}, "two")
    assert judge(load_study("demo", tmp_path)).overall is None


def test_the_quicker_is_told_by_the_value_that_all_seeds_reach(tmp_path: Path) -> None:
    for seed in range(6):
        quick = reports([(1.0 + seed / 10, 0.8), (50.0, 0.81)])
        write_experiment(tmp_path, quick, method="Quick", seed=seed, elapsed=60.0, limit=60.0)
        slow = reports([(1.0, 0.2), (10.0 + seed, 0.8)])
        write_experiment(tmp_path, slow, method="Slow", seed=seed, elapsed=60.0, limit=60.0)
    verdict = judge(load_study("demo", tmp_path))
    speed = verdict.benchmarks[0].pairs[0].speed_up
    assert speed is not None
    assert (speed.target, speed.missed_a, speed.missed_b) == (0.8, 0, 0)
    expected = stats.gmean([(10 + s) / (1 + s / 10) for s in range(6)])
    assert 1 / speed.ratio.point == pytest.approx(expected)
    assert any("Quick reaches 0.8, which all their seeds reach, 10 times" in s for s in verdict.sentences)


def test_the_area_under_the_incumbent_is_told_in_units_of_the_metric(tmp_path: Path) -> None:
    for seed, late in enumerate((20.0, 40.0)):
        rows = reports([(0.0, 0.5), (late, 0.9)])
        write_experiment(tmp_path, rows, seed=seed, elapsed=60.0, limit=60.0)
    (benchmark,) = judge(load_study("demo", tmp_path)).benchmarks
    area = benchmark.setups[0].anytime
    assert area is not None
    assert area.point == pytest.approx((0.5 * 60 + 0.9 * 60) / 120)


HARTMANN = {"blackbox": "FunctionProblem", "blackbox_name": "hartmann6", "blackbox_settings": {"noise": 0}}


def test_regret_is_told_where_the_optimum_is_known(tmp_path: Path) -> None:
    for method, finals in {"A": [-3.0, -3.2], "B": [-2.0, -2.5]}.items():
        for seed, value in enumerate(finals):
            rows = reports([(1.0, -1.0), (2.0, value)], "objective")
            write_experiment(
                tmp_path, rows, method=method, seed=seed, metric="objective", mode="min", metadata=HARTMANN
            )
    (benchmark,) = judge(load_study("demo", tmp_path)).benchmarks
    regrets = [one.regret.point for one in benchmark.setups if one.regret]
    assert regrets == pytest.approx([(3.32237 - 3.1) / 2.32237, (3.32237 - 2.25) / 2.32237], abs=1e-4)
    assert any("A 0.096, B 0.46" in sentence for sentence in benchmark.sentences)


@pytest.mark.parametrize(
    ("first", "second", "metric"),
    [
        ({}, {}, "objective"),
        (HARTMANN, {}, "objective"),
        (HARTMANN, HARTMANN, "loss"),
        ({**HARTMANN, "blackbox": "BlackboxTabular"},) * 2 + ("objective",),
        ({**HARTMANN, "blackbox_name": "levy0"},) * 2 + ("objective",),
        ({**HARTMANN, "blackbox_name": "/tables/mine"},) * 2 + ("objective",),
    ],
)
def test_an_optimum_is_not_guessed(first: dict[str, object], second: dict[str, object], metric: str) -> None:
    assert known_optimum([first, second], metric) is None


def test_many_setups_are_told_in_groups(tmp_path: Path) -> None:
    finals: Finals = {f"M{i}": [0.1 * i + 0.001 * s for s in range(9)] for i in range(5)}
    write(tmp_path, finals)
    verdict = judge(load_study("demo", tmp_path))
    assert len(verdict.benchmarks[0].pairs) == 10
    (told,) = (sentence for sentence in verdict.sentences if "M4 is better than" in sentence)
    by = [f"M{3 - i} by 0.{i + 1} (95 % interval 0.{i + 1} to 0.{i + 1})" for i in range(4)]
    expected = f"{', '.join(by)}; p = 0.039 or less after Holm for 10 comparisons."
    assert told == f"digits: M4 is better than {expected}"


def test_the_leader_of_many_is_told_with_differences_that_are_its_own(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(0, 0.01, size=(3, 12))
    finals = {"A": noise[0] + 0.5, "B": noise[1] + 0.51, "C": noise[2] + 0.3, "D": noise[1] + 0.4}
    write(tmp_path, {name: column.tolist() for name, column in finals.items()})
    (judged,) = judge(load_study("demo", tmp_path)).benchmarks
    (won,) = (sentence for sentence in judged.sentences if "is better than" in sentence)
    assert "B is better than D by 0.11 (95 % interval 0.11 to 0.11), C by 0.2" in won
    (open_,) = (sentence for sentence in judged.sentences if "No difference shown" in sentence)
    needed = next(pair.seeds_needed for pair in judged.pairs if {pair.a, pair.b} == {"A", "B"})
    assert open_.endswith(f"between B and A (about {needed} would tell).")


def test_the_same_study_gives_the_same_json(tmp_path: Path) -> None:
    write(tmp_path, {"A": [0.1, 0.2, None], "B": [0.3, 0.1, 0.2]}, "one")
    write(tmp_path, {"A": [0.1], "B": [0.2, 0.3]}, "two")
    one, other = (json.dumps(judge(load_study("demo", tmp_path)).to_json(), allow_nan=False) for _ in "ab")
    assert one == other


def test_a_confidence_that_is_none_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {"A": [0.1]})
    with pytest.raises(UsageError, match="between 0 and 1"):
        judge(load_study("demo", tmp_path), 95)


STEPS = st.lists(st.tuples(st.floats(0, 100), st.floats(-5, 5)), max_size=4)
SEEDS = st.dictionaries(
    st.integers(0, 5), st.tuples(STEPS, st.floats(1, 200) | st.just(float("inf"))), max_size=6
)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(SEEDS, min_size=1, max_size=5), min_size=1, max_size=2))
def test_any_study_has_a_verdict_in_words_and_json(benchmarks: list[list[dict[int, object]]]) -> None:
    study = StudyResults(
        "t", (), tuple(_benchmark(f"b{i}", setups) for i, setups in enumerate(benchmarks)), (), ("t",)
    )
    verdict = judge(study)
    text = json.dumps(verdict.to_json(), allow_nan=False)
    assert "nan" not in " ".join(verdict.sentences)
    assert len(verdict.benchmarks) == len(benchmarks)
    assert text


def _benchmark(name: str, setups: list[dict[int, object]]) -> BenchmarkResults:
    """Setups by number; each seed has steps and how long it is known."""
    made = []
    for number, seeds in enumerate(setups):
        found = []
        for seed, drawn in seeds.items():
            steps, until = drawn  # type: ignore[misc]
            times = np.unique([time for time, _ in steps])
            values = -np.sort(-np.array([value for _, value in steps], dtype=float))[: times.size]
            end = max(until, float(times[-1])) if times.size else until
            folder = ExperimentFolder(Path(f"{name}-{number}-{seed}"), {"seed": seed}, None)
            found.append(SeedResults(folder, StepCurve(times, values, end), min(end, 100.0), 1))
        made.append(SetupResults(f"M{number}", f"M{number}", 4, tuple(found), "t"))
    return BenchmarkResults(name, "loss", "min", tuple(made), ())
