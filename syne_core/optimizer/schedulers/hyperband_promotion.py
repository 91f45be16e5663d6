"""Asynchronous successive halving that pauses trials and promotes the best of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from heapq import heappop, heappush

from syne_core.optimizer.scheduler import SchedulerDecision
from syne_core.optimizer.schedulers.rung import Rung
from syne_core.optimizer.schedulers.rung_system import RungSystem, RungTrial

__all__ = ["PromotionRungSystem"]


class PromotionRungSystem(RungSystem):
    """Every trial is paused at every rung; a free worker resumes the best one that is good enough.

    Rungs are searched from the top down. A trial is promoted from a rung once at most, diverged ones never,
    and from a rung with one trial nothing is. This is ASHA (Li et al. 2020, "A system for massively parallel
    hyperparameter tuning", algorithm 2) with the quantile of all entries instead of a whole number of them.
    """

    def __init__(self, rung_levels: Sequence[int], max_t: int, stops_at_max_t: bool) -> None:
        super().__init__(rung_levels, max_t, stops_at_max_t)
        # For each rung (value, order of arrival, trial). Those that no longer wait there are dropped only
        # when they come to the top, so that a promotion costs O(log n).
        self._waiting: list[list[tuple[float, int, RungTrial]]] = [[] for _ in rung_levels]
        self._hopeless: list[int] = []

    def _decide(self, trial: RungTrial, position: int, rung: Rung, value: float) -> str:
        trial.position = position
        if value < math.inf:
            heappush(self._waiting[position], (value, len(rung), trial))
        else:
            self._hopeless.append(trial.trial_id)
        return trial.tell(SchedulerDecision.PAUSE)

    def take_hopeless(self) -> list[int]:
        # Any other may be promoted yet, if only enough worse ones follow.
        hopeless, self._hopeless = self._hopeless, []
        return hopeless

    def next_promotion(self) -> RungTrial | None:
        for position in reversed(range(len(self._rungs))):
            rung, waiting = self._rungs[position], self._waiting[position]
            while waiting and not _waits_at(waiting[0][2], position):
                heappop(waiting)
            if waiting and len(rung) > 1 and rung.is_good_enough(waiting[0][0]):
                return waiting[0][2]
        return None


def _waits_at(trial: RungTrial, position: int) -> bool:
    return trial.decision == SchedulerDecision.PAUSE and trial.position == position
