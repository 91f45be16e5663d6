"""Resume: wherever a session is cut, the next one ends up where an uninterrupted one would have.

A cut is a prefix of the journal, together with what the disk of the trials may hold at that moment.
"""

from __future__ import annotations

import csv
import io
import json
import logging
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted import (
    CRASH,
    Disk,
    End,
    NotingScheduler,
    PlannedScheduler,
    Program,
    PromotingScheduler,
    RandomScheduler,
    ScriptedBackend,
    Step,
    by_trial,
    epochs,
    make_tuner,
    paths_of,
    records_of,
    report_of,
    resume,
    start,
)

from syne_core.backend.trial_status import Status, Trial
from syne_core.config_space import uniform
from syne_core.errors import JournalError
from syne_core.experiment_status import ExperimentState, read_status
from syne_core.optimizer.baselines import ASHA, GridSearch, RandomSearch
from syne_core.optimizer.scheduler import SchedulerDecision, TrialScheduler, TrialSuggestion
from syne_core.replay import replay
from syne_core.results_table import write_csv
from syne_core.stopping_criterion import StoppingCriterion
from syne_core.trial_ledger import TrialLedger
from syne_core.tuner import Tuner
from syne_core.tuning_status import TuningStatus

CONTINUE, STOP, PAUSE = SchedulerDecision.CONTINUE, SchedulerDecision.STOP, SchedulerDecision.PAUSE
Record = dict[str, Any]


