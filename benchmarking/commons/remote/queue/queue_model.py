"""What the queue of a remote study talks about: jobs, limits, outcomes, and whom it talks to.

Nothing here knows of boto3: thousands of jobs can be simulated, with a made-up service and clock.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeAlias

from benchmarking.commons.remote.records.markers import State, StateRecord
from syne_core.aws.job_states import JobState
from syne_core.errors import SOME_FAILED, RefusedError, SyneError, UsageError

__all__ = [
    "BadRequestError",
    "Clock",
    "ExperimentOutcome",
    "JobService",
    "Limits",
    "NameTakenError",
    "NoInstanceError",
    "Progress",
    "QueueResult",
    "QueuedExperiment",
    "QueuedJob",
    "ServiceError",
    "ThrottledError",
    "TroubleError",
    "Use",
]

#: An instance type and the quota that counts: ``("ml.g4dn.xlarge", "training")`` or ``(..., "spot")``.
Use: TypeAlias = tuple[str, str]


class ServiceError(SyneError):
    """A call was not carried out as wished; the message says why, in one line."""


class NameTakenError(ServiceError):
    """There is, or was, a job of that name."""


class NoInstanceError(ServiceError):
    """No instance is to be had now: quota or capacity."""


class ThrottledError(ServiceError):
    """Too many calls."""


class TroubleError(ServiceError):
    """No answer, or a server's fault: the same call may work in a moment, and may have worked."""


class BadRequestError(ServiceError):
    """The job can never be created as it is described."""


@dataclass(frozen=True)
class QueuedExperiment:
    """An experiment that a job is to run.

    :param id8: start of its identity
    :param name: of its folder, see ``syne_core.paths.experiment_name``
    """

    id8: str
    name: str
    method: str
    seed: int


@dataclass(frozen=True)
class QueuedJob:
    """A job to be made: usually of one experiment; of several where they share a job (simulator).

    :param instance_type: of the job's own instance, which counts against its training quota
    :param needs: instances that must be free before it starts, those of its trials included
    :param max_seconds: after which SageMaker ends it
    :param usd_per_hour: of all its instances together; None: not known
    """

    experiments: tuple[QueuedExperiment, ...]
    instance_type: str
    needs: Mapping[Use, int]
    max_seconds: float
    usd_per_hour: float | None = None

    @property
    def own(self) -> Use:
        """What its own instance counts as."""
        training = (self.instance_type, "training")
        return training if training in self.needs else (self.instance_type, "spot")

    @property
    def lead(self) -> QueuedExperiment:
        """The experiment after which the job is named."""
        return self.experiments[0]

    @property
    def hours(self) -> float:
        """Instance-hours, at most."""
        return sum(self.needs.values()) * self.max_seconds / 3600

    @property
    def usd(self) -> float | None:
        """What it costs at most."""
        return None if self.usd_per_hour is None else self.usd_per_hour * self.max_seconds / 3600

    def only(self, ids: Collection[str]) -> QueuedJob:
        """The same job with these experiments of it."""
        return replace(self, experiments=tuple(e for e in self.experiments if e.id8 in ids))


@dataclass(frozen=True)
class Limits:
    """How much at a time, how much at all, and how patiently. Times in seconds.

    :param quotas: instances that may be in use; what is not named is not limited
    :param max_parallel_jobs: jobs of experiments at a time
    :param max_cost: USD that the study may cost on demand
    :param max_hours: instance-hours that it may take
    :param max_retries: further jobs that an experiment gets when the infrastructure fails
    :param first_wait: first pause after a refusal; they double, with jitter, up to ``longest_wait``
    :param poll: between readings of the markers
    :param backstop: between listings of jobs, drawn anew each time between it and twice of it
    :raises UsageError: a limit makes no sense
    """

    quotas: Mapping[Use, int] = field(default_factory=dict)
    max_parallel_jobs: int | None = None
    max_cost: float | None = None
    max_hours: float | None = None
    max_retries: int = 3
    first_wait: float = 2.0
    longest_wait: float = 600.0
    poll: float = 5.0
    backstop: float = 30.0

    def __post_init__(self) -> None:
        if self.max_parallel_jobs is not None and self.max_parallel_jobs < 1:
            raise UsageError(f"max_parallel_jobs must be at least 1, is {self.max_parallel_jobs}")
        if self.max_retries < 0:
            raise UsageError(f"max_retries must be at least 0, is {self.max_retries}")
        for name in ("first_wait", "longest_wait", "poll", "backstop"):
            if not getattr(self, name) > 0:
                raise UsageError(f"{name} must be above 0 s, is {getattr(self, name)}")

    @classmethod
    def for_emulator(cls, **others: object) -> Limits:
        """Defaults for jobs that take a moment."""
        fast = {"first_wait": 0.2, "longest_wait": 5.0, "poll": 0.15, "backstop": 3.0}
        return cls(**{**fast, **others})  # type: ignore[arg-type]


