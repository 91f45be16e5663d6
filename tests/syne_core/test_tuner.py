"""The tuner on a back-end in memory: what ends an experiment, what a trial may do, who is told what."""

from __future__ import annotations

import csv
import errno
import io
import json
import logging
import math
import os
import time
import zipfile
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from scripted import (
    CRASH,
    Disk,
    End,
    NotingScheduler,
    PlannedScheduler,
    PromotingScheduler,
    RandomScheduler,
    Report,
    ScriptedBackend,
    Step,
    by_trial,
    epochs,
    make_tuner,
    paths_of,
    records_of,
    report_of,
    reports_of,
    resume,
    start,
    steps,
)

from syne_core.backend.trial_status import Status, Trial
from syne_core.errors import (
    ExperimentError,
    ExperimentLockedError,
    JournalError,
    TooManyFailuresError,
    UsageError,
)
from syne_core.experiment_status import ExperimentState, read_status
from syne_core.journal import Journal
from syne_core.optimizer.scheduler import SchedulerDecision, TrialScheduler, TrialSuggestion
from syne_core.results_callback import ExtraResultsComposer, StoreResultsCallback
from syne_core.stopping_criterion import StoppingCriterion
from syne_core.tuner import Tuner
from syne_core.tuner_callback import TunerCallback

CONTINUE, STOP, PAUSE = SchedulerDecision.CONTINUE, SchedulerDecision.STOP, SchedulerDecision.PAUSE


