"""Two sides compared: what is matched with what, the margin, and the check for continuous integration."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from study_folders import reports, write_experiment

from syne_core.errors import UsageError
from syne_core.experiments import load_studies
from syne_core.experiments.comparison import Comparison, compare_matched
from syne_core.experiments.comparison_sides import Margin, MatchedSetups, Side, match_setups
from syne_core.experiments.experiment_folder import ExperimentFolder
from syne_core.experiments.incumbent import StepCurve
from syne_core.experiments.regression_check import check_not_worse
from syne_core.experiments.seed_results import SeedResults
from syne_core.experiments.study_results import BenchmarkResults, SetupResults

A, B = Side("old"), Side("new")
OLD = [0.90, 0.91, 0.92, 0.93, 0.94, 0.95, 0.96, 0.97]


def write(root: Path, tag: str, values: Sequence[float | None], method: str = "ASHA", **more: object) -> None:
    for seed, value in enumerate(values):
        rows = reports([(1.0, value)])
        described = {"tag": tag, "method": method, "seed": seed, "elapsed": 60.0, "limit": 60.0, **more}
        write_experiment(root, rows, **described)  # type: ignore[arg-type]


def compare(root: Path, margin: str = "1%", sides: tuple[Side, Side] = (A, B)) -> Comparison:
    study = load_studies(dict.fromkeys(side.tag for side in sides), root)
    matched, _ = match_setups(study, *sides)
    return compare_matched(matched, *map(str, sides), Margin.parse(margin))


def results_of_check(root: Path, margin: str) -> list[str]:
    return [one.result for one in check_not_worse(compare(root).lines, Margin.parse(margin))]


def test_the_same_methods_and_workers_of_two_studies_are_matched(tmp_path: Path) -> None:
    for tag in ("old", "new"):
        write(tmp_path, tag, [0.5], "RS")
        for n_workers in (4, 8):
            write(tmp_path, tag, [0.5], metadata={"n_workers": n_workers}, id8=f"0000000{n_workers}")
    write(tmp_path, "old", [0.5], "BO")
    matched, unmatched = match_setups(load_studies(["old", "new"], tmp_path), A, B)
    assert sorted((m.a.method, m.a.n_workers, m.b.n_workers) for m in matched) == [
        ("ASHA", 4, 4),
        ("ASHA", 8, 8),
        ("RS", 4, 4),
    ]
    assert unmatched == ["only in A: old: BO, 4 workers on digits"]


def test_a_method_with_other_workers_on_each_side_is_matched_and_says_so(tmp_path: Path) -> None:
    write(tmp_path, "old", [0.5])
    write(tmp_path, "new", [0.5], metadata={"n_workers": 8})
    (line,) = compare(tmp_path).lines
    assert line.name == "ASHA, 4 / 8 workers"


def test_two_methods_of_one_study_are_compared(tmp_path: Path) -> None:
    write(tmp_path, "old", OLD)
    write(tmp_path, "old", [value - 0.05 for value in OLD], "RS")
    sides = Side("old", "ASHA"), Side("old", "RS")
    (line,) = compare(tmp_path, sides=sides).lines
    assert (line.name, line.outcome, line.pair.a, line.pair.b) == ("ASHA / RS", "worse", "ASHA", "RS")


def test_nothing_in_common_is_said(tmp_path: Path) -> None:
    write(tmp_path, "old", OLD)
    write(tmp_path, "new", OLD, "RS")
    with pytest.raises(UsageError, match="old and new have no method on a benchmark in common"):
        compare(tmp_path)


def test_a_line_agrees_with_scipy_and_is_oriented_towards_b(tmp_path: Path) -> None:
    new = [
        value + step
        for value, step in zip(OLD, (0.01, 0.02, 0.03, 0.015, 0.01, 0.02, 0.01, 0.025), strict=True)
    ]
    write(tmp_path, "old", OLD)
    write(tmp_path, "new", new)
    found = compare(tmp_path, "0.001")
    (line,) = found.lines
    assert (line.outcome, line.mean_a, line.mean_b) == ("better", pytest.approx(0.935), pytest.approx(0.9525))
    expected = stats.ttest_rel(new, OLD).confidence_interval()
    assert (line.joint.lower, line.joint.upper) == pytest.approx(tuple(expected), rel=1e-9)
    assert (found.wins, found.losses, found.ties) == (8, 0, 0)
    assert found.sign_p == pytest.approx(stats.binomtest(8, 8).pvalue)
    assert "1 comparison: B is better in 1. Over all, B is better in 8 of 8 pairs of runs" in found.sentence
    json.dumps(found.to_json(), allow_nan=False)


def test_identical_results_are_equivalent(tmp_path: Path) -> None:
    write(tmp_path, "old", OLD)
    write(tmp_path, "new", OLD)
    (line,) = compare(tmp_path).lines
    assert line.outcome == "equivalent"
    assert line.sentence == "ASHA of new and ASHA of old are the same in all 8 seeds."


def test_a_difference_within_the_margin_is_equivalent_even_if_it_is_real(tmp_path: Path) -> None:
    write(tmp_path, "old", OLD)
    write(tmp_path, "new", [value - 0.001 - 0.0001 * i for i, value in enumerate(OLD)])
    assert compare(tmp_path, "0.01").lines[0].outcome == "equivalent"
    assert compare(tmp_path, "0.0001").lines[0].outcome == "worse"
    assert "within 0.01 of 0" in compare(tmp_path, "0.01").lines[0].sentence


def test_a_relative_margin_is_a_share_of_the_mean_of_a(tmp_path: Path) -> None:
    write(tmp_path, "old", [-200.0, -202.0, -198.0])
    write(tmp_path, "new", [-201.0, -203.0, -199.5])
    (line,) = compare(tmp_path, "2%").lines
    assert line.margin == pytest.approx(4.0)


@pytest.mark.parametrize("text", ["", "a", "-1", "nan", "inf", "1%%", "-2%"])
def test_a_margin_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"such as 0\.01"):
        Margin.parse(text)


def test_the_check_fails_if_b_is_shown_to_be_worse_by_more_than_the_margin(tmp_path: Path) -> None:
    write(tmp_path, "old", OLD)
    write(tmp_path, "new", [value - 0.05 - 0.002 * (i % 3) for i, value in enumerate(OLD)])
    assert results_of_check(tmp_path, "0.01") == ["failed"]
    assert results_of_check(tmp_path, "0.1") == ["passed"]


def test_three_seeds_are_enough_for_the_check_where_the_loss_is_plain(tmp_path: Path) -> None:
    """Ranks cannot tell with so few, the interval of the mean can."""
    write(tmp_path, "old", [0.95, 0.96, 0.955])
    write(tmp_path, "new", [0.30, 0.32, 0.29])
    assert compare(tmp_path).lines[0].outcome == "too few seeds"
    assert results_of_check(tmp_path, "0.01") == ["failed"]


def test_the_check_is_unsure_where_the_interval_holds_both(tmp_path: Path) -> None:
    write(tmp_path, "old", [0.90, 0.91, 0.92])
    write(tmp_path, "new", [0.93, 0.85, 0.92])
    (one,) = check_not_worse(compare(tmp_path).lines, Margin(0.01))
    assert one.result == "unsure"
    assert "cannot be told from 3 seeds" in one.sentence


def test_a_single_seed_is_unsure_and_no_seed_fails(tmp_path: Path) -> None:
    write(tmp_path, "old", [0.9])
    write(tmp_path, "new", [0.9])
    assert results_of_check(tmp_path, "0.01") == ["unsure"]
    write(tmp_path, "old", [0.9], "RS")
    write_experiment(
        tmp_path, reports([(1.0, 0.9)]), tag="new", method="RS", seed=7, elapsed=60.0, limit=60.0
    )
    assert results_of_check(tmp_path, "0.01") == ["unsure", "failed"]


def test_a_b_that_diverges_always_does_not_pass(tmp_path: Path) -> None:
    write(tmp_path, "old", OLD)
    write(tmp_path, "new", [None] * 8)
    (line,) = compare(tmp_path).lines
    assert (line.only_a, line.only_b) == (8, 0)
    (one,) = check_not_worse([line], Margin(0.01))
    assert (one.result, "nothing finite in 8 seeds" in one.sentence) == ("failed", True)


def test_the_check_rarely_fails_by_chance() -> None:
    """B is as good as A on two benchmarks; failing once in 20 times is allowed."""
    rng = np.random.default_rng(5)
    failed = 0
    for _ in range(40):
        matched = [_in_memory(f"b{i}", rng.normal(size=6), rng.normal(size=6)) for i in range(2)]
        lines = compare_matched(matched, "old", "new", Margin(0.0)).lines
        failed += any(one.result == "failed" for one in check_not_worse(lines, Margin(0.0)))
    assert failed <= 4


def _in_memory(benchmark: str, *sides: np.ndarray) -> MatchedSetups:
    """Setups of two studies with these final values."""
    setups = []
    for tag, values in zip(("old", "new"), sides, strict=True):
        seeds = [
            SeedResults(
                ExperimentFolder(Path(f"{tag}-{seed}"), {"seed": seed}, None),
                StepCurve(np.ones(1), np.array([value])),
                60.0,
                1,
            )
            for seed, value in enumerate(values)
        ]
        setups.append(SetupResults(f"{tag}: ASHA", "ASHA", 4, tuple(seeds), tag))
    return MatchedSetups(BenchmarkResults(benchmark, "loss", "min", tuple(setups), ()), *setups)
