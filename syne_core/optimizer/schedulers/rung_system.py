"""The rungs of asynchronous successive halving, and where each trial stands."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from syne_core.optimizer.scheduler import SchedulerDecision
from syne_core.optimizer.schedulers.rung import Rung

__all__ = ["RungSystem", "RungTrial"]


@dataclass(slots=True)
class RungTrial:
    """Where a trial stands.

    :param milestone: reports at this resource or beyond need a decision. Infinity: none will, -infinity:
        all do, as the trial has been told to end
    :param position: of the milestone among the rungs; for a paused trial, of the rung where it waits
    :param decision: the last one
    :param learned: the largest resource whose report the searcher has learned from
    """

    trial_id: int
    milestone: float
    position: int
    decision: str = SchedulerDecision.CONTINUE
    learned: float = 0.0

    def tell(self, decision: str) -> str:
        """Note that the trial was told to pause or stop."""
        self.decision = decision
        self.milestone = -math.inf
        return decision


class RungSystem(ABC):
    """Decides about trials when they reach rungs.

    Trials are compared with all that reached the same rung before. A report that skips rungs enters the
    highest rung that it reaches, none below.

    :param rung_levels: increasing, below ``max_t``
    :param max_t: the largest resource
    :param stops_at_max_t: whether trials must be told to stop there
    """

    def __init__(self, rung_levels: Sequence[int], max_t: int, stops_at_max_t: bool) -> None:
        self._levels = [*rung_levels, max_t]
        self._rungs = [Rung(level, above) for level, above in pairwise(self._levels)]
        self._stops_at_max_t = stops_at_max_t

    def start(self, trial_id: int, bracket: int) -> RungTrial:
        """A new trial, which skips the ``bracket`` lowest rungs."""
        return RungTrial(trial_id, self._levels[bracket], bracket)

    def report(self, trial: RungTrial, resource: float, value: float) -> str:
        """Decide about a running trial that reported at its milestone or beyond.

        :param value: smaller is better; infinity if diverged
        """
        position = bisect_right(self._levels, resource) - 1
        if position < len(self._rungs):
            rung = self._rungs[position]
            rung.add(value)
            return self._decide(trial, position, rung, value)
        if self._stops_at_max_t:
            return trial.tell(SchedulerDecision.STOP)
        trial.milestone = math.inf
        return SchedulerDecision.CONTINUE

    @abstractmethod
    def _decide(self, trial: RungTrial, position: int, rung: Rung, value: float) -> str:
        """Decide about ``trial``, whose ``value`` was just entered into ``rung``."""

    def _climb(self, trial: RungTrial, position: int) -> None:
        """Let ``trial`` go on from the rung at ``position`` to the next."""
        trial.decision = SchedulerDecision.CONTINUE
        trial.position = position + 1
        trial.milestone = self._levels[position + 1]

    def end(self, trial: RungTrial) -> None:
        """``trial`` completed or failed: nothing more will be decided about it."""
        trial.decision = SchedulerDecision.STOP
        trial.milestone = math.inf

    def next_promotion(self) -> RungTrial | None:
        """The paused trial to resume next; None if there is none."""
        return None

    def take_hopeless(self) -> list[int]:
        """Paused trials that will never be promoted, each returned once."""
        return []

    def resume(self, trial: RungTrial) -> None:
        """A paused trial goes on, to the next rung."""
        self._climb(trial, trial.position)
