"""What a report says of the whole run: robust finals, areas, targets reached over time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from study_folders import reports, write_experiment, write_study

from syne_core.experiments import load_study
from syne_core.experiments.report import collect_report
from syne_core.experiments.report.evidence import Evidence


def evidence_of(root: Path) -> Evidence:
    return collect_report(load_study("demo", root)).evidence


def write_two_steps(root: Path, method: str, seconds: float, end: float = 60.0, final: float = 0.9) -> None:
    """Four seeds that begin with 0.5 and reach ``final`` after ``seconds``."""
    for seed in range(4):
        rows = reports([(0.0, 0.5), (seconds, final)])
        write_experiment(root, rows, method=method, seed=seed, elapsed=end, limit=end)


def test_the_quicker_setup_reaches_all_targets_sooner(tmp_path: Path) -> None:
    write_two_steps(tmp_path, "Quick", 6.0)
    write_two_steps(tmp_path, "Slow", 30.0)
    (part,) = evidence_of(tmp_path).whole_run
    assert (part.easiest, part.hardest) == (0.5, 0.896)
    at = np.searchsorted(part.time, [5.0, 10.0, 29.0, 40.0, 60.0], side="right") - 1
    table = np.array(part.reached, dtype=float)[:, at]
    shares = {row.setup: reached for row, reached in zip(part.rows, table, strict=True)}
    # Of 50 targets the first is what all begin with.
    assert shares["Quick"].tolist() == pytest.approx([0.02, 1.0, 1.0, 1.0, 1.0])
    assert shares["Slow"].tolist() == pytest.approx([0.02, 0.02, 0.02, 1.0, 1.0])


def test_nothing_counts_that_came_after_the_common_time(tmp_path: Path) -> None:
    write_two_steps(tmp_path, "Short", 10.0, end=20.0, final=0.6)
    write_two_steps(tmp_path, "Long", 40.0, end=60.0)
    (part,) = evidence_of(tmp_path).whole_run
    assert part.time[-1] == 20.0
    assert part.hardest == pytest.approx(0.599)
    assert [reached[-1] for reached in part.reached] == [0.02, 1.0]


def test_a_setup_alone_and_one_without_values_have_their_place(tmp_path: Path) -> None:
    write_two_steps(tmp_path, "Only", 10.0)
    (part,) = evidence_of(tmp_path).whole_run
    (row,) = part.rows
    assert row.anytime is not None
    assert row.anytime.point == pytest.approx((10 * 0.5 + 50 * 0.9) / 60)
    assert row.regret is None
    for seed in range(4):
        rows = reports([(1.0, None)])
        write_experiment(tmp_path, rows, method="Diverges", seed=seed, elapsed=60.0, limit=60.0)
    (part,) = evidence_of(tmp_path).whole_run
    assert [(row.setup, row.n, row.iqm is None) for row in part.rows] == [
        ("Diverges", 0, True),
        ("Only", 4, False),
    ]
    assert part.reached[0][-1] == 0.0


def test_over_benchmarks_shares_are_means_and_values_scaled(tmp_path: Path) -> None:
    write_study(tmp_path, ("A", "B"), seeds=5)
    write_study(tmp_path, ("A", "B"), seeds=5, benchmark="letters")
    both, first, second = evidence_of(tmp_path).whole_run
    assert [part.benchmark for part in (both, first, second)] == [None, "digits", "letters"]
    expected = (np.array(first.reached) + np.array(second.reached)) / 2
    assert np.abs(np.array(both.reached) - expected).max() < 1e-4
    for row in both.rows:
        assert row.n == 10
        assert row.iqm is not None
        assert row.iqm.lower is not None
        assert row.iqm.upper is not None
        assert row.iqm.point is not None
        assert 0 <= row.iqm.lower < row.iqm.point < row.iqm.upper <= 1
        assert row.anytime is None


def test_both_tests_are_adjusted_and_a_speed_up_has_its_interval(tmp_path: Path) -> None:
    for method, late in (("A", 2.0), ("B", 8.0), ("C", 32.0)):
        for seed in range(8):
            rows = reports([(0.1, 0.1), (late * (1 + seed / 8), 0.8), (50.0, 0.8 + 0.001 * seed / late)])
            write_experiment(tmp_path, rows, method=method, seed=seed, elapsed=60.0, limit=60.0)
    for pair in evidence_of(tmp_path).comparisons:
        assert (pair.wins, pair.losses, pair.ties) == (7, 0, 1)
        assert pair.sign_p == pytest.approx(3 * stats.binomtest(7, 7).pvalue)
        assert pair.speed_up is not None
        assert pair.target == 0.8
        factor = 16.0 if {pair.better, pair.worse} == {"A", "C"} else 4.0
        assert pair.speed_up.point == pytest.approx(factor)
        assert pair.speed_up.lower == pytest.approx(pair.speed_up.upper)
