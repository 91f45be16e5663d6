"""Wake up when one of several files grows: inotify where there is one, else short sleeps."""

from __future__ import annotations

import contextlib
import ctypes
import math
import os
import select
import sys
from pathlib import Path

__all__ = ["FileEvents"]

_IN_MODIFY = 0x2
_POLL_SECONDS = 0.02
_MAX_SECONDS = 86400.0  # milliseconds must fit into 32 bits


class FileEvents:
    """Watches files; ``wait`` returns when one was written to or another descriptor is readable."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
        self._fd = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC) if self._libc else -1
        self._watches: dict[Path, int] = {}

    def watch(self, path: Path) -> None:
        """Wake up when ``path``, an existing file, is written to."""
        if self._fd >= 0 and self._libc is not None and path not in self._watches:
            watch = self._libc.inotify_add_watch(self._fd, os.fsencode(path), _IN_MODIFY)
            if watch < 0:  # out of watches: sleep instead
                self.close()
            else:
                self._watches[path] = watch

    def unwatch(self, path: Path) -> None:
        """Forget ``path``."""
        watch = self._watches.pop(path, None)
        if watch is not None and self._libc is not None and self._fd >= 0:
            self._libc.inotify_rm_watch(self._fd, watch)

    def wait(self, descriptors: list[int], timeout: float) -> None:
        """Return on news, at the latest after ``timeout`` seconds."""
        if self._fd < 0:
            _wait_readable(descriptors, min(timeout, _POLL_SECONDS))
            return
        _wait_readable([self._fd, *descriptors], timeout)
        with contextlib.suppress(BlockingIOError):
            while os.read(self._fd, 1 << 16):
                pass

    def close(self) -> None:
        """Stop watching; ``wait`` falls back to short sleeps."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        self._watches.clear()


def _wait_readable(descriptors: list[int], timeout: float) -> None:
    poll = select.poll()  # unlike select(), it takes descriptors above 1023
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    poll.poll(math.ceil(1000 * min(timeout, _MAX_SECONDS)))
