"""Training jobs as JSON, for the state folder."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from syne_core.emulator.jobs.contract import JobEnd
from syne_core.emulator.training_job import TrainingJob, Transition, WarmPool

__all__ = ["record_of", "restored"]

_POOLS_THAT_ARE_THERE = ("InUse", "Available")


def record_of(job: TrainingJob) -> dict[str, Any]:
    """All that is known of ``job``."""
    return asdict(job)


def restored(record: dict[str, Any], failure_reason: str) -> TrainingJob:
    """The job of an earlier session. If it was not over, it has failed; its warm pool is gone.

    :param failure_reason: of a job that was not over
    """
    pool = record["warm_pool"]
    job = TrainingJob(
        **{
            **record,
            "transitions": [Transition(**one) for one in record["transitions"]],
            "warm_pool": WarmPool(**pool) if pool else None,
            "run_started": None,
        }
    )
    if job.warm_pool is not None and job.warm_pool.status in _POOLS_THAT_ARE_THERE:
        job.warm_pool.leave("Terminated")
    if not job.is_terminal:
        job.finish(JobEnd("Failed", "Failed", failure_reason))
    return job
