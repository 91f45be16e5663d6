"""The train drivers there are."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarking.commons.registry import Registry
from benchmarking.train_job.driver import TrainDriver
from syne_core.errors import UsageError

__all__ = ["TRAIN_DRIVERS", "train_driver"]

#: Driver classes by name.
TRAIN_DRIVERS = Registry(
    "train driver",
    "synebench.train_drivers",
    {
        "sagemaker": "benchmarking.train_job.sagemaker_driver:SageMakerDriver",
        "local": "benchmarking.train_job.local_driver:LocalDriver",
    },
)


def train_driver(name: str, config: Mapping[str, str]) -> TrainDriver:
    """The driver ``name``, set up by ``config``.

    :raises UnknownNameError: there is none; the message lists those there are
    :raises UsageError: ``config`` will not do, or a plug-in is no driver
    """
    driver = TRAIN_DRIVERS[name]
    if not (isinstance(driver, type) and issubclass(driver, TrainDriver)):
        raise UsageError(f"Train driver '{name}' is {driver!r}, which is no subclass of TrainDriver")
    driver.check_settings(config)
    return driver(config)
