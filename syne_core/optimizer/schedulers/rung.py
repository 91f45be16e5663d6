"""One rung: the values that trials had at one resource, and which of them are good enough."""

from __future__ import annotations

import math
from heapq import heappop, heappush

__all__ = ["Rung"]


class Rung:
    """Values at one rung level, smaller ones being better; infinity is the value of a diverged trial.

    A value of the rung is good enough if it is at most the quantile ``level / next_level`` of all values,
    linearly interpolated. Interpolation yields a number below the next value, so this is to compare with the
    last value at or before the quantile's position, which integers give exactly. (Floats need not: where the
    position is a whole number, Syne Tune 0.13 stops some trials at the quantile if it maximises.)

    That position moves up by at most one per value, so two heaps that meet there will do: entering a value
    takes O(log n).
    """

    __slots__ = ("_best", "_others", "level", "next_level")

    def __init__(self, level: int, next_level: int) -> None:
        self.level = level
        self.next_level = next_level
        # Negatives of the values up to the position, so that the worst of them is first.
        self._best: list[float] = []
        self._others: list[float] = []

    def __len__(self) -> int:
        return len(self._best) + len(self._others)

    def add(self, value: float) -> None:
        """Enter the value of a trial that reached the rung."""
        best, others = self._best, self._others
        if best and value < -best[0]:
            heappush(best, -value)
        else:
            heappush(others, value)
        num_best = self.level * (len(self) - 1) // self.next_level + 1
        if len(best) < num_best:
            heappush(best, -heappop(others))
        elif len(best) > num_best:
            heappush(others, -heappop(best))

    def is_good_enough(self, value: float) -> bool:
        """Whether ``value``, one of the rung, is within the quantile. An infinite one never is.

        With one value there is nothing to compare: True.
        """
        if len(self) < 2:
            return True
        return value < math.inf and value <= -self._best[0]
