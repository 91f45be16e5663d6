"""A small process that starts the trials of one tuner and ends them, whatever becomes of the tuner.

It is the parent of every trial and the reaper of their orphans. When its connection to the tuner
breaks, be it by ``kill -9``, it kills everything below it, and only then lets go of the lock on the
trials' folder, so that the next tuner cannot meet trials of the last one. Run as a script, with the
number of the connection's file descriptor; standard library only.

Every run is marked in its environment, ``SYNE_RUN=PID_OF_SERVER.KEY``: so daemons, which leave their
group and session, are found when the run ends, and everything is found when this process is killed. Only
a daemon that a preloaded trial forked without starting a program goes unmarked, and lasts to the end.

Requests and answers are JSON, a line each::

    {"op": "spawn", "key": K, "argv": [...], "env": {...}, "cwd": D, "stdout": F, "stderr": F}
    {"op": "stop", "key": K, "grace": seconds}      SIGTERM to the group, SIGKILL after the grace
    {"op": "preload", "modules": [...], "folder": D}  from now on, fork trials from a process with these
    {"event": "started", "key": K, "pid": P}
    {"event": "exited", "key": K, "code": C}        as in subprocess: -N for signal N
    {"event": "failed", "key": K, "error": text}    could not be started
    {"event": "preload", "key": "", "reason": R}    R: why trials start cold after all; null: they start warm
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from typing import Any

__all__ = ["kill_runs", "main"]

_PR_SET_CHILD_SUBREAPER = 36
_MARK = "SYNE_RUN"
# Seconds that the processes of an ended run are given to be gone after SIGKILL.
_LINGER = 10.0

_PRELOADER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "preloader.py")


class _Preloader:
    """A process that forks trials, see ``preloader.py``; silent while it imports its modules."""

    def __init__(self, folder: str, modules: list[str]) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, _PRELOADER, str(theirs.fileno()), folder, *modules],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        self.socket = ours
        self._answers = ours.makefile("rb")
        self.is_ready = False

    def answer(self) -> dict[str, Any] | None:
        """The next answer; None if the process died."""
        try:
            line = self._answers.readline()
        except OSError:
            return None
        return json.loads(line) if line.endswith(b"\n") else None

    def spawn(self, request: dict[str, Any]) -> int | None:
        """Fork a trial; its process id, None if the process died."""
        wanted = {name: request[name] for name in ("env", "cwd", "stdout", "stderr")}
        try:
            self.socket.sendall(json.dumps({"argv": request["argv"][1:], **wanted}).encode() + b"\n")
        except OSError:
            return None
        answer = self.answer()
        return None if answer is None else int(answer["pid"])

    def close(self) -> None:
        self._answers.close()
        self.socket.close()


class _Server:
    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.unread = b""
        self.selector = selectors.DefaultSelector()
        self.preloader: _Preloader | None = None
        self.waiting: list[dict[str, Any]] = []
        self.processes: dict[int, tuple[str, subprocess.Popen[bytes] | None]] = {}
        self.pids: dict[str, int] = {}
        self.kill_at: dict[str, float] = {}
        # Orphans that were killed, and the keys of their runs.
        self.daemons: dict[int, str] = {}
        # Process group of an ended run: its key, exit code, and when to tell of it at the latest.
        self.ending: dict[int, tuple[str, int, float]] = {}

    def serve(self) -> None:
        """Until the connection breaks."""
        wake_read, wake_write = os.pipe()
        os.set_blocking(wake_read, False)
        os.set_blocking(wake_write, False)
        signal.set_wakeup_fd(wake_write)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self.selector.register(self.connection, selectors.EVENT_READ)
        self.selector.register(wake_read, selectors.EVENT_READ)
        tuner = _when_parent_dies()
        if tuner is not None:
            self.selector.register(tuner, selectors.EVENT_READ)
        connected = True
        while connected:
            for key, _ in self.selector.select(self._time_to_next_kill()):
                if key.fileobj is self.connection:
                    connected = self._read_requests()
                elif key.fileobj == wake_read:
                    _drain(wake_read)
                elif key.fileobj == tuner:
                    connected = False
                else:
                    self._on_preloaded()
            self._reap()
            self._kill_overdue()

    def _read_requests(self) -> bool:
        try:
            data = self.connection.recv(1 << 20)
        except OSError:  # the tuner died with answers unread
            return False
        *lines, self.unread = (self.unread + data).split(b"\n")
        for line in lines:
            request = json.loads(line)
            if request["op"] == "spawn":
                self._spawn(request)
            elif request["op"] == "preload":
                self.preloader = _Preloader(request["folder"], request["modules"])
                self.selector.register(self.preloader.socket, selectors.EVENT_READ)
            else:
                self._stop(request["key"], request["grace"])
        return bool(data)

    def _on_preloaded(self) -> None:
        """The modules are imported, or cannot be; trials that waited for it start."""
        assert self.preloader is not None
        self.selector.unregister(self.preloader.socket)
        answer = self.preloader.answer() or {"reason": "the process with the modules died"}
        self.preloader.is_ready = answer["reason"] is None
        if answer["reason"] is not None:
            self._drop_preloader()
        self._tell("preload", "", reason=answer["reason"])
        waiting, self.waiting = self.waiting, []
        for request in waiting:
            self._spawn(request)

    def _drop_preloader(self) -> None:
        assert self.preloader is not None
        self.preloader.close()
        self.preloader = None

    def _spawn(self, request: dict[str, Any]) -> None:
        request["env"][_MARK] = f"{os.getpid()}.{request['key']}"
        if self.preloader is None:
            self._spawn_cold(request)
        elif not self.preloader.is_ready:
            self.waiting.append(request)
        else:
            self._spawn_warm(self.preloader, request)

    def _spawn_warm(self, preloader: _Preloader, request: dict[str, Any]) -> None:
        pid = preloader.spawn(request)
        if pid is None:
            self._drop_preloader()
            self._tell("preload", "", reason="the process with the modules died")
            self._spawn_cold(request)
            return
        self.processes[pid] = (request["key"], None)
        self.pids[request["key"]] = pid
        self._tell("started", request["key"], pid=pid)

    def _spawn_cold(self, request: dict[str, Any]) -> None:
        key = request["key"]
        try:
            with open(request["stdout"], "ab") as out, open(request["stderr"], "ab") as err:
                process = subprocess.Popen(
                    request["argv"],
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    env=request["env"],
                    cwd=request["cwd"],
                    start_new_session=True,
                )
        except (OSError, ValueError) as error:
            self._tell("failed", key, error=str(error))
            return
        self.processes[process.pid] = (key, process)
        self.pids[key] = process.pid
        self._tell("started", key, pid=process.pid)

    def _stop(self, key: str, grace: float) -> None:
        pid = self.pids.get(key)
        if pid is None:
            self._cancel(key)
            return
        _signal_group(pid, signal.SIGTERM if grace > 0 else signal.SIGKILL)
        self.kill_at.setdefault(key, time.monotonic() + grace)

    def _cancel(self, key: str) -> None:
        """End a trial that still waits for the modules."""
        for request in self.waiting:
            if request["key"] == key:
                self.waiting.remove(request)
                self._tell("exited", key, code=-signal.SIGTERM)
                return

    def _reap(self) -> None:
        """Collect what ended; with a trial goes what is left of its group, and its daemons."""
        while (pid := _ended_child()) is not None:
            if pid in self.processes:
                self._collect(pid)
            else:  # somebody's orphan; its own children are orphans now
                os.waitpid(pid, 0)
                self.daemons.pop(pid, None)
            self._kill_daemons()
        if self.ending:
            self._tell_of_ends()

    def _collect(self, pid: int) -> None:
        _signal_group(pid, signal.SIGKILL)
        key, process = self.processes.pop(pid)
        code = process.wait() if process else os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        self.pids.pop(key, None)
        self.kill_at.pop(key, None)
        self.ending[pid] = (key, code, time.monotonic() + _LINGER)

    def _tell_of_ends(self) -> None:
        """A run has ended when nothing of it is left, to hold on to a GPU for example."""
        lingering, now = set(self.daemons.values()), time.monotonic()
        for group, (key, code, deadline) in list(self.ending.items()):
            if now >= deadline or (key not in lingering and not _group_exists(group)):
                del self.ending[group]
                self._tell("exited", key, code=code)

    def _kill_daemons(self) -> None:
        """Kill orphans of runs that have ended."""
        for pid in _children():
            if pid not in self.processes and pid not in self.daemons:
                server, _, key = _mark_of(pid).partition(".")
                if server == str(os.getpid()) and key not in self.pids:
                    self.daemons[pid] = key
                    _kill(pid)

    def _time_to_next_kill(self) -> float | None:
        times = [*self.kill_at.values(), *(deadline for _, _, deadline in self.ending.values())]
        return max(0.0, min(times) - time.monotonic()) if times else None

    def _kill_overdue(self) -> None:
        now = time.monotonic()
        for key, deadline in list(self.kill_at.items()):
            if now >= deadline:
                _signal_group(self.pids[key], signal.SIGKILL)
                self.kill_at[key] = now + 1.0

    def _tell(self, event: str, key: str, **values: Any) -> None:
        message = json.dumps({"event": event, "key": key, **values})
        with contextlib.suppress(OSError):  # the tuner is gone; serve() will notice
            self.connection.sendall(message.encode() + b"\n")

    def kill_everything(self) -> None:
        """Kill trials, and then orphans until none is left."""
        for pid in self.processes:
            _signal_group(pid, signal.SIGKILL)
        while True:
            for pid in _children():
                _kill(pid)
            try:
                os.waitpid(-1, 0)
            except ChildProcessError:
                return


def _signal_group(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _group_exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # of another user by now
        pass
    return True


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)


def _ended_child() -> int | None:
    """A child that ended and was not waited for yet."""
    try:
        ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return None
    return None if ended is None else ended.si_pid


def _children() -> list[int]:
    """Direct children, orphans taken over among them; none where there is no /proc."""
    me = os.getpid()
    try:
        with open(f"/proc/self/task/{me}/children") as file:
            return [int(pid) for pid in file.read().split()]
    except OSError:  # a kernel without that file
        return [pid for pid in _all_processes() if _parent_of(pid) == me]


def _all_processes() -> list[int]:
    with contextlib.suppress(OSError):
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]
    return []


def _parent_of(pid: int) -> int | None:
    with contextlib.suppress(OSError), open(f"/proc/{pid}/stat") as file:
        return int(file.read().rpartition(")")[2].split()[1])
    return None


def _mark_of(pid: int) -> str:
    """The mark of the run that a process belongs to; empty if it has none or is not ours to look at."""
    prefix = f"{_MARK}=".encode()
    with contextlib.suppress(OSError), open(f"/proc/{pid}/environ", "rb") as file:
        for variable in file.read().split(b"\0"):
            if variable.startswith(prefix):
                return variable[len(prefix) :].decode(errors="replace")
    return ""


def kill_runs(server: int) -> None:
    """Kill all that belongs to runs of the process server ``server``, which was killed itself."""
    for _ in range(100):  # a process may have forked while we looked
        found = [pid for pid in _all_processes() if _mark_of(pid).startswith(f"{server}.")]
        if not found:
            return
        for pid in found:
            _kill(pid)
        time.sleep(0.01)


def _when_parent_dies() -> int | None:
    """A descriptor that is readable then: a fork of the tuner may keep our connection to it open."""
    with contextlib.suppress(AttributeError, OSError):  # not on this system
        return os.pidfd_open(os.getppid())
    return None


def _drain(fd: int) -> None:
    with contextlib.suppress(BlockingIOError):
        while os.read(fd, 4096):
            pass


def _adopt_orphans() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def main(descriptor: int) -> None:
    """Serve the tuner at the other end of ``descriptor``."""
    _adopt_orphans()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # The tuner decides when it is over. Not SIG_IGN: trials would inherit that.
        signal.signal(number, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # what the tuner blocks must reach us and the trials
    server = _Server(socket.socket(fileno=descriptor))
    try:
        server.serve()
    finally:
        server.kill_everything()


if __name__ == "__main__":
    main(int(sys.argv[1]))
