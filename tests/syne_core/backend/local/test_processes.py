"""Processes of trials: started in the right place, ended completely, whatever dies first."""

from __future__ import annotations

import json
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
from processes import is_alive, open_files

from syne_core.backend.local import local_backend
from syne_core.backend.local.local_backend import LocalBackend
from syne_core.backend.trial_status import Status, TrialResult
from syne_core.errors import ExperimentError, ExperimentLockedError, UsageError
from syne_core.journal import Journal

# Seconds; only what hangs takes so long. A grace of so many is one that nothing here waits for.
TIMEOUT = 120.0
MakeBackend = Callable[..., LocalBackend]


@pytest.fixture
def make_backend(tmp_path: Path) -> Iterator[MakeBackend]:
    """Back-ends for a script given as text, closed after the test."""
    made: list[LocalBackend] = []

    def make(code: str, folder: Path | None = None, name: str = "script.py", **settings: Any) -> LocalBackend:
        folder = folder or tmp_path / "experiment"
        script = (folder.parent if folder.parent.is_dir() else tmp_path) / name
        script.write_text(code)
        backend = LocalBackend(str(script), **{"grace": 1.0, **settings})
        backend.set_path(str(folder))
        made.append(backend)
        return backend

    yield make
    for backend in made:
        backend.close()


def wait_for(condition: Callable[[], object], what: str = "it") -> None:
    """Until ``condition`` holds; it is looked at every few milliseconds, at most ``TIMEOUT`` seconds."""
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.005)


def ended(backend: LocalBackend, trial_id: int) -> TrialResult:
    """The trial once its run has ended."""
    deadline = time.monotonic() + TIMEOUT
    while True:
        (result, state), *_ = backend.fetch_status_results([trial_id])[0].values()
        if state not in (Status.in_progress, Status.stopping):
            assert isinstance(result, TrialResult)
            return result
        assert time.monotonic() < deadline, f"trial {trial_id} does not end"
        backend.wait(0.5)


def file_of(backend: LocalBackend, name: str, trial_id: int = 0) -> Path:
    """A file that the trial writes to its working folder."""
    path = backend.trial_paths(trial_id).folder / name
    wait_for(path.exists, name)
    return path


def pids_in(path: Path, count: int) -> list[int]:
    """Process ids, a line each, once there are ``count``."""
    wait_for(lambda: path.exists() and path.read_text().count("\n") >= count, f"{count} lines in {path.name}")
    return [int(line) for line in path.read_text().split()]


def assert_gone(pids: list[int]) -> None:
    wait_for(lambda: not any(map(is_alive, pids)), f"the end of some of {pids}")


# Forks a child of its group, a daemon in a session of its own, and a child of that daemon; notes them all.
FAMILY = """
import os, signal, sys, time
def note():
    with open("pids", "a") as file:
        file.write(f"{os.getpid()}\\n")
def sleep():
    note()
    time.sleep(600)
    os._exit(0)
ignore = sys.argv[2] == "True"
if ignore:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
note()
if os.fork() == 0:
    sleep()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        if os.fork() == 0:
            sleep()
        sleep()
    os._exit(0)
"""


@pytest.mark.parametrize("ignore", [True, False])
def test_stop_ends_children_and_daemons_also_if_they_ignore_it(
    make_backend: MakeBackend, ignore: bool
) -> None:
    """Fault 1: a stop killed only the parent process."""
    backend = make_backend(FAMILY + "time.sleep(600)", grace=0.3)
    backend.start_trial({"ignore": ignore})
    pids = pids_in(backend.trial_paths(0).folder / "pids", 4)
    backend.stop_trial(0)
    assert ended(backend, 0).status == Status.stopped
    assert not any(map(is_alive, pids)), "its worker is free only when nothing holds on to a GPU any more"


def test_nothing_of_a_trial_stays_when_it_ends_by_itself(make_backend: MakeBackend) -> None:
    backend = make_backend(FAMILY + "while open('pids').read().count('\\n') < 4: time.sleep(0.01)")
    backend.start_trial({"ignore": False})
    assert ended(backend, 0).status == Status.completed
    assert not any(map(is_alive, pids_in(backend.trial_paths(0).folder / "pids", 4)))


