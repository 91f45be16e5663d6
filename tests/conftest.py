"""What holds for every test: a folder of its own, no network, no process left behind."""

from __future__ import annotations

import functools
import importlib.util
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import hypothesis
import pytest
from emulator_fixture import emulator as emulator
from processes import children

hypothesis.settings.register_profile(
    "seeded",
    derandomize=True,
    deadline=None,
    max_examples=60,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture, hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("seeded")

# Shells start background jobs with SIGINT ignored, and what tests start would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

T = TypeVar("T")

_LOOPBACK = ("127.", "::1", "localhost")
# Seconds that processes and threads may take to end on a machine that has other things to do.
_PATIENCE = 60.0


@pytest.fixture(autouse=True, scope="session")
def _service_models_are_read_once() -> Iterator[None]:
    """Every session of boto3 parses megabytes of JSON that never change, and nearly every test makes some."""
    with pytest.MonkeyPatch.context() as patch:
        if importlib.util.find_spec("botocore"):  # tests of adapters run without, too
            from botocore.loaders import JSONFileLoader

            read = functools.cache(JSONFileLoader().load_file)
            patch.setattr(JSONFileLoader, "load_file", lambda self, path: read(path))
        yield


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Experiments and data of a test go to its own folder."""
    monkeypatch.setenv("SYNETUNE_FOLDER", str(tmp_path / "syne-tune"))
    monkeypatch.setenv("SYNEBENCH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SYNEBENCH_INDEX", str(tmp_path / "index"))


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    """Refuse every connection beyond loopback, and to ask for the address of anything else.

    For the whole session: what a test undoes is its own patches, not this one.
    """
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def guarded(self: socket.socket, address: object) -> None:
        if self.family != socket.AF_UNIX and not str(address[0]).startswith(_LOOPBACK):  # type: ignore[index]
            raise AssertionError(f"a test tried to connect to {address}")
        connect(self, address)  # type: ignore[arg-type]

    def guarded_look_up(host: Any, *rest: Any, **options: Any) -> Any:
        if host and not str(host).startswith(_LOOPBACK):
            raise AssertionError(f"a test asked for the address of {host}")
        return look_up(host, *rest, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        patch.setattr(socket, "getaddrinfo", guarded_look_up)
        yield


@pytest.fixture(autouse=True)
def _no_process_left() -> Iterator[None]:
    """Processes that a test started must be gone when it ends."""
    before = children()
    yield
    left = _left(children, before)
    assert not left, f"processes left behind: {[_command(pid) for pid in left]}"


@pytest.fixture(autouse=True)
def _no_thread_left() -> Iterator[None]:
    """Threads that a test started must be gone when it ends: in the next test they would be strangers.

    (One that asks AWS again draws from Python's global random numbers, which Hypothesis takes for a fault of
    whatever test runs at that moment.)
    """
    before = _threads()
    yield
    left = _left(_threads, before)
    assert not left, f"threads left behind: {left}"


def _left(find: Callable[[], set[T]], before: set[T]) -> set[T]:
    """What is found beyond ``before`` and does not end."""
    deadline = time.monotonic() + _PATIENCE
    while (left := find() - before) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def _threads() -> set[threading.Thread]:
    """Without those of emulators, which may serve a whole module, and that of tqdm, which stays."""
    serving = ("emulator", "job ", "shipping of ", "process_request_thread", "tqdm_monitor")
    return {one for one in threading.enumerate() if not any(name in one.name for name in serving)}


@pytest.fixture
def awkward_path(tmp_path: Path) -> Path:
    """A folder whose name has spaces, quotes and a newline."""
    folder = tmp_path / "a b'c\"d\n$e"
    folder.mkdir()
    return folder


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return str(pid)
