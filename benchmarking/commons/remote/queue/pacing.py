"""How fast to call and how long to wait when AWS says no."""

from __future__ import annotations

import random

__all__ = ["Backoff", "CreatePace"]


class Backoff:
    """Pauses that double, with jitter.

    :param first: seconds of the first pause, on average
    :param longest: no pause is longer
    """

    def __init__(self, first: float, longest: float, generator: random.Random) -> None:
        self._first, self._longest, self._generator = first, longest, generator
        self._refusals = 0

    def pause(self) -> float:
        """Seconds to wait after one more refusal."""
        longest = min(self._first * 2.0 ** min(self._refusals, 30), self._longest)
        self._refusals += 1
        return longest * self._generator.uniform(0.5, 1.0)

    def reset(self) -> None:
        """Something worked."""
        self._refusals = 0


class CreatePace:
    """When the next call may be made, so that few are throttled and little of what is allowed is lost.

    As long as nothing was throttled, at once. Then calls have a distance, which each that works narrows a
    little. A throttled call says that no calls are left over: what worked between two of them, by the time
    between them, is the rate that is allowed.
    """

    FIRST, MOST = 0.5, 60.0
    SEARCHING, KNOWN = 0.9, 0.996
    WIDER, MARGIN = 2.0, 1.1
    ENOUGH = 3

    def __init__(self) -> None:
        self.next = 0.0
        self._distance = 0.0
        self._throttled_at: float | None = None
        self._worked = 0
        self._narrower = self.SEARCHING

    def worked(self, now: float) -> None:
        """A call was carried out, or refused for another reason than the pace."""
        self._worked += 1
        self._distance *= self._narrower
        # From when it was due: what else is done for each job does not slow the calls down.
        self.next = max(self.next, now - self._distance) + self._distance

    def throttled(self, now: float) -> None:
        """A call came too early."""
        if self._throttled_at is None:
            self._distance = self.FIRST
        elif self._worked < self.ENOUGH:
            self._distance *= self.WIDER
        else:
            self._distance = self.MARGIN * (now - self._throttled_at) / self._worked
            self._narrower = self.KNOWN
        self._distance = min(self._distance, self.MOST)
        self._throttled_at, self._worked = now, 0
        self.next = now + 2 * self._distance