def test_daemons_of_other_trials_are_left_alone(make_backend: MakeBackend) -> None:
    backend = make_backend(FAMILY + "time.sleep(600)")
    backend.start_trial({"ignore": False})
    backend.start_trial({"ignore": False})
    first, second = (pids_in(backend.trial_paths(i).folder / "pids", 4) for i in (0, 1))
    backend.stop_trial(0)
    ended(backend, 0)
    assert_gone(first)
    assert all(map(is_alive, second))
    backend.close()
    assert_gone(second)


SAVING = """
import os, signal, sys, time
from syne_core import Reporter
report = Reporter()
def save(number, frame):
    with open("saved", "w") as file:
        file.write("state")
    report(epoch=2, loss=0.5)
    sys.exit(3)
print(signal.getsignal(signal.SIGTERM) == signal.SIG_DFL, signal.getsignal(signal.SIGHUP) == signal.SIG_DFL,
      signal.getsignal(signal.SIGINT) is signal.default_int_handler,
      signal.pthread_sigmask(signal.SIG_BLOCK, []) == set(), flush=True)
signal.signal(signal.SIGTERM, save)
report(epoch=1, loss=1.0)
time.sleep(600)
"""


@pytest.mark.parametrize("blocked", [False, True])
def test_script_gets_sigterm_as_usual_and_may_save_and_report(
    make_backend: MakeBackend, blocked: bool
) -> None:
    """Whatever the tuner's process does with signals. What is reported while ending counts."""
    if blocked:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGCHLD, signal.SIGUSR1])
    try:
        backend = make_backend(SAVING, grace=TIMEOUT)
        backend.start_trial({})
        wait_for(lambda: backend.fetch_status_results([0])[1], "a report")
        backend.pause_trial(0)
        result = ended(backend, 0)
    finally:
        if blocked:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
    assert backend.stdout(0)[0].split() == ["True"] * 4
    assert result.status == Status.paused
    assert [report["epoch"] for report in result.metrics] == [1, 2]
    assert file_of(backend, "saved").read_text() == "state"


WITH_CHILD = """
import os, signal, time
def save(number, frame):
    open(f"saved by {os.getpid()}", "w").close()
    os._exit(0)
def ready():
    with open("pids", "a") as file:
        file.write(f"{os.getpid()}\\n")
if os.fork():
    signal.signal(signal.SIGTERM, lambda *_: None)
    while not os.path.exists("pids"):
        time.sleep(0.01)
    ready()
    os.wait()
else:
    signal.signal(signal.SIGTERM, save)
    ready()
    time.sleep(600)
"""


def test_children_are_asked_to_end_like_their_parent(make_backend: MakeBackend) -> None:
    """Fault 1: workers of a script save what they have, too."""
    backend = make_backend(WITH_CHILD, grace=TIMEOUT)
    backend.start_trial({})
    child, _ = pids_in(backend.trial_paths(0).folder / "pids", 2)
    backend.stop_trial(0)
    assert ended(backend, 0).status == Status.stopped
    assert (backend.trial_paths(0).folder / f"saved by {child}").exists()


STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, lambda *_: open("asked", "w").close())
with open("ready.new", "w") as file:
    file.write(str(os.getpid()))
os.replace("ready.new", "ready")
while True:
    time.sleep(600)
