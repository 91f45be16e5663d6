"""What is known of the trials: their runs, their reports, their jobs. Guarded by the back-end's lock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from syne_core.aws.job_states import JobState
from syne_core.aws.report_reader import NewObject, RunLog
from syne_core.backend.trial_status import Status

__all__ = ["Phase", "TrialRecord", "TrialRun"]


class Phase(Enum):
    """Where a run stands.

    ``waiting``: it has no job yet; ``creating``: there may be one; ``running``; ``ending``: its job was
    told to stop; ``ended``: nothing is expected of it any more.
    """

    waiting = "waiting"
    creating = "creating"
    running = "running"
    ending = "ending"
    ended = "ended"


@dataclass(eq=False)
class TrialRun:
    """A run of a trial: one job, or the wish to have one.

    :param number: of the run, known once its job is created
    :param wanted: state to be in once it has ended, if it was told to end
    :param job: state of its job, once that has ended
    :param seen_at: number of the look at S3 that was the last to begin before ``job`` was known: all reports
        are there only after the next one
    :param next_look: when its job is to be described (monotonic clock); None: not planned
    :param waiting_since: since when it wants an instance (monotonic clock)
    :param num_inside_failures: jobs of it that failed by AWS's own fault before anything ran
    :param has_document: its job document was written
    :param may_exist: CreateTrainingJob was called; what became of that need not be known
    :param first_attempt: when (seconds since 1970)
    """

    trial_id: int
    config: dict[str, Any]
    number: int | None = None
    job_name: str = ""
    phase: Phase = Phase.waiting
    wanted: str | None = None
    status: str = Status.in_progress
    failure: str | None = None
    ended: datetime | None = None
    log: RunLog = field(default_factory=RunLog)
    job: JobState | None = None
    seen_at: int = 0
    next_look: float | None = None
    look_interval: float = 0.0
    is_looking: bool = False
    is_stop_sent: bool = False
    waiting_since: float | None = None
    num_refusals: int = 0
    num_inside_failures: int = 0
    has_document: bool = False
    may_exist: bool = False
    first_attempt: float = 0.0

    @property
    def has_job(self) -> bool:
        """Whether there is, or may be, a job that runs for it."""
        return self.phase in (Phase.creating, Phase.running, Phase.ending)


@dataclass(eq=False)
class TrialRecord:
    """A trial over all its runs.

    :param reports: of all runs, in order; only ever appended to
    :param run: the current one, or the last
    :param next_number: number of the next run; None: not known before its past was looked up
    :param open_job: name of its last job, as long as that may not have ended
    :param last_past: the last run of an earlier session
    :param past: objects that earlier sessions' runs left, not read yet
    :param is_new: started in this session: what lies under its id is of an experiment that was started over
    :param may_adopt: the next run may be the one that an earlier session left running
    :param copy_from: trial whose checkpoint it is to start from
    :param deletions: deletions of its checkpoint that are due
    """

    trial_id: int
    reports: list[dict[str, Any]] = field(default_factory=list)
    run: TrialRun | None = None
    next_number: int | None = None
    open_job: str | None = None
    last_past: TrialRun | None = None
    past: list[NewObject] = field(default_factory=list)
    is_new: bool = False
    may_adopt: bool = False
    copy_from: int | None = None
    deletions: int = 0
