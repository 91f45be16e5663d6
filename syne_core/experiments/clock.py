"""Times of an experiment whose clock was set while it ran.

Our clock counts seconds of sessions and cannot go back. Syne Tune's is the wall clock: it goes back when
somebody sets it, and leaps when the machine slept. Going back is evened out: the time between two
reports is then unknown, and counted as none. A leap may be a pause that was meant, so it stays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["ClockCheck", "check_clock"]

Floats = NDArray[np.float64]

_LEAST_BACK = 1.0  # seconds; processes that share a file may disagree by less
_MOST_STEPS = 3  # a clock is not set more often; a table with more is in another order
_LEAST_LEAP = 3600.0
_LEAP_FACTOR = 20.0  # a leap is this much longer than any other silence


@dataclass(frozen=True, eq=False)
class ClockCheck:
    """What was found.

    :param times: seconds since the start of the experiment, shape (number of reports,); evened out
    :param back: seconds by which the clock went back, in sum; 0 if it did not
    :param leap: seconds of a silence so long that the clock may have leapt; 0 if there is none
    """

    times: Floats
    back: float
    leap: float


def check_clock(times: ArrayLike) -> ClockCheck:
    """Look for jumps in ``times``.

    :param times: seconds, in the order in which reports came, shape (n,); NaN is passed over
    """
    given = np.asarray(times, dtype=np.float64)
    present = np.flatnonzero(np.isfinite(given))
    known = given[present]
    steps = np.diff(known)
    backward = steps < -_LEAST_BACK
    count = int(backward.sum())
    if not 0 < count <= _MOST_STEPS:
        return ClockCheck(given, 0.0, _leap(np.diff(np.sort(known)) if count else steps))
    lost = np.where(backward, -steps, 0.0)
    evened = given.copy()
    evened[present[1:]] += np.cumsum(lost)
    if known[0] < 0:
        evened -= known[0]
    return ClockCheck(evened, float(lost.sum()), _leap(np.where(backward, 0.0, steps)))


def _leap(silences: Floats) -> float:
    if silences.size < 2 or silences.max() < _LEAST_LEAP:
        return 0.0
    second, longest = np.partition(silences, -2)[-2:]
    is_leap = longest >= _LEAST_LEAP and longest > _LEAP_FACTOR * max(second, 1.0)
    return float(longest) if is_leap else 0.0