"""


def test_script_that_does_not_go_is_killed_after_the_grace(make_backend: MakeBackend) -> None:
    backend = make_backend(STUBBORN, grace=0.5)
    backend.start_trial({})
    file_of(backend, "ready")
    start = time.monotonic()
    backend.stop_trial(0)
    assert ended(backend, 0).status == Status.stopped
    assert time.monotonic() - start > 0.45


def test_script_that_does_not_go_is_asked_and_holds_its_worker_until_it_is_gone(
    make_backend: MakeBackend,
) -> None:
    backend = make_backend(STUBBORN, grace=TIMEOUT)
    backend.start_trial({})
    pid = int(file_of(backend, "ready").read_text())
    backend.stop_trial(0)
    file_of(backend, "asked")
    assert backend.busy_trial_ids() == [(0, Status.stopping)]
    os.kill(pid, signal.SIGKILL)
    assert ended(backend, 0).status == Status.stopped
    assert backend.busy_trial_ids() == []


def test_without_grace_it_is_killed_at_once(make_backend: MakeBackend) -> None:
    backend = make_backend(STUBBORN, grace=0.0)
    backend.start_trial({})
    file_of(backend, "ready")
    backend.stop_trial(0)
    assert ended(backend, 0).status == Status.stopped
    assert not (backend.trial_paths(0).folder / "asked").exists()


def test_close_ends_trials_gracefully(make_backend: MakeBackend) -> None:
    backend = make_backend(SAVING, grace=TIMEOUT)
    backend.start_trial({})
    wait_for(lambda: backend.fetch_status_results([0])[1], "a report")
    backend.close()
    assert file_of(backend, "saved").read_text() == "state"


def test_interrupt_while_closing_still_ends_everything(
    make_backend: MakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second Ctrl-C, by somebody who does not want to wait for the grace."""

    def interrupt(timeout: float) -> None:
        raise KeyboardInterrupt

    backend = make_backend(FAMILY + "time.sleep(600)", grace=TIMEOUT)
    backend.start_trial({"ignore": True})
    pids = pids_in(backend.trial_paths(0).folder / "pids", 4)
    with monkeypatch.context() as patch:
        patch.setattr(backend, "wait", interrupt)
        with pytest.raises(KeyboardInterrupt):
            backend.close()
    assert not any(map(is_alive, pids))
    assert backend.busy_trial_ids() == []


