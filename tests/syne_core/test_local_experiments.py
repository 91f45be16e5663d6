"""Whole experiments with trials as processes: promoted, cut, killed, interrupted, continued."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from scripted import (
    NotingScheduler,
    PlannedScheduler,
    PromotingScheduler,
    RandomScheduler,
    make_tuner,
    paths_of,
    records_of,
    reports_of,
    start,
)

from syne_core.backend.local import local_backend
from syne_core.backend.local.local_backend import LocalBackend
from syne_core.errors import ExperimentLockedError, TooManyFailuresError
from syne_core.experiment_status import ExperimentState, read_status
from syne_core.optimizer.scheduler import SchedulerDecision
from syne_core.results_callback import StoreResultsCallback

TRAINING = """
import argparse, os, sys, time
from syne_core import Reporter
parser = argparse.ArgumentParser()
parser.add_argument("--x", type=float)
parser.add_argument("--fixed", type=int)
parser.add_argument("--st_checkpoint_dir")
args = parser.parse_args()
saved = os.path.join(args.st_checkpoint_dir, "epoch")
first = int(open(saved).read()) + 1 if os.path.exists(saved) else 1
report = Reporter()
for epoch in range(first, 5):
    report(epoch=epoch, loss=round(args.x * 7.3 % 1 + 1 / epoch, 6))
    with open(saved + ".new", "w") as file:
        file.write(str(epoch))
    os.replace(saved + ".new", saved)
    time.sleep(PACE)
"""


@pytest.fixture
def script(tmp_path: Path) -> Callable[..., str]:
    def make(code: str = TRAINING, pace: float = 0.0) -> str:
        path = tmp_path / "training script.py"
        path.write_text(code.replace("PACE", str(pace)))
        return str(path)

    return make


def promoting() -> PromotingScheduler:
    return PromotingScheduler(5, rungs=(1, 2), eta=2)


def run_local(
    entry_point: str, scheduler: NotingScheduler, name: str = "exp", **settings: Any
) -> NotingScheduler:
    make_tuner(
        LocalBackend(entry_point, grace=120.0), scheduler, name=name, **{"sleep_time": 5.0, **settings}
    ).run()
    return scheduler


def suggestions_of(name: str) -> list[tuple[Any, ...]]:
    return [(r["kind"], r["source"], r["config"]) for r in records_of(name, "suggest")]


def state_of(name: str = "exp") -> str:
    status = read_status(paths_of(name).status)
    assert status is not None
    return status.state


def assert_nothing_lost_or_doubled(scheduler: NotingScheduler, name: str = "exp") -> None:
    values = [(trial, epoch) for trial, epoch, _ in reports_of(name)]
    assert len(set(values)) == len(values)
    for trial_id in {trial for trial, _ in values}:
        shown = scheduler.shown(trial_id)
        assert shown == list(range(1, len(shown) + 1))


@pytest.mark.parametrize("n_workers", [1, 2])
def test_experiment_runs_to_its_end(script: Callable[..., str], n_workers: int) -> None:
    scheduler = run_local(script(), promoting(), n_workers=n_workers, callbacks=[StoreResultsCallback()])
    assert scheduler.num_started == 5
    assert_nothing_lost_or_doubled(scheduler)
    assert any(scheduler.shown(i) == [1, 2, 3, 4] for i in range(5)), "somebody was promoted to the end"
    assert paths_of().results.exists()
    assert state_of() == ExperimentState.finished


def test_experiment_runs_in_an_awkward_folder(
    script: Callable[..., str], awkward_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNETUNE_FOLDER", str(awkward_path))
    entry_point = awkward_path / "it's a script.py"
    shutil.copy(script(), entry_point)
    assert_nothing_lost_or_doubled(run_local(str(entry_point), promoting()))
    assert paths_of().folder.parent == awkward_path


@pytest.mark.parametrize("share", [0.1, 0.35, 0.6, 0.85])
def test_cut_experiment_ends_up_as_the_uninterrupted_one(script: Callable[..., str], share: float) -> None:
    """The logs and checkpoints of its trials are ahead of its journal."""
    entry_point = script()
    whole = run_local(entry_point, promoting(), "whole")
    shutil.copytree(paths_of("whole").folder, paths_of("cut").folder)
    paths_of("cut").status.unlink()
    data = paths_of("cut").journal.read_bytes()
    paths_of("cut").journal.write_bytes(data[: int(share * len(data))])
    again = run_local(entry_point, promoting(), "cut")
    assert suggestions_of("cut") == suggestions_of("whole")
    assert {(t, e, v) for t, e, v in reports_of("whole") if e <= len(again.shown(t))} <= {*reports_of("cut")}
    assert [again.shown(i) for i in range(5)] == [whole.shown(i) for i in range(5)]
    assert_nothing_lost_or_doubled(again, "cut")


# Goes no further, except for its trials, once its journal has so many records, until it is let go.
RUN_IT = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from scripted import PromotingScheduler, make_tuner, paths_of
from syne_core.backend.local.local_backend import LocalBackend
from syne_core.tuner_callback import TunerCallback

class Leash(TunerCallback):
    def on_loop_start(self):
        while is_long() and not Path(sys.argv[4]).exists():
            time.sleep(0.005)

def is_long():
    return paths_of().journal.read_bytes().count(b"\\n") >= int(sys.argv[3])

backend = LocalBackend(sys.argv[2], grace=2.0)
scheduler = PromotingScheduler(int(sys.argv[5]), rungs=(1, 2), eta=2)
try:
    make_tuner(backend, scheduler, n_workers=2, sleep_time=5.0, callbacks=[Leash()]).run()
except KeyboardInterrupt:
    sys.exit(130)
"""


