"""A trial, and the states it can be in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

__all__ = ["Status", "Trial", "TrialResult"]


class Status:
    """States of a trial. ``stopping``: told to end, but still holds its worker."""

    completed: str = "Completed"
    in_progress: str = "InProgress"
    failed: str = "Failed"
    paused: str = "Paused"
    stopped: str = "Stopped"
    stopping: str = "Stopping"


@dataclass
class Trial:
    """One configuration being trained.

    :param creation_time: local time without zone, as Syne Tune has it
    """

    trial_id: int
    config: dict[str, Any]
    creation_time: datetime

    def add_results(
        self, metrics: list[dict[str, Any]], status: str, training_end_time: datetime | None
    ) -> TrialResult:
        """This trial with what is known of its run."""
        return TrialResult(self.trial_id, self.config, self.creation_time, metrics, status, training_end_time)


@dataclass
class TrialResult(Trial):
    """A trial with its reports, in the order made, and its state.

    ``failure`` says why, where the state is Failed.
    """

    metrics: list[dict[str, Any]] = field(default_factory=list)
    status: str = Status.in_progress
    training_end_time: datetime | None = None
    failure: str | None = None

    @property
    def seconds(self) -> float:
        """Seconds from creation to end, or to now for a running trial."""
        return ((self.training_end_time or datetime.now()) - self.creation_time).total_seconds()

    @property
    def cost(self) -> float | None:
        """Cost in the last report, None if the price is not known."""
        return self.metrics[-1].get("st_worker_cost") if self.metrics else None
