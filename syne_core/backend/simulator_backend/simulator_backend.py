"""``SimulatorBackend`` and ``SimulatorConfig`` where Syne Tune's launchers import them from."""

from syne_core.backend.simulator.delays import SimulatorConfig
from syne_core.backend.simulator.simulator_backend import SimulatorBackend

__all__ = ["SimulatorBackend", "SimulatorConfig"]