@contextlib.contextmanager
def running_tuner(entry_point: str, num_new: int, num_trials: int = 5) -> Iterator[subprocess.Popen[bytes]]:
    """A tuner in a process of its own, once its journal has grown by ``num_new`` records.

    It cannot come to the end of the experiment before we let it, however long we take: it goes on for a few
    records only.
    """
    size, let_go = num_records() + num_new, Path(entry_point).with_name("let go")
    command = [sys.executable, "-c", RUN_IT, str(Path(__file__).parent), entry_point, str(size + 6)]
    with subprocess.Popen([*command, str(let_go), str(num_trials)]) as tuner:
        try:
            wait_for(lambda: num_records() >= size)
            yield tuner
        finally:
            tuner.kill()


def let_go(entry_point: str) -> None:
    Path(entry_point).with_name("let go").touch()


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def num_records() -> int:
    return paths_of().journal.read_bytes().count(b"\n") if paths_of().journal.exists() else 0


def processes_of(entry_point: str) -> list[int]:
    """Processes that run the script."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if os.fsencode(entry_point) in entry.read_bytes().split(b"\0")[1:2]:
                found.append(int(entry.parent.name))
        except OSError:
            continue
    return found


def test_experiment_whose_tuner_is_killed_again_and_again_gets_to_its_end(script: Callable[..., str]) -> None:
    """Fault 8: resume forgot running trials and restarted the clock at 0."""
    entry_point = script(pace=0.03)
    for _ in range(4):
        with running_tuner(entry_point, num_new=6, num_trials=20) as tuner:
            tuner.kill()
    assert not records_of(event="end"), "it was killed before its end"
    assert state_of() == ExperimentState.interrupted
    scheduler = PromotingScheduler(20, rungs=(1, 2), eta=2)
    run_local(entry_point, scheduler, n_workers=2)
    assert_nothing_lost_or_doubled(scheduler)
    assert scheduler.num_started == 20
    assert len(records_of(event="session")) == 5
    times = [record["t"] for record in records_of()]
    assert times == sorted(times)
    assert state_of() == ExperimentState.finished


def test_interrupted_tuner_ends_its_trials_and_can_be_continued(script: Callable[..., str]) -> None:
    entry_point = script(pace=0.05)
    with running_tuner(entry_point, num_new=5) as tuner:
        tuner.send_signal(signal.SIGINT)
        assert tuner.wait(120) == 130
    assert processes_of(entry_point) == []
    assert state_of() == ExperimentState.interrupted
    scheduler = run_local(entry_point, promoting(), n_workers=2)
    assert_nothing_lost_or_doubled(scheduler)
    assert state_of() == ExperimentState.finished


def test_second_tuner_is_refused_at_once_and_the_first_goes_on(
    script: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait_for_lock(path: Path) -> int:
        raise AssertionError("it was to be refused before it looks at the trials")

    entry_point = script(pace=0.05)
    with running_tuner(entry_point, num_new=3) as tuner:
        monkeypatch.setattr(local_backend, "_locked", wait_for_lock)
        with pytest.raises(ExperimentLockedError, match=f"process {tuner.pid} on "):
            run_local(entry_point, promoting())
        let_go(entry_point)
        assert tuner.wait(120) == 0
    assert state_of() == ExperimentState.finished


SAVES_WHEN_ASKED = """
import signal, sys, time
from syne_core import Reporter
report = Reporter()
def save(number, frame):
    report(epoch=2, loss=0.25)
    sys.exit(1)
signal.signal(signal.SIGTERM, save)
report(epoch=1, loss=0.5)
time.sleep(600)
"""


@pytest.mark.parametrize("decision", [SchedulerDecision.STOP, SchedulerDecision.PAUSE])
def test_what_a_trial_reports_when_told_to_end_counts(script: Callable[..., str], decision: str) -> None:
    """Fault 7: late reports of stopped trials were lost."""
    scheduler = PlannedScheduler([start(0.1)], lambda trial, report: decision)
    run_local(script(SAVES_WHEN_ASKED), scheduler)
    assert [(epoch, loss) for _, epoch, loss in reports_of()] == [(1, 0.5), (2, 0.25)]
    assert records_of(event="report")[1]["late"] is True
    assert records_of(event="end_run")[0]["state"] == {"STOP": "Stopped", "PAUSE": "Paused"}[decision]


def test_error_of_a_failing_script_is_in_the_message(script: Callable[..., str]) -> None:
    with pytest.raises(TooManyFailuresError, match="ZeroDivisionError") as caught:
        run_local(script("print(1 / 0)"), RandomScheduler(9), max_failures=2)
    assert "exit code 1" in str(caught.value)
    assert str(paths_of().trial(2).stderr) in str(caught.value)
    assert len(records_of(event="end_run")) == 3
    assert state_of() == ExperimentState.failed
