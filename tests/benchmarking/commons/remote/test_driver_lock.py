"""One driver per study."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from email.utils import format_datetime
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

import pytest

from benchmarking.commons.remote.records.driver_lock import DriverLock, DriverLostError
from syne_core.errors import ExperimentLockedError
from syne_core.paths import StudyKeys

if TYPE_CHECKING:
    from syne_core.emulator import Emulator

TAG = "some_tag"
KEY = StudyKeys(TAG).driver

Lock = Callable[..., DriverLock]


@pytest.fixture
def lock(emulator: Emulator) -> Lock:
    def make(**options: Any) -> DriverLock:
        return DriverLock(emulator.client("s3"), emulator.bucket, TAG, **options)

    return make


def _stored(emulator: Emulator) -> dict[str, Any]:
    body = emulator.client("s3").get_object(Bucket=emulator.bucket, Key=KEY)["Body"].read()
    content: dict[str, Any] = json.loads(body)
    return content


def _exists(emulator: Emulator) -> bool:
    return "Contents" in emulator.client("s3").list_objects_v2(Bucket=emulator.bucket, Prefix=KEY)


class _Aged:
    """An S3 client by whose clock a record is as old as it is told: this machine may be slow.

    :param ages: seconds, of each reading; the last one holds on
    """

    def __init__(self, s3: Any, *ages: float) -> None:
        self._s3, self._ages = s3, chain(ages, repeat(ages[-1]))

    def get_object(self, **request: Any) -> Any:
        answer = self._s3.get_object(**request)
        date = answer["LastModified"] + timedelta(seconds=next(self._ages))
        answer["ResponseMetadata"]["HTTPHeaders"]["date"] = format_datetime(date)
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._s3, name)


@pytest.fixture
def aged_lock(emulator: Emulator) -> Callable[..., DriverLock]:
    """A lock that finds a record of these ages, in seconds."""

    def make(*ages: float, **options: Any) -> DriverLock:
        return DriverLock(_Aged(emulator.client("s3"), *ages), emulator.bucket, TAG, **options)

    return make


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _leave_behind(emulator: Emulator, **changes: Any) -> None:
    """The record of a driver that has died elsewhere."""
    values = {"owner": "o", "host": "elsewhere", "user": "ann", "pid": 77, "home": "h", "started": 1.0}
    body = json.dumps({**values, **changes}).encode()
    emulator.client("s3").put_object(Bucket=emulator.bucket, Key=KEY, Body=body)


def test_a_second_driver_is_told_who_drives(emulator: Emulator, lock: Lock, aged_lock: Lock) -> None:
    with lock(), pytest.raises(ExperimentLockedError, match=r"some_tag is being launched by .*process \d+"):
        aged_lock(0.0).__enter__()
    assert not _exists(emulator), "the record goes with the driver"
    with lock() as again:
        again.check()


def test_of_many_at_the_same_time_one_drives(aged_lock: Lock) -> None:
    begin, end = threading.Barrier(8), threading.Barrier(8)

    def drive(number: int) -> bool:
        begin.wait()
        with ExitStack() as stack:
            try:
                stack.enter_context(aged_lock(0.0))
            except ExperimentLockedError:
                return False
            finally:
                end.wait()  # nobody leaves before everybody has tried
            return True

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(drive, range(8))) == [False] * 7 + [True]


def test_signs_of_life_are_given(emulator: Emulator, lock: Lock) -> None:
    with lock(heartbeat=0.05) as driver:
        _wait_until(lambda: _stored(emulator)["beat"] >= 4)
        driver.check()


def test_a_silent_driver_is_waited_for_and_replaced(emulator: Emulator, aged_lock: Lock) -> None:
    _leave_behind(emulator)
    told: list[str] = []
    with aged_lock(59.0, 59.5, 60.0, on_wait=told.append) as driver:
        driver.check()
        assert _stored(emulator)["host"] != "elsewhere"
    assert told == ["ann@elsewhere (process 77) drives some_tag but is silent; taking over in 1 s"]


def test_a_driver_that_was_only_slow_is_left_alone(emulator: Emulator, aged_lock: Lock) -> None:
    _leave_behind(emulator)
    slow = aged_lock(59.0, 0.0, on_wait=lambda _: _leave_behind(emulator, beat=2))
    with pytest.raises(ExperimentLockedError, match="ann@elsewhere"):
        slow.__enter__()


def test_a_fresh_driver_elsewhere_is_not_waited_for(emulator: Emulator, aged_lock: Lock) -> None:
    _leave_behind(emulator)
    with pytest.raises(ExperimentLockedError, match=r"ann@elsewhere \(process 77\)"):
        aged_lock(24.0, on_wait=pytest.fail).__enter__()


def test_a_driver_of_this_machine_whose_process_is_gone_is_replaced_at_once(
    emulator: Emulator, lock: Lock, aged_lock: Lock
) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    with lock() as model:
        here = _stored(emulator)["home"]
        model.check()
    _leave_behind(emulator, pid=gone.pid, home=here)
    with aged_lock(0.0, on_wait=pytest.fail) as driver:
        driver.check()


def test_who_was_replaced_learns_of_it(emulator: Emulator, lock: Lock) -> None:
    with lock(heartbeat=0.05) as driver:
        _leave_behind(emulator)
        _wait_until(lambda: _raises(driver.check))
    assert _stored(emulator)["host"] == "elsewhere", "and leaves the new one's record alone"


def _raises(check: Callable[[], None]) -> bool:
    try:
        check()
    except DriverLostError as error:
        return "ann@elsewhere" in str(error)
    return False


class _Counted:
    """An S3 client that knows how many writes were under way at the same time."""

    def __init__(self, s3: Any) -> None:
        self._s3, self._lock, self._now, self.most = s3, threading.Lock(), 0, 0

    def put_object(self, **request: Any) -> Any:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        time.sleep(0.01)
        try:
            return self._s3.put_object(**request)
        finally:
            with self._lock:
                self._now -= 1

    def __getattr__(self, name: str) -> Any:
        return getattr(self._s3, name)


def test_signs_of_life_are_given_one_at_a_time_and_the_record_goes_in_the_end(emulator: Emulator) -> None:
    counted = _Counted(emulator.client("s3"))
    with DriverLock(counted, emulator.bucket, TAG, heartbeat=0.001, silence=0.0) as driver:
        assert all(_is_cut_off(driver) for _ in range(10)), "each check gives a sign of its own"
    assert counted.most == 1
    assert not _exists(emulator)


class _Flaky:
    """An S3 client that carries some writes out without saying so, or is not to be reached."""

    def __init__(self, s3: Any) -> None:
        self._s3, self.mute, self.unreachable = s3, 0, False

    def put_object(self, **request: Any) -> Any:
        if self.unreachable:
            raise ConnectionError("no way")
        answer = self._s3.put_object(**request)
        if self.mute:
            self.mute -= 1
            # what a repeated call would be told
            return self._s3.put_object(**request)
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._s3, name)


@pytest.fixture
def flaky(emulator: Emulator) -> _Flaky:
    return _Flaky(emulator.client("s3"))


def test_a_write_that_was_not_confirmed_is_recognised_as_ones_own(emulator: Emulator, flaky: _Flaky) -> None:
    flaky.mute = 1
    with DriverLock(flaky, emulator.bucket, TAG, heartbeat=0.05) as driver:
        flaky.mute = 2
        _wait_until(lambda: flaky.mute == 0)
        beat = _stored(emulator)["beat"]
        _wait_until(lambda: _stored(emulator)["beat"] > beat + 1)
        driver.check()


def test_without_a_connection_for_long_no_more_jobs_are_made(emulator: Emulator, flaky: _Flaky) -> None:
    with DriverLock(flaky, emulator.bucket, TAG, heartbeat=0.05, silence=0.5) as driver:
        flaky.unreachable = True
        _wait_until(lambda: _is_cut_off(driver))
        flaky.unreachable = False
        _wait_until(lambda: not _is_cut_off(driver))  # a busy machine may be silent for long once more


def _is_cut_off(driver: DriverLock) -> bool:
    try:
        driver.check()
    except DriverLostError as error:
        return "No sign of life" in str(error)
    return False


def test_a_damaged_record_is_no_way_around_the_lock(emulator: Emulator, aged_lock: Lock) -> None:
    for body in (b"[]", b"{}", b'{"owner": "o", "pid": null}', b""):
        emulator.client("s3").put_object(Bucket=emulator.bucket, Key=KEY, Body=body)
        with pytest.raises(ExperimentLockedError, match=r"\?@\?"):
            aged_lock(0.0).__enter__()
    with aged_lock(60.0) as driver:
        driver.check()
