"""One driver per study: an object on S3 that whoever drives writes anew every few seconds.

Written under a condition (``If-None-Match: *`` for a new one, ``If-Match`` with the ETag of the last for
the next; Amazon S3 User Guide, "Conditional writes"), so that of two drivers one loses, and learns of it. A
driver that was silent for a minute is replaced; how long it was silent is read from S3's clock alone. A
driver on this machine whose process is gone is replaced at once.

Losing the lock unnoticed would not make an experiment run twice: jobs have the same names whoever makes them.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

from benchmarking.commons.remote.records.driver import SILENCE, Driver
from syne_core.aws.client_errors import clear_errors, error_code
from syne_core.errors import ExperimentLockedError
from syne_core.paths import StudyKeys

__all__ = ["HEARTBEAT", "DriverLock", "DriverLostError"]

logger = logging.getLogger(__name__)

#: Seconds.
HEARTBEAT = 10.0
_ABSENT = frozenset({"NoSuchKey", "404"})
_CONFLICT = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
_PAUSE = 0.5


class DriverLostError(ExperimentLockedError):
    """Another process drives the study now."""


class DriverLock:
    """The right to drive a study, for as long as the block lasts::

        with DriverLock(s3, bucket, tag) as lock:
            run_queue(..., guard=lock.check)

    :param s3: a client of S3
    :param silence: seconds after which a silent driver is replaced
    :param heartbeat: seconds between signs of life
    :param on_wait: called with one line when a silent driver is waited for
    :raises ExperimentLockedError: on entering: somebody else drives, and lives
    :raises SyneError: on entering: S3 refuses or does not answer
    """

    def __init__(
        self,
        s3: Any,
        bucket: str,
        tag: str,
        silence: float = SILENCE,
        heartbeat: float = HEARTBEAT,
        on_wait: Callable[[str], None] = logger.warning,
    ) -> None:
        self._s3, self._bucket, self._tag = s3, bucket, tag
        self._key = StudyKeys(tag).driver
        self._silence, self._heartbeat, self._on_wait = silence, heartbeat, on_wait
        self._me = Driver.here()
        self._etag = ""
        self._beats = 0
        self._heard = 0.0
        self._lost: str | None = None
        self._over = threading.Event()
        self._beating = threading.Lock()
        self._thread = threading.Thread(target=self._live, name="driver-heartbeat", daemon=True)

    def __enter__(self) -> DriverLock:
        with clear_errors(f"become the driver of {self._tag}"):
            self._acquire()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        if self._lost is None:
            self._release()

    def check(self) -> None:
        """See that this process still drives; to be called before each job that is made.

        :raises DriverLostError: another one does, or may by now
        """
        if self._is_silent():
            # Without a connection, or suspended: nobody may have noticed, which only S3 knows.
            self._beat_safely()
            if self._is_silent():
                raise DriverLostError(
                    f"No sign of life of this driver of {self._tag} reached S3 for {self._silence:g} s, so "
                    "another one may have taken over. The same command goes on"
                )
        if self._lost is not None:
            raise DriverLostError(self._lost)

    # -- becoming the driver -----------------------------------------------------------------------

    def _acquire(self) -> None:
        waited_for: tuple[str, str] | None = None
        while True:
            found = self._read()
            if found is None:
                if self._write({"IfNoneMatch": "*"}):
                    return
                continue
            driver, etag = found
            if driver.owner == self._me.owner:  # S3 did not confirm what it had written
                self._etag, self._heard = etag, time.monotonic()
                return
            if driver.silent_for >= self._silence or driver.is_known_to_be_dead:
                if self._write({"IfMatch": etag}):
                    logger.info("took over %s from %s", self._tag, driver)
                    return
                continue
            waited_for = self._wait_or_refuse(driver, etag, waited_for)

    def _wait_or_refuse(
        self, driver: Driver, etag: str, waited_for: tuple[str, str] | None
    ) -> tuple[str, str]:
        """A driver that has missed signs of life may be dead; one that gives another is not."""
        this = (driver.owner, etag)
        if (waited_for is not None and waited_for != this) or driver.silent_for < 2.5 * self._heartbeat:
            raise ExperimentLockedError(
                f"{self._tag} is being launched by {driver} since {_ago(time.time() - driver.started)} ago; "
                f"last sign of life {_ago(driver.silent_for)} ago. See how it stands:  synebench status "
                f"{self._tag}  (a driver that is silent for {self._silence:g} s is replaced)"
            )
        if waited_for is None:
            left = self._silence - driver.silent_for
            self._on_wait(f"{driver} drives {self._tag} but is silent; taking over in {left:.0f} s")
        time.sleep(min(_PAUSE, self._silence))
        return this

    def _read(self) -> tuple[Driver, str] | None:
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=self._key)
        except Exception as error:
            if error_code(error) in _ABSENT:
                return None
            raise
        return Driver.of_record(answer), str(answer["ETag"])

    def _write(self, condition: dict[str, str]) -> bool:
        """Say that this process drives, if ``condition`` holds; whether it did."""
        self._beats += 1
        body = {**self._me.to_json(), "beat": self._beats}
        began = time.monotonic()
        try:
            answer = self._s3.put_object(
                Bucket=self._bucket,
                Key=self._key,
                Body=json.dumps(body).encode(),
                ContentType="application/json",
                **condition,
            )
        except Exception as error:
            if error_code(error) in _CONFLICT | _ABSENT:
                return False
            raise
        self._etag, self._heard = str(answer["ETag"]), began
        return True

    # -- staying it --------------------------------------------------------------------------------

    def _live(self) -> None:
        while not self._over.wait(self._heartbeat):
            self._beat_safely()
            if self._lost is not None:
                return

    def _is_silent(self) -> bool:
        return self._lost is None and time.monotonic() - self._heard > self._silence

    def _beat_safely(self) -> None:
        """Give a sign of life; one at a time, or the ETag that is kept may be that of the last but one."""
        try:
            with self._beating:
                self._beat()
        except Exception as error:
            logger.warning("no sign of life could be given: %s", error)

    def _beat(self) -> None:
        if self._write({"IfMatch": self._etag}):
            return
        found = self._read()
        if found is not None and found[0].owner == self._me.owner:
            # Our own last sign of life, of which we had no confirmation.
            self._etag, self._heard = found[1], time.monotonic()
            return
        by = "nobody" if found is None else str(found[0])
        self._lost = f"{self._tag} is being driven by {by} now; this process makes no more jobs"
        logger.warning("%s", self._lost)

    def _release(self) -> None:
        try:
            self._s3.delete_object(Bucket=self._bucket, Key=self._key, IfMatch=self._etag)
        except Exception as error:
            logger.info("the driver's record is left to expire: %s", error)


def _ago(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