@pytest.fixture(autouse=True)
def _quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting for a busy disk would take most of the time; test_journal.py sees to it that we do wait."""
    monkeypatch.setattr(os, "fsync", lambda fd: None)


def at_epoch(decisions: dict[int, str]) -> Callable[[Trial, Report], str]:
    """Decide by the epoch alone."""
    return lambda trial, report: decisions.get(report["epoch"], CONTINUE)


def state_of(name: str = "exp") -> str:
    status = read_status(paths_of(name).status)
    assert status is not None
    return status.state


# -- how experiments end ------------------------------------------------------------------------


def test_experiment_ends_when_the_method_has_nothing_left() -> None:
    scheduler = RandomScheduler(3)
    backend = ScriptedBackend(epochs(2))
    tuner = make_tuner(backend, scheduler, n_workers=2)
    tuner.run()
    assert sorted(reports_of()) == [
        (i, e, pytest.approx(tuner_loss(scheduler, i, e))) for i in range(3) for e in (1, 2)
    ]
    assert [n for n in scheduler.notes if n[0] == "complete"] == [("complete", i, 2) for i in range(3)]
    assert tuner.tuning_status.trial_counts() == {"Completed": 3}
    assert records_of(event="end")[0]["reason"] == "the method has nothing left to suggest"
    assert state_of() == ExperimentState.finished
    assert backend.is_closed


def tuner_loss(scheduler: NotingScheduler, trial_id: int, epoch: int) -> float:
    configs = [note[2] for note in scheduler.notes if note[0] == "start"]
    return float(report_of(Trial(trial_id, configs[trial_id], None), epoch)["loss"])  # type: ignore[arg-type]


DAY = 24 * 3600.0


@pytest.mark.parametrize(
    ("limits", "tick", "reports", "started"),
    [
        ({"max_wallclock_time": 5}, 1.0, 10, 2),
        # Fault 18: timers were wrong past 24 h.
        ({"max_wallclock_time": 5 * DAY}, DAY, 10, 2),
        ({"max_num_evaluations": 7}, 1.0, 8, 2),
        ({"max_num_trials_started": 3}, 1.0, 200, 3),
        ({"max_num_trials_completed": 1}, 1.0, 200, 2),
        ({"max_num_trials_finished": 2}, 1.0, 200, 2),
        ({"max_cost": 4.0}, 1.0, 4, 2),
        ({"min_metric_value": {"loss": 1.0}}, 1.0, 8, 2),
        ({"max_metric_value": {"epoch": 20}}, 1.0, 40, 2),
    ],
    ids=str,
)
def test_each_stopping_criterion_ends_a_running_experiment(
    limits: dict[str, Any], tick: float, reports: int, started: int
) -> None:
    def program(trial: Trial, saved: int) -> Iterator[Step]:
        for epoch in range(1, 101):
            yield {"epoch": epoch, "loss": 4.0 / epoch, "st_worker_cost": 1.0 * epoch}

    backend = ScriptedBackend(program, tick=tick)
    scheduler = RandomScheduler(50)
    tuner = make_tuner(backend, scheduler, n_workers=2, stop_criterion=StoppingCriterion(**limits))
    tuner.run()
    assert (len(reports_of()), scheduler.num_started) == (reports, started)
    assert state_of() == ExperimentState.finished
    assert not backend.busy_trial_ids()


def test_tuner_does_not_sleep_past_the_time_limit() -> None:
    sleeps: list[float] = []

    class Watching(TunerCallback):
        def on_tuning_sleep(self, sleep_time: float) -> None:
            sleeps.append(sleep_time)

    stop = StoppingCriterion(max_wallclock_time=2.5)
    make_tuner(
        ScriptedBackend(epochs(9)),
        RandomScheduler(1),
        stop_criterion=stop,
        sleep_time=100,
        callbacks=[Watching()],
    ).run()
    assert sleeps == [2.5, 1.5, 0.5]


def test_reason_for_the_end_is_in_journal_and_status() -> None:
    make_tuner(
        ScriptedBackend(epochs(9)),
        RandomScheduler(5),
        stop_criterion=StoppingCriterion(max_num_evaluations=4),
    ).run()
    status = read_status(paths_of().status)
    assert status is not None
    assert status.reason == records_of(event="end")[0]["reason"] == "max_num_evaluations = 4 reached"
    assert status.num_reports == 4


def test_pausing_trial_is_not_taken_for_a_finished_one() -> None:
    backend = ScriptedBackend(epochs(3), lag=1)
    stop = StoppingCriterion(max_num_trials_finished=1)
    scheduler = PlannedScheduler([start(0.1), start(0.2), resume(0), start(0.3)], at_epoch({1: PAUSE}))
    make_tuner(backend, scheduler, stop_criterion=stop).run()
    assert backend.started() == [0, 1, 0], "it ends when the resumed trial completes"
    assert records_of(event="end")[0]["reason"] == "max_num_trials_finished = 1 reached"


def test_any_callable_is_a_stopping_criterion() -> None:
    make_tuner(
        ScriptedBackend(epochs(9)), RandomScheduler(5), stop_criterion=lambda status: status.num_reports >= 3
    ).run()
    assert len(reports_of()) == 3
    assert records_of(event="end")[0]["reason"] == "the stopping criterion is met"


def test_trials_that_run_at_the_end_are_stopped_and_their_last_reports_recorded() -> None:
    backend = ScriptedBackend(epochs(9), lag=2)
    scheduler = RandomScheduler(5)
    stop = StoppingCriterion(max_num_evaluations=3)
    make_tuner(backend, scheduler, stop_criterion=stop).run()
    assert [epoch for _, epoch, _ in reports_of()] == [1, 2, 3, 4, 5]
    assert scheduler.shown(0) == [1, 2, 3], "the method decides nothing any more"
    assert records_of(event="end_run")[0]["state"] == Status.stopped


def test_trials_may_complete_at_the_end_if_asked_for() -> None:
    backend = ScriptedBackend(epochs(6))
    stop = StoppingCriterion(max_num_evaluations=3)
    scheduler = RandomScheduler(9)
    tuner = make_tuner(
        backend, scheduler, n_workers=2, stop_criterion=stop, wait_trial_completion_when_stopping=True
    )
    tuner.run()
    assert scheduler.num_started == 2
    assert tuner.tuning_status.trial_counts() == {"Completed": 2}
    assert scheduler.shown(0) == scheduler.shown(1) == [1, 2, 3, 4, 5, 6]


def test_decisions_still_hold_while_trials_complete_at_the_end() -> None:
    backend = ScriptedBackend(epochs(9))
    scheduler = RandomScheduler(9, at_epoch({5: STOP}))
    stop = StoppingCriterion(max_num_evaluations=3)
    make_tuner(backend, scheduler, stop_criterion=stop, wait_trial_completion_when_stopping=True).run()
    assert scheduler.shown(0) == [1, 2, 3, 4, 5]
    assert ("remove", 0) in scheduler.notes


# -- failures -----------------------------------------------------------------------------------


@pytest.mark.parametrize("allowed", [0, 1, 3])
def test_max_failures_trials_may_fail_and_one_more_ends_the_experiment(allowed: int) -> None:
    """Fault 6: one failing trial killed the experiment."""
    backend = ScriptedBackend(steps(End(Status.failed, "exit code 7")))
    tuner = make_tuner(backend, RandomScheduler(100), max_failures=allowed)
    with pytest.raises(TooManyFailuresError, match="exit code 7") as caught:
        tuner.run()
    assert f"{allowed + 1} trials failed, max_failures is {allowed}" in str(caught.value)
    assert backend.started() == list(range(allowed + 1))
    assert state_of() == ExperimentState.failed
    assert not records_of(event="end")
    assert backend.is_closed


@pytest.mark.parametrize("allowed", [0, 1, 3])
def test_as_many_failures_as_allowed_do_no_harm(allowed: int) -> None:
    programs = [steps(CRASH)] * allowed + [epochs(2)]
    scheduler = RandomScheduler(allowed + 2)
    tuner = make_tuner(ScriptedBackend(by_trial(*programs)), scheduler, max_failures=allowed)
    tuner.run()
    assert [n for n in scheduler.notes if n[0] == "error"] == [("error", i) for i in range(allowed)]
    assert tuner.tuning_status.num_trials_completed == 2
    assert state_of() == ExperimentState.finished


def test_trial_that_reports_nothing_fails_alone() -> None:
    """Fault 6: a trial without metrics killed the experiment."""
    scheduler = RandomScheduler(3)
    make_tuner(ScriptedBackend(by_trial(steps(), epochs(1))), scheduler).run()
    (failed,) = [r for r in records_of(event="end_run") if r["state"] == Status.failed]
    assert (failed["trial"], failed["reason"]) == (0, "it ended without reporting loss")
    assert ("error", 0) in scheduler.notes


def test_report_without_the_metric_is_stored_but_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    program = steps({"epoch": 1, "other": 5}, {"epoch": 2, "loss": "low"}, {"epoch": 3, "loss": 0.5})
    scheduler = RandomScheduler(2)
    make_tuner(ScriptedBackend(program), scheduler).run()
    assert len(reports_of()) == 6
    assert scheduler.shown(0) == [3]
    complaints = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert len(complaints) == 1, "said once, not for each report"
    assert "'loss'" in complaints[0]
    assert "epoch, other" in complaints[0]


def test_second_report_of_an_epoch_counts_if_only_it_has_the_metric() -> None:
    """Scripts that print train and validation values separately."""
    program = steps({"epoch": 1, "train_loss": 2}, {"epoch": 1, "loss": 1}, {"epoch": 1, "loss": 9})
    scheduler = RandomScheduler(1)
    make_tuner(ScriptedBackend(program), scheduler).run()
    assert reports_of() == [(0, 1, None), (0, 1, 1)]
    assert scheduler.shown(0) == [1]


def test_report_without_the_resource_is_not_shown() -> None:
    scheduler = RandomScheduler(1)
    program = steps(
        {"loss": 1.0, "st_worker_iter": 0}, {"loss": 2.0, "st_worker_iter": 1}, {"epoch": 1, "loss": 3}
    )
    make_tuner(ScriptedBackend(program), scheduler).run()
    assert len(reports_of()) == 3
    assert scheduler.shown(0) == [1]


def test_diverged_trial_is_no_failure_and_never_the_best() -> None:
    program = by_trial(
        steps(*({"epoch": e, "loss": v} for e, v in enumerate([math.nan, -math.inf, math.inf], 1))), epochs(1)
    )
    scheduler = RandomScheduler(2)
    tuner = make_tuner(ScriptedBackend(program), scheduler, max_failures=0)
    tuner.run()
    assert scheduler.shown(0) == [1, 2, 3]
    assert tuner.best_config()[0] == 1
    values = [loss for trial, _, loss in reports_of() if trial == 0]
    assert math.isnan(values[0])
    assert values[1:] == [-math.inf, math.inf]
    assert b"NaN" not in paths_of().journal.read_bytes()


@pytest.mark.parametrize(
    "odd",
    [
        {"epoch": 1, "loss": 1.0, "st_worker_time": "soon", "st_worker_cost": None},
        {"epoch": [1], "loss": 1.0},
        {"epoch": {"a": 1}, "loss": 1.0},
        {"epoch": None, "loss": None},
        {"loss": True, "epoch": True},
        {"trial_id": 99, "config_x": "other", "event": "end", "st_decision": "none", "loss": 1.0, "epoch": 1},
        {"note": "\ud800", "epoch": 1, "loss": 1.0},
        {},
    ],
    ids=repr,
)
def test_no_report_however_odd_harms_the_experiment(odd: Report) -> None:
    scheduler = RandomScheduler(2)
    program = by_trial(steps(odd, {"epoch": 5, "loss": 1.0}), epochs(1))
    make_tuner(ScriptedBackend(program), scheduler, callbacks=[StoreResultsCallback()]).run()
    assert ("complete", 1, 1) in scheduler.notes
    assert records_of(event="report")[0]["report"] == odd
    assert results_of()[0]["trial_id"] == "0"


# -- late and repeated reports --------------------------------------------------------------------


def test_late_reports_of_a_stopped_trial_are_recorded() -> None:
    """Fault 7: they were lost."""
    scheduler = RandomScheduler(1, at_epoch({2: STOP}))
    make_tuner(ScriptedBackend(epochs(9), lag=2), scheduler).run()
    assert [epoch for _, epoch, _ in reports_of()] == [1, 2, 3, 4]
    assert scheduler.shown(0) == [1, 2]
    rows = results_table_of(records_of(event="report"))
    assert rows == [
        (1, "CONTINUE", "InProgress", False),
        (2, "STOP", "InProgress", False),
        (3, "STOP", "Stopping", True),
        (4, "STOP", "Stopping", True),
    ]


def results_table_of(records: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(r["report"]["epoch"], r["decision"], r["status"], r.get("late", False)) for r in records]


def test_late_reports_of_a_paused_trial_are_shown_when_it_is_resumed() -> None:
    scheduler = PlannedScheduler([start(0.1), start(0.2), resume(0)], at_epoch({1: PAUSE}))
    backend = ScriptedBackend(epochs(5), lag=2)
    make_tuner(backend, scheduler, start_jobs_without_delay=False).run()
    assert [epoch for trial, epoch, _ in reports_of() if trial == 0] == [1, 2, 3, 4, 5]
    assert scheduler.shown(0) == [1, 2, 3, 4, 5]
    before_resume = scheduler.notes[: scheduler.notes.index(("resume", 0, None))]
    assert ("result", 0, 2) not in [note[:3] for note in before_resume]
    assert ("complete", 0, 5) in scheduler.notes


def test_late_reports_may_take_a_resumed_trial_straight_to_its_next_pause() -> None:
    scheduler = PlannedScheduler(
        [start(0.1), resume(0), start(0.2), resume(0)], at_epoch({1: PAUSE, 3: PAUSE})
    )
    backend = ScriptedBackend(epochs(5), lag=3)
    make_tuner(backend, scheduler, start_jobs_without_delay=False).run()
    assert backend.started() == [0, 1, 0], "the second resume needs no run: its reports were there"
    assert scheduler.shown(0) == [1, 2, 3, 4, 5]
    assert len([note for note in scheduler.notes if note == ("remove", 0)]) == 2
    assert ("complete", 0, 5) in scheduler.notes
    decisions = [(r["trial"], r["decision"]) for r in records_of(event="redeliver")]
    assert decisions == [(0, CONTINUE), (0, PAUSE), (0, CONTINUE)]


def test_late_reports_may_get_a_resumed_trial_stopped() -> None:
    scheduler = PlannedScheduler([start(0.1), resume(0), start(0.2)], at_epoch({1: PAUSE, 3: STOP}))
    backend = ScriptedBackend(epochs(5), lag=4)
    tuner = make_tuner(backend, scheduler, start_jobs_without_delay=False)
    tuner.run()
    assert scheduler.shown(0) == [1, 2, 3]
    assert backend.started() == [0, 1]
    assert tuner.ledger.trials[0].state == Status.stopped


def test_late_report_without_the_metric_is_never_shown() -> None:
    program = by_trial(steps({"epoch": 1, "loss": 1}, {"epoch": 2}, {"epoch": 3, "loss": 1}), epochs(1))
    scheduler = PlannedScheduler([start(0.1), start(0.2), resume(0)], at_epoch({1: PAUSE}))
    make_tuner(ScriptedBackend(program, lag=2), scheduler, start_jobs_without_delay=False).run()
    assert scheduler.shown(0) == [1, 3]


def test_trial_that_had_completed_when_it_was_to_be_paused_is_not_run_again() -> None:
    """A fast script is through before the tuner looks: all its reports are there already."""

    def program(trial: Trial, saved: int) -> Iterator[Step]:
        yield [*(report_of(trial, epoch) for epoch in range(1, 6)), End()]

    scheduler = PlannedScheduler(
        [start(0.1), start(0.2), resume(0), resume(0)], at_epoch({1: PAUSE, 3: PAUSE})
    )
    backend = ScriptedBackend(program)
    tuner = make_tuner(backend, scheduler, start_jobs_without_delay=False)
    tuner.run()
    assert scheduler.shown(0) == [1, 2, 3, 4, 5]
    assert ("complete", 0, 5) in scheduler.notes
    assert backend.started() == [0, 1]
    assert tuner.ledger.trials[0].state == Status.completed


def test_trial_that_completed_is_run_again_if_it_gets_another_configuration() -> None:
    """Methods that set the number of epochs end each run by itself at the rung."""

    def program(trial: Trial, saved: int) -> Iterator[Step]:
        yield [*(report_of(trial, epoch) for epoch in range(saved + 1, trial.config["epochs"] + 1)), End()]

    plan: list[TrialSuggestion | None] = [
        TrialSuggestion.start_suggestion({"x": 0.1, "epochs": 1}),
        start_with(0.2),
        resume(0, {"x": 0.1, "epochs": 3}),
        resume(0, {"x": 0.1, "epochs": 5}),
    ]
    scheduler = PlannedScheduler(plan, at_epoch({1: PAUSE, 3: PAUSE}))
    backend = ScriptedBackend(program)
    tuner = make_tuner(backend, scheduler, start_jobs_without_delay=False)
    tuner.run()
    assert backend.started() == [0, 1, 0, 0]
    assert scheduler.shown(0) == [1, 2, 3, 4, 5]
    assert tuner.ledger.trials[0].trial.config["epochs"] == 5
    assert tuner.tuning_status.trial_counts() == {"Completed": 1, "Paused": 1}


def start_with(x: float) -> TrialSuggestion:
    return TrialSuggestion.start_suggestion({"x": x, "epochs": 1})


def test_report_that_is_repeated_is_dropped_and_the_first_wins() -> None:
    program = steps(
        {"epoch": 1, "loss": 1.0},
        {"epoch": 2, "loss": 2.0},
        {"epoch": 1, "loss": 9.0},
        {"epoch": 2.0, "loss": 9},
    )
    scheduler = RandomScheduler(2)
    make_tuner(ScriptedBackend(program), scheduler).run()
    assert reports_of() == [(0, 1, 1.0), (0, 2, 2.0), (1, 1, 1.0), (1, 2, 2.0)]
    assert scheduler.shown(0) == [1, 2]


def test_resumed_trial_without_checkpoint_repeats_itself_unnoticed() -> None:
    scheduler = PlannedScheduler([start(0.1), resume(0)], at_epoch({2: PAUSE}))
    backend = ScriptedBackend(epochs(4, checkpoints=False))
    make_tuner(backend, scheduler, start_jobs_without_delay=False).run()
    assert [epoch for _, epoch, _ in reports_of()] == [1, 2, 3, 4]
    assert scheduler.shown(0) == [1, 2, 3, 4]


def test_without_a_resource_reports_are_told_apart_by_time_and_count() -> None:
    class Plain(RandomScheduler):
        resource_attr = ""

        def on_trial_result(self, trial: Trial, result: Report) -> str:
            self.notes.append(("result", trial.trial_id, result["st_worker_iter"], result["loss"]))
            return CONTINUE

        def on_trial_complete(self, trial: Trial, result: Report) -> None:
            pass

    lines: list[Step] = [
        {"loss": 1.0, "st_worker_timestamp": 5.0 + i, "st_worker_iter": i} for i in (0, 1, 0)
    ]
    lines.append({"loss": 1.0, "st_worker_timestamp": 50.0, "st_worker_iter": 0})
    scheduler = Plain(1)
    make_tuner(ScriptedBackend(steps(*lines)), scheduler).run()
    assert scheduler.shown(0) == [0, 1, 0]


def test_decisions_are_on_disk_before_they_are_acted_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Durably: they survive the death of the machine."""
    on_disk: list[bytes] = []
    acted_on: list[str] = []

    def is_on_disk(event: str, **values: Any) -> bool:
        records = [json.loads(line) for line in on_disk[-1].splitlines()]
        return any(r["event"] == event and values.items() <= r.items() for r in records)

    class Watching(ScriptedBackend):
        def _schedule(self, trial_id: int, config: dict[str, Any]) -> None:
            resumed = trial_id in self.runs
            key = {"source": 0, "kind": "resume"} if resumed else {"asked": trial_id, "kind": "start"}
            assert is_on_disk("suggest", **key)
            assert not resumed or is_on_disk("resume", trial=0)
            acted_on.append("resume" if resumed else "start")
            super()._schedule(trial_id, config)

        def _end(self, trial_id: int, status: str) -> None:
            decision = PAUSE if status == Status.paused else STOP
            assert is_on_disk("report", trial=trial_id, decision=decision)
            acted_on.append(decision)
            super()._end(trial_id, status)

    def fsync(fd: int) -> None:
        if paths_of().journal.exists():
            on_disk.append(paths_of().journal.read_bytes())

    monkeypatch.setattr(os, "fsync", fsync)
    scheduler = PlannedScheduler([start(0.1), resume(0), start(0.2)], at_epoch({1: PAUSE, 3: STOP}))
    make_tuner(Watching(epochs(4)), scheduler).run()
    assert acted_on == ["start", PAUSE, "resume", STOP, "start", PAUSE]


