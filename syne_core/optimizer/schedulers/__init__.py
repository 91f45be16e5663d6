"""Schedulers: what decides which configurations run, and for how long."""

from syne_core.optimizer.schedulers.fifo import FIFOScheduler
from syne_core.optimizer.schedulers.hyperband import HyperbandScheduler
from syne_core.optimizer.schedulers.median_stopping_rule import MedianStoppingRule

__all__ = ["FIFOScheduler", "HyperbandScheduler", "MedianStoppingRule"]
