"""What was asked of a running job from outside."""

from __future__ import annotations

import contextlib
import os
import threading

__all__ = ["INTERRUPT", "KILL", "STOP", "Wishes"]

STOP, INTERRUPT, KILL = "stop", "interrupt", "kill"
_STRENGTH = {"": 0, STOP: 1, INTERRUPT: 2, KILL: 3}


class Wishes:
    """Stop, interrupt or kill, the strongest of those asked for. Made by any thread, read by the job's."""

    def __init__(self) -> None:
        self.wakes, self._write = os.pipe()
        """``wakes``: descriptor that becomes readable with each change."""
        os.set_blocking(self._write, False)
        self._lock = threading.Lock()
        self._wish = ""
        self._is_closed = False

    @property
    def current(self) -> str:
        """The strongest wish, or nothing."""
        return self._wish

    def ask(self, wish: str) -> None:
        """Ask for ``wish``; a weaker one than before changes nothing."""
        with self._lock:
            if _STRENGTH[wish] > _STRENGTH[self._wish]:
                self._wish = wish
            if not self._is_closed:
                with contextlib.suppress(BlockingIOError):  # it has enough to wake from
                    os.write(self._write, b"w")

    def is_any(self) -> bool:
        """Whether the job is to end early."""
        return bool(self._wish)

    def is_kill(self) -> bool:
        """Whether nothing more is to be done for the job."""
        return self._wish == KILL

    def close(self) -> None:
        """No more waking."""
        with self._lock:
            self._is_closed = True
            os.close(self.wakes)
            os.close(self._write)