# -- workers --------------------------------------------------------------------------------------


def test_nothing_to_suggest_waits_while_trials_run() -> None:
    scheduler = PlannedScheduler([start(0.1), None, None, start(0.2), None, start(0.3)])
    backend = ScriptedBackend(epochs(4))
    make_tuner(backend, scheduler, n_workers=3).run()
    assert backend.started() == [0, 1, 2]


def test_nothing_to_suggest_ends_the_experiment_when_nothing_runs() -> None:
    scheduler = PlannedScheduler([None, start(0.1)])
    make_tuner(ScriptedBackend(epochs(1)), scheduler).run()
    assert records_of(event="suggest") == []
    assert state_of() == ExperimentState.finished


@pytest.mark.parametrize("n_workers", [1, 2, 4])
def test_all_workers_are_kept_busy_and_no_more(n_workers: int) -> None:
    backend = ScriptedBackend(epochs(3))
    make_tuner(backend, RandomScheduler(8), n_workers=n_workers).run()
    assert backend.most_busy == n_workers
    assert backend.ticks <= 8 // n_workers * 4 + 4


def test_synchronous_scheduling_waits_for_all_workers() -> None:
    running: list[int] = []

    class Watching(RandomScheduler):
        def suggest(self, trial_id: int) -> TrialSuggestion | None:
            running.append(sum(s == Status.in_progress for _, s in backend.busy_trial_ids()))
            return super().suggest(trial_id)

    backend = ScriptedBackend(lambda trial, saved: epochs(1 + trial.trial_id % 3)(trial, saved))
    make_tuner(backend, Watching(6), n_workers=3, asynchronous_scheduling=False).run()
    assert running[:7] == [0, 1, 2, 0, 1, 2, 0]


