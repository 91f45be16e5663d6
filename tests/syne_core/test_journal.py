"""The journal: whatever happens to the writer, whole lines survive and nothing else does."""

from __future__ import annotations

import errno
import json
import math
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syne_core.errors import ExperimentLockedError, JournalError
from syne_core.journal import Journal, read_journal

RECORDS = [
    {"event": "session", "t": 0.0, "pid": 1, "host": "somewhere", "note": 'quote " and \\ é\n'},
    {"event": "suggest", "t": 0.5, "config": {"lr": 1e-05, "name": "a b"}},
    {"event": "report", "t": 1.0, "trial": 0, "report": {"loss": 0.25, "epoch": 1}},
    {"event": "report", "t": 2.0, "trial": 0, "report": {"loss": math.inf, "epoch": 2}},
    {"event": "end", "t": 3.0, "state": "finished"},
]


def written(path: Path, records: list[dict[str, Any]] = RECORDS) -> bytes:
    """The bytes of a journal of ``records``."""
    with Journal(path) as journal:
        for record in records:
            journal.append(record)
    return path.read_bytes()


def test_records_come_back_in_order_and_whole(tmp_path: Path) -> None:
    written(tmp_path / "deep" / "journal.jsonl")
    assert list(read_journal(tmp_path / "deep" / "journal.jsonl")) == RECORDS


def test_nothing_is_on_disk_before_commit_and_all_of_it_after(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal(path) as journal:
        journal.append(RECORDS[0])
        assert path.read_bytes() == b""
        journal.commit()
        assert list(read_journal(path)) == RECORDS[:1]


def test_durable_commit_returns_after_the_disk_has_the_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_disk: list[bytes] = []
    path = tmp_path / "journal.jsonl"
    monkeypatch.setattr(os, "fsync", lambda fd: on_disk.append(path.read_bytes()))
    with Journal(path) as journal:
        journal.append(RECORDS[0])
        journal.commit()
        assert on_disk == []
        journal.append(RECORDS[1])
        journal.commit(durable=True)
        assert on_disk == [path.read_bytes()]
        assert on_disk[0].count(b"\n") == 2


def test_file_has_one_strict_json_object_a_line(tmp_path: Path) -> None:
    records = [
        {"event": "report", "report": {"a": math.nan, "b": -math.inf, "c": 1}, "extra": {"d": math.inf}},
        {"event": "report", "report": {"a": 1}, "extra": {"d": math.nan}},
    ]
    data = written(tmp_path / "journal.jsonl", records)

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    raw = [json.loads(line, parse_constant=refuse) for line in data.splitlines()]
    assert raw[0]["report"]["a"] is None
    assert raw[1]["report"] == {"a": 1}
    first, second = read_journal(tmp_path / "journal.jsonl")
    assert math.isnan(first["report"]["a"])
    assert (first["report"]["b"], first["report"]["c"], first["extra"]["d"]) == (-math.inf, 1, math.inf)
    assert math.isnan(second["extra"]["d"])


@pytest.mark.parametrize("value", [{1, 2}, object(), math.nan, [math.inf]])
def test_record_that_is_not_json_is_refused_by_name_and_not_kept(tmp_path: Path, value: Any) -> None:
    with Journal(tmp_path / "journal.jsonl") as journal:
        with pytest.raises(JournalError, match="suggest"):
            journal.append({"event": "suggest", "state": value})
        journal.append(RECORDS[0])
    assert list(read_journal(tmp_path / "journal.jsonl")) == RECORDS[:1]


# -- torn and damaged files ---------------------------------------------------------------------


@given(length=st.integers(0, 10_000))
def test_any_prefix_reopens_with_its_whole_lines_and_goes_on(tmp_path: Path, length: int) -> None:
    path = tmp_path / "journal.jsonl"
    path.unlink(missing_ok=True)
    data = written(path)
    prefix = data[: length % (len(data) + 1)]
    path.write_bytes(prefix)
    whole = prefix.count(b"\n")
    assert list(read_journal(path)) == RECORDS[:whole]
    with Journal(path) as journal:
        assert list(journal.records()) == RECORDS[:whole]
        journal.append({"event": "session"})
    assert list(read_journal(path)) == [*RECORDS[:whole], {"event": "session"}]


@given(tail=st.binary(max_size=200).filter(lambda tail: b"\n" not in tail))
def test_any_unfinished_line_is_dropped(tmp_path: Path, tail: bytes) -> None:
    path = tmp_path / "journal.jsonl"
    path.unlink(missing_ok=True)
    data = written(path)
    path.write_bytes(data + tail)
    with Journal(path):
        assert path.read_bytes() == data


@pytest.mark.parametrize("size", [65535, 65536, 65537, 200_000])
def test_long_unfinished_line_is_dropped(tmp_path: Path, size: int) -> None:
    path = tmp_path / "journal.jsonl"
    data = written(path)
    path.write_bytes(data + b"x" * size)
    Journal(path).close()
    assert path.read_bytes() == data


@pytest.mark.parametrize("damage", [b"\0\0\0\0\n", b"{]\n", b"\xff\xfe\n", b"3\n", b"[]\n", b"{}\n", b"\n"])
@pytest.mark.parametrize("line", [1, 3])
def test_damage_in_the_middle_is_an_error_that_names_the_line(
    tmp_path: Path, damage: bytes, line: int
) -> None:
    path = tmp_path / "journal.jsonl"
    lines = written(path).splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[: line - 1], damage, *lines[line - 1 :]]))
    read: list[dict[str, Any]] = []
    with pytest.raises(JournalError, match=f"line {line}"):
        read.extend(read_journal(path))
    assert read == RECORDS[: line - 1]
    before = path.read_bytes()
    Journal(path).close()
    assert path.read_bytes() == before, "damage is for a person to look at"


