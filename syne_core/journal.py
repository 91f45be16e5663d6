"""The journal: an append-only record of one experiment, and the truth that resume replays.

One JSON object a line, ``event`` says which:

========== ===================================================================================
session    a tuner began or continued: ``pid``, ``host``, ``time`` (seconds since 1970), ``identity``
suggest    ``kind`` (start | resume), ``asked`` (id of the new trial, if it starts one), ``source``
           (trial to resume or to copy the checkpoint of), ``config``, scheduler ``state``
resume     a paused ``trial`` goes on, with ``config`` if that is new
report     ``trial``, ``report``, ``decision``; ``late``: came after the trial was told to end, the
           scheduler was not asked; ``plain``: lacks the metric, the scheduler was not asked
redeliver  a late report of a trial that was resumed was shown to the scheduler: ``trial``, ``decision``
end_run    a run of ``trial`` ended: ``state``, ``reason``; ``is_through``: it completed before its pause
ending     the experiment is about to end: ``reason``; running trials are told to end
end        the experiment ended: ``state``, ``reason``
========== ===================================================================================

Every record has ``t``, seconds since the start of the experiment, over all sessions.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from syne_core.errors import ExperimentLockedError, JournalError
from syne_core.report import decode_nonfinite, encode_nonfinite

__all__ = ["Journal", "read_journal"]

Record = dict[str, Any]
# Parts of a record whose values need not be finite.
_MAY_DIVERGE = ("report", "extra")


def _make_encoder() -> Callable[[Any], str]:
    """As ``json.dumps``, compact and strict, without its making an encoder for every call."""
    plain = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:  # a Python without C accelerators
        return plain.encode
    pieces = make(
        *(None, plain.default, json.encoder.encode_basestring_ascii, None),
        *(plain.key_separator, plain.item_separator, False, False, False),
    )
    return lambda record: "".join(pieces(record, 0))


_encode = _make_encoder()


class Journal:
    """The one writer of a journal. Opening it takes a lock and drops a torn last line.

    :param path: file, made with its folders if absent
    :raises ExperimentLockedError: if another process has it open
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        self._pending: list[str] = []
        try:
            self._lock()
            self._drop_torn_line()
        except BaseException:
            os.close(self._fd)
            raise

    def records(self) -> Iterator[Record]:
        """The records so far, oldest first, read as a stream.

        :raises JournalError: if a line before the last is damaged
        """
        return read_journal(self.path)

    def append(self, record: Record) -> None:
        """Add ``record``; it is on disk after the next ``commit``.

        :raises JournalError: if it is not JSON; then it is not added
        """
        try:
            line = _encode(record)
        except ValueError:  # a diverged report; rare, so the usual case pays nothing for it
            line = _encode_diverged(record)
        except (TypeError, RecursionError) as error:
            raise _not_json(record, error) from None
        self._pending.append(line)

    def append_line(self, line: str) -> None:
        """Add a record that is JSON already, on one line."""
        self._pending.append(line)

    @property
    def num_pending(self) -> int:
        """Records that were not written yet."""
        return len(self._pending)

    def commit(self, durable: bool = False) -> None:
        """Write what was appended; with ``durable``, return once the disk has it.

        :raises OSError: if the disk is full; the next ``commit`` tries again
        """
        if self._pending:
            lines, self._pending = self._pending, []
            try:
                _write_all(self._fd, ("\n".join(lines) + "\n").encode())
            except OSError:
                self._pending = lines  # a gap in the record would be worse than a late one
                raise
        if durable:
            os.fsync(self._fd)

    def close(self) -> None:
        """Write what is left and let go of the lock."""
        if self._fd >= 0:
            try:
                self.commit(durable=True)
            finally:
                os.close(self._fd)
                self._fd = -1

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _lock(self) -> None:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ExperimentLockedError(
                f"{self.path.parent} is being run by {_last_owner(self.path)}; "
                "wait for it or stop it before running this experiment again"
            ) from None

    def _drop_torn_line(self) -> None:
        size = os.fstat(self._fd).st_size
        good = size - len(_unfinished_tail(self._fd, size))
        if good < size:
            os.ftruncate(self._fd, good)


def read_journal(path: Path, skip: str | None = None) -> Iterator[Record]:
    """The records of ``path``; a torn last line is passed over.

    :param skip: an event whose records are passed over without looking into them
    :raises JournalError: if a line before the last is damaged
    """
    skipped = None if skip is None else _encode({"event": skip})[:-1].encode()
    with open(path, "rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                return
            if skipped is not None and line.startswith(skipped):
                continue
            try:
                record = json.loads(line)
            except ValueError:
                raise JournalError(f"{path}, line {number}: damaged record") from None
            if not isinstance(record, dict) or "event" not in record:
                raise JournalError(f"{path}, line {number}: not a record")
            for part in _MAY_DIVERGE:
                if part in record:
                    decode_nonfinite(record[part])
            yield record


def _encode_diverged(record: Record) -> str:
    odd = {part: encode_nonfinite(record[part]) for part in _MAY_DIVERGE if part in record}
    try:
        return _encode({**record, **odd})
    except (TypeError, ValueError, RecursionError) as error:
        raise _not_json(record, error) from None


def _not_json(record: Record, error: Exception) -> JournalError:
    return JournalError(f"the '{record.get('event')}' record cannot be stored as JSON: {error}")


def _unfinished_tail(fd: int, size: int) -> bytes:
    """What stands after the last newline."""
    tail, at, block = b"", size, 65536
    while at > 0 and b"\n" not in tail:
        start = max(0, at - block)
        tail = os.pread(fd, at - start, start) + tail
        at = start
    return tail[tail.rfind(b"\n") + 1 :]


def _write_all(fd: int, data: bytes) -> None:
    """Write ``data`` whole, or leave the file as it was: no half record after a full disk or Ctrl-C."""
    before = os.fstat(fd).st_size
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(fd, view) :]
    except BaseException:
        os.ftruncate(fd, before)
        raise


def _last_owner(path: Path) -> str:
    owner = "another process"
    try:
        for record in read_journal(path):
            if record["event"] == "session":
                owner = f"process {record['pid']} on {record['host']}"
    except (JournalError, OSError, KeyError):
        pass
    return owner