@pytest.mark.parametrize(("without_delay", "most_busy"), [(True, 2), (False, 1)])
def test_worker_of_a_stopping_trial_is_free_at_once_or_when_it_ended(
    without_delay: bool, most_busy: int
) -> None:
    backend = ScriptedBackend(epochs(9), lag=2)
    scheduler = RandomScheduler(3, at_epoch({1: STOP}))
    make_tuner(backend, scheduler, start_jobs_without_delay=without_delay).run()
    assert backend.most_busy >= most_busy
    assert (backend.most_busy == 1) == (not without_delay)


@pytest.mark.parametrize("without_delay", [True, False])
def test_promotion_waits_for_the_end_of_the_paused_run(without_delay: bool) -> None:
    """The back-end in memory refuses a second run beside the first."""
    backend = ScriptedBackend(epochs(9), lag=3)
    scheduler = PromotingScheduler(6, rungs=(1, 3), eta=2)
    tuner = make_tuner(backend, scheduler, n_workers=2, start_jobs_without_delay=without_delay)
    tuner.run()
    for trial_id in tuner.ledger.trials:
        shown = scheduler.shown(trial_id)
        assert shown == list(range(1, len(shown) + 1))
    assert any(len(scheduler.shown(i)) == 9 for i in range(6))


def test_trial_to_be_resumed_holds_a_worker_while_its_paused_run_ends() -> None:
    backend = ScriptedBackend(epochs(9), lag=4)
    scheduler = PlannedScheduler([start(0.1), resume(0), start(0.2)], at_epoch({1: PAUSE}))
    make_tuner(backend, scheduler, start_jobs_without_delay=True).run()
    assert backend.most_busy == 1


