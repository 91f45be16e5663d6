"""One training job: what was asked for and how it stands."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from syne_core.emulator.jobs.contract import JobEnd

__all__ = ["TERMINAL", "TrainingJob", "Transition", "WarmPool", "now"]

#: Values of ``TrainingJobStatus`` that a job does not leave.
TERMINAL = ("Completed", "Failed", "Stopped")

_NOT_DESCRIBED = ("Tags", "TrainingJobName")
_LONGEST_REASON = 1024


@dataclass
class Transition:
    """One entry of ``SecondaryStatusTransitions``; times in seconds since 1970."""

    status: str
    start: float
    message: str
    end: float | None = None

    def describe(self) -> dict[str, Any]:
        """As in DescribeTrainingJob."""
        ended = {} if self.end is None else {"EndTime": self.end}
        return {"Status": self.status, "StartTime": self.start, **ended, "StatusMessage": self.message}


@dataclass
class WarmPool:
    """The instances that a job keeps: ``InUse`` while it runs, then ``Available``, then gone.

    :param since: since when it is available; seconds since 1970
    :param due: when it ends if nothing reuses it; seconds since 1970
    :param retained: seconds that it was available for, once it is not any more
    """

    status: str = "InUse"
    since: float | None = None
    due: float | None = None
    retained: int | None = None
    reused_by: str | None = None

    def describe(self) -> dict[str, Any]:
        """``WarmPoolStatus``."""
        shown: dict[str, Any] = {"Status": self.status}
        retained = self.retained
        if retained is None and self.since is not None:
            retained = math.ceil(time.time() - self.since)
        if retained is not None:
            shown["ResourceRetainedBillableTimeInSeconds"] = retained
        if self.reused_by is not None:
            shown["ReusedByJob"] = self.reused_by
        return shown

    def leave(self, status: str) -> None:
        """It is no longer available, since it was ``Reused`` or ``Terminated``."""
        if self.since is not None:
            self.retained = math.ceil(time.time() - self.since)
        self.status = status


@dataclass
class TrainingJob:
    """What was asked for (members of CreateTrainingJob) and how it stands; guarded by the service's lock."""

    request: dict[str, Any]
    arn: str
    created: float = field(default_factory=lambda: now())
    status: str = "InProgress"
    transitions: list[Transition] = field(default_factory=list)
    modified: float = 0.0
    training_started: float | None = None
    training_ended: float | None = None
    trained: float = 0.0
    failure_reason: str | None = None
    model_artifacts: str | None = None
    metrics: dict[str, dict[str, Any]] = field(default_factory=dict)
    warm_pool: WarmPool | None = None
    run_started: float | None = None

    def __post_init__(self) -> None:
        self.modified = self.modified or self.created
        if not self.transitions:
            self.transitions.append(Transition("Starting", self.created, "Starting the training job"))
        if self.keep_alive and self.warm_pool is None:
            self.warm_pool = WarmPool()

    @property
    def name(self) -> str:
        """``TrainingJobName``."""
        return str(self.request["TrainingJobName"])

    @property
    def tags(self) -> list[dict[str, str]]:
        """Its tags, to be changed in place."""
        return self.request.setdefault("Tags", [])  # type: ignore[no-any-return]

    @property
    def resources(self) -> Mapping[str, Any]:
        """``ResourceConfig``."""
        return self.request["ResourceConfig"]  # type: ignore[no-any-return]

    @property
    def keep_alive(self) -> int:
        """Seconds that its instances are kept when it is over."""
        return int(self.resources.get("KeepAlivePeriodInSeconds", 0))

    @property
    def is_spot(self) -> bool:
        """Whether it runs on spot instances."""
        return bool(self.request.get("EnableManagedSpotTraining"))

    @property
    def is_terminal(self) -> bool:
        """Whether it is over."""
        return self.status in TERMINAL

    @property
    def secondary_status(self) -> str:
        """The newest of its transitions."""
        return self.transitions[-1].status

    def enter(self, secondary_status: str, message: str, when: float | None = None) -> None:
        """Go on to a secondary status; the same again only changes the message."""
        when = now() if when is None else when
        self.modified = when
        newest = self.transitions[-1]
        if newest.status == secondary_status:
            newest.message = message
            return
        newest.end = when
        self.transitions.append(Transition(secondary_status, when, message))

    def starts_training(self, when: float) -> None:
        """From then on it is paid for."""
        if self.run_started is None:
            self.run_started = when
        if self.training_started is None:
            self.training_started = self.run_started

    def stops_training(self, when: float) -> None:
        """Its instances are taken away, for good or not."""
        if self.run_started is not None:
            self.training_ended = when
            self.trained += self.training_ended - self.run_started
            self.run_started = None

    def finish(self, end: JobEnd) -> None:
        """It is over."""
        when = now()
        self.stops_training(when)
        self.status = end.status
        self.model_artifacts = end.model_artifacts
        if end.failure_reason:
            self.failure_reason = end.failure_reason[:_LONGEST_REASON]
        words = _LAST_WORDS.get(end.secondary_status, f"Training job {end.status.lower()}")
        self.enter(end.secondary_status, words, when)
        self.transitions[-1].end = self.modified

    def summary(self) -> dict[str, Any]:
        """As in ListTrainingJobs."""
        shown: dict[str, Any] = {
            "TrainingJobName": self.name,
            "TrainingJobArn": self.arn,
            "CreationTime": self.created,
            "LastModifiedTime": self.modified,
            "TrainingJobStatus": self.status,
            "SecondaryStatus": self.secondary_status,
        }
        if self.is_terminal:
            shown["TrainingEndTime"] = self.training_ended or self.modified
        if self.warm_pool is not None:
            shown["WarmPoolStatus"] = self.warm_pool.describe()
        return shown

    def describe(self) -> dict[str, Any]:
        """As in DescribeTrainingJob. ``ModelArtifacts`` are not there before the job is over."""
        shown = {name: value for name, value in self.request.items() if name not in _NOT_DESCRIBED}
        for switch in ("EnableNetworkIsolation", "EnableInterContainerTrafficEncryption"):
            shown.setdefault(switch, False)
        shown.setdefault("EnableManagedSpotTraining", False)
        shown |= self.summary()
        shown["SecondaryStatusTransitions"] = [entry.describe() for entry in self.transitions]
        shown["ProfilingStatus"] = "Disabled"
        optional = {
            "FailureReason": self.failure_reason,
            "ModelArtifacts": self.model_artifacts and {"S3ModelArtifacts": self.model_artifacts},
            "TrainingStartTime": self.training_started,
            "FinalMetricDataList": list(self.metrics.values()),
            **self._times_paid(),
        }
        return shown | {name: value for name, value in optional.items() if value}

    def _times_paid(self) -> dict[str, int]:
        if not self.is_terminal or self.training_started is None:
            return {}
        seconds = max(1, math.ceil(self.trained))
        return {"TrainingTimeInSeconds": seconds, "BillableTimeInSeconds": seconds}


_LAST_WORDS = {
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
    "MaxWaitTimeExceeded": "Training job wait time exceeded MaxWaitTimeInSeconds provided",
}


def now() -> float:
    """Seconds since 1970 in AWS's resolution."""
    return round(time.time(), 3)
