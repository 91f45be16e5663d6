"""Ending an experiment whose incumbent no longer changes."""

from __future__ import annotations

from datetime import datetime

import pytest

from syne_core.backend.trial_status import Status, Trial
from syne_core.errors import UsageError
from syne_core.plateau_stopper import PlateauStopper
from syne_core.tuning_status import TuningStatus


def ends_after(stopper: PlateauStopper, values: list[float]) -> int | None:
    """Number of trials after which the experiment ends; each reports one value."""
    status = TuningStatus(["loss"])
    for trial_id, value in enumerate(values):
        status.set_state(trial_id, Status.in_progress)
        assert not stopper(status), "nothing has finished since the last call"
        status.add_report(Trial(trial_id, {}, datetime(2026, 1, 1)), {"loss": value})
        status.set_state(trial_id, Status.completed)
        if stopper(status):
            return trial_id + 1
    return None


def test_ends_once_the_best_value_stays() -> None:
    assert ends_after(PlateauStopper("loss", num_trials=3), [5, 4, 3, 9, 9, 9, 9]) == 5
    assert ends_after(PlateauStopper("loss", num_trials=3, patience=2), [5, 4, 3, 9, 9, 9, 9]) == 7
    assert ends_after(PlateauStopper("loss", num_trials=3), [5, 4, 3, 2, 1]) is None


def test_a_small_improvement_counts_as_none_within_std() -> None:
    values = [1.0, 0.99, 0.98, 0.97]
    assert ends_after(PlateauStopper("loss", std=0.05, num_trials=3), values) == 3
    assert ends_after(PlateauStopper("loss", std=0.001, num_trials=3), values) is None


def test_max_mode_looks_upwards() -> None:
    assert ends_after(PlateauStopper("loss", num_trials=3, mode="max"), [1, 2, 0, 0]) == 4


def test_another_metric_never_ends_it() -> None:
    assert ends_after(PlateauStopper("accuracy", num_trials=2), [1, 1, 1, 1]) is None


@pytest.mark.parametrize(
    "arguments", [{"std": -1.0}, {"num_trials": 1}, {"patience": -1}, {"mode": "best"}], ids=str
)
def test_senseless_arguments_are_refused(arguments: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=f"PlateauStopper: {next(iter(arguments))}"):
        PlateauStopper("loss", **arguments)  # type: ignore[arg-type]