@pytest.mark.parametrize("decision", [None, "continue", 3])
def test_decision_that_is_none_names_the_method_and_the_valid_ones(decision: Any) -> None:
    scheduler = RandomScheduler(1, lambda trial, report: decision)
    with pytest.raises(ExperimentError, match=r"RandomScheduler.*CONTINUE, PAUSE, STOP"):
        make_tuner(ScriptedBackend(epochs(1)), scheduler).run()


# -- checkpoints ----------------------------------------------------------------------------------


def test_new_trial_may_start_from_the_checkpoint_of_another() -> None:
    backend = ScriptedBackend(epochs(3))
    make_tuner(backend, PlannedScheduler([start(0.1), start(0.2, checkpoint_of=0)])).run()
    assert ("copy", 0) in backend.calls
    assert backend.calls.index(("copy", 0)) < backend.calls.index(("run", 1))


def test_checkpoints_are_deleted_when_trials_are_over_for_good_not_when_they_pause() -> None:
    plan: list[TrialSuggestion | None] = [start(0.1), start(0.2), start(0.3), resume(0)]
    scheduler = PlannedScheduler(
        plan, lambda t, r: {0: PAUSE, 1: STOP}.get(t.trial_id, CONTINUE) if r["epoch"] == 2 else CONTINUE
    )
    backend = ScriptedBackend(epochs(4), delete_checkpoints=True)
    make_tuner(backend, scheduler, start_jobs_without_delay=False).run()
    deleted = [i for what, i in backend.calls if what == "delete"]
    assert sorted(deleted) == [0, 1, 2]
    assert backend.calls.index(("delete", 0)) > max(i for i, c in enumerate(backend.calls) if c == ("run", 0))
    assert scheduler.shown(0) == [1, 2, 3, 4]


def test_checkpoints_are_kept_if_deleting_was_not_asked_for() -> None:
    backend = ScriptedBackend(epochs(2))
    make_tuner(backend, RandomScheduler(2)).run()
    assert not [call for call in backend.calls if call[0] == "delete"]


def test_paused_trial_keeps_its_checkpoint_also_if_its_run_completed() -> None:
    """A script that ends by itself at the rung; earlier, the back-end took it for a completed trial."""
    backend = ScriptedBackend(
        lambda trial, saved: iter([[report_of(trial, 1), End()]]), delete_checkpoints=True
    )
    make_tuner(backend, PlannedScheduler([start(0.1), start(0.2)], at_epoch({1: PAUSE}))).run()
    assert backend.calls.index(("delete", 0)) > backend.calls.index(("run", 1)), "not before all is finished"


def test_interrupted_experiment_keeps_the_checkpoints_of_running_trials() -> None:
    def interrupt(tick: int) -> None:
        if tick == 3:
            raise KeyboardInterrupt

    backend = ScriptedBackend(epochs(9), on_tick=interrupt, delete_checkpoints=True)
    with pytest.raises(KeyboardInterrupt):
        make_tuner(backend, RandomScheduler(2)).run()
    assert backend.disk.saved == {0: 2}


# -- callbacks and results ------------------------------------------------------------------------

HOOKS = [name for name in vars(TunerCallback) if not name.startswith("_")]


class _Noting(TunerCallback):
    """Notes every call, and may raise at one of them."""

    def __init__(self, raise_at: str = "", error: BaseException | None = None) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self._raise_at, self._error = raise_at, error

    def _note(self, hook: str, *values: Any) -> None:
        self.calls.append((hook, *values))
        if hook == self._raise_at and self._error is not None:
            error, self._error = self._error, None
            raise error

    def on_tuning_start(self, tuner: Tuner) -> None:
        self._note("on_tuning_start", tuner.tuner_name)

    def on_tuning_end(self) -> None:
        self._note("on_tuning_end")

    def on_loop_start(self) -> None:
        self._note("on_loop_start")

    def on_loop_end(self) -> None:
        self._note("on_loop_end")

    def on_fetch_status_results(self, trial_status_dict: Any, new_results: Any) -> None:
        states = {i: state for i, (_, state) in trial_status_dict.items()}
        self._note("on_fetch_status_results", states, [(i, r["epoch"]) for i, r in new_results])

    def on_trial_result(self, trial: Trial, status: str, result: Report, decision: str) -> None:
        self._note("on_trial_result", trial.trial_id, status, result["epoch"], decision)

    def extra_results(self) -> dict[str, Any]:
        self._note("extra_results")
        return {}

    def on_trial_complete(self, trial: Trial, result: Report) -> None:
        self._note("on_trial_complete", trial.trial_id, result["epoch"])

    def on_trial_error(self, trial: Trial, reason: str) -> None:
        self._note("on_trial_error", trial.trial_id, reason)

    def on_tuning_sleep(self, sleep_time: float) -> None:
        self._note("on_tuning_sleep", sleep_time)

    def on_start_trial(self, trial: Trial) -> None:
        self._note("on_start_trial", trial.trial_id)

    def on_resume_trial(self, trial: Trial) -> None:
        self._note("on_resume_trial", trial.trial_id)


