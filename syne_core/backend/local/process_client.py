"""The tuner's end of the process server."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from syne_core.backend.local.process_server import kill_runs
from syne_core.errors import ExperimentError

__all__ = ["ProcessClient"]

_SERVER = Path(__file__).with_name("process_server.py")


class ProcessClient:
    """Starts and ends processes through a server that outlives a killed tuner just long enough.

    :param keep_open: file descriptors, such as a lock's, that the server holds until all is dead
    """

    def __init__(self, keep_open: Sequence[int] = ()) -> None:
        self._socket, other = socket.socketpair()
        with other:
            command = [sys.executable, "-S", "-E", str(_SERVER), str(other.fileno())]
            self._server = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                pass_fds=[other.fileno(), *keep_open],
                start_new_session=True,
            )
        self._socket.setblocking(False)
        self._unread = b""
        self._pids: dict[str, int] = {}

    def fileno(self) -> int:
        """Readable when the server has news."""
        return self._socket.fileno()

    def spawn(
        self, key: str, argv: list[str], env: dict[str, str], cwd: Path, stdout: Path, stderr: Path
    ) -> None:
        """Start a process in a session of its own; its output is appended to the files."""
        self._ask(
            op="spawn", key=key, argv=argv, env=env, cwd=str(cwd), stdout=str(stdout), stderr=str(stderr)
        )

    def preload(self, modules: Sequence[str], folder: Path) -> None:
        """From now on, fork processes from one that has imported ``modules``, where that is safe.

        :param folder: where modules are looked for first
        """
        self._ask(op="preload", modules=list(modules), folder=str(folder))

    def stop(self, key: str, grace: float) -> None:
        """SIGTERM to the process group of ``key``, SIGKILL after ``grace`` seconds."""
        self._ask(op="stop", key=key, grace=grace)

    def news(self) -> list[dict[str, Any]]:
        """What happened since the last call, without waiting.

        :raises ExperimentError: if the server died; its trials have been killed
        """
        connected = self._receive()
        *lines, self._unread = self._unread.split(b"\n")
        events = [json.loads(line) for line in lines]
        for event in events:
            if event["event"] == "started":
                self._pids[event["key"]] = event["pid"]
            else:
                self._pids.pop(event["key"], None)
        if not connected:
            self._lost()
        return events

    def _receive(self) -> bool:
        """Take in what the server sent; False if it died."""
        while True:
            try:
                data = self._socket.recv(1 << 16)
            except BlockingIOError:
                return True
            except OSError:  # it died with requests unread
                return False
            if not data:
                return False
            self._unread += data

    def close(self) -> None:
        """Kill what still runs and wait for the server to end."""
        self._socket.close()
        self._server.wait()

    def _ask(self, **request: Any) -> None:
        self._socket.setblocking(True)
        try:
            self._socket.sendall(json.dumps(request).encode() + b"\n")
        except OSError:
            self._lost()
        finally:
            self._socket.setblocking(False)

    def _lost(self) -> NoReturn:
        self._server.wait()  # so that it starts nothing more
        for pid in self._pids.values():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
        kill_runs(self._server.pid)
        raise ExperimentError("the process that starts the trials was killed; run the same command again")
