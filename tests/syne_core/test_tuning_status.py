"""The status of an experiment: counts, sums over runs, and the incumbent."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syne_core.backend.trial_status import Status, Trial
from syne_core.tuning_status import MetricsStatistics, TuningStatus


def trial(trial_id: int) -> Trial:
    return Trial(trial_id, {"x": trial_id}, datetime(2024, 1, 1))


def with_reports(*reports: dict[str, Any], mode: str = "min") -> TuningStatus:
    """A status after each report came from a trial of its own."""
    status = TuningStatus(["loss"], mode)
    for trial_id, report in enumerate(reports):
        status.set_state(trial_id, Status.in_progress)
        status.add_report(trial(trial_id), report)
    return status


def test_statistics_are_the_same_whenever_they_are_asked_for() -> None:
    """Reports are added up many at a time, or at once if somebody asks."""
    numbers = [0.5, 3, math.nan, -2.25, True, "text", None, math.inf, 1e9, -math.inf, 7]
    reports = [{"a": numbers[i % 11], **({"b": i} if i % 3 else {}), "c": float(i)} for i in range(1, 501)]
    late, often = MetricsStatistics(), MetricsStatistics()
    for report in reports:
        late.add(report)
        often.add(report)
        assert often.min_metrics["c"] == 1.0
    finite = [
        r["a"]
        for r in reports
        if type(r["a"]) in (int, float) and math.isfinite(r["a"])  # type: ignore[arg-type]
    ]
    for statistics in (late, often):
        assert statistics.count == 500
        assert statistics.last_metrics is reports[-1]
        assert statistics.min_metrics == {"a": -2.25, "b": 1, "c": 1.0}
        assert statistics.max_metrics == {"a": 1e9, "b": 500, "c": 500.0}
        assert statistics.sum_metrics["a"] == pytest.approx(sum(finite))  # type: ignore[arg-type]
        assert statistics.sum_metrics["b"] == sum(i for i in range(1, 501) if i % 3)
        assert statistics.is_numeric == {"a": False, "b": True, "c": True}


states = st.sampled_from(
    [Status.in_progress, Status.stopping, Status.paused, Status.completed, Status.failed, Status.stopped]
)


@given(changes=st.lists(st.tuples(st.integers(0, 5), states), max_size=40))
def test_counts_are_those_of_the_last_state_of_each_trial(changes: list[tuple[int, str]]) -> None:
    status = TuningStatus(["loss"])
    last: dict[int, str] = {}
    for trial_id, state in changes:
        status.set_state(trial_id, state)
        last[trial_id] = state
    now = list(last.values())
    assert status.trial_counts() == {state: now.count(state) for state in sorted(set(now))}
    assert status.num_trials_started == len(last)
    assert status.num_trials_running == now.count(Status.in_progress)
    assert status.num_trials_completed == now.count(Status.completed)
    assert status.num_trials_failed == now.count(Status.failed)
    ended = (Status.completed, Status.failed, Status.stopped)
    assert status.num_trials_finished == sum(state in ended for state in now)


@pytest.mark.parametrize(("mode", "best"), [("min", 1), ("max", 0)])
def test_incumbent_is_the_best_finite_report(mode: str, best: int) -> None:
    odd = [math.nan, math.inf, -math.inf, None, "0", True, [0.0]]
    status = with_reports({"loss": 0.5}, {"loss": 0.25}, *({"loss": v} for v in odd), {"other": 1}, mode=mode)
    assert status.incumbent is not None
    assert status.incumbent.to_json() == {
        "trial_id": best,
        "metric": "loss",
        "value": (0.5, 0.25)[best],
        "config": {"x": best},
    }


def test_first_of_equals_stays_incumbent() -> None:
    status = with_reports({"loss": 0.5}, {"loss": 0.5})
    assert status.incumbent is not None
    assert status.incumbent.trial_id == 0


def test_there_is_no_incumbent_without_a_finite_report() -> None:
    assert with_reports({"loss": math.nan}).incumbent is None


def test_statistics_leave_out_what_is_not_finite() -> None:
    statistics = with_reports(
        {"loss": 2, "name": "a"}, {"loss": math.inf}, {"loss": -1.0}, {"loss": math.nan, "flag": True}
    ).overall_metric_statistics
    assert statistics.count == 4
    assert (statistics.min_metrics["loss"], statistics.max_metrics["loss"]) == (-1.0, 2)
    assert statistics.sum_metrics["loss"] == 1.0
    assert statistics.is_numeric == {"loss": True, "name": False, "flag": False}
    assert "flag" not in statistics.sum_metrics


def run(status: TuningStatus, values: list[float], end: str, late: list[float]) -> None:
    """One run of trial 0 that reports ``values``, is told to end, and reports ``late``."""
    status.set_state(0, Status.in_progress)
    for value in values:
        status.add_report(trial(0), {"st_worker_time": value, "st_worker_cost": 2 * value})
    status.set_state(0, Status.stopping)
    for value in late:
        status.add_report(trial(0), {"st_worker_time": value, "st_worker_cost": 2 * value})
    status.set_state(0, end)


def test_late_reports_of_a_run_do_not_count_its_time_again() -> None:
    status = TuningStatus(["loss"])
    run(status, [1.0, 4.0], Status.stopped, late=[5.0])
    assert (status.user_time, status.cost) == (5.0, 10.0)


@pytest.mark.parametrize("second", [[0.5, 2.0], [7.0, 8.0]])
def test_time_of_a_resumed_trial_adds_up_over_its_runs(second: list[float]) -> None:
    """A later run starts its clock anew, even if its first report comes later than the last of the first."""
    status = TuningStatus(["loss"])
    run(status, [1.0, 4.0], Status.paused, late=[])
    run(status, second, Status.completed, late=[])
    assert status.user_time == pytest.approx(4.0 + second[-1])


@pytest.mark.parametrize("odd", [None, "1.5", math.nan, math.inf, True, [1.0]])
def test_odd_times_and_costs_that_a_script_made_up_are_passed_over(odd: Any) -> None:
    status = with_reports(
        {"loss": 1.0, "st_worker_time": odd, "st_worker_cost": odd},
        {"st_worker_time": 2, "st_worker_cost": 3},
    )
    assert (status.user_time, status.cost) == (2, 3)


def test_progress_in_words_names_counts_and_incumbent() -> None:
    status = with_reports({"loss": 0.5}, {"loss": 0.25})
    status.elapsed = 90061.2
    status.set_state(0, Status.failed)
    assert status.in_words() == "90061 s: 1 Failed, 1 InProgress; best loss 0.25 (trial 1)"
    assert TuningStatus(["loss"]).in_words() == "0 s: no trials yet"