def test_callbacks_are_told_everything_in_order() -> None:
    callback = _Noting()
    make_tuner(
        ScriptedBackend(by_trial(epochs(2), steps(CRASH))),
        PlannedScheduler([start(0.1), resume(0), start(0.2)], at_epoch({1: PAUSE})),
        callbacks=[callback],
        sleep_time=0.5,
    ).run()
    sleep = [("on_loop_end",), ("on_tuning_sleep", 0.5), ("on_loop_start",)]
    running, paused = Status.in_progress, Status.paused
    assert callback.calls == [
        ("on_tuning_start", "exp"),
        ("on_loop_start",),
        ("on_fetch_status_results", {}, []),
        ("on_start_trial", 0),
        *sleep,
        ("on_fetch_status_results", {0: running}, [(0, 1)]),
        ("on_trial_result", 0, running, 1, PAUSE),
        ("extra_results",),
        *sleep,
        ("on_fetch_status_results", {0: paused}, []),
        ("on_resume_trial", 0),
        *sleep,
        ("on_fetch_status_results", {0: running}, [(0, 2)]),
        ("on_trial_result", 0, running, 2, CONTINUE),
        ("extra_results",),
        *sleep,
        ("on_fetch_status_results", {0: Status.completed}, []),
        ("on_trial_complete", 0, 2),
        ("on_start_trial", 1),
        *sleep,
        ("on_fetch_status_results", {1: Status.failed}, []),
        ("on_trial_error", 1, "exit code 1"),
        ("on_loop_end",),
        ("on_fetch_status_results", {}, []),
        ("on_tuning_end",),
    ]


@pytest.mark.parametrize("hook", HOOKS)
def test_exception_in_a_callback_stops_everything_and_the_next_run_continues(hook: str) -> None:
    programs = by_trial(steps(CRASH), epochs(4))
    plan: list[TrialSuggestion | None] = [start(0.1), start(0.2), resume(1), start(0.3)]
    backend = ScriptedBackend(programs)
    callback = _Noting(raise_at=hook, error=ZeroDivisionError("in a callback"))
    tuner = make_tuner(
        backend, PlannedScheduler(plan, at_epoch({2: PAUSE})), callbacks=[callback, StoreResultsCallback()]
    )
    with pytest.raises(ZeroDivisionError, match="in a callback"):
        tuner.run()
    assert backend.is_closed
    status = read_status(paths_of().status)
    assert status is not None
    assert (status.state, status.reason) == (ExperimentState.failed, "ZeroDivisionError: in a callback")
    assert ("on_tuning_end",) in callback.calls

    scheduler = PlannedScheduler(plan, at_epoch({2: PAUSE}))
    make_tuner(ScriptedBackend(programs, disk=backend.disk), scheduler, callbacks=[_Noting()]).run()
    assert sorted(reports_of()) == sorted({*reports_of()})
    assert [epoch for trial, epoch, _ in reports_of() if trial == 1] == [1, 2, 3, 4]
    assert scheduler.shown(1) == [1, 2, 3, 4]
    assert state_of() == ExperimentState.finished


@pytest.mark.parametrize(
    "method", ["suggest", "state", "on_trial_add", "on_trial_result", "on_trial_remove", "on_trial_complete"]
)
def test_exception_in_a_method_stops_everything_and_the_next_run_continues(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: TrialScheduler, *args: Any) -> None:
        if self.notes and len(self.notes) > 3:  # type: ignore[attr-defined]
            raise ZeroDivisionError("in the method")
        return original(self, *args)  # type: ignore[no-any-return]

    original = getattr(PromotingScheduler, method)
    backend = ScriptedBackend(epochs(4))
    with monkeypatch.context() as patch:
        patch.setattr(PromotingScheduler, method, fail)
        with pytest.raises(ZeroDivisionError, match="in the method"):
            make_tuner(backend, PromotingScheduler(4, eta=2), n_workers=2).run()
    assert backend.is_closed
    assert state_of() == ExperimentState.failed
    scheduler = PromotingScheduler(4, eta=2)
    make_tuner(ScriptedBackend(epochs(4), disk=backend.disk), scheduler, n_workers=2).run()
    assert sorted(reports_of()) == sorted({*reports_of()})
    for trial_id in range(4):
        assert scheduler.shown(trial_id) == list(range(1, len(scheduler.shown(trial_id)) + 1))
    assert state_of() == ExperimentState.finished


class _Composer(ExtraResultsComposer):
    def __call__(self, tuner: Tuner) -> dict[str, Any] | None:
        count = tuner.tuning_status.num_reports
        return {"so_far": count, "odd": math.nan if count == 1 else math.inf} if count != 2 else None

    def keys(self) -> list[str]:
        return ["so_far", "odd"]


def results_of(name: str = "exp") -> list[dict[str, str]]:
    with zipfile.ZipFile(paths_of(name).results) as archive:
        text = archive.read("results.csv").decode()
    return list(csv.DictReader(io.StringIO(text)))


def test_composer_adds_columns_to_the_results() -> None:
    callback = StoreResultsCallback(extra_results_composer=_Composer())
    make_tuner(ScriptedBackend(epochs(3)), RandomScheduler(1), callbacks=[callback]).run()
    assert [(row["so_far"], row["odd"]) for row in results_of()] == [("1", "nan"), ("", ""), ("3", "inf")]


def test_results_are_written_by_default_and_equal_the_journal() -> None:
    tuner = Tuner(
        ScriptedBackend(epochs(3), lag=1),
        RandomScheduler(3, at_epoch({2: STOP})),
        StoppingCriterion(max_num_evaluations=100),
        n_workers=2,
        tuner_name="exp",
        suffix_tuner_name=False,
    )
    tuner.run()
    rows = results_of()
    assert len(rows) == 9
    for row, record in zip(rows, records_of(event="report"), strict=True):
        config = tuner.ledger.trials[record["trial"]].trial.config
        assert row == {
            "epoch": str(record["report"]["epoch"]),
            "loss": str(record["report"]["loss"]),
            "trial_id": str(record["trial"]),
            "st_decision": record["decision"],
            "st_status": record["status"],
            "config_x": str(config["x"]),
            "config_fixed": "3",
            "st_tuner_time": str(record["t"]),
        }


