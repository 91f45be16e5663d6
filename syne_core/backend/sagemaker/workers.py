"""Threads that make the slow calls, so that the tuner never waits for AWS.

They are daemons and started early: at the end of a process, when jobs have still to be stopped, Python
starts no threads any more.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from syne_core.aws.job_states import is_transient

__all__ = ["Task", "Workers"]

logger = logging.getLogger(__name__)

T = TypeVar("T")

_FIRST_WAIT, _LONGEST_WAIT = 0.2, 10.0


class Task:
    """Work that may have to be done again.

    :param work: returns None when done, or after how many seconds it is to be called again
    :param failed: called with an error that does not pass by itself
    """

    def __init__(self, work: Callable[[], float | None], failed: Callable[[Exception], None]) -> None:
        self.work, self.failed = work, failed
        self.num_errors = 0
        self.due = 0.0


class Workers:
    """A few threads, and what they have to do, now and later.

    Errors that pass by themselves (throttling, a server's fault, the network) lead to another attempt.
    """

    def __init__(self, count: int, name: str) -> None:
        self._ready = threading.Condition()
        self._queue: list[tuple[float, int, Task]] = []
        self._order = itertools.count()
        self._random = random.Random()
        self._closed = False
        self._threads = [
            threading.Thread(target=self._run, name=f"{name}-{i}", daemon=True) for i in range(count)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, task: Task, delay: float = 0.0) -> None:
        """Do ``task`` after ``delay`` seconds. A task that waits is moved there."""
        with self._ready:
            task.due = time.monotonic() + delay
            heapq.heappush(self._queue, (task.due, next(self._order), task))
            self._ready.notify()

    def all(self, calls: Sequence[Callable[[], T]]) -> list[T | Exception]:
        """Make ``calls`` side by side; returns when all are done, with their results or errors."""
        results: list[T | Exception] = [_not_made()] * len(calls)
        left = threading.Semaphore(0)

        def work(number: int) -> None:
            try:
                results[number] = calls[number]()
            except Exception as error:
                results[number] = error
            finally:
                left.release()

        for number in range(len(calls)):
            self.submit(Task(partial(work, number), _ignore))
        for _ in calls:
            while not left.acquire(timeout=1.0):
                if self._closed:
                    return results
        return results

    def close(self, timeout: float = 0.0) -> None:
        """Begin nothing new; wait up to ``timeout`` seconds for what is being done."""
        with self._ready:
            self._closed = True
            self._queue.clear()
            self._ready.notify_all()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self) -> None:
        while (task := self._next()) is not None:
            again = self._attempt(task)
            if again is not None:
                self.submit(task, again)

    def _attempt(self, task: Task) -> float | None:
        try:
            again = task.work()
            task.num_errors = 0
            return again
        except Exception as error:
            if is_transient(error):
                task.num_errors += 1
                logger.debug("attempt %d failed, trying again: %s", task.num_errors, error)
                return self.jittered(min(_FIRST_WAIT * 2.0 ** min(task.num_errors, 20), _LONGEST_WAIT))
            try:
                task.failed(error)
            except Exception:
                logger.exception("handling of an error failed")
            return None

    def jittered(self, seconds: float) -> float:
        """Half of ``seconds`` to all of it: many tuners shall not come back at the same time."""
        with self._ready:
            return seconds * self._random.uniform(0.5, 1.0)

    def _next(self) -> Task | None:
        with self._ready:
            while not self._closed:
                if not self._queue:
                    self._ready.wait()
                    continue
                due, _, task = self._queue[0]
                if due != task.due:  # it was moved
                    heapq.heappop(self._queue)
                elif (wait := due - time.monotonic()) > 0:
                    self._ready.wait(wait)
                else:
                    heapq.heappop(self._queue)
                    task.due = -1.0
                    return task
            return None


def _ignore(error: Exception) -> None:
    """Errors of calls are results."""


def _not_made() -> Exception:
    return RuntimeError("the workers were closed")