def test_interrupt_while_a_trial_is_started_does_not_make_closing_wait(
    make_backend: MakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    backend = make_backend("import time; time.sleep(600)", grace=TIMEOUT)
    backend.start_trial({})
    assert backend._client is not None
    with monkeypatch.context() as patch:
        patch.setattr(backend._client, "spawn", interrupt)
        with pytest.raises(KeyboardInterrupt):
            backend.start_trial({})
    assert backend.busy_trial_ids() == [(0, Status.in_progress)], "nobody waits for the other"
    start = time.monotonic()
    backend.close()
    assert time.monotonic() - start < TIMEOUT


# -- a tuner or the process server that is killed -------------------------------------------------


KILLED_TUNER = """
import os, sys, time
from pathlib import Path
from syne_core.backend.local.local_backend import LocalBackend
from syne_core.journal import Journal
script, folder, fork = sys.argv[1:]
journal = Journal(Path(folder) / "journal.jsonl")
backend = LocalBackend(script, grace=120.0)
backend.set_path(folder)
for _ in range(2):
    backend.start_trial({"ignore": True})
if fork == "fork" and os.fork() == 0:  # as multiprocessing in a callback does
    os.close(1)
    open(os.path.join(folder, "forked"), "w").write(f"{os.getpid()}\\n")
    time.sleep(600)
    os._exit(0)
print("running", flush=True)
while True:
    backend.fetch_status_results([0, 1])
    backend.wait(1.0)
"""


@pytest.mark.parametrize("fork", ["alone", "fork"])
def test_everything_ends_with_a_killed_tuner(make_backend: MakeBackend, tmp_path: Path, fork: str) -> None:
    folder = tmp_path / "experiment"
    backend = make_backend(FAMILY + "time.sleep(600)", folder)
    command = [sys.executable, "-c", KILLED_TUNER, str(backend.entrypoint_path()), str(folder), fork]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as tuner:
        try:
            assert tuner.stdout is not None
            assert tuner.stdout.readline() == b"running\n"
            pids = [pid for i in (0, 1) for pid in pids_in(folder / "trials" / str(i) / "pids", 4)]
            forked = pids_in(folder / "forked", 1) if fork == "fork" else []
            assert all(map(is_alive, pids))
        finally:
            tuner.kill()
        assert_gone(pids)
        for pid in forked:
            assert is_alive(pid)
            os.kill(pid, signal.SIGKILL)
        assert_gone(forked)
    Journal(folder / "journal.jsonl").close()
    backend.start_trial({"ignore": False})  # the folder's locks are free
    assert backend.busy_trial_ids() == [(0, Status.in_progress)]


def server_of(backend: LocalBackend) -> subprocess.Popen[bytes]:
    assert backend._client is not None
    return backend._client._server


@pytest.mark.parametrize("read_before", [True, False])
def test_killed_process_server_is_a_clear_error_and_leaves_nothing(
    make_backend: MakeBackend, read_before: bool
) -> None:
    backend = make_backend(FAMILY + "time.sleep(600)")
    backend.start_trial({"ignore": True})
    backend.start_trial({"ignore": True})
    pids = [pid for i in (0, 1) for pid in pids_in(backend.trial_paths(i).folder / "pids", 4)]
    if read_before:
        backend.fetch_status_results([0, 1])
    server_of(backend).kill()
    server_of(backend).wait()
    with pytest.raises(ExperimentError, match="run the same command again"):
        backend.fetch_status_results([0, 1])
    assert_gone(pids)
    backend.close()
    backend.start_trial({"ignore": False})
    assert backend.fetch_status_results([2])[0][2][1] == Status.in_progress, "and a new session works"


def test_server_that_dies_with_requests_unread_is_the_same_clear_error(make_backend: MakeBackend) -> None:
    backend = make_backend("import time; time.sleep(600)")
    backend.start_trial({})
    server = server_of(backend)
    server.send_signal(signal.SIGSTOP)
    backend.start_trial({})
    server.kill()
    server.wait()
    with pytest.raises(ExperimentError, match="run the same command again"):
        backend.fetch_status_results([0, 1])
    with pytest.raises(ExperimentError, match="run the same command again"):
        backend.start_trial({})


def test_lock_is_held_until_the_last_process_of_a_killed_tuner_is_gone(make_backend: MakeBackend) -> None:
    """So the next tuner cannot meet trials of the last one."""
    backend = make_backend("import time; time.sleep(600)")
    backend.start_trial({})
    assert backend.trial_paths(0).folder.parent / ".lock" in open_files(server_of(backend).pid)


def test_second_back_end_on_a_folder_is_refused(
    make_backend: MakeBackend, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = make_backend("import time; time.sleep(600)")
    first.start_trial({})
    monkeypatch.setattr(local_backend, "_LOCK_TIMEOUT", 0.1)
    second = make_backend("import time; time.sleep(600)")
    with pytest.raises(ExperimentLockedError, match="trials of another tuner"):
        second.start_trial({})
    assert first.busy_trial_ids() == [(0, Status.in_progress)]
    first.close()
    assert second.start_trial({}).trial_id == 1


# -- starting -------------------------------------------------------------------------------------

TELLING = """
import json, os, sys
json.dump({"argv": sys.argv[1:], "cwd": os.getcwd(), "session": os.getsid(0) == os.getpid(),
           "stdin": sys.stdin.read(), "fds": sorted(map(int, os.listdir("/proc/self/fd"))),
           "mark": os.environ.get("MARK")}, open("told.json", "w"))
"""

AWKWARD = {
    "spaces": "a  b",
    "quotes": 'it\'s "quoted"',
    "newline": "two\nlines",
    "unicode": "é😀",
    "minus": "-x",
    "negative": -3,
    "small": 1e-05,
    "list": [1, "a b", -2.5],
    "empty": "",
    "shell": "$(touch oops); `ls` | *",
}


def told(backend: LocalBackend, trial_id: int = 0) -> dict[str, Any]:
    """What a ``TELLING`` script saw."""
    assert ended(backend, trial_id).status == Status.completed, backend.stderr(trial_id)
    found: dict[str, Any] = json.loads(file_of(backend, "told.json", trial_id).read_text())
    return found


def test_arguments_reach_the_process_intact(make_backend: MakeBackend) -> None:
    """Fault 5: ``cmd.split(" ")``."""
    backend = make_backend(TELLING)
    backend.start_trial(AWKWARD)
    assert told(backend)["argv"] == [
        *("--spaces", "a  b", "--quotes", 'it\'s "quoted"', "--newline", "two\nlines", "--unicode", "é😀"),
        *("--minus=-x", "--negative=-3", "--small", "1e-05", "--list", '[1, "a b", -2.5]', "--empty", ""),
        *("--shell", "$(touch oops); `ls` | *"),
        *("--st_checkpoint_dir", str(backend.trial_paths(0).checkpoints)),
    ]
    stored = json.loads(backend.trial_paths(0).config.read_text())
    assert stored == AWKWARD


def test_trial_runs_in_its_own_folder_with_nothing_of_ours_open(
    make_backend: MakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARK", "of the tuner")
    backend = make_backend(TELLING)
    backend.start_trial({})
    seen = told(backend)
    assert seen["cwd"] == str(backend.trial_paths(0).folder)
    assert seen["session"] is True
    assert seen["stdin"] == ""
    assert [fd for fd in seen["fds"] if fd > 4] == [], "sockets and locks of the tuner"
    assert seen["mark"] == "of the tuner"


@pytest.mark.parametrize("where", ["experiment", "script", "both"])
def test_awkward_folders_work(
    make_backend: MakeBackend, awkward_path: Path, tmp_path: Path, where: str
) -> None:
    folder = (awkward_path if where != "script" else tmp_path) / "exp"
    backend = make_backend(TELLING, folder)
    if where != "experiment":
        script = awkward_path / "a 'script'.py"
        script.write_text(TELLING)
        backend.set_entrypoint(str(script))
    backend.start_trial({"x": 1})
    assert told(backend)["argv"][-1] == str(folder / "trials" / "0" / "checkpoints")


def test_relative_folders_are_relative_to_the_tuner(
    make_backend: MakeBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = make_backend(TELLING)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SYNEBENCH_DATA", "data")
    backend.set_path("results")
    backend.start_trial({"dataset_path": "mnist"})
    assert told(backend)["argv"][1] == str(tmp_path / "data" / "mnist")
    assert told(backend)["argv"][-1] == str(tmp_path / "results" / "trials" / "0" / "checkpoints")


def test_script_that_does_not_exist_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nothing\.py does not exist"):
        LocalBackend(str(tmp_path / "nothing.py"))


def test_script_that_vanished_is_a_failed_trial(make_backend: MakeBackend) -> None:
    backend = make_backend("print(1)")
    backend.entrypoint_path().unlink()
    backend.start_trial({})
    result = ended(backend, 0)
    assert result.status == Status.failed
    assert "exit code 2" in (result.failure or "")
    assert "No such file" in (result.failure or "")


@pytest.mark.parametrize(
    "config",
    [{"text": "x" * 5_000_000}, {"text": "nul \0 byte"}, {"text": "\ud800"}],
    ids=["long", "nul", "odd"],
)
def test_arguments_that_the_system_refuses_are_a_failed_trial(
    make_backend: MakeBackend, config: dict[str, Any]
) -> None:
    backend = make_backend("print(1)")
    backend.start_trial(config)
    backend.start_trial({"text": "fine"})
    assert ended(backend, 0).status == Status.failed
    assert "could not be started" in (ended(backend, 0).failure or "")
    assert ended(backend, 1).status == Status.completed


def test_folder_that_cannot_be_written_is_a_failed_trial(make_backend: MakeBackend) -> None:
    backend = make_backend("print(1)")
    backend.start_trial({})
    assert ended(backend, 0).status == Status.completed
    backend.trial_paths(1).folder.write_text("a file where the folder should be")
    backend.start_trial({})
    assert "could not be started" in (ended(backend, 1).failure or "")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import sys; print('ordinary'); sys.exit(7)", ["exit code 7", "ordinary"]),
        ("raise ValueError('this is why')", ["exit code 1", "ValueError: this is why"]),
        ("import os; os.kill(os.getpid(), 9)", ["killed by signal 9"]),
        (
            "import sys; print('\\n'.join(f'line {i}' for i in range(99)), file=sys.stderr); sys.exit(1)",
            ["line 98", "line 94"],
        ),
        ("import os; os.write(2, b'\\xff\\xfe bytes'); os._exit(3)", ["exit code 3", "bytes"]),
    ],
)
def test_failure_tells_how_it_ended_and_the_last_lines(
    make_backend: MakeBackend, code: str, expected: list[str]
) -> None:
    backend = make_backend(code)
    backend.start_trial({})
    result = ended(backend, 0)
    assert result.status == Status.failed
    assert result.failure is not None
    for part in [*expected, str(backend.trial_paths(0).stderr)]:
        assert part in result.failure
    assert "line 93" not in result.failure
    assert len(result.failure.splitlines()) <= 6


def test_exit_code_of_a_leader_counts_not_that_of_its_children(make_backend: MakeBackend) -> None:
    backend = make_backend("import os, sys, time\nif os.fork() == 0:\n    os._exit(5)\nos.wait()")
    backend.start_trial({})
    assert ended(backend, 0).status == Status.completed


# -- logs and checkpoints -------------------------------------------------------------------------

RESUMING = """
import os, sys
from syne_core import Reporter
folder = sys.argv[sys.argv.index("--st_checkpoint_dir") + 1]
saved = os.path.join(folder, "runs")
runs = int(open(saved).read()) if os.path.exists(saved) else 0
open(saved, "w").write(str(runs + 1))
Reporter()(epoch=runs + 1, loss=0.5)
os.write(1, b'[tune-metric]: {"epoch": 77, "lo')
"""


def test_half_a_line_of_one_run_does_not_spoil_the_next(make_backend: MakeBackend) -> None:
    backend = make_backend(RESUMING)
    backend.start_trial({})
    for _ in range(2):
        ended(backend, 0)
        backend.pause_trial(0)
        backend.resume_trial(0)
    assert [report["epoch"] for report in ended(backend, 0).metrics] == [1, 2, 3]


def test_report_without_a_newline_at_the_very_end_counts(make_backend: MakeBackend) -> None:
    backend = make_backend('import os; os.write(1, b\'[tune-metric]: {"epoch": 1, "loss": 0.5}\')')
    backend.start_trial({})
    assert ended(backend, 0).metrics == [{"epoch": 1, "loss": 0.5}]


def test_logs_of_ended_trials_are_not_watched_any_more(make_backend: MakeBackend) -> None:
    """The kernel allows only so many watches."""
    backend = make_backend("print(1)")
    for trial_id in range(3):
        backend.start_trial({})
        ended(backend, trial_id)
    assert backend._events is not None
    assert backend._events._watches == {}


def test_each_poll_reads_only_what_is_new(make_backend: MakeBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault 2: the whole log was read again at every poll."""
    backend = make_backend(
        "import os, time\nfor i in range(5):\n    print('x' * 9999, flush=True)\n"
        "    while not os.path.exists(f'read {i}'):\n        time.sleep(0.005)\n"
    )
    count, pread = [0], os.pread

    def counting(fd: int, length: int, offset: int) -> bytes:
        data = pread(fd, length, offset)
        count[0] += len(data)
        return data

    monkeypatch.setattr(os, "pread", counting)
    backend.start_trial({})
    for i in range(5):
        while count[0] < (i + 1) * 10_000:
            backend.wait(0.5)
            assert backend.fetch_status_results([0])[0][0][1] == Status.in_progress
        (backend.trial_paths(0).folder / f"read {i}").touch()
    assert ended(backend, 0).status == Status.completed
    assert count[0] == backend.trial_paths(0).stdout.stat().st_size == 50_000


def test_news_wake_the_tuner_long_before_its_timeout(make_backend: MakeBackend) -> None:
    """Fault 3: a fixed sleep of 5 s between loops."""
    backend = make_backend("from syne_core import Reporter; Reporter()(epoch=1, loss=1.0)")
    start = time.monotonic()
    backend.start_trial({})
    while backend.fetch_status_results([0])[0][0][1] == Status.in_progress:
        backend.wait(2 * TIMEOUT)
    assert time.monotonic() - start < TIMEOUT


def test_checkpoint_is_copied_whole_while_the_source_goes_on_saving(
    make_backend: MakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files of a running trial come and go under the copy; links stay links."""
    backend = make_backend("print(1)")
    source, target = backend.checkpoint_trial_path(0), backend.checkpoint_trial_path(1)
    (source / "deep").mkdir(parents=True)
    (source / "deep" / "model").write_text("weights")
    (source / "latest").symlink_to("deep")
    (source / "dangling").symlink_to("nowhere")
    (source / "state.tmp").write_text("half")
    target.mkdir(parents=True)
    (target / "of an attempt before").write_text("old")

    copy = shutil.copy2

    def vanishing(src: str, dst: str, **options: Any) -> object:
        (source / "state.tmp").unlink(missing_ok=True)
        return copy(src, dst, **options)

    monkeypatch.setattr(shutil, "copy2", vanishing)
    backend.copy_checkpoint(0, 1)
    assert (target / "deep" / "model").read_text() == "weights"
    assert (target / "latest").readlink() == Path("deep")
    assert (target / "dangling").is_symlink()
    assert not (target / "of an attempt before").exists()
    backend.delete_checkpoint(1)
    assert not target.exists()
    assert source.exists()
