"""Things that are to happen later."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
import traceback
from collections.abc import Callable

__all__ = ["Timeline"]


class Timeline:
    """Calls functions at their time, in a thread of its own; they must be quick.

    :param name: of the thread
    """

    def __init__(self, name: str = "timeline") -> None:
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Call ``action`` in ``seconds``. It cannot be taken back: it has to look if it still applies."""
        with self._changed:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._numbers), action))
            self._changed.notify()

    def close(self) -> None:
        """Forget what is still to come, and wait until what is going on is done."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._is_closed and (wait := self._seconds_to_next()) != 0:
                    self._changed.wait(wait)
                if self._is_closed:
                    return
                action = heapq.heappop(self._due)[2]
            try:
                action()
            except Exception:
                # What comes later must still happen.
                traceback.print_exc()

    def _seconds_to_next(self) -> float | None:
        if not self._due:
            return None
        return max(0.0, self._due[0][0] - time.monotonic())
