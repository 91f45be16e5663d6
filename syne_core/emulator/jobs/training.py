"""The time in which the containers of a job run: what they print, who ends, who is ended."""

from __future__ import annotations

import os
import selectors
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from syne_core.emulator.jobs.containers import Container
from syne_core.emulator.jobs.wishes import KILL, Wishes

__all__ = ["RUNTIME", "Training", "TrainingEnd"]

RUNTIME = "runtime"
_READ = 1 << 16


@dataclass
class TrainingEnd:
    """How it ended.

    :param cut_short: ``"stop"``, ``"interrupt"``, ``"kill"``, ``RUNTIME``, or nothing if all ended alone
    :param exit_codes: by host, of those that ended alone
    :param failed: the first host that failed; the others were ended for it
    """

    cut_short: str = ""
    exit_codes: dict[str, int] = field(default_factory=dict)
    failed: str | None = None


class Training:
    """Runs containers, by host, until all have ended.

    :param seconds: how long they may run
    :param grace: seconds between SIGTERM and SIGKILL
    :param on_output: told what a host printed; empty bytes at its end
    :param on_stopping: told once, when containers are asked to end
    """

    def __init__(
        self,
        containers: Mapping[str, Container],
        wishes: Wishes,
        seconds: float,
        grace: float,
        on_output: Callable[[str, bytes], None],
        on_stopping: Callable[[], None],
    ) -> None:
        self._running = dict(containers)
        self._wishes, self._grace = wishes, grace
        self._on_output, self._on_stopping = on_output, on_stopping
        self._ends_at = time.monotonic() + seconds
        self._kill_at = float("inf")
        self._end = TrainingEnd()

    def run(self) -> TrainingEnd:
        """Returns when no process is left."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._wishes.wakes, selectors.EVENT_READ, None)
            for host, container in self._running.items():
                selector.register(container.output, selectors.EVENT_READ, host)
                container.start()
            while self._running:
                self._act()
                for key, _ in selector.select(self._patience()):
                    data = os.read(key.fd, _READ)
                    if key.data is None:
                        continue
                    self._on_output(key.data, data)
                    if not data:
                        selector.unregister(key.fd)
                        self._ended(key.data)
        return self._end

    def _patience(self) -> float | None:
        due = self._kill_at if self._end.cut_short else self._ends_at
        return None if due == float("inf") else max(0.0, due - time.monotonic())

    def _act(self) -> None:
        """Do what was asked for or is due."""
        wish = self._wishes.current
        if wish and not self._end.cut_short:
            self._cut_short(wish)
        elif not self._end.cut_short and time.monotonic() >= self._ends_at:
            self._cut_short(RUNTIME)
        if wish == KILL:
            self._end.cut_short = KILL
        if wish == KILL or time.monotonic() >= self._kill_at:
            self._kill_all()

    def _cut_short(self, why: str) -> None:
        self._end.cut_short = why
        self._kill_at = time.monotonic() + self._grace
        for container in self._running.values():
            container.terminate()
        self._on_stopping()

    def _kill_all(self) -> None:
        self._kill_at = float("inf")
        for container in self._running.values():
            container.kill()

    def _ended(self, host: str) -> None:
        code = self._running.pop(host).wait()
        if self._end.cut_short or self._end.failed:
            return
        self._end.exit_codes[host] = code
        if code != 0:
            self._end.failed = host
            self._kill_all()
