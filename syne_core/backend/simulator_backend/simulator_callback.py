"""``SimulatorCallback`` where Syne Tune's launchers import it from."""

from syne_core.backend.simulator.simulator_callback import SimulatorCallback

__all__ = ["SimulatorCallback"]
