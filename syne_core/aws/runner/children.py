"""The runner's child processes: each in a group of its own, to which SIGTERM is passed on.

Standard library only, parses as Python 3.8.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Mapping
from typing import Any

__all__ = ["Children", "Stopped"]


class Stopped(Exception):
    """The job has been told to end: nothing may be started any more."""


class Children:
    """Starts one child at a time and waits for it. To be used by the main thread, but for ``stop``.

    :ivar grace_s: seconds between SIGTERM and SIGKILL
    """

    def __init__(self, grace_s: float = 20.0) -> None:
        self.grace_s = grace_s
        self._lock = threading.Lock()
        self._group: int | None = None
        self._stopping = threading.Event()
        self._ended = threading.Condition(self._lock)
        self._wake, self._told = os.pipe()

    @property
    def is_stopping(self) -> bool:
        """Whether the job has been told to end."""
        return self._stopping.is_set()

    def listen(self) -> None:
        """From now on SIGTERM and SIGINT end the child, or prevent that one is started."""
        threading.Thread(target=self._await_stop, name="stop", daemon=True).start()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop())

    def stop_listening(self) -> None:
        """From now on SIGTERM and SIGINT change nothing: how the job ended has been said.

        A Python on its way out has given up its handlers, and would die of them with another exit code.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)

    def stop(self) -> None:
        """End the child: SIGTERM to its group, grace, SIGKILL. Returns at once; safe in signal handlers."""
        os.write(self._told, b"s")

    def start(self, arguments: list[str], environment: Mapping[str, str], **options: Any) -> Any:
        """Start a child in a group of its own.

        :param options: of ``subprocess.Popen``
        :raises Stopped: the job has been told to end
        :raises OSError: it cannot be started
        """
        with self._lock:
            if self.is_stopping:
                raise Stopped
            # As UTF-8 whatever the image's locale may be.
            process = subprocess.Popen(
                [_encoded(argument) for argument in arguments],
                env={_encoded(name): _encoded(value) for name, value in environment.items()},
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                **options,
            )
            self._group = process.pid
            return process

    def wait(self, process: Any) -> int:
        """Wait until the child has ended; its exit code, or 128 + the number of the signal that ended it.

        As process 1 of a container, this one also inherits orphans; they are buried here.
        """
        while process.returncode is None:
            pid, status = os.waitpid(-1, 0)
            if pid == process.pid:
                signalled = os.WIFSIGNALED(status)
                process.returncode = 128 + os.WTERMSIG(status) if signalled else os.WEXITSTATUS(status)
        return int(process.returncode)

    def release(self) -> None:
        """The child has ended: end what it left behind in its group."""
        with self._lock:
            group, self._group = self._group, None
            self._ended.notify_all()
        if group is not None:
            _signal(group, signal.SIGKILL)

    def _await_stop(self) -> None:
        os.read(self._wake, 1)
        self._stopping.set()
        with self._lock:
            group = self._group
            if group is None:
                return
            _signal(group, signal.SIGTERM)
            if not self._ended.wait_for(lambda: self._group != group, self.grace_s):
                _signal(group, signal.SIGKILL)


def _signal(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # it is gone, or nothing but zombies
        os.killpg(group, number)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
