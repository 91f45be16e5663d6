"""Reading a growing log: every report once, every byte once, however the writes fall."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syne_core.backend.local.log_tail import LogTail
from syne_core.report import MAX_REPORT_BYTES, REPORT_TAG


def line(epoch: int, note: str = "") -> bytes:
    return f'{REPORT_TAG}{{"epoch": {epoch}, "note": "{note}"}}\n'.encode()


def append(path: Path, data: bytes) -> None:
    with open(path, "ab") as file:
        file.write(data)


class _CountingReads:
    """Counts the bytes that ``os.pread`` returns."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        pread = os.pread

        def counting(fd: int, length: int, offset: int) -> bytes:
            data = pread(fd, length, offset)
            self.count += len(data)
            return data

        monkeypatch.setattr(os, "pread", counting)


LOG = (
    b"starting\n"
    + line(1)
    + b" 40%|####      |\r 60%|######    |"
    + line(2, "caf\\u00e9")
    + b"\xff\xfe not utf-8 \n\n"
    + line(3)
    + REPORT_TAG.encode()
    + b'{"epoch": 99, "lo\n'
    + line(4)
)


@given(cuts=st.lists(st.integers(0, len(LOG)), max_size=12))
def test_reports_torn_at_any_byte_arrive_once_and_whole(tmp_path: Path, cuts: list[int]) -> None:
    path = tmp_path / "std.out"
    path.unlink(missing_ok=True)
    tail, epochs = LogTail(path), []
    for begin, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(LOG)], strict=True):
        append(path, LOG[begin:end])
        epochs += [report["epoch"] for report in tail.read()]
    assert epochs == [1, 2, 3, 4]
    assert tail.read(ended=True) == []


def test_report_is_never_seen_before_its_line_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "std.out"
    lines = [line(1), line(2, "caf\\u00e9"), line(3), line(4)]
    for cut in range(len(LOG)):
        path.write_bytes(LOG[:cut])
        assert len(LogTail(path).read()) == sum(LOG[:cut].count(whole) for whole in lines)


def test_each_byte_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault 2: the whole log was read again at every poll."""
    path, reads = tmp_path / "std.out", _CountingReads(monkeypatch)
    tail = LogTail(path)
    for epoch in range(200):
        append(path, b"some words before it\n" + line(epoch))
        assert [report["epoch"] for report in tail.read()] == [epoch]
        assert tail.read() == []
    assert reads.count == path.stat().st_size


def test_ten_megabytes_without_a_newline_cost_neither_time_nor_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, reads = tmp_path / "std.out", _CountingReads(monkeypatch)
    tail, take, looked_at = LogTail(path), LogTail._take, [0]

    def counting(self: LogTail, data: bytes, reports: list[dict[str, Any]]) -> None:
        looked_at[0] += len(self._partial) + len(data)
        take(self, data, reports)

    monkeypatch.setattr(LogTail, "_take", counting)
    for _ in range(20):
        append(path, b"x" * 500_000)
        assert tail.read() == []
        assert len(tail._partial) <= 2 * MAX_REPORT_BYTES
    append(path, line(1))
    assert [report["epoch"] for report in tail.read()] == [1]
    assert reads.count == path.stat().st_size
    assert looked_at[0] < 2 * path.stat().st_size


def test_largest_report_is_found_behind_an_endless_line(tmp_path: Path) -> None:
    path = tmp_path / "std.out"
    tail = LogTail(path)
    largest = line(7, "x" * (MAX_REPORT_BYTES - 60))
    assert len(largest) <= MAX_REPORT_BYTES
    for piece in (b"." * 1_000_000, largest[:100], largest[100:-1]):
        append(path, piece)
        assert tail.read() == []
    append(path, b"\n")
    assert [report["epoch"] for report in tail.read()] == [7]


def test_last_line_without_newline_counts_once_nothing_more_can_come(tmp_path: Path) -> None:
    path = tmp_path / "std.out"
    tail = LogTail(path)
    append(path, line(1) + line(2).rstrip(b"\n"))
    assert [report["epoch"] for report in tail.read()] == [1]
    assert [report["epoch"] for report in tail.read(ended=True)] == [2]
    assert tail.read(ended=True) == []
    append(path, b"\n" + line(3))  # a later run of the trial, on a line of its own
    assert [report["epoch"] for report in tail.read()] == [3]


def test_torn_last_line_of_a_killed_run_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "std.out"
    tail = LogTail(path)
    append(path, line(1) + line(2)[:-8])
    assert [report["epoch"] for report in tail.read(ended=True)] == [1]


def test_log_that_does_not_exist_yet_is_empty(tmp_path: Path) -> None:
    tail = LogTail(tmp_path / "std.out")
    assert tail.read() == []
    append(tmp_path / "std.out", line(1))
    assert len(tail.read()) == 1


def test_trial_that_prints_faster_than_we_read_does_not_hold_us_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a trial could never be stopped, nor any other."""
    path = tmp_path / "std.out"
    pread = os.pread

    def while_it_prints(fd: int, length: int, offset: int) -> bytes:
        data = pread(fd, length, offset)
        append(path, b"y\n" * len(data))
        return data

    append(path, b"y\n" * 1000)
    monkeypatch.setattr(os, "pread", while_it_prints)
    tail = LogTail(path)
    assert tail.read() == []
    assert path.stat().st_size < 100_000
