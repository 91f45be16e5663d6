"""Schedulers: what decides which configurations run, and for how long."""

from syne_core.optimizer.schedulers.fifo import FIFOScheduler
from syne_core.optimizer.schedulers.hyperband import HyperbandScheduler

__all__ = ["FIFOScheduler", "HyperbandScheduler"]
