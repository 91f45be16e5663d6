"""When simulated trials report, end and start: schedules worked out by hand."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from simulated_benchmarks import FormulaBlackbox, steady

from syne_core import StoppingCriterion, Tuner
from syne_core.backend.simulator.delays import SimulatorConfig, SimulatorDelays
from syne_core.backend.simulator.simulator_backend import SimulatorBackend
from syne_core.backend.simulator.simulator_callback import SimulatorCallback
from syne_core.backend.trial_status import Status, Trial
from syne_core.blackbox import LearningCurve
from syne_core.config_space import randint, uniform
from syne_core.errors import BlackboxError, ExperimentError, TooManyFailuresError, UsageError
from syne_core.optimizer.baselines import ASHA, RandomSearch
from syne_core.optimizer.scheduler import SchedulerDecision, TrialScheduler, TrialSuggestion
from syne_core.paths import ExperimentPaths, experiment_path

SPACE = {"pace": uniform(0, 100), "epochs": randint(1, 9)}
Plan = Mapping[int, Mapping[int, str]]


def paced(config: Mapping[str, Any], seed: int) -> LearningCurve:
    """``epochs`` epochs of ``pace`` seconds; the loss is 1 / epoch."""
    return steady([1 / epoch for epoch in range(1, config["epochs"] + 1)], config["pace"])


class Queue(TrialScheduler):
    """Starts trials of given paces in order; pauses and stops as planned, resumes when told."""

    def __init__(self, paces: list[float], epochs: int = 3, plan: Plan | None = None) -> None:
        super().__init__(SPACE)
        self.resource_attr = "epoch"
        self._paces, self._epochs, self._plan = paces, epochs, plan or {}
        self.to_resume: list[int] = []
        self.seen: list[tuple[int, int]] = []

    def suggest(self, trial_id: int) -> TrialSuggestion | None:
        if self.to_resume:
            return TrialSuggestion.resume_suggestion(self.to_resume.pop(0))
        if trial_id >= len(self._paces):
            return None
        return TrialSuggestion.start_suggestion({"pace": self._paces[trial_id], "epochs": self._epochs})

    def on_trial_result(self, trial: Trial, result: dict[str, Any]) -> str:
        self.seen.append((trial.trial_id, result["epoch"]))
        decision = self._plan.get(trial.trial_id, {}).get(result["epoch"], SchedulerDecision.CONTINUE)
        if decision == SchedulerDecision.PAUSE:
            self.to_resume.append(trial.trial_id)
        return decision

    def metric_names(self) -> list[str]:
        return ["loss"]


def backend(curve: Any = paced, **arguments: Any) -> SimulatorBackend:
    return SimulatorBackend(FormulaBlackbox(curve, SPACE), **arguments)


def run(
    scheduler: TrialScheduler,
    trials: SimulatorBackend,
    n_workers: int = 1,
    name: str = "simulated",
    stop: Any = None,
    **arguments: Any,
) -> Tuner:
    tuner = Tuner(
        trials,
        scheduler,
        stop or StoppingCriterion(max_wallclock_time=1000.0),
        n_workers,
        tuner_name=name,
        suffix_tuner_name=False,
        **arguments,
    )
    tuner.run()
    return tuner


def table(tuner: Tuner) -> list[tuple[float, int, int]]:
    """(time, trial, epoch) of each report."""
    frame = pd.read_csv(tuner.paths.results)
    if frame.empty:
        return []
    return list(zip(frame["st_tuner_time"], frame["trial_id"], frame["epoch"], strict=True))


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNETUNE_FOLDER", str(tmp_path / "root"))


def test_four_workers_with_trials_of_different_durations() -> None:
    # Trial 4 starts at 6, when trial 2 ends; trial 5 at 9, when trials 0 and 4 end.
    tuner = run(Queue([3, 5, 2, 10, 1, 4]), backend(), n_workers=4)
    assert table(tuner) == [
        *[(2, 2, 1), (3, 0, 1), (4, 2, 2), (5, 1, 1)],
        # At 6 trial 2 ends before trial 0 reports: its event was put in the queue at 4, before that of 3.
        *[(6, 0, 2), (6, 2, 3), (7, 4, 1), (8, 4, 2)],
        *[(9, 0, 3), (9, 4, 3), (10, 3, 1), (10, 1, 2), (13, 5, 1), (15, 1, 3), (17, 5, 2)],
        *[(20, 3, 2), (21, 5, 3), (30, 3, 3)],
    ]
    assert tuner.elapsed == 30


def test_delays_of_start_report_and_end() -> None:
    delays = SimulatorDelays(start=10, report=1, complete=4)
    tuner = run(Queue([2, 2], epochs=2), backend(delays=delays))
    # Trained from 10 to 14, its end known at 18; the next from 28 to 32, the end at 36.
    assert table(tuner) == [(13, 0, 1), (15, 0, 2), (31, 1, 1), (33, 1, 2)]
    assert tuner.elapsed == 36
    frame = pd.read_csv(tuner.paths.results)
    assert frame["st_worker_timestamp"].tolist() == [12, 14, 30, 32]
    assert frame["st_worker_time"].tolist() == [2, 4, 2, 4]
    assert frame["elapsed"].tolist() == [2, 4, 2, 4]
    assert frame["st_worker_iter"].tolist() == [0, 1, 0, 1]


def test_end_is_not_known_before_the_last_report() -> None:
    tuner = run(Queue([2], epochs=1), backend(delays=SimulatorDelays(report=5)))
    assert table(tuner) == [(7, 0, 1)]
    assert tuner.elapsed == 7


def test_trial_goes_on_until_it_hears_of_its_stop() -> None:
    delays = SimulatorDelays(report=1, stop=4.5, end_after_stop=2)
    plan = {0: {1: SchedulerDecision.STOP}}
    scheduler = Queue([2, 2], epochs=9, plan=plan)
    tuner = run(scheduler, backend(delays=delays), start_jobs_without_delay=False)
    # Stopped at 3, heard at 7.5, so epochs 2 and 3 (made at 4 and 6) arrive late; the worker is free at 9.5.
    assert table(tuner)[:4] == [(3, 0, 1), (5, 0, 2), (7, 0, 3), (12.5, 1, 1)]
    assert (0, 2) not in scheduler.seen
    frame = pd.read_csv(tuner.paths.results)
    assert frame["st_decision"].tolist()[:3] == ["STOP"] * 3
    assert frame["st_status"].tolist()[:3] == ["InProgress", "Stopping", "Stopping"]


def test_worker_of_a_stopping_trial_is_used_at_once_by_default() -> None:
    delays = SimulatorDelays(stop=5)
    tuner = run(Queue([2, 2], epochs=1, plan={0: {1: SchedulerDecision.STOP}}), backend(delays=delays))
    assert table(tuner) == [(2, 0, 1), (4, 1, 1)]


@pytest.mark.parametrize("checkpoints", [True, False])
def test_paused_trial_goes_on_from_its_checkpoint_or_from_scratch(checkpoints: bool) -> None:
    scheduler = Queue([2, 1], epochs=4, plan={0: {2: SchedulerDecision.PAUSE}})
    tuner = run(scheduler, backend(support_checkpointing=checkpoints))
    if checkpoints:  # paused at 4, resumed at once, 4 more seconds
        expected = [(2, 0, 1), (4, 0, 2), (6, 0, 3), (8, 0, 4)]
    else:  # epochs 1 and 2 are trained again, and not shown again
        expected = [(2, 0, 1), (4, 0, 2), (10, 0, 3), (12, 0, 4)]
    end = expected[-1][0]
    assert table(tuner) == [*expected, *[(end + n, 1, n) for n in range(1, 5)]]
    frame = pd.read_csv(tuner.paths.results)
    assert frame["elapsed"].tolist()[:4] == [2, 4, 6, 8], "seconds of training, over all runs"


def test_limit_in_the_configuration_ends_the_trial() -> None:
    def long(config: Mapping[str, Any], seed: int) -> LearningCurve:
        return steady([0.5] * 9, 1.0)

    tuner = run(Queue([1], epochs=4), backend(long, max_resource_attr="epochs"))
    assert table(tuner) == [(n, 0, n) for n in range(1, 5)]
    assert tuner.tuning_status.num_trials_completed == 1


def test_configuration_without_the_limit_is_a_failed_trial() -> None:
    with pytest.raises(
        TooManyFailuresError, match=r"no number .steps. \(max_resource_attr\); it has: pace, epochs"
    ):
        run(Queue([1]), backend(max_resource_attr="steps"), max_failures=0)


def test_wallclock_limit_ends_the_experiment_at_that_simulated_second() -> None:
    tuner = run(Queue([3, 7, 100]), backend(), 3, stop=StoppingCriterion(max_wallclock_time=10.0))
    assert table(tuner) == [(3, 0, 1), (6, 0, 2), (7, 1, 1), (9, 0, 3)]
    assert tuner.elapsed == 10
    assert tuner.tuning_status.trial_counts() == {Status.completed: 1, Status.stopped: 2}


def test_reports_on_the_limit_count_and_later_ones_do_not_even_if_they_were_made_before() -> None:
    stop = StoppingCriterion(max_wallclock_time=10.0)
    assert table(run(Queue([10]), backend(), stop=stop, name="a")) == [(10, 0, 1)]
    delayed = backend(delays=SimulatorDelays(report=0.5))
    assert table(run(Queue([9.75]), delayed, stop=stop, name="b")) == []


def test_simulated_years_take_no_time_and_no_idle_loops() -> None:
    fetches = []

    class Counting(SimulatorCallback):
        def on_fetch_status_results(self, trial_status_dict: Any, new_results: Any) -> None:
            fetches.append(len(new_results))

    stop = StoppingCriterion(max_wallclock_time=1e9)
    tuner = run(Queue([1e7] * 5), backend(), stop=stop, callbacks=[Counting()], sleep_time=0.01)
    assert tuner.elapsed == 5 * 3e7
    assert len(fetches) < 40, "each takes next to no time"


def test_criterion_of_ones_own_is_asked_every_sleep_time() -> None:
    tuner = run(Queue([100]), backend(), stop=lambda status: status.wallclock_time >= 42, sleep_time=0.5)
    assert tuner.elapsed == 42


def test_tiny_remainders_of_the_time_limit_do_not_stop_the_clock() -> None:
    trials = backend()
    trials.wait(0.1)
    before = trials.time()
    trials.wait(1e-30)
    assert trials.time() > before


def test_waiting_for_ever_for_nothing_is_an_error() -> None:
    with pytest.raises(ExperimentError, match="never happen"):
        backend().wait(math.inf)


def test_failing_curve_fails_the_trial_after_its_reports() -> None:
    def failing(config: Mapping[str, Any], seed: int) -> LearningCurve:
        return steady([0.5, 0.25], 1.0, failure="out of memory")

    with pytest.raises(TooManyFailuresError, match="out of memory"):
        run(Queue([1, 1]), backend(failing), max_failures=1, name="failing")
    frame = pd.read_csv(ExperimentPaths(experiment_path("failing")).results)
    assert frame[["trial_id", "epoch"]].to_numpy().tolist() == [[0, 1], [0, 2], [1, 1], [1, 2]]


def test_curve_that_fails_beyond_the_limit_of_the_trial_completes() -> None:
    def failing(config: Mapping[str, Any], seed: int) -> LearningCurve:
        return steady([0.5, 0.25, 0.2], 1.0, failure="out of memory")

    tuner = run(Queue([1], epochs=2), backend(failing, max_resource_attr="epochs"))
    assert tuner.tuning_status.num_trials_completed == 1


def test_diverged_reports_are_stored_and_rank_worst() -> None:
    def diverging(config: Mapping[str, Any], seed: int) -> LearningCurve:
        return steady([0.5, math.nan, math.nan], config["pace"])

    tuner = run(Queue([1, 2]), backend(diverging))
    frame = pd.read_csv(tuner.paths.results)
    assert frame["loss"].isna().tolist() == [False, True, True] * 2
    best = tuner.tuning_status.incumbent
    assert best is not None
    assert best.value == 0.5


def test_off_the_table_is_a_failed_trial_with_the_reason() -> None:
    def off(config: Mapping[str, Any], seed: int) -> LearningCurve:
        raise BlackboxError("there is no row for pace = 1")

    with pytest.raises(TooManyFailuresError, match="there is no row for pace = 1"):
        run(Queue([1]), backend(off), max_failures=0)


def test_repetition_is_a_function_of_seed_and_trial() -> None:
    def noted(config: Mapping[str, Any], seed: int) -> LearningCurve:
        return steady([float(seed)] * 3, config["pace"])

    def repetitions(**arguments: Any) -> list[float]:
        blackbox = FormulaBlackbox(noted, SPACE, num_seeds=5)
        name = f"seeds-{arguments}"
        tuner = run(Queue([1.0] * 30), SimulatorBackend(blackbox, **arguments), 4, name)
        frame = pd.read_csv(tuner.paths.results)
        return frame.groupby("trial_id")["loss"].first().tolist()

    first = repetitions(seed=1)
    assert set(first) == {0, 1, 2, 3, 4}
    assert repetitions(seed=2) != first
    assert repetitions(blackbox_seed=3) == [3.0] * 30
    other_order = SimulatorBackend(FormulaBlackbox(noted, SPACE, num_seeds=5), seed=1)
    assert [other_order._repetition(trial) for trial in reversed(range(30))] == first[::-1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"blackbox_seed": 5}, "blackbox_seed is 5, but the benchmark has 1 repetitions: 0 to 0"),
        ({"blackbox_seed": -1}, "non-negative"),
        ({"seed": 0.5}, "non-negative"),
    ],
)
def test_impossible_seeds_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        backend(**arguments)


def test_something_else_than_a_blackbox_is_refused() -> None:
    with pytest.raises(UsageError, match="load_blackbox"):
        SimulatorBackend("mlp")  # type: ignore[arg-type]


def test_wrong_delays_are_refused_all_together() -> None:
    with pytest.raises(UsageError) as caught:
        SimulatorDelays(start=-1, stop=math.nan, report=True)
    assert [word in str(caught.value) for word in ("start", "report", "stop")] == [True] * 3
    with pytest.raises(UsageError, match="start"):
        SimulatorConfig(delay_start=-0.1)


def test_delays_under_syne_tunes_names_have_its_defaults() -> None:
    assert SimulatorConfig().delays() == SimulatorDelays(0.05, 0.05, 0.05, 0.05, 0.05)
    named = SimulatorConfig(1, 2, 3, 4, 5).delays()
    assert named == SimulatorDelays(report=1, complete=2, end_after_stop=3, start=4, stop=5)


def test_simulator_callback_stores_results_and_wants_a_simulator(caplog: pytest.LogCaptureFixture) -> None:
    tuner = run(Queue([1]), backend(), callbacks=[SimulatorCallback()])
    assert len(table(tuner)) == 3
    wrong = Tuner.__new__(Tuner)
    wrong.trial_backend = _Real()  # type: ignore[assignment]
    with caplog.at_level(logging.ERROR), pytest.raises(UsageError, match="not _Real"):
        SimulatorCallback().on_tuning_start(wrong)


class _Real:
    is_simulated = False


def test_decision_time_counts_only_if_asked_for() -> None:
    class Slow(Queue):
        def on_trial_result(self, trial: Trial, result: dict[str, Any]) -> str:
            time.sleep(0.02)
            return super().on_trial_result(trial, result)

    free = run(Slow([1], epochs=3), backend(), name="free")
    assert free.elapsed == 3
    counted = run(Slow([1], epochs=3), backend(count_decision_time=True), name="counted")
    assert 3.02 < counted.elapsed < 3.06 + 600
    times = [at for at, _, _ in table(counted)]
    assert times == sorted(times)
    assert times[0] >= 1


def test_metadata_say_what_the_results_depend_on() -> None:
    found = backend(seed=7, delays=SimulatorDelays(start=2)).metadata()
    assert found["backend"] == "SimulatorBackend"
    assert found["blackbox"] == "FormulaBlackbox"
    assert found["simulator_seed"] == 7
    assert found["simulator_delays"]["start"] == 2
    assert {"synebench", "numpy", "python"} <= set(found["versions"])


@pytest.mark.parametrize("method", ["random", "stopping", "promotion"])
@pytest.mark.parametrize("n_workers", [1, 4, 32])
def test_whole_runs_are_equal_byte_by_byte(method: str, n_workers: int) -> None:
    def noisy(config: Mapping[str, Any], seed: int) -> LearningCurve:
        return steady([config["x"] + seed / epoch for epoch in range(1, 10)], 1 + 10 * config["x"])

    def content(name: str) -> bytes:
        space = {"x": uniform(0, 1), "epochs": 9}
        scheduler: TrialScheduler
        if method == "random":
            scheduler = RandomSearch(space, metric="loss", random_seed=3)
        else:
            scheduler = ASHA(space, metric="loss", resource_attr="epoch", max_t=9, type=method, random_seed=3)
        blackbox = FormulaBlackbox(noisy, {"x": uniform(0, 1)}, num_seeds=4)
        trials = SimulatorBackend(blackbox, seed=3, delays=SimulatorConfig().delays())
        stop = StoppingCriterion(max_wallclock_time=800.0 / n_workers)
        return run(scheduler, trials, n_workers, name, stop).paths.results.read_bytes()

    first = content("one")
    assert len(first) > 500
    assert first == content("two")
