"""The container of one instance: its processes, seen from the emulator."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from syne_core.emulator.jobs.init_program import descendants

__all__ = ["Container"]

# Seconds until a container whose PID 1 does not react is killed from outside.
_REACTS_WITHIN = 5.0
# Seconds until one that was killed is given up, since the kernel cannot end it.
_DIES_WITHIN = 30.0
_LOOK_EVERY = 0.01


class Container:
    """Processes of one instance, below ``init_program.py``. Set up when made; ``start`` runs the main one.

    Everything in it is killed when this process ends, however it ends.

    :param command: of ``Isolation.command``
    :param environment: all variables that it gets
    :param folder: where it is started
    :raises OSError: it cannot be started
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        ours, theirs = socket.socketpair()
        read, write = os.pipe()
        try:
            self._process = subprocess.Popen(
                command,
                stdin=theirs.fileno(),
                stdout=write,
                stderr=write,
                env=dict(environment),
                cwd=folder,
                start_new_session=True,
            )
        except BaseException:
            os.close(read)
            ours.close()
            raise
        finally:
            theirs.close()
            os.close(write)
        self._control = ours
        self.output = read
        """Descriptor of what its processes print. Its end means that they are all gone."""

    def start(self) -> None:
        """Run the main process."""
        self._command(b"s")

    def terminate(self) -> None:
        """SIGTERM to the main process, if it still runs."""
        self._command(b"t")

    def kill(self) -> None:
        """End all its processes now; returns when they are gone."""
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_WR)
        try:
            self._process.wait(_REACTS_WITHIN)
        except subprocess.TimeoutExpired:
            _kill_below(self._process.pid)
            self._process.kill()
            self._process.wait()

    def wait(self) -> int:
        """The exit code of the main process, 128 + N if signal N ended it."""
        code = self._process.wait()
        return code if code >= 0 else 128 + signal.Signals(-code)

    def problem(self) -> tuple[bool, str]:
        """Whether the container was set up, and why its main process could not be run; once it has ended."""
        self._control.setblocking(False)
        try:
            first, _, rest = self._control.recv(4096).decode(errors="replace").partition("\n")
        except OSError:
            first, rest = "", ""
        return (True, rest.strip()) if first == "up" else (False, first)

    def close(self) -> None:
        """Let go of what is still open; its processes must be gone."""
        self._control.close()
        os.close(self.output)

    def _command(self, command: bytes) -> None:
        with contextlib.suppress(OSError):  # it is ending
            self._control.sendall(command)


def _kill_below(pid: int) -> None:
    """Kill the descendants of a process, which must not end before them: nobody would find them any more."""
    deadline = time.monotonic() + _DIES_WITHIN
    while (below := list(filter(_is_living, descendants(pid)))) and time.monotonic() < deadline:
        for process in below:
            with contextlib.suppress(OSError):  # it has ended
                os.kill(process, signal.SIGKILL)
        time.sleep(_LOOK_EVERY)


def _is_living(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
