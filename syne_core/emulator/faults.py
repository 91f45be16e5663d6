"""Injected faults: throttling, calls that fail, rights that are missing, credentials that expire."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Literal

from syne_core.emulator.api_error import ApiError, denied, expired, internal_failure, throttled
from syne_core.emulator.calls import Call
from syne_core.emulator.jobs.contract import JOBS_KEY
from syne_core.emulator.settings import EmulatorSettings

__all__ = ["Fault", "Faults", "error_of"]

#: What happens to a call. ``lost`` and ``reset``: the client gets no answer, whether the call is carried
#: out or not (``-after``).
Fault = Literal["throttle", "500", "503", "lost", "lost-after", "reset", "reset-after"]
_FAULTS: tuple[Fault, ...] = ("throttle", "500", "503", "lost", "reset")


class _TokenBucket:
    """Holds ``burst`` tokens, regained at ``rate`` per second; a call takes one."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate, self._burst = rate, burst
        self._tokens, self._when = float(burst), time.monotonic()

    def take(self) -> bool:
        now = time.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._when) * self._rate)
        self._when = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Faults:
    """Decides which calls fail, and how; seeded.

    Calls, jobs and interruptions have random numbers of their own: what jobs meet does not depend on how
    often somebody looks.
    """

    def __init__(self, settings: EmulatorSettings) -> None:
        self._settings = settings
        self._of_calls, self._of_jobs, self._of_spot = (
            random.Random(f"{settings.seed} {purpose}") for purpose in ("calls", "jobs", "interruptions")
        )
        self._buckets: Mapping[str, _TokenBucket] = {
            name: _TokenBucket(rate, burst) for name, (rate, burst) in settings.throttle.items()
        }
        self._denied = set(settings.deny)
        self._calls_of: Counter[str] = Counter()
        self._lock = threading.Lock()

    def deny(self, operations: Iterable[str]) -> None:
        """From now on, nobody may call these."""
        with self._lock:
            self._denied.update(operations)

    def allow(self, operations: Iterable[str]) -> None:
        """From now on, these may be called again."""
        with self._lock:
            self._denied.difference_update(operations)

    def refusal_of(self, call: Call) -> ApiError | None:
        """Why the caller may not make this call; None: there is no reason."""
        is_json = call.protocol == "json"
        with self._lock:
            self._calls_of[call.caller] += 1
            limit = self._settings.expire_after
            if limit and self._calls_of[call.caller] > limit and call.caller != JOBS_KEY:
                return expired(is_json)
            if call.operation not in self._denied:
                return None
            return denied(self._settings.account, f"{call.service}:{call.operation}", is_json)

    def of_call(self, operation: str) -> Fault | None:
        """What happens to the next call of ``operation``; None: nothing."""
        with self._lock:
            bucket = self._buckets.get(operation)
            if bucket is not None and not bucket.take():
                return "throttle"
            chosen = self._settings.fail_operations
            if chosen and operation not in chosen:
                return None
            if self._of_calls.random() >= self._settings.fail_rate:
                return None
            return self._drawn()

    def _drawn(self) -> Fault:
        fault = self._of_calls.choice(_FAULTS)
        if fault == "lost" and self._of_calls.random() < 0.5:
            return "lost-after"
        if fault == "reset" and self._of_calls.random() < 0.5:
            return "reset-after"
        return fault

    def of_job(self) -> str | None:
        """``FailureReason`` of the next job, in AWS's words, if it is to fail before it runs."""
        with self._lock:
            if self._of_jobs.random() < self._settings.capacity_errors:
                return (
                    "CapacityError: Unable to provision requested ML compute capacity. "
                    "Please retry using a different ML instance type."
                )
            if self._of_jobs.random() < self._settings.job_start_failures:
                return "InternalServerError: We encountered an internal error.  Please try again."
            return None

    def seconds_to_interruption(self) -> float | None:
        """After how long the next managed spot run is interrupted; None: never."""
        if not self._settings.spot_interruption:
            return None
        with self._lock:
            return self._of_spot.expovariate(self._settings.spot_interruption)


def error_of(fault: Fault) -> ApiError | None:
    """The error that a client gets; None if it gets no answer."""
    if fault == "throttle":
        return throttled()
    return internal_failure(int(fault)) if fault in ("500", "503") else None
