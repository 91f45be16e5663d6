"""Log lines and checkpoints on their way out of a running job, in a thread of their own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence

from syne_core.emulator.jobs.checkpoints import CheckpointSync
from syne_core.emulator.jobs.logs import JobLogs
from syne_core.emulator.jobs.wishes import Wishes

__all__ = ["Shipping"]

_LOG = logging.getLogger(__name__)
# Seconds between looks at the checkpoints, and between calls with log lines unless there are many.
_CHECKPOINT_PERIOD = 0.3
_LOG_PERIOD = 1.0
# The first lines come sooner: somebody may wait for them.
_FIRST_LOG_AFTER = 0.2
_MANY_BYTES = 1 << 20
# The share of its time that the thread spends looking at folders with very many files.
_LOOKING_SHARE = 0.1
# A job that prints faster than lines can be sent has to wait, rather than fill the memory.
_TOO_MANY_BYTES = 16 << 20


class Shipping:
    """Ships until ``finish``.

    :param checkpoints: of all instances, none if the job keeps none
    """

    def __init__(
        self, name: str, logs: JobLogs, checkpoints: Sequence[CheckpointSync], wishes: Wishes
    ) -> None:
        self._logs, self._checkpoints, self._wishes = logs, checkpoints, wishes
        self._ready = threading.Condition()
        self._is_finishing = False
        self._has_lines = False
        self._thread = threading.Thread(target=self._run, name=f"shipping of {name}", daemon=True)
        self._thread.start()

    def add_line(self, host: str, line: str, timestamp: float) -> None:
        """A line for the log. Waits if there are too many."""
        self._logs.add(host, line, timestamp)
        if not self._has_lines or self._has_many():
            with self._ready:
                self._has_lines = True
                self._ready.notify_all()
                while self._logs.waiting_bytes >= _TOO_MANY_BYTES and not self._wishes.is_kill():
                    self._ready.wait(_LOG_PERIOD)

    def finish(self) -> None:
        """Ship what is left, and end the thread. Nothing is shipped any more for a killed job.

        :raises Exception: checkpoints could not be uploaded
        """
        with self._ready:
            self._is_finishing = True
            self._ready.notify_all()
        self._thread.join()
        if self._wishes.is_kill():
            return
        self._flush_logs()
        for checkpoint in self._checkpoints:
            checkpoint.upload(self._wishes.is_kill)

    def _run(self) -> None:
        next_flush = time.monotonic() + _FIRST_LOG_AFTER
        while True:
            with self._ready:
                if not self._is_finishing and not self._has_many():
                    self._ready.wait(self._patience(next_flush))
                if self._is_finishing:
                    return
            if self._has_lines and (time.monotonic() >= next_flush or self._has_many()):
                self._has_lines = False
                self._flush_logs()
                next_flush = time.monotonic() + _LOG_PERIOD
            self._sync_checkpoints()

    def _has_many(self) -> bool:
        return self._logs.waiting_bytes >= _MANY_BYTES

    def _patience(self, next_flush: float) -> float | None:
        waits = [max(0.0, next_flush - time.monotonic())] if self._has_lines else []
        if self._checkpoints:
            looking = sum(checkpoint.look_seconds for checkpoint in self._checkpoints)
            waits.append(max(_CHECKPOINT_PERIOD, looking / _LOOKING_SHARE))
        return min(waits, default=None)

    def _flush_logs(self) -> None:
        try:
            self._logs.flush()
        except Exception as error:
            _LOG.warning("log lines were lost: %s", error)
        with self._ready:
            self._ready.notify_all()

    def _sync_checkpoints(self) -> None:
        """A failure is not the last word: the next look finds the same files."""
        for checkpoint in self._checkpoints:
            try:
                checkpoint.upload(self._wishes.is_kill)
            except Exception as error:
                _LOG.warning("checkpoints were not uploaded: %s", error)