def test_results_are_updated_while_the_experiment_runs() -> None:
    seen: list[int] = []

    class Looking(TunerCallback):
        def on_loop_end(self) -> None:
            seen.append(len(results_of()) if paths_of().results.exists() else -1)

    callbacks = [StoreResultsCallback(), Looking()]
    make_tuner(
        ScriptedBackend(epochs(5)), RandomScheduler(1), callbacks=callbacks, results_update_interval=0
    ).run()
    assert 0 <= seen[2] <= 5
    assert seen == sorted(seen)


# -- interrupts, continuing, refusing -------------------------------------------------------------


def interrupt_at(ticks: int) -> Callable[[int], None]:
    def on_tick(tick: int) -> None:
        if tick == ticks:
            raise KeyboardInterrupt

    return on_tick


def test_interrupt_stops_cleanly_and_the_same_command_continues() -> None:
    backend = ScriptedBackend(epochs(4), on_tick=interrupt_at(6))
    with pytest.raises(KeyboardInterrupt):
        make_tuner(backend, RandomScheduler(3)).run()
    assert state_of() == ExperimentState.interrupted
    assert backend.is_closed
    again = ScriptedBackend(epochs(4), disk=backend.disk)
    make_tuner(again, RandomScheduler(3)).run()
    assert [(trial, epoch) for trial, epoch, _ in reports_of()] == [
        (i, e) for i in range(3) for e in range(1, 5)
    ]
    assert again.started() == [1, 2], "the first trial had completed"


def test_clock_continues_where_the_last_session_ended() -> None:
    """Fault 8: resume restarted the clock at 0."""
    stop = StoppingCriterion(max_wallclock_time=10)
    backend = ScriptedBackend(epochs(100), on_tick=interrupt_at(5))
    with pytest.raises(KeyboardInterrupt):
        make_tuner(backend, RandomScheduler(3), stop_criterion=stop).run()
    tuner = make_tuner(
        ScriptedBackend(epochs(100), disk=backend.disk), RandomScheduler(3), stop_criterion=stop
    )
    tuner.run()
    assert len(reports_of()) == 10
    assert tuner.elapsed == tuner.tuning_status.wallclock_time == pytest.approx(10)
    times = [record["t"] for record in records_of()]
    assert times == sorted(times)


def test_clock_continues_over_many_days() -> None:
    """Fault 18: timers were wrong past 24 h."""
    stop = StoppingCriterion(max_wallclock_time=10 * DAY)
    disk = Disk()
    for _ in range(3):
        backend = ScriptedBackend(epochs(100), disk=disk, tick=DAY, on_tick=interrupt_at(3))
        with pytest.raises(KeyboardInterrupt):
            make_tuner(backend, RandomScheduler(3), stop_criterion=stop).run()
    tuner = make_tuner(
        ScriptedBackend(epochs(100), disk=disk, tick=DAY), RandomScheduler(3), stop_criterion=stop
    )
    tuner.run()
    assert tuner.elapsed == pytest.approx(10 * DAY)


def test_time_of_trials_is_summed_over_sessions() -> None:
    def program(trial: Trial, saved: int) -> Iterator[Step]:
        for count, epoch in enumerate(range(saved + 1, 6), start=1):
            yield report_of(trial, epoch, st_worker_time=seconds * count)

    backend, seconds = ScriptedBackend(program, on_tick=interrupt_at(3)), 10.0
    with pytest.raises(KeyboardInterrupt):
        make_tuner(backend, RandomScheduler(1)).run()
    seconds = 100.0
    tuner = make_tuner(ScriptedBackend(program, disk=backend.disk), RandomScheduler(1))
    tuner.run()
    assert tuner.tuning_status.user_time == pytest.approx(20 + 300)
    again = make_tuner(ScriptedBackend(program), RandomScheduler(1))
    again.run()
    assert again.tuning_status.user_time == pytest.approx(20 + 300), "also when it is replayed"


def test_finished_experiment_is_not_run_again() -> None:
    make_tuner(ScriptedBackend(epochs(2)), RandomScheduler(2)).run()
    before = {
        path: path.read_bytes() for path in (paths_of().journal, paths_of().status, paths_of().metadata)
    }
    backend, callback = ScriptedBackend(epochs(2)), _Noting()
    tuner = make_tuner(backend, RandomScheduler(2), callbacks=[callback])
    tuner.run()
    assert backend.calls == []
    assert callback.calls == []
    assert {path: path.read_bytes() for path in before} == before
    assert tuner.tuning_status.num_trials_completed == 2
    assert tuner.best_config()[0] in (0, 1)
    assert tuner.tuning_status.wallclock_time == pytest.approx(records_of(event="end")[0]["t"])


def test_tuner_killed_between_the_last_record_and_the_status_leaves_a_finished_experiment() -> None:
    make_tuner(ScriptedBackend(epochs(2)), RandomScheduler(2)).run()
    status = json.loads(paths_of().status.read_bytes())
    paths_of().status.write_text(json.dumps({**status, "state": "running", "pid": 2**22 + 1}))
    assert state_of() == ExperimentState.interrupted
    make_tuner(ScriptedBackend(epochs(2)), RandomScheduler(2)).run()
    assert state_of() == ExperimentState.finished


def test_experiment_is_not_finished_before_its_results_are_written() -> None:
    class Failing(StoreResultsCallback):
        def on_tuning_end(self) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        make_tuner(ScriptedBackend(epochs(2)), RandomScheduler(2), callbacks=[Failing()]).run()
    backend = ScriptedBackend(epochs(2))
    make_tuner(backend, RandomScheduler(2), callbacks=[StoreResultsCallback()]).run()
    assert backend.calls == []
    assert len(results_of()) == 4
    assert state_of() == ExperimentState.finished


class _OtherMetric(RandomScheduler):
    def metric_names(self) -> list[str]:
        return ["accuracy"]


class _OtherMode(RandomScheduler):
    def metric_mode(self) -> str | list[str]:
        return "max"


class _OtherSpace(RandomScheduler):
    def __init__(self, num_trials: int) -> None:
        super().__init__(num_trials)
        self.config_space["fixed"] = 4


