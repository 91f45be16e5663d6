"""Reports out of listings: nothing lost, nothing twice, in order."""

from __future__ import annotations

import random
from typing import Any

import pytest

from syne_core.aws.report_reader import MARGIN, ReportReader, RunLog
from syne_core.aws.runner.report_objects import (
    ReportKey,
    ReportObject,
    end_record,
    report_key,
    report_record,
    start_record,
)
from syne_core.aws.s3_objects import Listing

PREFIX = "syne-tune/e-trials/_reports/"
NOW = 1_790_000_000
BOOT = NOW * 1000


class _Store:
    """Keys with a clock."""

    def __init__(self) -> None:
        self.keys: set[str] = set()
        self.now = float(NOW)
        self.asked: list[str | None] = []
        self.listed = 0

    def put(self, seq: int, at: float = NOW, trial: int = 0, run: int = 0, boot: int = BOOT) -> None:
        self.keys.add(report_key(PREFIX, ReportKey(int(at), trial, run, boot, seq)))

    def listing(self, prefix: str, start_after: str | None = None) -> Listing:
        self.asked.append(start_after)
        found = sorted(k for k in self.keys if k.startswith(prefix) and k > (start_after or ""))
        self.listed = len(found)
        return Listing(tuple(found), self.now)


@pytest.fixture
def store() -> _Store:
    return _Store()


def _seqs(reader: ReportReader) -> list[int]:
    return [new.key.seq for new in reader.look()]


def test_each_object_is_found_once(store: _Store) -> None:
    reader = ReportReader(store, PREFIX)
    store.put(0)
    store.put(1)
    store.keys.add(PREFIX + "something else")
    assert _seqs(reader) == [0, 1]
    store.put(2)
    assert _seqs(reader) == [2]
    assert _seqs(reader) == []


def test_first_look_sees_all_and_later_ones_the_last_minutes(store: _Store) -> None:
    reader = ReportReader(store, PREFIX)
    for seq in range(100):
        store.put(seq, at=NOW - 10_000 + seq)
    assert len(reader.look()) == 100
    store.put(100, at=NOW + 1)
    store.now += 2
    assert _seqs(reader) == [100]
    assert store.listed == 1
    assert store.asked[0] is None
    assert all(after is not None for after in store.asked[1:])


@pytest.mark.parametrize("skew", [-MARGIN + 5, -60, 0, 60, MARGIN * 3])
def test_clocks_may_differ(store: _Store, skew: float) -> None:
    reader = ReportReader(store, PREFIX)
    found = []
    for seq in range(40):
        store.put(seq, at=store.now + skew)
        found += _seqs(reader)
        store.now += 30
    assert found == list(range(40))
    assert _seqs(reader) == []


def test_tuner_that_slept_misses_nothing(store: _Store) -> None:
    """A laptop that was closed for hours."""
    reader = ReportReader(store, PREFIX)
    reader.look()
    for seq in range(50):
        store.put(seq, at=NOW + 60 * seq)
    store.now += 36_000
    assert _seqs(reader) == list(range(50))


def test_same_object_under_two_times_is_one(store: _Store) -> None:
    reader = ReportReader(store, PREFIX)
    store.put(0, at=NOW)
    store.put(0, at=NOW + 3)
    assert _seqs(reader) == [0]


def test_memory_does_not_grow_with_the_experiment(store: _Store) -> None:
    reader = ReportReader(store, PREFIX)
    for seq in range(3000):
        store.put(seq, at=store.now)
        reader.look()
        store.now += 10
    assert len(reader._seen) < 250


# -- order ------------------------------------------------------------------------------------------


def _object(seq: int, *values: int, boot: int = BOOT, end: dict[str, Any] | None = None) -> ReportObject:
    records = [report_record({"epoch": value}) for value in values]
    start = [start_record()] if seq == 0 else []
    return ReportObject(0, 0, boot, seq, "algo-1", [*start, *records, *([end] if end else [])])


def _epochs(reports: list[dict[str, Any]]) -> list[int]:
    return [report["epoch"] for report in reports]


def test_objects_come_in_any_order_and_reports_leave_in_theirs() -> None:
    objects = [_object(seq, 2 * seq, 2 * seq + 1) for seq in range(20)]
    for seed in range(20):
        shuffled = objects * 2
        random.Random(seed).shuffle(shuffled)
        log, taken = RunLog(), []
        for content in shuffled:
            log.add(content)
            taken += _epochs(log.take())
        assert taken == list(range(40))


def test_end_counts_once_all_before_it_is_there() -> None:
    log = RunLog()
    assert not log.started
    log.add(_object(0, 1))
    log.add(_object(2, 3, end=end_record(0)))
    assert _epochs(log.take()) == [1]
    assert log.end is None
    log.add(_object(1, 2))
    assert _epochs(log.take()) == [2, 3]
    assert log.end == end_record(0)


def test_runner_that_starts_again_takes_over() -> None:
    """A spot instance was taken away: what is missing from before will not come."""
    log = RunLog()
    log.add(_object(0, 1))
    log.add(_object(2, 3, end=end_record(143, stopped=True)))
    assert _epochs(log.take()) == [1]
    log.add(_object(0, 4, boot=BOOT + 5000))
    assert _epochs(log.take()) == [3, 4]
    assert log.end is None, "that of the first start does not end the run"
    log.add(_object(1, 2))
    assert _epochs(log.take()) == [2], "late, but not lost"
    log.add(_object(1, 5, boot=BOOT + 5000, end=end_record(0)))
    assert _epochs(log.take()) == [5]
    assert log.end == end_record(0)


def test_when_a_job_is_over_nothing_is_waited_for() -> None:
    log = RunLog()
    log.add(_object(1, 2))
    log.add(_object(3, 4))
    assert log.take() == []
    assert _epochs(log.take(everything=True)) == [2, 4]
    assert log.take(everything=True) == []