@pytest.fixture(autouse=True)
def _quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting for a busy disk would take most of the time; test_journal.py sees to it that we do wait."""
    monkeypatch.setattr(os, "fsync", lambda fd: None)


@dataclass
class Experiment:
    """How to make one, and what is left of it."""

    make_scheduler: Callable[[], NotingScheduler]
    program: Program
    tuner: Tuner
    scheduler: NotingScheduler
    backend: ScriptedBackend
    name: str
    settings: dict[str, Any]

    @property
    def records(self) -> list[Record]:
        return records_of(self.name)

    def suggestions(self) -> list[tuple[Any, ...]]:
        return [(r["asked"], r["kind"], r["source"], r["config"]) for r in records_of(self.name, "suggest")]

    def values(self) -> list[tuple[Any, ...]]:
        """(trial, epoch, loss), sorted."""
        reports = [(r["trial"], r["report"]) for r in records_of(self.name, "report")]
        return sorted((trial, report["epoch"], report["loss"]) for trial, report in reports)


def run(
    make_scheduler: Callable[[], NotingScheduler],
    program: Program,
    name: str = "whole",
    disk: Disk | None = None,
    lag: int = 0,
    **settings: Any,
) -> Experiment:
    """Run an experiment, or go on with it, to its end."""
    backend, scheduler = ScriptedBackend(program, lag=lag, disk=disk), make_scheduler()
    tuner = make_tuner(backend, scheduler, name=name, **settings)
    tuner.run()
    return Experiment(make_scheduler, program, tuner, scheduler, backend, name, {"lag": lag, **settings})


def cut(experiment: Experiment, num_records: int, name: str, torn: bytes = b"", ahead: int = 0) -> Disk:
    """Begin experiment ``name`` with a prefix of the journal of ``experiment``.

    :param torn: half a line that follows
    :param ahead: reports that trials had printed, and saved a checkpoint for, but that the tuner did not
        come to record
    """
    lines = paths_of(experiment.name).journal.read_bytes().splitlines(keepends=True)
    target = paths_of(name).journal
    target.parent.mkdir(parents=True)
    target.write_bytes(b"".join(lines[:num_records]) + torn)
    records = experiment.records
    known = {r["asked"] for r in records[:num_records] if r["event"] == "suggest" and r["kind"] == "start"}
    printed = [r for r in records[:num_records] if r["event"] == "report"]
    printed += [r for r in records[num_records:] if r["event"] == "report" and r["trial"] in known][:ahead]
    disk = Disk()
    for record in printed:
        if record["report"]["loss"] is not None:  # else the epoch is not over yet
            disk.saved[record["trial"]] = record["report"]["epoch"]
        disk.logs.setdefault(record["trial"], []).append(record["report"])
    return disk


def go_on(experiment: Experiment, name: str, disk: Disk) -> Experiment:
    return run(experiment.make_scheduler, experiment.program, name, disk, **experiment.settings)


def over_in(records: list[Record]) -> set[int]:
    """Trials that are over for good."""
    return {r["trial"] for r in records if r["event"] == "end_run" and r["state"] != Status.paused}


def assert_consistent(experiment: Experiment, before: list[Record]) -> None:
    """What holds after any continuation, however the timing of its trials differs."""
    values, scheduler = experiment.values(), experiment.scheduler
    assert len({value[:2] for value in values}) == len(values), "a report was recorded twice"
    assert experiment.records[: len(before)] == before
    assert not set(experiment.backend.started()) & over_in(before), "a trial that was over ran again"
    for trial_id in experiment.tuner.ledger.trials:
        shown = scheduler.shown(trial_id)
        assert shown == list(range(1, len(shown) + 1)), f"trial {trial_id}: the method saw {shown}"
    status = read_status(paths_of(experiment.name).status)
    assert status is not None
    assert status.state == ExperimentState.finished
    assert status.num_reports == len(values)
    assert [record["event"] for record in experiment.records].count("end") == 1


# -- one worker: exactly the uninterrupted experiment ----------------------------------------------


def promoting() -> PromotingScheduler:
    return PromotingScheduler(7, rungs=(1, 3), eta=2)


def test_experiment_that_is_cut_anywhere_ends_up_as_if_it_was_not() -> None:
    """Fault 8: resume forgot running trials."""
    whole = run(promoting, epochs(5))
    assert len(whole.suggestions()) > 12, "trials are promoted"
    records = whole.records
    for length in range(len(records) + 1):
        for variant, torn, ahead in (("a", b"", 0), ("b", b'{"event":"rep', 0), ("c", b"", 1)):
            name = f"cut-{length}{variant}"
            disk = cut(whole, length, name, torn, ahead)
            again = go_on(whole, name, disk)
            assert again.values() == whole.values(), name
            assert again.suggestions() == whole.suggestions(), name
            assert_consistent(again, records[:length])
            for trial_id in range(7):
                assert again.scheduler.shown(trial_id) == whole.scheduler.shown(trial_id), name
            counts = again.tuner.tuning_status.trial_counts()
            assert counts == whole.tuner.tuning_status.trial_counts(), name


def test_scripts_without_checkpoints_start_over_and_nothing_is_doubled() -> None:
    whole = run(promoting, epochs(5, checkpoints=False))
    for length in range(0, len(whole.records) + 1, 2):
        name = f"cut-{length}"
        again = go_on(whole, name, cut(whole, length, name))
        assert (again.values(), again.suggestions()) == (whole.values(), whole.suggestions()), name
        assert_consistent(again, whole.records[:length])


def test_suggestions_of_the_past_are_not_computed_again() -> None:
    whole = run(promoting, epochs(5))
    total = len(whole.suggestions())
    for length in range(len(whole.records)):
        name = f"cut-{length}"
        again = go_on(whole, name, cut(whole, length, name))
        recorded = sum(record["event"] == "suggest" for record in whole.records[:length])
        ended = any(record["event"] == "ending" for record in whole.records[:length])
        # At the end it is asked once or twice more, and has nothing to suggest.
        assert again.scheduler.num_computed - (total - recorded) in ((0,) if ended else (1, 2))


@settings(max_examples=15)
@given(seed=st.integers(0, 2**32))
def test_experiment_that_is_cut_again_and_again_ends_up_the_same(seed: int) -> None:
    rng = random.Random(seed)
    whole = run(promoting, epochs(5), f"whole-{seed}")
    current, length = whole, 0
    for number in range(4):
        length = rng.randint(length, len(current.records))
        name = f"cut-{seed}-{number}"
        before = current.records[:length]
        disk = cut(current, length, name, ahead=rng.randint(0, 1))
        current = go_on(whole, name, disk)
        assert (current.values(), current.suggestions()) == (whole.values(), whole.suggestions())
        assert_consistent(current, before)
    assert len([r for r in current.records if r["event"] == "session"]) >= 1


def test_results_tables_of_a_cut_and_of_a_whole_experiment_differ_in_times_only() -> None:
    def rows(experiment: Experiment) -> list[dict[str, str]]:
        text = io.StringIO(newline="")
        write_csv(paths_of(experiment.name).journal, text)
        text.seek(0)
        table = csv.DictReader(text)
        return [{key: value for key, value in row.items() if key != "st_tuner_time"} for row in table]

    whole = run(promoting, epochs(5))
    for length in range(0, len(whole.records), 5):
        name = f"cut-{length}"
        assert rows(go_on(whole, name, cut(whole, length, name))) == rows(whole)


SPACE = {"x": uniform(0, 1), "fixed": 3}
METHODS: dict[str, Callable[[], TrialScheduler]] = {
    "random": lambda: RandomSearch(SPACE, metric="loss", mode="min", random_seed=5),
    "grid": lambda: GridSearch(SPACE, metric="loss", mode="min", random_seed=5),
    "asha stopping": lambda: ASHA(
        SPACE, metric="loss", mode="min", resource_attr="epoch", max_t=9, random_seed=5, type="stopping"
    ),
    "asha promotion": lambda: ASHA(
        SPACE, metric="loss", mode="min", resource_attr="epoch", max_t=9, random_seed=5, type="promotion"
    ),
}


@pytest.mark.parametrize("method", METHODS)
def test_methods_of_the_library_go_on_as_if_they_had_not_been_cut(method: str) -> None:
    make_scheduler: Any = METHODS[method]
    stop = StoppingCriterion(max_num_evaluations=50, max_num_trials_started=15)
    whole = run(make_scheduler, epochs(9), stop_criterion=stop, resource_attr="epoch")
    assert len(whole.suggestions()) > 4
    records = whole.records
    for length in range(1, len(records), 2):
        name = f"cut-{length}"
        again = go_on(whole, name, cut(whole, length, name, ahead=length // 2 % 2))
        assert again.suggestions() == whole.suggestions(), name
        assert again.values() == whole.values(), name
        assert again.records[:length] == records[:length]


# -- late reports, failures, many workers ------------------------------------------------------------


def late() -> PlannedScheduler:
    """Trial 0 is told to pause at 1 and 3 and each time prints two more reports."""
    plan: list[TrialSuggestion | None] = [start(0.1), resume(0), start(0.2), resume(0), resume(1)]
    return PlannedScheduler(plan, lambda trial, report: PAUSE if report["epoch"] in (1, 3) else CONTINUE)


@pytest.mark.parametrize("lag", [1, 2, 3, 4])
def test_late_reports_reach_the_method_wherever_the_experiment_is_cut(lag: int) -> None:
    """Fault 7, and the cut may fall between two reports that are shown on resume."""
    whole = run(late, epochs(5), lag=lag, start_jobs_without_delay=False)
    assert whole.scheduler.shown(0) == [1, 2, 3, 4, 5]
    for length in range(len(whole.records) + 1):
        name = f"cut-{length}"
        again = go_on(whole, name, cut(whole, length, name))
        assert_consistent(again, whole.records[:length])
        assert again.scheduler.shown(0) == [1, 2, 3, 4, 5], name
        assert again.suggestions() == whole.suggestions(), name


@pytest.mark.parametrize("without_delay", [True, False])
@pytest.mark.parametrize("lag", [0, 2])
def test_cut_experiment_with_many_workers_stays_consistent(lag: int, without_delay: bool) -> None:
    whole = run(promoting, epochs(5), n_workers=3, lag=lag, start_jobs_without_delay=without_delay)
    assert_consistent(whole, [])
    for length in range(len(whole.records) + 1):
        name = f"cut-{length}"
        again = go_on(whole, name, cut(whole, length, name, ahead=length % 3))
        assert_consistent(again, whole.records[:length])
        assert again.scheduler.num_started == 7
        assert again.tuner.tuning_status.num_trials_failed == 0


@pytest.mark.parametrize("wait", [True, False])
@pytest.mark.parametrize("lag", [0, 2])
def test_trials_that_the_end_caught_running_are_no_failures_after_a_cut(lag: int, wait: bool) -> None:
    stop = StoppingCriterion(max_num_evaluations=8)
    options: dict[str, Any] = {
        "n_workers": 3,
        "lag": lag,
        "max_failures": 0,
        "stop_criterion": stop,
        "wait_trial_completion_when_stopping": wait,
    }
    whole = run(RandomScheduler, epochs(6), **options)
    ended = Status.completed if wait else Status.stopped
    assert whole.tuner.tuning_status.trial_counts() == {ended: 3}
    for length in range(len(whole.records) + 1):
        name = f"cut-{length}"
        again = go_on(whole, name, cut(whole, length, name))
        assert_consistent(again, whole.records[:length])
        assert again.tuner.tuning_status.trial_counts() == {ended: 3}, name
        if any(record["event"] == "ending" for record in whole.records[:length]):
            assert len(again.values()) <= len(whole.values()), "the end that was decided on is kept"
            assert again.records[-1]["reason"] == whole.records[-1]["reason"]


def test_nothing_is_started_again_when_the_limit_had_been_reached() -> None:
    stop = StoppingCriterion(max_num_evaluations=8)
    whole = run(RandomScheduler, epochs(6), n_workers=3, stop_criterion=stop)
    last = max(i for i, record in enumerate(whole.records) if record["event"] == "report")
    again = go_on(whole, "cut", cut(whole, last + 1, "cut"))
    assert again.backend.started() == []
    assert again.tuner.tuning_status.trial_counts() == {Status.stopped: 3}


def test_trial_that_had_completed_when_it_was_paused_is_not_run_again_after_a_cut() -> None:
    def through(trial: Trial, saved: int) -> Iterator[Step]:
        yield [*(report_of(trial, epoch) for epoch in range(saved + 1, 6)), End()]

    whole = run(late, through, start_jobs_without_delay=False)
    assert whole.backend.started() == [0, 1]
    for length in range(len(whole.records) + 1):
        again = go_on(whole, f"cut-{length}", cut(whole, length, f"cut-{length}"))
        assert_consistent(again, whole.records[:length])
        ended = sum(record["event"] == "end_run" for record in whole.records[:length])
        assert len(again.backend.started()) <= 2 - (ended > 0)


def test_reports_without_the_metric_stay_hidden_after_a_cut() -> None:
    def chatty(trial: Trial, saved: int) -> Iterator[Step]:
        for epoch in range(saved + 1, 6):
            yield [{"epoch": epoch, "train_loss": 1.0, "loss": None}, report_of(trial, epoch)]

    for lag in (0, 2):
        whole = run(late, chatty, f"whole-{lag}", lag=lag, start_jobs_without_delay=False)
        for length in range(len(whole.records) + 1):
            name = f"cut-{lag}-{length}"
            again = go_on(whole, name, cut(whole, length, name))
            assert again.scheduler.shown(0) == [1, 2, 3, 4, 5], name
            assert again.suggestions() == whole.suggestions(), name


def test_failures_of_earlier_sessions_count() -> None:
    options: dict[str, Any] = {"max_failures": 2}
    whole = run(
        lambda: RandomScheduler(5),
        by_trial(lambda t, s: iter([CRASH]), lambda t, s: iter([CRASH]), epochs(2)),
        **options,
    )
    for length in range(len(whole.records) + 1):
        name = f"cut-{length}"
        again = go_on(whole, name, cut(whole, length, name))
        assert_consistent(again, whole.records[:length])
        assert again.tuner.tuning_status.trial_counts() == {"Completed": 3, "Failed": 2}


def test_trial_that_was_to_start_from_a_checkpoint_does_so_after_a_cut() -> None:
    """The tuner may die before the checkpoint is copied, or in the middle of that."""
    scheduler = lambda: PlannedScheduler([start(0.1), start(0.2, checkpoint_of=0)])  # noqa: E731
    whole = run(scheduler, epochs(3))
    suggested = [i for i, r in enumerate(whole.records) if r["event"] == "suggest"][1]
    disk = cut(whole, suggested + 1, "cut")
    again = go_on(whole, "cut", disk)
    assert again.backend.calls[:2] == [("copy", 0), ("run", 1)]


def test_trial_that_had_reported_keeps_its_own_checkpoint() -> None:
    scheduler = lambda: PlannedScheduler([start(0.1), start(0.2, checkpoint_of=0)])  # noqa: E731
    whole = run(scheduler, by_trial(epochs(1), epochs(4)))
    reported = next(i for i, r in enumerate(whole.records) if r["event"] == "report" and r["trial"] == 1)
    disk = cut(whole, reported + 1, "cut")
    again = go_on(whole, "cut", disk)
    assert again.backend.calls == [("run", 1)]
    assert again.values() == whole.values()


def test_stopped_trials_stay_stopped_and_their_late_reports_are_found() -> None:
    make = lambda: RandomScheduler(2, lambda t, r: STOP if r["epoch"] == 2 else CONTINUE)  # noqa: E731
    whole = run(make, epochs(6), lag=2)
    told = next(i for i, r in enumerate(whole.records) if r.get("decision") == STOP)
    disk = cut(whole, told + 1, "cut", ahead=2)
    again = go_on(whole, "cut", disk)
    assert again.values() == whole.values()
    assert again.backend.started() == [1]
    assert again.scheduler.shown(0) == [1, 2]


# -- interrupts instead of cuts ----------------------------------------------------------------------


@pytest.mark.parametrize("ticks", [1, 2, 3, 5])
def test_experiment_interrupted_every_few_ticks_gets_to_its_end(ticks: int) -> None:
    def interrupt(tick: int) -> None:
        if tick > ticks:
            raise KeyboardInterrupt

    whole = run(promoting, epochs(5))
    disk = Disk()
    for _ in range(100):
        backend, scheduler = ScriptedBackend(epochs(5), disk=disk, on_tick=interrupt), promoting()
        tuner = make_tuner(backend, scheduler, name="often")
        try:
            tuner.run()
            break
        except KeyboardInterrupt:
            status = read_status(paths_of("often").status)
            assert status is not None
            assert status.state == ExperimentState.interrupted
    again = Experiment(promoting, epochs(5), tuner, scheduler, backend, "often", {})
    assert (again.values(), again.suggestions()) == (whole.values(), whole.suggestions())
    assert_consistent(again, [])
    times = [record["t"] for record in again.records]
    assert times == sorted(times), "the clock never goes back"


# -- what replay promises ----------------------------------------------------------------------------


def ledger_of(scheduler: TrialScheduler) -> TrialLedger:
    return TrialLedger(scheduler, TuningStatus(["loss"]), "epoch")


def test_same_prefix_gives_the_same_next_suggestion() -> None:
    whole = run(promoting, epochs(5), n_workers=3, lag=1)
    records = whole.records
    next_ones = [i for i, record in enumerate(records) if record["event"] == "suggest"]
    assert len(next_ones) > 10
    for position in next_ones:
        scheduler = promoting()
        replay(records[:position], ledger_of(scheduler), {})
        suggestion = scheduler.suggest(records[position]["asked"])
        assert suggestion is not None
        assert suggestion.checkpoint_trial_id == records[position]["source"]
        assert suggestion.config == records[position]["config"]
        assert json.loads(json.dumps(scheduler.state())) == records[position]["state"]


class _Asked(RandomScheduler):
    """Replays as the base class does: by asking again."""

    replay = "approximate"

    def __init__(self) -> None:
        super().__init__(6)
        self._rng = random.Random(3)

    def _random_config(self) -> dict[str, Any]:
        return {"x": self._rng.random(), "fixed": 3}

    def replay_suggestion(self, trial_id: int, suggestion: Any, state: Any) -> None:
        TrialScheduler.replay_suggestion(self, trial_id, suggestion, state)


def test_methods_may_be_replayed_by_asking_again() -> None:
    whole = run(_Asked, epochs(2))
    for length in range(0, len(whole.records), 3):
        name = f"cut-{length}"
        again = go_on(whole, name, cut(whole, length, name))
        assert (again.values(), again.suggestions()) == (whole.values(), whole.suggestions())


def test_decision_on_record_wins_over_a_method_that_changed_its_mind(
    caplog: pytest.LogCaptureFixture,
) -> None:
    whole = run(lambda: RandomScheduler(2, lambda t, r: STOP if r["epoch"] == 2 else CONTINUE), epochs(4))
    last = next(i for i, r in enumerate(whole.records) if r["event"] == "end_run" and r["trial"] == 0)
    disk = cut(whole, last + 1, "cut")
    with caplog.at_level(logging.WARNING):
        again = run(lambda: RandomScheduler(2), epochs(4), "cut", disk)
    assert "the record wins" in caplog.text
    assert again.tuner.ledger.trials[0].state == Status.stopped
    assert 0 not in again.backend.started()


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (
            {"event": "report", "trial": 9, "report": {"loss": 1}, "decision": "CONTINUE"},
            "contradictory report",
        ),
        ({"event": "end_run", "trial": 9, "state": "Completed"}, "contradictory end_run"),
        ({"event": "redeliver", "trial": 0, "decision": "CONTINUE"}, "contradictory redeliver"),
        ({"event": "resume", "trial": 0, "config": None}, "contradictory resume"),
        ({"event": "end_run"}, "contradictory end_run"),
        ({"event": "from the future"}, "unknown event 'from the future'"),
    ],
)
def test_journal_that_contradicts_itself_is_refused(record: Record, message: str) -> None:
    first = {
        "event": "suggest",
        "kind": "start",
        "asked": 0,
        "source": None,
        "config": {"x": 0.5, "fixed": 3},
    }
    first.update(state={"num_started": 1}, time=0.0)
    scheduler = RandomScheduler(3)
    with pytest.raises(JournalError, match=message):
        replay([first, record], ledger_of(scheduler), {})


def test_replay_tells_the_method_all_that_it_was_told() -> None:
    whole = run(promoting, epochs(5), n_workers=2, lag=2)
    scheduler = promoting()
    replay(whole.records, ledger_of(scheduler), {})
    assert scheduler.notes == whole.scheduler.notes


# -- the clock -----------------------------------------------------------------------------------------


def test_clock_continues_from_the_status_of_a_killed_tuner() -> None:
    """It was written after the last event of the journal."""
    whole = run(RandomScheduler, epochs(3))
    cut(whole, 3, "cut")
    status = json.loads(paths_of("whole").status.read_bytes())
    paths_of("cut").status.write_text(
        json.dumps({**status, "elapsed": 1234.5, "state": "running", "pid": 2**22 + 1})
    )
    assert go_on(whole, "cut", Disk()).tuner.elapsed == pytest.approx(1234.5 + 12)


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"state": "running", "surplus": 1}'])
def test_damaged_status_costs_a_warning_only(damage: bytes, caplog: pytest.LogCaptureFixture) -> None:
    whole = run(RandomScheduler, epochs(3))
    disk = cut(whole, 3, "cut")
    paths_of("cut").status.write_bytes(damage)
    again = go_on(whole, "cut", disk)
    assert "damaged" in caplog.text
    assert_consistent(again, whole.records[:3])


def test_damaged_status_of_a_finished_experiment_is_written_again() -> None:
    whole = run(RandomScheduler, epochs(3))
    paths_of("whole").status.write_bytes(b"{")
    go_on(whole, "whole", Disk())
    status = read_status(paths_of("whole").status)
    assert status is not None
    assert (status.state, status.num_reports) == (ExperimentState.finished, 9)