@pytest.mark.parametrize(
    ("other", "differs"),
    [
        (PromotingScheduler, "scheduler"),
        (_OtherMetric, "metric_names"),
        (_OtherMode, "metric_mode"),
        (_OtherSpace, "config_space"),
    ],
)
def test_folder_of_another_experiment_is_refused_and_left_alone(
    other: type[NotingScheduler], differs: str
) -> None:
    if other is not PromotingScheduler:
        other = type("RandomScheduler", (other,), {})
    backend = ScriptedBackend(epochs(4), on_tick=interrupt_at(2))
    with pytest.raises(KeyboardInterrupt):
        make_tuner(backend, RandomScheduler(3)).run()
    before = paths_of().journal.read_bytes()
    with pytest.raises(JournalError, match=f"another experiment: its {differs}"):
        make_tuner(ScriptedBackend(epochs(4)), other(3)).run()  # type: ignore[arg-type]
    assert paths_of().journal.read_bytes() == before


def test_experiment_that_somebody_runs_is_refused_and_not_disturbed() -> None:
    refused: list[BaseException] = []

    def run_beside(tick: int) -> None:
        if tick == 2:
            with pytest.raises(ExperimentLockedError) as caught:
                make_tuner(ScriptedBackend(epochs(2)), RandomScheduler(2)).run()
            refused.append(caught.value)

    make_tuner(ScriptedBackend(epochs(2), on_tick=run_beside), RandomScheduler(2)).run()
    assert f"process {os.getpid()}" in str(refused[0])
    assert state_of() == ExperimentState.finished
    assert len(reports_of()) == 4


def test_tuner_runs_once() -> None:
    """Its method and its counts cannot be taken back to the start."""
    backend = ScriptedBackend(epochs(9), on_tick=interrupt_at(2))
    tuner = make_tuner(backend, RandomScheduler(3))
    with pytest.raises(KeyboardInterrupt):
        tuner.run()
    before = paths_of().journal.read_bytes()
    with pytest.raises(UsageError, match="make a new Tuner"):
        tuner.run()
    assert paths_of().journal.read_bytes() == before


def test_locked_tuner_may_be_run_later() -> None:
    tuner = make_tuner(ScriptedBackend(epochs(2)), RandomScheduler(1))
    with Journal(paths_of().journal), pytest.raises(ExperimentLockedError):
        tuner.run()
    tuner.run()
    assert len(reports_of()) == 2


def test_back_end_of_another_tuner_is_refused() -> None:
    backend = ScriptedBackend(epochs(1))
    make_tuner(backend, RandomScheduler(2), name="first").run()
    with pytest.raises(ExperimentError, match="back-end"):
        make_tuner(backend, RandomScheduler(2), name="second").run()


def test_disk_full_ends_the_session_and_the_next_run_continues(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(fd: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    def fill_disk(tick: int) -> None:
        if tick == 3:
            monkeypatch.setattr(os, "write", fail)

    backend = ScriptedBackend(epochs(4), on_tick=fill_disk)
    with pytest.raises(OSError, match="No space"):
        make_tuner(backend, RandomScheduler(2)).run()
    monkeypatch.undo()
    assert backend.is_closed


@pytest.mark.parametrize("settings", [{"n_workers": 0}, {"max_failures": -1}])
def test_settings_that_make_no_sense_are_refused_at_once(settings: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(settings))):
        make_tuner(ScriptedBackend(epochs(1)), RandomScheduler(1), **settings)


def test_name_is_that_of_the_script_with_a_suffix_of_its_own() -> None:
    names = [
        Tuner(
            ScriptedBackend(epochs(1)),
            RandomScheduler(1),
            StoppingCriterion(max_num_evaluations=1),
            n_workers=1,
        ).tuner_name
        for _ in range(2)
    ]
    assert all(name.startswith("train-it-20") for name in names)
    assert names[0] != names[1]


def test_metadata_tell_what_ran_and_are_written_once() -> None:
    backend = ScriptedBackend(epochs(4), on_tick=interrupt_at(2))
    with pytest.raises(KeyboardInterrupt):
        make_tuner(backend, RandomScheduler(1), metadata={"seed": 3, "tag": "t"}).run()
    first = paths_of().metadata.read_bytes()
    metadata = json.loads(first)
    expected = {
        "n_workers": 1,
        "max_failures": 1,
        "resource_attr": "epoch",
        "backend": "ScriptedBackend",
        "metric_names": ["loss"],
        "metric_mode": "min",
        "scheduler_name": "RandomScheduler",
        "seed": 3,
        "tag": "t",
    }
    assert {key: metadata[key] for key in expected} == expected
    assert metadata["config_space"]["fixed"] == 3
    assert metadata["st_tuner_creation_timestamp"] <= metadata["st_tuner_start_timestamp"]
    make_tuner(ScriptedBackend(epochs(4)), RandomScheduler(1), metadata={"seed": 4}).run()
    assert paths_of().metadata.read_bytes() == first


def test_before_anything_ran_there_is_no_best_and_no_time() -> None:
    tuner = make_tuner(ScriptedBackend(epochs(1)), RandomScheduler(1))
    assert tuner.elapsed == 0
    with pytest.raises(ExperimentError, match="finite"):
        tuner.best_config()


def test_status_file_follows_a_running_experiment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syne_core.tuning_loop._STATUS_INTERVAL", 0.0)
    seen: list[Any] = []

    def look(tick: int) -> None:
        seen.append(read_status(paths_of().status))

    stop = StoppingCriterion(max_wallclock_time=100)
    make_tuner(
        ScriptedBackend(epochs(3), on_tick=look, tick=5.0), RandomScheduler(1), stop_criterion=stop
    ).run()
    assert [status.state for status in seen] == [ExperimentState.running] * len(seen)
    last = seen[-1]
    assert (last.num_reports, last.trials, last.max_wallclock_time) == (3, {"InProgress": 1}, 100)
    assert last.best["value"] == reports_of()[-1][2]
    assert (last.pid, last.elapsed) == (os.getpid(), 15.0)


def test_status_is_written_every_few_seconds_of_real_time_not_of_the_back_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A simulator would do nothing else."""
    seen: list[float] = []
    clock = SimpleNamespace(monotonic=lambda: 5.0 + len(seen) / 8, time=time.time)
    monkeypatch.setattr("syne_core.tuning_loop.time", clock)

    def look(tick: int) -> None:
        status = read_status(paths_of().status)
        assert status is not None
        seen.append(status.elapsed)

    make_tuner(ScriptedBackend(epochs(50), on_tick=look, tick=1000.0), RandomScheduler(1)).run()
    assert len(seen) == 51
    assert sorted(set(seen)) == [0.0, 16_000.0, 32_000.0, 48_000.0]
