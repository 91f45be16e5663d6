"""Stopping criteria: each limit ends the experiment when it is reached, and not before."""

from __future__ import annotations

import math
from dataclasses import FrozenInstanceError, fields
from datetime import datetime
from typing import Any

import pytest

from syne_core.backend.trial_status import Status, Trial
from syne_core.errors import UsageError
from syne_core.stopping_criterion import StoppingCriterion
from syne_core.tuning_status import TuningStatus

TRIAL = Trial(0, {"x": 1}, datetime(2024, 1, 1))


def status_of(*states: str, elapsed: float = 0.0, reports: tuple[dict[str, Any], ...] = ()) -> TuningStatus:
    """The status of an experiment with trials in ``states`` and ``reports`` of the first trial."""
    status = TuningStatus(["loss"])
    status.elapsed = elapsed
    for trial_id, state in enumerate(states):
        status.set_state(trial_id, state)
    for report in reports:
        status.add_report(TRIAL, report)
    return status


DAY = 24 * 3600.0
RUNNING, DONE, FAILED, STOPPED = Status.in_progress, Status.completed, Status.failed, Status.stopped


@pytest.mark.parametrize(
    ("limits", "before", "after"),
    [
        ({"max_wallclock_time": 10}, status_of(elapsed=9.999), status_of(elapsed=10)),
        (
            {"max_num_evaluations": 2},
            status_of(RUNNING, reports=({"a": 1},)),
            status_of(RUNNING, reports=({"a": 1}, {"a": 1})),
        ),
        ({"max_num_trials_started": 2}, status_of(RUNNING), status_of(DONE, RUNNING)),
        ({"max_num_trials_completed": 1}, status_of(FAILED, STOPPED, RUNNING), status_of(DONE)),
        ({"max_num_trials_finished": 3}, status_of(DONE, FAILED, RUNNING), status_of(DONE, FAILED, STOPPED)),
        (
            {"max_cost": 1.5},
            status_of(RUNNING, reports=({"st_worker_cost": 1.0}, {"st_worker_cost": 1.4})),
            status_of(RUNNING, reports=({"st_worker_cost": 1.5},)),
        ),
        (
            {"min_metric_value": {"loss": 0.1}},
            status_of(RUNNING, reports=({"loss": 0.11}, {"loss": -math.inf}, {"other": 0})),
            status_of(RUNNING, reports=({"loss": 0.1}, {"loss": 5})),
        ),
        (
            {"max_metric_value": {"accuracy": 0.9}},
            status_of(RUNNING, reports=({"accuracy": 0.89}, {"accuracy": math.inf}, {"accuracy": math.nan})),
            status_of(RUNNING, reports=({"accuracy": 0.95}, {"accuracy": 0.1})),
        ),
    ],
)
def test_limit_ends_the_experiment_when_reached_and_says_so(
    limits: dict[str, Any], before: TuningStatus, after: TuningStatus
) -> None:
    criterion = StoppingCriterion(**limits)
    assert not criterion(before)
    assert criterion.reason(before) is None
    assert criterion(after)
    (name,) = limits
    told = criterion.reason(after)
    assert told is not None
    assert (name in told) or (next(iter(limits[name])) in told)


def test_time_limits_beyond_a_day_hold() -> None:
    """Fault 18: ``timedelta.seconds`` starts again at 0 every day."""
    criterion = StoppingCriterion(max_wallclock_time=3 * DAY)
    assert not criterion(status_of(elapsed=DAY + 5))
    assert not criterion(status_of(elapsed=3 * DAY - 1))
    assert criterion(status_of(elapsed=3 * DAY + 1))


def test_any_of_several_limits_will_do() -> None:
    criterion = StoppingCriterion(max_wallclock_time=10, max_num_trials_completed=1)
    assert criterion(status_of(elapsed=11))
    assert criterion(status_of(DONE))
    assert not criterion(status_of(RUNNING, elapsed=5))


def test_trial_that_is_about_to_be_paused_does_not_count_as_finished() -> None:
    assert not StoppingCriterion(max_num_trials_finished=1)(status_of(Status.stopping))
    assert not StoppingCriterion(max_num_trials_finished=1)(status_of(Status.paused))


@pytest.mark.parametrize(
    "limits", [{}, {"max_wallclock_time": None}, {"min_metric_value": {}}, {"max_metric_value": {}}]
)
def test_criterion_that_can_never_be_met_is_refused(limits: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        StoppingCriterion(**limits)
    for field in fields(StoppingCriterion):
        assert field.name in str(caught.value)


@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf, "10", [1]])
def test_limit_that_is_not_a_positive_number_is_refused_by_name(value: Any) -> None:
    with pytest.raises(
        UsageError, match=r"max_cost.*\n.*max_num_evaluations|max_num_evaluations.*\n.*max_cost"
    ):
        StoppingCriterion(max_cost=value, max_num_evaluations=value)


@pytest.mark.parametrize("value", [0.5, {"loss": None}, {"loss": "low"}, {"loss": math.nan}])
def test_metric_limit_that_is_not_a_number_for_each_metric_is_refused(value: Any) -> None:
    with pytest.raises(UsageError, match="min_metric_value"):
        StoppingCriterion(min_metric_value=value)


def test_metric_limits_may_be_negative_or_zero() -> None:
    assert StoppingCriterion(max_metric_value={"score": -3.0})(status_of(RUNNING, reports=({"score": -2},)))
    assert StoppingCriterion(min_metric_value={"loss": 0})(status_of(RUNNING, reports=({"loss": 0},)))


def test_criterion_is_frozen() -> None:
    criterion = StoppingCriterion(max_cost=1)
    with pytest.raises(FrozenInstanceError):
        criterion.max_cost = 2  # type: ignore[misc]
