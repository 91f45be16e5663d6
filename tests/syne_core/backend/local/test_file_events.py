"""Waking up when a log grows, with inotify and without."""

from __future__ import annotations

import os
import resource
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from syne_core.backend.local.file_events import FileEvents

LONG = 120.0


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "std.out"
    path.touch()
    return path


@pytest.fixture
def events() -> Iterator[FileEvents]:
    made = FileEvents()
    yield made
    made.close()


def append(path: Path) -> None:
    with open(path, "ab") as file:
        file.write(b"line\n")


def seconds_in_wait(events: FileEvents, timeout: float, *descriptors: int) -> float:
    start = time.monotonic()
    events.wait(list(descriptors), timeout)
    return time.monotonic() - start


def test_wait_ends_when_a_watched_file_grows(events: FileEvents, log: Path) -> None:
    events.watch(log)
    writer = threading.Timer(0.1, append, [log])
    writer.start()
    assert seconds_in_wait(events, LONG) < LONG / 2
    assert log.read_bytes() == b"line\n", "and not before"
    writer.join()


def test_what_was_written_before_the_wait_is_not_missed(events: FileEvents, log: Path) -> None:
    events.watch(log)
    for _ in range(5):
        append(log)
        assert seconds_in_wait(events, LONG) < LONG / 2
    assert seconds_in_wait(events, 0.05) >= 0.04, "and is news only once"


def test_wait_ends_when_a_descriptor_is_readable(events: FileEvents, log: Path) -> None:
    reader, writer = os.pipe()
    try:
        events.watch(log)
        os.write(writer, b"x")
        assert seconds_in_wait(events, LONG, reader) < LONG / 2
    finally:
        os.close(reader)
        os.close(writer)


def test_wait_ends_at_its_timeout(events: FileEvents, log: Path) -> None:
    events.watch(log)
    assert 0.04 <= seconds_in_wait(events, 0.05) < LONG
    assert seconds_in_wait(events, 0.0) < LONG


def test_file_that_is_not_watched_any_more_wakes_nobody(events: FileEvents, log: Path) -> None:
    events.watch(log)
    events.unwatch(log)
    events.wait([], 0.0)  # the note that the watch is gone
    append(log)
    assert seconds_in_wait(events, 0.05) >= 0.04
    events.unwatch(log)
    events.watch(log)
    append(log)
    assert seconds_in_wait(events, LONG) < LONG / 2, "and may be watched again"


def test_descriptors_beyond_what_select_can_hold(log: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 1200:
        pytest.skip("the system allows too few open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 1200), hard))
    opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
    try:
        events = FileEvents()
        reader, writer = os.pipe()
        opened += [reader, writer]
        assert reader > 1024
        events.watch(log)
        append(log)
        assert seconds_in_wait(events, LONG, reader) < LONG / 2
        events.close()
    finally:
        for fd in opened:
            os.close(fd)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_short_sleeps_where_there_is_no_inotify(monkeypatch: pytest.MonkeyPatch, log: Path) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    events = FileEvents()
    events.watch(log)
    assert seconds_in_wait(events, LONG) < LONG / 2
    events.unwatch(log)
    events.close()


def test_short_sleeps_when_watches_run_out(events: FileEvents, log: Path, tmp_path: Path) -> None:
    events.watch(log)
    events.watch(tmp_path / "cannot be watched")  # as the kernel refuses one watch too many
    assert seconds_in_wait(events, LONG) < LONG / 2
    events.unwatch(log)
    events.watch(log)
    assert seconds_in_wait(events, LONG) < LONG / 2


def test_closing_twice_is_harmless(events: FileEvents) -> None:
    events.close()
    events.close()
