"""Sends records to S3 from a thread of its own, in order, however long S3 does not answer.

Standard library only, parses as Python 3.8.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

from syne_core.aws.runner.object_store import StoreError
from syne_core.aws.runner.report_objects import ReportKey, ReportObject, encode_reports, report_key

__all__ = ["ReportPlace", "ReportShipping"]

BATCH_INTERVAL_S = 0.05
MOST_RECORDS = 500
FIRST_DELAY_S = 0.1
LONGEST_DELAY_S = 10.0
#: Rights may take a while until they hold; after that a refusal is final.
REFUSED_FOR_S = 30.0
#: A listing looks back a few minutes: an object that is late must not bear the time when it was made.
NEW_KEY_AFTER_S = 20.0


class ReportPlace(NamedTuple):
    """Where the records of a run go.

    :ivar prefix: of the experiment's reports, ends with ``/``
    :ivar trial: id of the trial
    :ivar run: 0, then 1 for each time it was resumed
    :ivar boot: when this process started, milliseconds since 1970
    :ivar host: name of this host
    """

    bucket: str
    prefix: str
    trial: int
    run: int
    boot: int
    host: str


class ReportShipping:
    """Collects records and sends them, at most one object per 50 ms; the first goes at once.

    ``add`` never waits. What S3 does not take is tried again, first after 0.1 s, later every 10 s or less,
    until ``finish`` gives up.

    :param store: used by the thread only
    :param on_refused: called once, from the thread, with a line that says why S3 will not take any object
    """

    def __init__(self, store: Any, place: ReportPlace, on_refused: Callable[[str], None]) -> None:
        self._store, self._place, self._on_refused = store, place, on_refused
        self._pending: list[dict[str, Any]] = []
        self._news = threading.Condition()
        self._closing = False
        self._gave_up = threading.Event()
        self._random = Random(place.boot)
        self._seq = 0
        self._is_done = False
        self.trouble: str | None = None
        self._thread = threading.Thread(target=self._run, name="report-shipping", daemon=True)
        self._thread.start()

    def add(self, *records: dict[str, Any]) -> None:
        """Send these, after those before."""
        with self._news:
            self._pending.extend(records)
            self._news.notify()

    def finish(self, patience_s: float) -> bool:
        """Wait until everything is sent; nothing may be added any more.

        :param patience_s: give up after that many seconds
        :returns: whether all has been sent; else ``trouble`` says why not
        """
        with self._news:
            self._closing = True
            self._news.notify()
        self._thread.join(patience_s)
        self._gave_up.set()
        return self._is_done

    def _run(self) -> None:
        try:
            self._send_all()
        except Exception as error:  # nobody else would hear of it, and the job would pass for complete
            self.trouble = f"{type(error).__name__}: {error}"
            raise

    def _send_all(self) -> None:
        while True:
            records = self._take()
            if not records:
                break
            started = time.monotonic()
            if not self._send(records):
                return
            if not self._closing:
                self._gave_up.wait(max(0.0, started + BATCH_INTERVAL_S - time.monotonic()))
        self._is_done = True
        self._store.close()

    def _take(self) -> list[dict[str, Any]]:
        """What is next; empty if that was all."""
        with self._news:
            while not self._pending and not self._closing:
                self._news.wait()
            records, self._pending = self._pending[:MOST_RECORDS], self._pending[MOST_RECORDS:]
            return records

    def _send(self, records: list[dict[str, Any]]) -> bool:
        place, body = self._place, self._body(records)
        refused_since, delay, written = None, FIRST_DELAY_S, time.time()
        while not self._gave_up.is_set():
            if time.time() - written > NEW_KEY_AFTER_S:
                written = time.time()
            key = ReportKey(int(written), place.trial, place.run, place.boot, self._seq)
            try:
                self._store.put(place.bucket, report_key(place.prefix, key), body)
            except StoreError as error:
                self.trouble = str(error)
                now = time.monotonic()
                refused_since = None if error.transient else refused_since or now
                if refused_since is not None and now - refused_since > REFUSED_FOR_S:
                    self._on_refused(self.trouble)
                    return False
                self._gave_up.wait(delay * self._random.uniform(0.5, 1.0))
                delay = min(2 * delay, LONGEST_DELAY_S)
            else:
                self.trouble = None
                self._seq += 1
                return True
        return False

    def _body(self, records: list[dict[str, Any]]) -> bytes:
        place = self._place
        content = ReportObject(place.trial, place.run, place.boot, self._seq, place.host, records)
        try:
            return encode_reports(content)
        except (ValueError, RecursionError):  # nested too deeply to be written, though it could be read
            return encode_reports(content._replace(records=[r for r in records if _is_writable(r)]))


def _is_writable(record: dict[str, Any]) -> bool:
    try:
        encode_reports(ReportObject(0, 0, 0, 0, "", [record]))
    except (ValueError, RecursionError):
        return False
    return True
