"""Asynchronous successive halving that stops trials."""

from __future__ import annotations

from syne_core.optimizer.scheduler import SchedulerDecision
from syne_core.optimizer.schedulers.rung import Rung
from syne_core.optimizer.schedulers.rung_system import RungSystem, RungTrial

__all__ = ["StoppingRungSystem"]


class StoppingRungSystem(RungSystem):
    """A trial goes on past a rung if it is good enough there when it arrives, else it is stopped.

    The first to arrive goes on. This is the variant of Li et al. (2020), "A system for massively parallel
    hyperparameter tuning", that Syne Tune calls "stopping": nothing is ever resumed.
    """

    def _decide(self, trial: RungTrial, position: int, rung: Rung, value: float) -> str:
        if not rung.is_good_enough(value):
            return trial.tell(SchedulerDecision.STOP)
        self._climb(trial, position)
        return SchedulerDecision.CONTINUE
