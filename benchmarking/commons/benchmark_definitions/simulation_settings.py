"""How a benchmark is simulated, apart from what it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from syne_core.backend.simulator.delays import SimulatorDelays

__all__ = ["SimulationSettings"]


@dataclass(frozen=True)
class SimulationSettings:
    """What decides results of the simulator besides benchmark, method and seed.

    :param blackbox_seed: the one repetition that all trials see; None: drawn for each trial
    :param support_checkpointing: whether resumed trials go on where they were
    :param count_decision_time: whether the time that the method takes counts
    :param restrict_configurations: whether methods choose among the rows of the table
    """

    blackbox_seed: int | None = None
    support_checkpointing: bool = True
    count_decision_time: bool = False
    restrict_configurations: bool = False
    delays: SimulatorDelays = field(default_factory=SimulatorDelays)

    def to_json(self) -> dict[str, Any]:
        """For metadata and identity."""
        return {**vars(self), "delays": self.delays.to_json()}
