"""Which checkpoints are deleted, and when."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from scripted import (
    CRASH,
    Disk,
    PlannedScheduler,
    Program,
    RandomScheduler,
    ScriptedBackend,
    Step,
    by_trial,
    epochs,
    make_tuner,
    report_of,
    resume,
    start,
    steps,
)

from syne_core.backend import LocalBackend
from syne_core.backend.trial_status import Trial
from syne_core.config_space import uniform
from syne_core.errors import TooManyFailuresError
from syne_core.optimizer.baselines import ASHA
from syne_core.optimizer.scheduler import SchedulerDecision
from syne_core.optimizer.schedulers import MedianStoppingRule
from syne_core.stopping_criterion import StoppingCriterion

PAUSE, STOP, CONTINUE = SchedulerDecision.PAUSE, SchedulerDecision.STOP, SchedulerDecision.CONTINUE


@pytest.fixture(autouse=True)
def _quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda fd: None)


def _promotion(seed: int = 0) -> ASHA:
    space = {"x": uniform(0, 1)}
    return ASHA(space, "loss", "epoch", max_t=9, type="promotion", random_seed=seed)


def _diverging(*trial_ids: int) -> Program:
    """Trains for ever, from its checkpoint; the losses of some trials are NaN from the first epoch."""

    def program(trial: Trial, saved: int) -> Iterator[Step]:
        for epoch in range(saved + 1, 100):
            more = {"loss": math.nan} if trial.trial_id in trial_ids else {}
            yield {**report_of(trial, epoch), **more}

    return program


def _num_started(n: int) -> StoppingCriterion:
    return StoppingCriterion(max_num_trials_started=n)


def test_what_ended_is_deleted_before_the_next_trial_starts() -> None:
    programs = by_trial(epochs(2), epochs(9), steps({"epoch": 1, "loss": 1.0}, CRASH), epochs(1))
    backend = ScriptedBackend(programs, delete_checkpoints=True)
    scheduler = RandomScheduler(4, lambda t, r: STOP if r["epoch"] == 3 else CONTINUE)
    make_tuner(backend, scheduler, start_jobs_without_delay=False).run()
    told = [call for call in backend.calls if call[0] in ("run", "delete")]
    assert told == [(what, trial_id) for trial_id in range(4) for what in ("run", "delete")]


def test_paused_trials_keep_theirs_until_the_experiment_is_finished() -> None:
    backend = ScriptedBackend(_diverging(), delete_checkpoints=True)
    make_tuner(backend, _promotion(), n_workers=2, stop_criterion=_num_started(12)).run()
    last_run = max(i for i, call in enumerate(backend.calls) if call[0] == "run")
    stopped = {trial_id for what, trial_id in backend.calls if what == "stop"}
    early = {trial_id for what, trial_id in backend.calls[:last_run] if what == "delete"}
    assert early <= stopped
    assert backend.disk.saved == {}
    deleted = [trial_id for what, trial_id in backend.calls if what == "delete"]
    assert sorted(deleted) == list(range(12)), "each once"


@pytest.mark.parametrize("with_rule", [False, True])
@pytest.mark.parametrize("lag", [0, 3])
def test_diverged_trials_are_never_promoted_and_lose_theirs_at_once(lag: int, with_rule: bool) -> None:
    scheduler = MedianStoppingRule(_promotion(), "epoch", grace_time=99) if with_rule else _promotion()
    backend = ScriptedBackend(_diverging(1, 4), lag, delete_checkpoints=True)
    seen: list[tuple[int, ...]] = []
    backend.on_tick = lambda tick: seen.append(tuple(backend.disk.saved))
    settings = {"stop_criterion": _num_started(9), "start_jobs_without_delay": False}
    make_tuner(backend, scheduler, **settings).run()
    started = backend.started()
    assert started.count(1) == started.count(4) == 1
    assert max(map(started.count, range(9))) > 1, "others were promoted"
    for trial_id in (1, 4):
        ticks = [i for i, saved in enumerate(seen) if trial_id in saved]
        assert len(ticks) <= 1 + lag, "no longer than its run takes to end"
    assert 0 in seen[-1]


def test_trial_that_is_resumed_after_its_pause_keeps_its_checkpoint_until_it_ends() -> None:
    backend = ScriptedBackend(epochs(3), delete_checkpoints=True)
    plan = [start(0.1), start(0.2), resume(0)]
    scheduler = PlannedScheduler(
        [*plan], lambda t, r: PAUSE if (t.trial_id, r["epoch"]) == (0, 2) else CONTINUE
    )
    make_tuner(backend, scheduler).run()
    assert scheduler.shown(0) == [1, 2, 3]
    assert [call for call in backend.calls if call[0] == "delete"] == [("delete", 1), ("delete", 0)]


def test_interrupted_experiment_keeps_those_of_paused_trials_and_the_next_session_deletes_them() -> None:
    def interrupt(tick: int) -> None:
        if tick == 12:
            raise KeyboardInterrupt

    disk = Disk()
    first = ScriptedBackend(_diverging(), disk=disk, on_tick=interrupt, delete_checkpoints=True)
    with pytest.raises(KeyboardInterrupt):
        make_tuner(first, _promotion(), stop_criterion=_num_started(8)).run()
    assert len(disk.saved) >= 3
    assert not [call for call in first.calls if call[0] == "delete"]
    second = ScriptedBackend(_diverging(), disk=disk, delete_checkpoints=True)
    make_tuner(second, _promotion(), stop_criterion=_num_started(8)).run()
    assert second.ticks > 0, "it had to go on"
    assert disk.saved == {}


def test_experiment_that_failed_keeps_those_of_paused_trials() -> None:
    programs = by_trial(_diverging(), _diverging(), steps(CRASH))
    backend = ScriptedBackend(programs, delete_checkpoints=True)
    with pytest.raises(TooManyFailuresError):
        make_tuner(
            backend, PlannedScheduler([start(0.1), start(0.2), start(0.3)], _at_1), max_failures=0
        ).run()
    assert sorted(backend.disk.saved) == [0, 1]


def _at_1(trial: Trial, report: object) -> str:
    return PAUSE


class _DiesAtTheEnd(ScriptedBackend):
    """Is killed in the middle of the last deletions."""

    def delete_checkpoint(self, trial_id: int) -> None:
        if trial_id == 1:
            raise KeyboardInterrupt
        super().delete_checkpoint(trial_id)


def test_session_that_dies_while_deleting_leaves_the_rest_to_the_next() -> None:
    disk = Disk()
    plan = [start(0.1), start(0.2), start(0.3)]
    tuner = make_tuner(
        _DiesAtTheEnd(epochs(3), disk=disk, delete_checkpoints=True), PlannedScheduler([*plan], _at_1)
    )
    with pytest.raises(KeyboardInterrupt):
        tuner.run()
    assert sorted(disk.saved) == [1, 2]
    again = ScriptedBackend(epochs(3), disk=disk, delete_checkpoints=True)
    make_tuner(again, PlannedScheduler([*plan], _at_1)).run()
    assert disk.saved == {}
    assert again.started() == []


def test_diverged_trial_of_a_killed_session_loses_its_checkpoint_in_the_next() -> None:
    disk = Disk()
    backend = _DiesAtTheEnd(_diverging(1), disk=disk, delete_checkpoints=True)
    tuner = make_tuner(backend, _promotion(), stop_criterion=_num_started(9))
    with pytest.raises(KeyboardInterrupt):
        tuner.run()
    assert 1 in disk.saved
    seen = []
    again = ScriptedBackend(_diverging(1), disk=disk, delete_checkpoints=True)
    again.on_tick = lambda tick: seen.append(1 in disk.saved)
    make_tuner(again, _promotion(), stop_criterion=_num_started(9)).run()
    assert seen
    assert not any(seen)


def test_nothing_is_deleted_unless_asked_for() -> None:
    backend = ScriptedBackend(_diverging(1), delete_checkpoints=False)
    make_tuner(backend, _promotion(), stop_criterion=_num_started(6)).run()
    assert sorted(backend.disk.saved) == list(range(5)), "the last one did not get to report"
    assert not [call for call in backend.calls if call[0] == "delete"]


def test_only_diverged_trials_are_given_up_and_each_once() -> None:
    scheduler = _promotion()
    for trial_id, loss in enumerate((1.0, math.nan, 2.0, math.inf, 99.0)):
        suggestion = scheduler.suggest(100 + trial_id)
        assert suggestion is not None
        if not suggestion.spawn_new_trial_id:
            continue
        assert suggestion.config is not None
        trial = Trial(100 + trial_id, suggestion.config, datetime(2000, 1, 1))
        scheduler.on_trial_add(trial)
        assert scheduler.on_trial_result(trial, {"epoch": 1, "loss": loss}) == PAUSE
        scheduler.on_trial_remove(trial)
    assert scheduler.trials_checkpoints_can_be_removed() == [101, 103]
    assert scheduler.trials_checkpoints_can_be_removed() == []
    stopping = ASHA({"x": uniform(0, 1)}, "loss", "epoch", max_t=9)
    assert stopping.trials_checkpoints_can_be_removed() == []


SCRIPT = """
import argparse, os, pathlib, signal
from syne_core import Reporter
parser = argparse.ArgumentParser()
parser.add_argument("--x", type=float)
parser.add_argument("--epochs", type=int)
parser.add_argument("--st_checkpoint_dir")
args = parser.parse_args()
saved = pathlib.Path(args.st_checkpoint_dir, "epoch")
assert args.x < 0.9, "failing on purpose"
first = int(saved.read_text()) + 1 if saved.exists() else 1
report = Reporter()
for epoch in range(first, args.epochs + 1):
    saved.with_suffix(".new").write_text(str(epoch))
    os.replace(saved.with_suffix(".new"), saved)
    report(epoch=epoch, loss=args.x + 1 / epoch, first=first)
    if first == 1:
        signal.pause()  # it is going to be paused here
