"""Several experiments at once, each in a process of its own; called as a user calls it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
from processes import is_alive

from benchmarking.commons.study.parallel import one_thread_each

TAG = ("--experiment_tag", "t", "--benchmark", "parabola", "--method", "RS", "--max_num_evaluations", "8")
PAIR = (*TAG, "--num_seeds", "2", "--n_workers", "1", "--n_parallel", "2")

#: Runs at the start of the training script: say who and how we are, wait for a file.
PROLOGUE = """
import json, os, pathlib, signal, time
signs = pathlib.Path({signs!r})
name = os.getcwd().split("/RS-")[-1][0] if "/RS-" in os.getcwd() else "other"
sign = signs / f"{{name}}-{{os.getpid()}}"
sign.with_suffix(".new").write_text(json.dumps(dict(os.environ)))
sign.with_suffix(".new").rename(sign)
{wait}
"""
WAIT_FOR_EACH_OTHER = """
deadline = time.monotonic() + 180
while len({path.name[0] for path in signs.glob("[01]-*")}) < 2:
    assert time.monotonic() < deadline, "the other experiment never began"
    time.sleep(0.01)
"""
WAIT_FOR_GATE = """
while not (signs / "gate").exists():
    time.sleep(0.01)
"""
#: Workers and trials that are told to end are waited for, not killed: on a busy machine, that may take long.
NO_HURRY = """
from benchmarking.commons.study import team
from syne_core.backend.local.local_backend import LocalBackend
team._INTERRUPT_GRACE = 10_000.0
LocalBackend.grace = property(lambda backend: 10_000.0, lambda backend, seconds: None)
"""


@pytest.fixture
def signs(tmp_path: Path) -> Path:
    """A folder in which trials say that they run."""
    folder = tmp_path / "signs"
    folder.mkdir()
    return folder


@pytest.fixture
def prepare(script: Path, signs: Path) -> Callable[[str], None]:
    """Put a prologue before the training script."""

    def write(wait: str) -> None:
        script.write_text(PROLOGUE.format(signs=str(signs), wait=wait) + script.read_text())

    return write


def wait_for(condition: Callable[[], object], seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def pids(signs: Path) -> set[int]:
    return {int(path.name.partition("-")[2]) for path in signs.glob("[01]-*") if path.suffix != ".new"}


def states(root: Path) -> list[str]:
    return [json.loads(path.read_text())["state"] for path in sorted(root.glob("*/*/*/status.json"))]


def tables(root: Path) -> list[list[tuple[object, ...]]]:
    columns = ["trial_id", "epoch", "config_x", "loss"]
    files = sorted(root.glob("*/*/*/results.csv.zip"))
    return [list(pd.read_csv(file)[columns].itertuples(index=False, name=None)) for file in files]


@contextmanager
def started(launcher: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, str(launcher), *words], stderr=subprocess.PIPE, text=True, env=os.environ
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def test_experiments_run_at_once_with_one_thread_each(
    launch, make_launcher, prepare, signs: Path, tmp_path: Path
) -> None:
    prepare(WAIT_FOR_EACH_OTHER)
    done = launch(make_launcher(), *PAIR, "--json", OPENBLAS_NUM_THREADS="3")
    assert done.returncode == 0, done.stderr
    outcomes = json.loads(done.stdout)
    assert [(one["seed"], one["state"]) for one in outcomes] == [(0, "finished"), (1, "finished")]
    for path in signs.glob("[01]-*"):
        environment = json.loads(path.read_text())
        assert (environment["OMP_NUM_THREADS"], environment["OPENBLAS_NUM_THREADS"]) == ("1", "3")
    for line in ("[1/2] RS on parabola, seed 0: begins", "[2/2] RS on parabola, seed 1: finished: max_num"):
        assert done.stderr.count(line) == 1, done.stderr
    metadata = json.loads(next(tmp_path.glob("syne-tune/t/RS-0/*/metadata.json")).read_text())
    assert "--run_one" not in metadata["command"]
    assert metadata["command"][-1] == "--json"


def test_at_once_gives_what_one_after_the_other_gives(launch, make_launcher, tmp_path: Path) -> None:
    launcher = make_launcher()
    at_once = launch(launcher, *PAIR)
    assert at_once.returncode == 0, at_once.stderr
    in_turn = launch(launcher, *PAIR[:-1], "1", SYNETUNE_FOLDER=str(tmp_path / "in-turn"))
    assert in_turn.returncode == 0, in_turn.stderr
    assert len(tables(tmp_path / "in-turn")) == 2
    assert tables(tmp_path / "syne-tune") == tables(tmp_path / "in-turn")
    again = launch(launcher, *PAIR)
    assert again.stderr.count("skipped: it is finished") == 2


def test_interrupt_stops_all_cleanly_and_the_same_command_continues(
    launch, make_launcher, prepare, signs: Path, tmp_path: Path
) -> None:
    prepare(WAIT_FOR_GATE)
    launcher, root = make_launcher(NO_HURRY), tmp_path / "syne-tune"
    with started(launcher, *PAIR) as process:
        wait_for(lambda: len(pids(signs)) == 2)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=180)
    assert process.returncode == 130, errors
    assert not any(map(is_alive, pids(signs)))
    assert f"the same command continues: python {launcher} --experiment_tag t" in errors
    assert "Traceback" not in errors
    assert states(root) == ["interrupted", "interrupted"]
    (signs / "gate").touch()
    done = launch(launcher, *PAIR)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count(": continues with 1 worker") == 2
    assert states(root) == ["finished", "finished"]
    for table in tables(root):
        assert len({row[:2] for row in table}) == len(table) >= 8


def test_killing_the_study_kills_workers_and_trials(
    launch, make_launcher, prepare, signs: Path, tmp_path: Path
) -> None:
    prepare(WAIT_FOR_GATE)
    launcher, root = make_launcher(), tmp_path / "syne-tune"
    with started(launcher, *PAIR) as process:
        wait_for(lambda: len(pids(signs)) == 2)
        workers = [json.loads(path.read_text())["pid"] for path in root.glob("*/*/*/status.json")]
        assert len(workers) == 2
        assert all(map(is_alive, workers))
        process.kill()
        wait_for(lambda: not any(map(is_alive, [*workers, *pids(signs)])))
    (signs / "gate").touch()
    done = launch(launcher, *PAIR)
    assert done.returncode == 0, done.stderr
    assert states(root) == ["finished", "finished"]


def test_second_interrupt_does_not_wait_for_stubborn_trials(
    make_launcher, prepare, signs: Path, tmp_path: Path
) -> None:
    prepare("signal.signal(signal.SIGTERM, lambda *_: (signs / f'{name}.term').touch())\n" + WAIT_FOR_GATE)
    with started(make_launcher(NO_HURRY), *PAIR) as process:
        wait_for(lambda: len(pids(signs)) == 2)
        process.send_signal(signal.SIGINT)
        wait_for(lambda: len(list(signs.glob("*.term"))) == 2)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=180)  # the trials would be waited for 10 000 s
    assert process.returncode == 130, errors
    assert not any(map(is_alive, pids(signs)))


def test_a_killed_worker_harms_no_other(make_launcher, prepare, signs: Path, tmp_path: Path) -> None:
    prepare(WAIT_FOR_GATE)
    root = tmp_path / "syne-tune"
    with started(make_launcher(), *PAIR) as process:
        wait_for(lambda: len(pids(signs)) == 2)
        status = json.loads(next(root.glob("t/RS-0/*/status.json")).read_text())
        os.kill(status["pid"], signal.SIGKILL)
        (signs / "gate").touch()
        _, errors = process.communicate(timeout=180)
    assert process.returncode == 3, errors
    assert "seed 0: interrupted: the tuner's process was killed" in errors
    assert states(root)[1] == "finished"


def test_a_failing_experiment_harms_no_other(launch, make_launcher, tmp_path: Path) -> None:
    more = (
        "def broken(arguments):\n"
        "    scheduler = RandomSearch(arguments)\n"
        "    scheduler.on_trial_result = lambda trial, result: 1 / 0\n"
        "    return scheduler\n"
        "methods = {'broken': broken, **methods}\n"
    )
    words = ("--experiment_tag", "t", "--benchmark", "parabola", "--method", "broken,RS", "--n_parallel", "2")
    done = launch(make_launcher(more), *words, "--max_num_evaluations", "8")
    assert done.returncode == 3, done.stderr
    assert "broken on parabola, seed 0: failed: ZeroDivisionError: division by zero" in done.stderr
    assert "Traceback" not in done.stderr
    assert states(tmp_path / "syne-tune") == ["finished", "failed"]


@pytest.mark.parametrize("n_parallel", ["1", "2"])
def test_who_runs_what_runs_already_is_told_so(
    launch, make_launcher, prepare, signs: Path, tmp_path: Path, n_parallel: str
) -> None:
    prepare(WAIT_FOR_GATE)
    launcher = make_launcher()
    with started(launcher, *PAIR) as process:
        wait_for(lambda: len(pids(signs)) == 2)
        second = launch(launcher, *PAIR[:-1], n_parallel, "--json")
        (signs / "gate").touch()
        process.communicate(timeout=180)
    assert second.returncode == 3, second.stderr
    for outcome in json.loads(second.stdout):
        assert outcome["state"] == "failed"
        assert "is being run by process" in outcome["reason"]
    assert process.returncode == 0
    assert states(tmp_path / "syne-tune") == ["finished", "finished"]


def test_a_file_that_changed_meanwhile_is_said(make_launcher, tmp_path: Path) -> None:
    command = [sys.executable, str(make_launcher()), *TAG, "--run_one", "0123456789abcdef"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as worker:
        assert worker.stderr is not None
        errors = worker.stderr.read()
        assert worker.wait(180) == 2
    assert "experiment 01234567 no longer follows from this command: a file has changed" in errors
    assert not (tmp_path / "syne-tune").exists()


def test_a_worker_whose_parent_is_gone_ends_at_once(make_launcher, prepare, signs: Path) -> None:
    prepare(WAIT_FOR_GATE)
    launcher = make_launcher()
    dry = subprocess.run(
        [sys.executable, str(launcher), *TAG, "--dry_run", "--json"], capture_output=True, check=True
    )
    command = [sys.executable, str(launcher), *TAG, "--run_one", json.loads(dry.stdout)[0]["id"]]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as worker:
        wait_for(lambda: pids(signs))
        assert worker.stdin is not None
        worker.stdin.close()
        assert worker.wait(180) == -signal.SIGKILL
    wait_for(lambda: not any(map(is_alive, pids(signs))))


def test_a_terminal_shows_a_table_that_follows_the_workers(make_launcher, prepare, signs: Path) -> None:
    prepare(WAIT_FOR_GATE)  # until one was seen running
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, str(make_launcher()), *PAIR, "--json"],
        stderr=theirs,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "150"},
    )
    os.close(theirs)
    shown = b""
    with process, open(ours, "rb", buffering=0) as terminal:
        with contextlib.suppress(OSError):  # the terminal's other end was closed
            while data := terminal.read(4096):
                shown += data
                if b"running" in shown:
                    (signs / "gate").touch()
        assert process.wait(180) == 0
    text = shown.decode()
    assert "running" in text
    assert re.search(r"RS +parabola +1 +1 +finished +\d+ \w+.*loss 0\.\d+ .*left", text), text
    assert "begins with" not in text, "on a terminal the table says it"


def test_users_decide_on_threads() -> None:
    environment = one_thread_each({"OMP_NUM_THREADS": "4", "HOME": "/home/me"})
    assert environment["OMP_NUM_THREADS"] == "4"
    assert environment["MKL_NUM_THREADS"] == "1"
    assert environment["HOME"] == "/home/me"
