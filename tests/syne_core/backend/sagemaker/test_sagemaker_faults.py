"""When things go wrong: calls that fail, instances that are not there, jobs that somebody else ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sagemaker_watch import PATIENT, Watch, job_names, job_states, until_none_runs

from syne_core.backend.sagemaker.sagemaker_backend import SageMakerBackend
from syne_core.backend.trial_status import Status
from syne_core.config_space import uniform
from syne_core.optimizer.baselines import ASHA, RandomSearch
from syne_core.stopping_criterion import StoppingCriterion
from syne_core.testing.backend_contract import contract_config
from syne_core.tuner import Tuner
from syne_core.tuner_callback import TunerCallback

if TYPE_CHECKING:
    from syne_core.emulator import Emulator

Make = Callable[..., SageMakerBackend]

_BAD_DAY: dict[str, Any] = {
    "quotas": {"ml.m5.large": 3},
    "fail_rate": 0.2,
    "capacity_errors": 0.1,
    "job_start_failures": 0.1,
    "timeout": 0.5,
}


class _Collected(TunerCallback):
    """Epochs of each trial, in the order in which the tuner was told."""

    def __init__(self) -> None:
        self.epochs: dict[int, list[int]] = {}
        self.completed: set[int] = set()

    def on_trial_result(self, trial: Any, status: str, result: dict[str, Any], decision: str) -> None:
        self.epochs.setdefault(trial.trial_id, []).append(result["epoch"])

    def on_trial_complete(self, trial: Any, result: dict[str, Any]) -> None:
        self.completed.add(trial.trial_id)


def _tune(
    backend: SageMakerBackend,
    method: str,
    num_trials: int,
    epochs: int,
    n_workers: int = 8,
    pace: float = 0.02,
) -> _Collected:
    space = {**contract_config(epochs=epochs, pace=pace), "x": uniform(0, 1)}
    more: dict[str, Any] = {"metric": "loss", "mode": "min", "random_seed": 1}
    if method == "random":
        scheduler = RandomSearch(space, **more)
    else:
        scheduler = ASHA(space, **more, resource_attr="epoch", max_t=epochs, type=method)
    told = _Collected()
    Tuner(
        backend,
        scheduler,
        StoppingCriterion(max_num_trials_finished=num_trials),
        n_workers=n_workers,
        max_failures=0,
        callbacks=[told],
        tuner_name="bad-day",
        suffix_tuner_name=False,
        resource_attr="epoch",  # what a spot job did not save comes again
    ).run()
    return told


def _check(told: _Collected, emulator: Emulator, epochs: int) -> None:
    for trial_id, reached in told.epochs.items():
        assert reached == list(range(1, len(reached) + 1)), f"trial {trial_id}: none lost, none twice"
    for trial_id in told.completed:
        assert len(told.epochs[trial_id]) == epochs
    until_none_runs(_patient(emulator))


@pytest.mark.long
@pytest.mark.parametrize("emulator", [_BAD_DAY], indirect=True)
def test_thirty_trials_finish_on_a_bad_day(emulator: Emulator, make_backend: Make) -> None:
    """A fifth of all calls fails, three instances for eight workers, no capacity, jobs that do not start."""
    told = _tune(make_backend(), "random", 30, epochs=2)
    assert len(told.completed) >= 30
    _check(told, emulator, epochs=2)
    states = job_states(_patient(emulator))
    assert states["Failed"] > 0, "jobs failed, and their trials did not"


@pytest.mark.soak
@pytest.mark.parametrize(
    ("emulator", "method"),
    [
        (_BAD_DAY, "random"),
        (_BAD_DAY, "promotion"),
        (_BAD_DAY, "stopping"),
        ({**_BAD_DAY, "fail_rate": 0.1, "spot_interruption": 0.3}, "random"),
    ],
    indirect=["emulator"],
)
def test_two_hundred_trials_finish_on_a_bad_day(emulator: Emulator, make_backend: Make, method: str) -> None:
    job = {"use_spot_instances": True} if emulator.settings.spot_interruption else {}
    told = _tune(make_backend(job), method, 200, epochs=4)
    assert len(told.epochs) >= 200
    _check(told, emulator, epochs=4)


@pytest.mark.long
@pytest.mark.parametrize("emulator", [{"quotas": {"ml.m5.large": 2}}], indirect=True)
def test_promoted_trials_go_on_and_quota_is_kept(emulator: Emulator, make_backend: Make) -> None:
    # So slow that a trial does not reach its end before its pause does.
    told = _tune(make_backend(), "promotion", 5, epochs=3, n_workers=3, pace=2.0)
    _check(told, emulator, epochs=3)
    assert any("-r1-" in name for name in job_names(emulator.client("sagemaker"))), "one was resumed"


@pytest.mark.usefixtures("emulator")
def test_job_that_somebody_else_stops_says_so(emulator: Emulator, make_backend: Make) -> None:
    backend = make_backend()
    watch = Watch(backend)
    backend.start_trial(contract_config(epochs=500, pace=0.2))
    watch.until_epoch(2, 0)
    emulator.client("sagemaker").stop_training_job(TrainingJobName=backend.job_name(0))
    watch.until_ended(0)
    assert watch.state(0) == Status.stopped
    assert "stopped from outside" in str(watch.results[0].failure)
    assert watch.epochs(0) == list(range(1, len(watch.epochs(0)) + 1))


@pytest.mark.long
def test_job_that_runs_too_long_has_failed(emulator: Emulator, make_backend: Make) -> None:
    backend = make_backend({"max_run": 1})
    watch = Watch(backend)
    backend.start_trial(contract_config(epochs=500, pace=0.1))
    watch.until_ended(0)
    assert watch.state(0) == Status.failed
    assert "MaxRuntimeExceeded" in str(watch.results[0].failure)


@pytest.mark.parametrize("emulator", [{"spot_interruption": 0.7}], indirect=True)
def test_spot_interruptions_are_survived(
    emulator: Emulator, make_backend: Make, script: Path, tmp_path: Path
) -> None:
    # Once it waits until it is interrupted.
    mark = repr(str(tmp_path / "waits"))
    waiting = f"    if epoch == 3 and not os.path.exists({mark}):\n        open({mark}, 'w').close()\n"
    script.write_text(script.read_text() + waiting + "        time.sleep(600)\n")
    backend = make_backend({"use_spot_instances": True})
    watch = Watch(backend)
    backend.start_trial(contract_config(epochs=10, pace=0.2))
    watch.until_ended(0)
    assert watch.state(0) == Status.completed, watch.results[0].failure
    epochs = watch.epochs(0)
    assert sorted(set(epochs)) == list(range(1, 11))
    client = emulator.client("sagemaker")
    job = client.describe_training_job(TrainingJobName=backend.job_name(0))
    interruptions = [t for t in job["SecondaryStatusTransitions"] if t["Status"] == "Interrupted"]
    assert interruptions
    assert len(epochs) - 10 <= len(interruptions), "what was not saved any more comes again, once"


def test_exception_in_the_tuner_stops_every_job(emulator: Emulator, make_backend: Make) -> None:
    class Fails(TunerCallback):
        def on_trial_result(self, trial: Any, status: str, result: dict[str, Any], decision: str) -> None:
            raise RuntimeError("on purpose")

    space = {**contract_config(epochs=500, pace=0.2), "x": uniform(0, 1)}
    tuner = Tuner(
        make_backend(),
        RandomSearch(space, metric="loss", mode="min", random_seed=1),
        StoppingCriterion(max_wallclock_time=600),
        n_workers=3,
        callbacks=[Fails()],
    )
    with pytest.raises(RuntimeError, match="on purpose"):
        tuner.run()
    states = job_states(emulator.client("sagemaker"))
    assert states["InProgress"] == 0
    assert sum(states.values()) >= 1


@pytest.mark.parametrize("emulator", [{"fail_rate": 0.5, "timeout": 0.3}], indirect=True)
def test_closing_at_once_leaves_no_job(emulator: Emulator, make_backend: Make) -> None:
    """While creations are under way, and half of all calls fail."""
    backend = make_backend()
    for _ in range(4):
        backend.start_trial(contract_config(epochs=500, pace=0.2))
    Watch(backend).look(0, 1, 2, 3)
    backend.close()
    assert job_states(_patient(emulator))["InProgress"] == 0


def _patient(emulator: Emulator) -> Any:
    from botocore.config import Config

    return emulator.client("sagemaker", config=Config(retries={"total_max_attempts": 30}))


@pytest.mark.parametrize("emulator", [{"capacity_errors": 0.85}], indirect=True)
def test_backstop_does_not_mistake_a_failed_attempt_for_the_trial(
    emulator: Emulator, make_backend: Make
) -> None:
    """ListTrainingJobs goes on showing the jobs that never began, under the trial's name."""
    fast = replace(PATIENT, backstop=(0.05, 0.1), first_look=0.1, longest_wait=0.1)
    backend = make_backend(timing=fast)
    for _ in range(4):
        backend.start_trial(contract_config(epochs=2))
    watch = Watch(backend)
    watch.until_ended(0, 1, 2, 3)
    assert [watch.state(i) for i in range(4)] == [Status.completed] * 4, watch.results
    assert job_states(emulator.client("sagemaker"))["Failed"] > 0, "the test would show nothing"