"""


@pytest.mark.parametrize("delete", [True, False])
def test_local_trials_leave_no_checkpoint_and_resume_from_it_before(tmp_path: Path, delete: bool) -> None:
    script = tmp_path / "train.py"
    script.write_text(SCRIPT)
    backend = LocalBackend(str(script), delete_checkpoints=delete)
    points = [{"x": x} for x in (0.1, 0.2, 0.3, 0.95)]
    space = {"x": uniform(0, 1), "epochs": 3}
    settings = {"max_resource_attr": "epochs", "type": "promotion", "points_to_evaluate": points}
    scheduler = ASHA(space, "loss", "epoch", random_seed=0, **settings)
    stop = StoppingCriterion(max_metric_value={"epoch": 3})  # one was resumed, and is through
    tuner = make_tuner(backend, scheduler, n_workers=2, stop_criterion=stop, max_failures=99)
    tuner.run()
    folders = sorted(tuner.paths.trials.glob("*/checkpoints"))
    files = list(tuner.paths.trials.glob("*/checkpoints/epoch"))
    if delete:
        assert folders == []
    else:
        assert len(folders) == tuner.tuning_status.num_trials_started
        assert files
    last = [tracked.last for tracked in tuner.ledger.trials.values() if tracked.last]
    assert {report["first"] for report in last if report["epoch"] == 3} == {2}, "from its checkpoint"
