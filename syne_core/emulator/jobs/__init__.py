"""How the emulator runs a training job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syne_core.emulator.jobs.contract import (
    INTERNAL_AGENT,
    JobEnd,
    JobEvents,
    JobSurroundings,
    RunningJob,
)

__all__ = ["INTERNAL_AGENT", "JobEnd", "JobEvents", "JobSurroundings", "RunningJob", "start_job"]


def start_job(
    request: Mapping[str, Any], arn: str, surroundings: JobSurroundings, events: JobEvents
) -> RunningJob:
    """Run a training job; returns at once.

    :param request: checked members of CreateTrainingJob
    :param arn: of the job
    :param events: told how it goes, from a thread of the job
    """
    from syne_core.emulator.jobs.job import Job

    job = Job(request, arn, surroundings, events)
    job.begin()
    return job
