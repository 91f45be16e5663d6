"""Passes on what the script prints, and looks at it. Standard library only, parses as Python 3.8."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable
from typing import Any

__all__ = ["Tail", "tee"]

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


def tee(source: Any, target: int, look: Callable[[bytes], None]) -> threading.Thread:
    """Copy a pipe to a descriptor, from a thread that ends with the pipe.

    :param source: a binary file
    :param look: is given each piece before it is copied
    """
    thread = threading.Thread(target=_copy, args=(source, target, look), name=f"tee-{target}", daemon=True)
    thread.start()
    return thread


def _copy(source: Any, target: int, look: Callable[[bytes], None]) -> None:
    """Whatever happens, the script must not be left with a pipe that nobody empties."""
    is_writable, unfinished = True, b""
    while True:
        # Both streams go to one log: a line whose parts are printed one by one is kept together.
        if unfinished and not select.select([source], [], [], _LINE_PATIENCE_S)[0]:
            is_writable, unfinished = is_writable and _write(target, unfinished), b""
        chunk = os.read(source.fileno(), _CHUNK)
        if chunk:
            _look(look, chunk)
        whole, end, rest = (unfinished + chunk).rpartition(b"\n")
        if not chunk or len(rest) > _CHUNK:
            whole, end, rest = whole + end + rest, b"", b""
        is_writable, unfinished = is_writable and _write(target, whole + end), rest
        if not chunk:
            return


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
