"""Warm start: trials forked from a process that has imported heavy modules behave like cold ones."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from syne_core.backend.local.local_backend import LocalBackend
from syne_core.backend.trial_status import Status, TrialResult

SCRIPT = """
import json, os, random, signal, sys, threading, time
started = time.time()
import numpy
signals = [str(signal.getsignal(s)) for s in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)]
seen = dict(argv=sys.argv[1:], cwd=os.getcwd(), name=__name__, file=__file__, path=sys.path[0],
            env=os.environ.get("MARK"), gpus=os.environ.get("CUDA_VISIBLE_DEVICES"), signals=signals,
            leader=os.getpid() == os.getpgid(0) == os.getsid(0), umask=os.umask(0o22),
            open=sorted(os.listdir("/proc/self/fd"))[:3], threads=threading.active_count())
with open("seen.json", "w") as file:
    json.dump(dict(same=seen, numpy=numpy.random.rand(), random=random.random(), started=started,
                   parent=os.getppid()), file)
print("to stdout")
print("to stderr", file=sys.stderr)
import atexit
atexit.register(print, "at exit")
exec(sys.argv[2])
"""


@pytest.fixture
def backends(tmp_path: Path) -> Iterator[Callable[..., LocalBackend]]:
    made: list[LocalBackend] = []

    def make(name: str, preload: tuple[str, ...] = ()) -> LocalBackend:
        script = tmp_path / "script folder" / "train it.py"
        script.parent.mkdir(exist_ok=True)
        script.write_text(SCRIPT)
        backend = LocalBackend(str(script), grace=0.5, preload=preload)
        backend.set_path(str(tmp_path / name))
        made.append(backend)
        return backend

    yield make
    for backend in made:
        backend.close()


def run(backend: LocalBackend, action: str = "pass") -> TrialResult:
    """A trial that ends with ``action``, ended."""
    trial_id = backend.start_trial({"a b": action}).trial_id
    return finish(backend, trial_id)


def finish(backend: LocalBackend, trial_id: int) -> Any:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        trial, status = backend.fetch_status_results([trial_id])[0][trial_id]
        if status not in (Status.in_progress, Status.stopping):
            return trial
        backend.wait(1.0)
    raise AssertionError("the trial did not end")


def seen(backend: LocalBackend, trial_id: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((backend.trial_paths(trial_id).folder / "seen.json").read_text())
    return found


def test_a_warm_trial_sees_what_a_cold_one_sees(
    backends: Callable[..., LocalBackend], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARK", "of this test")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    cold, warm = backends("cold"), backends("warm", preload=("numpy", "json"))
    assert run(cold).status == run(warm).status == Status.completed
    ours, theirs = seen(cold, 0)["same"], seen(warm, 0)["same"]
    for found, backend in ((ours, cold), (theirs, warm)):
        assert found.pop("cwd") == str(backend.trial_paths(0).folder)
        assert found["argv"].pop() == str(backend.trial_paths(0).checkpoints)
    assert ours == theirs
    for name in ("stdout", "stderr"):
        assert getattr(cold, name)(0) == getattr(warm, name)(0)


@pytest.mark.parametrize(
    ("action", "status", "failure"),
    [
        ("sys.exit(0)", Status.completed, ""),
        ("sys.exit(3)", Status.failed, "exit code 3"),
        ("sys.exit('a message')", Status.failed, "a message"),
        ("undefined", Status.failed, "NameError: name 'undefined' is not defined"),
        ("os.kill(os.getpid(), signal.SIGKILL)", Status.failed, "killed by signal 9"),
    ],
)
def test_exit_codes_and_tracebacks_are_the_same(
    backends: Callable[..., LocalBackend], action: str, status: str, failure: str
) -> None:
    cold, warm = run(backends("cold"), action), run(backends("warm", preload=("numpy",)), action)
    assert cold.status == warm.status == status
    assert failure in (warm.failure or "")
    assert (cold.failure or "").replace("/cold/", "/warm/") == (warm.failure or "")


def test_trials_do_not_share_random_numbers(backends: Callable[..., LocalBackend]) -> None:
    backend = backends("warm", preload=("numpy", "random"))
    for _ in range(3):
        run(backend)
    drawn = [seen(backend, i) for i in range(3)]
    assert len({d["numpy"] for d in drawn}) == len({d["random"] for d in drawn}) == 3
    assert len({d["parent"] for d in drawn}) == 1, "all are children of the process server"


def test_a_warm_trial_can_be_stopped_and_its_children_go_with_it(
    backends: Callable[..., LocalBackend],
) -> None:
    backend = backends("warm", preload=("numpy",))
    action = "import subprocess; p = subprocess.Popen(['sleep', '600']); "
    action += "open('pid', 'w').write(str(p.pid)); p.wait()"
    trial_id = backend.start_trial({"a b": action}).trial_id
    written = backend.trial_paths(trial_id).folder / "pid"
    deadline = time.monotonic() + 120
    while not (written.exists() and written.read_text()):
        assert time.monotonic() < deadline
        backend.wait(0.05)
        backend.busy_trial_ids()
    backend.stop_trial(trial_id)
    assert finish(backend, trial_id).status == Status.stopped
    assert not Path(f"/proc/{written.read_text()}").exists()


def test_a_trial_that_waits_for_the_modules_can_be_stopped(
    backends: Callable[..., LocalBackend], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "slow_module.py").write_text("import time; time.sleep(600)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    backend = backends("warm", preload=("slow_module",))
    trial_id = backend.start_trial({"a b": "pass"}).trial_id
    backend.stop_trial(trial_id)
    assert finish(backend, trial_id).status == Status.stopped
    assert not (backend.trial_paths(trial_id).folder / "seen.json").exists()


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import no_such_thing", "cannot import unsafe"),
        (
            "import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()",
            "threads",
        ),
        ("import os; os._exit(1)", "died"),
    ],
)
def test_where_forking_is_not_safe_trials_start_cold_and_it_is_said(
    backends: Callable[..., LocalBackend],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    code: str,
    reason: str,
) -> None:
    (tmp_path / "unsafe.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with caplog.at_level(logging.WARNING):
        assert run(backends("warm", preload=("unsafe",))).status == Status.completed
    assert "trials start cold" in caplog.text
    assert reason in caplog.text


def test_native_thread_that_is_about_to_end_does_no_harm(
    backends: Callable[..., LocalBackend], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of OpenBLAS end before a fork, but the kernel lists them for a moment more."""
    code = "import _thread, os, time\nloaded_by = os.getpid()\n_thread.start_new_thread(time.sleep, (0.1,))\n"
    (tmp_path / "passing.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    backend = backends("warm", preload=("passing",))
    run(backend, "import passing; print('foreign' if passing.loaded_by != os.getpid() else 'own')")
    assert "foreign\n" in backend.stdout(0)


def test_modules_beside_the_script_can_be_preloaded(backends: Callable[..., LocalBackend]) -> None:
    backend = backends("warm", preload=("beside",))
    module = backend.entrypoint_path().with_name("beside.py")
    module.write_text("import os\nloaded_by = os.getpid()\n")
    action = "import beside; print('foreign' if beside.loaded_by != os.getpid() else 'own')"
    run(backend, action)
    assert "foreign\n" in backend.stdout(0)
