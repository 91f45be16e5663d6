"""What the emulator's API and the part that runs jobs know of each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

__all__ = [
    "INTERNAL_AGENT",
    "JOBS_KEY",
    "HasImages",
    "ImageRoot",
    "JobEnd",
    "JobEvents",
    "JobSurroundings",
    "RunningJob",
    "StartsJobs",
]

# In the User-Agent of what the emulator itself does on behalf of jobs (channels, checkpoints, artifacts,
# logs), which is no call of a client: to be neither counted nor throttled nor made to fail.
INTERNAL_AGENT = "synebench-emulator-jobs"
#: The access key of jobs, which stands for the credentials of their role.
JOBS_KEY = "emulator"


@dataclass(frozen=True)
class ImageRoot:
    """An image that a job runs in.

    :param folder: the job's root; to be left as it is, since other jobs use it, too
    :param environment: its variables
    :param entry_point: its program, where the job names none
    :param working_folder: where that starts
    """

    folder: Path
    environment: Mapping[str, str]
    entry_point: tuple[str, ...]
    working_folder: str = "/"


class HasImages(Protocol):
    """``syne_core.emulator.registry.PushedImages``."""

    def root_of(self, image: str) -> ImageRoot | None:
        """The image of that name; None: it is not looked at, this machine's Python runs."""


@dataclass(frozen=True)
class JobSurroundings:
    """What is the same for all jobs of one emulator.

    :param endpoint_url: where the emulator listens: ``AWS_ENDPOINT_URL`` of the jobs
    :param region: their region
    :param account: its number, 12 digits
    :param folder: jobs keep their files in folders below it, one per job
    :param isolation: ``"namespaces"``, ``"folder"``, or ``"auto"`` for the first of them that works
    :param grace: seconds between SIGTERM and SIGKILL (AWS: 120)
    :param install_requirements: whether script mode installs ``requirements.txt``; else it leaves it alone
    :param environment: more variables for every container
    :param images: those that were pushed; None: there are none
    """

    endpoint_url: str
    region: str
    account: str
    folder: Path
    isolation: str = "auto"
    grace: float = 120.0
    install_requirements: bool = True
    environment: Mapping[str, str] = field(default_factory=dict)
    images: HasImages | None = None


@dataclass(frozen=True)
class JobEnd:
    """How a job ended.

    :param status: ``TrainingJobStatus``: Completed, Failed or Stopped
    :param secondary_status: Completed, Failed, Stopped, MaxRuntimeExceeded, MaxWaitTimeExceeded, Interrupted
    :param failure_reason: ``FailureReason``, in AWS's words
    :param model_artifacts: S3 URI of model.tar.gz; of a Completed job also if its model folder was empty,
        as AWS names it then too
    :param exit_code: of the container that failed, or 0
    """

    status: str
    secondary_status: str
    failure_reason: str | None = None
    model_artifacts: str | None = None
    exit_code: int = 0


class JobEvents(Protocol):
    """What a running job tells the API, from a thread of its own, in order.

    A job passes through Downloading, Training and Uploading, with Stopping before Uploading if it was
    stopped or ran for too long. One that was stopped before its script ran goes straight to ``ended``.
    """

    def secondary_status(self, status: str, message: str) -> None:
        """The job entered Downloading, Training, Uploading, Stopping, Interrupted or Restarting."""

    def metric(self, name: str, value: float, timestamp: float) -> None:
        """A metric definition matched a line of the log; ``timestamp`` in seconds since 1970."""

    def ended(self, end: JobEnd) -> None:
        """The job is over and holds its instances no longer. The last call."""


class RunningJob(Protocol):
    """One job, from the moment when its instances are there. Methods may be called from any thread."""

    def stop(self) -> None:
        """StopTrainingJob: SIGTERM, grace, SIGKILL; then uploads what AWS would. Returns at once."""

    def interrupt(self) -> None:
        """Take a spot instance away: as ``stop``, only checkpoints are kept; ``ended`` with status Stopped,
        secondary status Interrupted. To restart the job, start it again: its checkpoints come down."""

    def kill(self) -> None:
        """End all its processes now, upload nothing; returns when they and its files are gone. ``ended``
        is called soon after, with Stopped. To be called while the endpoint still answers."""

    def join(self, timeout: float | None = None) -> bool:
        """Wait until ``ended`` was called; whether it was."""


class StartsJobs(Protocol):
    """``syne_core.emulator.jobs.start_job``."""

    def __call__(
        self, request: Mapping[str, Any], arn: str, surroundings: JobSurroundings, events: JobEvents
    ) -> RunningJob:
        """Run the job that ``request`` (checked members of CreateTrainingJob) describes."""