@dataclass(frozen=True)
class ExperimentOutcome:
    """What became of an experiment.

    :param state: ``finished``, ``failed``, ``stopped``; ``launched`` or ``running`` if nobody waited for its
        end; ``queued`` if it was not launched, for ``reason``
    :param attempt: number of its last job, from 0
    :param job: that job's name; "" if there was none
    :param cause: of a failure: ``infrastructure`` or ``code``
    """

    experiment: QueuedExperiment
    state: str
    attempt: int = 0
    job: str = ""
    cause: str | None = None
    reason: str | None = None
    log_tail: tuple[str, ...] = ()


@dataclass(frozen=True)
class Progress:
    """How far a launch is: experiments by state.

    :param waits_for: what the next one in the queue waits for, in words; None: nothing
    """

    queued: int
    active: int
    finished: int
    failed: int
    stopped: int
    waits_for: str | None = None

    @property
    def total(self) -> int:
        """All experiments of the launch."""
        return self.queued + self.active + self.finished + self.failed + self.stopped


@dataclass(frozen=True)
class QueueResult:
    """What became of a launch.

    :param outcomes: by experiment, in the order in which they were given
    :param refused: why something was not launched, or was stopped: a limit of cost or hours
    :param created: calls that created a job, refused ones included
    """

    outcomes: tuple[ExperimentOutcome, ...]
    refused: str | None = None
    created: int = 0

    @property
    def failed(self) -> tuple[ExperimentOutcome, ...]:
        """Those that failed."""
        return tuple(outcome for outcome in self.outcomes if outcome.state == "failed")

    @property
    def exit_code(self) -> int:
        """Of the command: 3 if some failed, 5 if a limit kept something from running, else 0."""
        return SOME_FAILED if self.failed else RefusedError.exit_code if self.refused else 0


class Clock(Protocol):
    """Time, in seconds since 1970."""

    def now(self) -> float:
        """The time."""

    def sleep(self, seconds: float) -> None:
        """Let it pass."""


class JobService(Protocol):
    """Markers on S3 and training jobs. All methods may raise ``TroubleError`` and ``ThrottledError``; what
    the user has to change (credentials, rights) is an ``AwsSetupError``, which ends the launch.
    """

    def states(self) -> Mapping[str, State]:
        """The markers of the study, by id8; never older than the call."""

    def record(self, id8: str, state: str) -> StateRecord | None:
        """The content of a marker; None if it is not there."""

    def mark(self, id8: str, state: str, record: StateRecord, known: Collection[str]) -> None:
        """Write a marker, then delete those that are ``known``."""

    def job_name(self, job: QueuedJob, attempt: int) -> str:
        """The name that the job has in this attempt, whoever asks."""

    def create(self, job: QueuedJob, attempt: int) -> None:
        """Make the job; one call, without repetitions.

        :raises ServiceError: it was not made, or there was no answer
        """

    def describe(self, job_name: str) -> JobState | None:
        """What SageMaker says of a job; None if there is none of that name."""

    def running(self, job_names: Collection[str]) -> frozenset[str]:
        """Those of the jobs that have not ended: a listing, which is limited to 2 calls/s for an account."""

    def stop(self, job_name: str) -> None:
        """Stop a job, if it runs."""

    def stop_trials(self, experiment: QueuedExperiment) -> None:
        """Stop the jobs of its trials, if any run."""

    def has_finished(self, experiment: QueuedExperiment) -> bool:
        """Whether its own record says so, though there may be no marker."""

    def log_tail(self, job_name: str) -> tuple[str, ...]:
        """The last lines that a job printed; empty if they are not to be had."""
