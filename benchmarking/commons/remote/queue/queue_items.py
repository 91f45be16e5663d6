"""Entries of the queue: a job to be made or that runs, and what is known of its experiments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from benchmarking.commons.remote.queue.pacing import Backoff
from benchmarking.commons.remote.queue.queue_model import (
    ExperimentOutcome,
    JobService,
    Limits,
    QueuedExperiment,
    QueuedJob,
)
from benchmarking.commons.remote.records.markers import (
    FAILED,
    FINISHED,
    LAUNCHED,
    QUEUED,
    RUNNING,
    STOPPED,
    State,
    StateRecord,
)

__all__ = ["Item", "first_items", "items_of_others"]

_ONLY_FAILED = "only what had failed was to be run"


@dataclass
class Item:
    """A job of the queue.

    :ivar outcomes: what became of experiments, those of other jobs included
    :ivar name: of the job in this attempt
    :ivar is_active: there is, or may be, such a job, and it has not ended
    :ivar is_marked: the experiments' markers name this attempt
    :ivar is_seen: the job is known to exist
    :ivar may_be_ours: if there is a job of this name, it was made for this attempt
    :ivar since: when the job was made, as far as is known
    :ivar failures: of the infrastructure; in this launch, and before it if the last attempt failed so
    :ivar backoff: pauses between attempts
    :ivar not_before: when it may be tried again
    :ivar after: a job of an earlier attempt, which must have ended
    :ivar is_stopping: the job was told to stop
    :ivar is_suspect: the job may have ended
    :ivar setbacks: failures of its experiments that may be tried again
    :ivar is_ours: this launch is to make it; else it belongs to another launch of the study, and is watched
    """

    job: QueuedJob
    outcomes: dict[str, ExperimentOutcome]
    attempt: int = 0
    name: str = ""
    is_active: bool = False
    is_marked: bool = False
    is_seen: bool = False
    may_be_ours: bool = False
    since: float = 0.0
    failures: int = 0
    backoff: Backoff | None = None
    not_before: float = 0.0
    after: str = ""
    is_stopping: bool = False
    is_suspect: bool = False
    setbacks: dict[str, StateRecord] = field(default_factory=dict)
    is_ours: bool = True

    def left(self) -> list[QueuedExperiment]:
        """Experiments that have no outcome yet."""
        return [one for one in self.job.experiments if one.id8 not in self.outcomes]

    @property
    def is_over(self) -> bool:
        """Whether this attempt has nothing more to tell, though its job may not have ended."""
        return all(one.id8 in self.setbacks for one in self.left())

    def settle(
        self,
        experiment: QueuedExperiment,
        state: str,
        reason: str | None = None,
        cause: str | None = None,
        log_tail: tuple[str, ...] = (),
    ) -> ExperimentOutcome:
        """It is known what became of an experiment."""
        outcome = ExperimentOutcome(experiment, state, self.attempt, self.name, cause, reason, log_tail)
        self.outcomes[experiment.id8] = outcome
        return outcome

    def next_attempt(self, is_failure: bool, not_before: float) -> None:
        """Try again with a new job."""
        self.job = self.job.only({one.id8 for one in self.left()})
        self.after, self.name = "", ""
        self.attempt, self.not_before = self.attempt + 1, not_before
        self.failures += is_failure
        self.is_marked = self.is_seen = self.may_be_ours = self.is_stopping = False
        self.setbacks = {}


def first_items(
    jobs: Iterable[QueuedJob],
    states: Mapping[str, State],
    service: JobService,
    limits: Limits,
    retry_failed: bool,
) -> tuple[list[Item], dict[str, ExperimentOutcome]]:
    """What is to be done, and what became of experiments for which nothing is.

    Of a job of several experiments, those that are in a job already stay there, and the others get one.
    """
    items: list[Item] = []
    outcomes: dict[str, ExperimentOutcome] = {}
    for job in jobs:
        entries = [_entry(one, states, service) for one in job.experiments]
        left = [entry for entry in entries if not _is_settled(entry, limits, retry_failed, outcomes)]
        items.extend(_adopted(job, [entry for entry in left if entry.is_active], outcomes))
        missing = [entry for entry in left if not entry.is_active]
        items.extend(_missing(job, missing, outcomes, service, counts_failures=not retry_failed))
    return items, outcomes


def items_of_others(
    jobs: Iterable[QueuedJob], states: Mapping[str, State], service: JobService
) -> list[Item]:
    """Jobs that another launch of the study has made and that may run, as their markers say.

    :param jobs: one for each experiment
    """
    found: dict[str, list[tuple[QueuedJob, _Entry]]] = {}
    for job in jobs:
        entry = _entry(job.lead, states, service)
        if entry.is_active:
            found.setdefault(entry.job, []).append((job, entry))
    items: list[Item] = []
    for members in found.values():
        entries = [entry for _, entry in members]
        whole = replace(members[0][0], experiments=tuple(entry.experiment for entry in entries))
        items += [replace(item, is_ours=False) for item in _adopted(whole, entries, {})]
    return items


@dataclass(frozen=True)
class _Entry:
    """An experiment, the name of its state, and what its marker contains."""

    experiment: QueuedExperiment
    state: str
    record: StateRecord | None

    @property
    def is_active(self) -> bool:
        return self.state in (LAUNCHED, RUNNING) and bool(self.job)

    @property
    def job(self) -> str:
        return "" if self.record is None else self.record.job

    @property
    def next_attempt(self) -> int:
        return 0 if self.record is None else self.record.attempt + (self.state in (FAILED, STOPPED))


def _entry(experiment: QueuedExperiment, states: Mapping[str, State], service: JobService) -> _Entry:
    """A marker that jobs replace between its listing and its reading is looked for again: without its
    content, the experiment would seem to be in no job, and get another one."""
    state = states.get(experiment.id8)
    while state is not None and FINISHED not in state.markers:
        record = service.record(experiment.id8, state.state)
        before, state = state, state if record else service.states().get(experiment.id8)
        if state == before:
            return _Entry(experiment, state.state, record)
    return _Entry(experiment, QUEUED if state is None else FINISHED, None)


def _is_settled(
    entry: _Entry, limits: Limits, retry_failed: bool, outcomes: dict[str, ExperimentOutcome]
) -> bool:
    one, record = entry.experiment, entry.record
    if entry.state == FINISHED:
        outcomes[one.id8] = ExperimentOutcome(one, FINISHED)
    elif entry.state == FAILED and not (retry_failed or _may_be_tried_again(record, limits)):
        outcomes[one.id8] = _failure(one, record)
    elif retry_failed and (entry.state == STOPPED or (entry.state == QUEUED and not entry.next_attempt)):
        outcomes[one.id8] = ExperimentOutcome(one, entry.state, reason=_ONLY_FAILED)
    return one.id8 in outcomes


def _adopted(
    job: QueuedJob, entries: Iterable[_Entry], outcomes: dict[str, ExperimentOutcome]
) -> Iterator[Item]:
    for records in _by_job(entries).values():
        record = records[0].record
        assert record is not None
        yield Item(
            _part(job, records),
            outcomes,
            record.attempt,
            record.job,
            is_active=True,
            is_marked=True,
            may_be_ours=True,
            since=record.time,
            is_suspect=True,
        )


def _missing(
    job: QueuedJob,
    entries: Iterable[_Entry],
    outcomes: dict[str, ExperimentOutcome],
    service: JobService,
    counts_failures: bool,
) -> Iterator[Item]:
    """Those that were in the same job go on together, when it has ended.

    :param counts_failures: those of earlier launches count against the attempts that an experiment has
    """
    for after, some in _by_job(entries).items():
        part, attempt = _part(job, some), max(entry.next_attempt for entry in some)
        if attempt and not after:
            after = service.job_name(part, attempt - 1)
        failed = counts_failures and any(entry.state == FAILED for entry in some)
        yield Item(part, outcomes, attempt, after=after, failures=attempt if failed else 0)


def _by_job(entries: Iterable[_Entry]) -> dict[str, list[_Entry]]:
    groups: dict[str, list[_Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.job, []).append(entry)
    return groups


def _part(job: QueuedJob, entries: Iterable[_Entry]) -> QueuedJob:
    return job.only({entry.experiment.id8 for entry in entries})


def _may_be_tried_again(record: StateRecord | None, limits: Limits) -> bool:
    return record is not None and record.may_be_retried(limits.max_retries)


def _failure(experiment: QueuedExperiment, record: StateRecord | None) -> ExperimentOutcome:
    if record is None:
        return ExperimentOutcome(experiment, FAILED, reason="its marker says no more")
    return ExperimentOutcome(
        experiment, FAILED, record.attempt, record.job, record.cause, record.reason, record.log_tail
    )
