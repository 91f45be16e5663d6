"""Passes on what the script prints, and looks at it. Standard library only, parses as Python 3.8."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable
from typing import Any

__all__ = ["Copying", "Tail", "tee"]

_CHUNK = 65536
_TAIL_BYTES = 4096
_LINE_PATIENCE_S = 0.2


class Tail:
    """The last few kB of a stream."""

    def __init__(self) -> None:
        self._bytes = b""

    def feed(self, chunk: bytes) -> None:
        """Add a piece."""
        self._bytes = (self._bytes + chunk)[-_TAIL_BYTES:]

    @property
    def text(self) -> str:
        """What it is."""
        return self._bytes.decode("utf-8", "replace").strip()

    @property
    def last_line(self) -> str:
        """Its last line that is not empty."""
        return self.text.rpartition("\n")[2].strip()


class Copying(threading.Thread):
    """Copies a pipe to a descriptor; ends with the pipe. Made by ``tee``."""

    def __init__(self, source: Any, target: int, look: Callable[[bytes], None]) -> None:
        super().__init__(name=f"tee-{target}", daemon=True)
        self._source, self._target, self._look = source, target, look
        self._holds = False

    @property
    def has_work(self) -> bool:
        """Whether something was printed that is not copied yet."""
        # In this order: what leaves the pipe in between is held.
        return self.is_alive() and (_is_readable(self._source, 0) or self._holds)

    def run(self) -> None:
        """Whatever happens, the script must not be left with a pipe that nobody empties."""
        is_writable, unfinished = True, b""
        while True:
            # Both streams go to one log: a line whose parts are printed one by one is kept together.
            if unfinished and not _is_readable(self._source, _LINE_PATIENCE_S):
                is_writable, unfinished = is_writable and _write(self._target, unfinished), b""
                self._holds = False
            _is_readable(self._source, None)
            self._holds = True
            chunk = os.read(self._source.fileno(), _CHUNK)
            if chunk:
                _look(self._look, chunk)
            whole, end, rest = (unfinished + chunk).rpartition(b"\n")
            if not chunk or len(rest) > _CHUNK:
                whole, end, rest = whole + end + rest, b"", b""
            is_writable, unfinished = is_writable and _write(self._target, whole + end), rest
            self._holds = bool(unfinished)
            if not chunk:
                return


def tee(source: Any, target: int, look: Callable[[bytes], None]) -> Copying:
    """Copy a pipe to a descriptor, from a thread that ends with the pipe.

    :param source: a binary file
    :param look: is given each piece before it is copied
    """
    thread = Copying(source, target, look)
    thread.start()
    return thread


def _is_readable(source: Any, patience_s: float | None) -> bool:
    return bool(select.select([source], [], [], patience_s)[0])


def _look(look: Callable[[bytes], None], chunk: bytes) -> None:
    try:
        look(chunk)
    except Exception as error:
        _write(2, f"synebench: output was not understood: {type(error).__name__}: {error}\n".encode())


def _write(target: int, chunk: bytes) -> bool:
    """Whether that worked: a log that cannot be written is no reason to stop the script."""
    try:
        while chunk:
            chunk = chunk[os.write(target, chunk) :]
    except OSError:
        return False
    return True