# -- a full disk, an interrupt ------------------------------------------------------------------


class _Disk:
    """``os.write`` that fails once ``room`` bytes were written, in pieces of at most ``piece``."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, room: int, error: BaseException, piece: int = 7
    ) -> None:
        self.room, self.error, self.piece = room, error, piece
        self._write = os.write
        monkeypatch.setattr(os, "write", self)

    def __call__(self, fd: int, data: bytes) -> int:
        if self.room <= 0:
            raise self.error
        length = min(self.piece, self.room, len(data))
        self.room -= length
        return self._write(fd, data[:length])


def full() -> OSError:
    """What writing to a full disk raises."""
    return OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("room", [0, 1, 20, 60])
def test_full_disk_leaves_no_half_record_and_no_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    path = tmp_path / "journal.jsonl"
    before = written(path, RECORDS[:1])
    journal = Journal(path)
    journal.append(RECORDS[1])
    disk = _Disk(monkeypatch, room, full())
    with pytest.raises(OSError, match="No space"):
        journal.commit()
    assert path.read_bytes() == before
    disk.room = 10_000  # somebody made room
    journal.append(RECORDS[2])
    journal.close()
    assert list(read_journal(path)) == RECORDS[:3], "a later record must not follow a lost one"


def test_disk_that_stays_full_releases_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    journal.append(RECORDS[0])
    with monkeypatch.context() as patch:
        _Disk(patch, 3, full())
        with pytest.raises(OSError, match="No space"):
            journal.close()
    journal.close()
    Journal(path).close()
    assert path.read_bytes() == b""


@pytest.mark.parametrize("room", [0, 5])
def test_interrupt_while_writing_leaves_no_half_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    journal.append(RECORDS[0])
    with monkeypatch.context() as patch:
        _Disk(patch, room, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            journal.commit()
    assert path.read_bytes() == b""
    journal.close()
    assert list(read_journal(path)) in ([], RECORDS[:1])


# -- the lock -----------------------------------------------------------------------------------

HOLDER = """
import os, sys, time
from pathlib import Path
from syne_core.journal import Journal
journal = Journal(Path(sys.argv[1]))
journal.append({"event": "session", "pid": os.getpid(), "host": "thishost"})
journal.commit()
print("locked", flush=True)
sys.stdin.read()
"""


def test_second_writer_is_refused_and_told_who_the_first_is(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal(path) as journal:
        journal.append({"event": "session", "pid": 12345, "host": "thishost"})
        journal.commit()
        with pytest.raises(ExperimentLockedError, match="process 12345 on thishost"):
            Journal(path)
        assert list(read_journal(path)), "readers need no lock"
    Journal(path).close()


def test_lock_goes_with_a_killed_process(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"locked\n"
        with pytest.raises(ExperimentLockedError, match=f"process {holder.pid} on thishost"):
            Journal(path)
        holder.send_signal(signal.SIGKILL)
    with Journal(path) as journal:
        assert [record["pid"] for record in journal.records()] == [holder.pid]


def test_refused_opening_leaves_a_line_in_progress_alone(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal(path):
        path.write_bytes(b'{"event": "half')
        with pytest.raises(ExperimentLockedError, match="another process"):
            Journal(path)
        assert path.read_bytes() == b'{"event": "half'


def test_lock_is_not_inherited_by_programs_that_are_started(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False) as child:
        journal.close()
        Journal(path).close()
        assert child.stdin is not None
        child.stdin.write(b"\n")
        child.stdin.close()
