"""Stop experiments of a remote study: say so, so that nobody starts them again, then end their jobs."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from benchmarking.commons.remote.queue.jobs_in_progress import OurJob, jobs_of, our_job
from benchmarking.commons.remote.records.markers import (
    FAILED,
    FINISHED,
    LAUNCHED,
    QUEUED,
    RUNNING,
    STOPPED,
    State,
    StateRecord,
    read_record,
    read_states,
    write_state,
)
from benchmarking.commons.remote.records.place import side_by_side
from benchmarking.commons.remote.records.remote_study import RemoteExperiment, RemoteStudy
from syne_core.aws.client_errors import clear_errors
from syne_core.aws.job_states import TrainingJobs
from syne_core.errors import UsageError

__all__ = ["Stopped", "stop_experiments"]

_ENDED = (FAILED, FINISHED, STOPPED)
#: A tuner that is being stopped may still start trials: jobs are listed again, so often at most.
_PASSES = 5
_PAUSE, _PAUSE_OF_EMULATOR = 2.0, 0.2


@dataclass(frozen=True)
class Stopped:
    """What was stopped.

    :param experiments: those that had not ended; they are marked
    :param jobs: names of the experiments' jobs
    :param trial_jobs: names of their trials' jobs
    """

    experiments: tuple[RemoteExperiment, ...]
    jobs: tuple[str, ...]
    trial_jobs: tuple[str, ...]


def stop_experiments(study: RemoteStudy, only: Sequence[RemoteExperiment] | None = None) -> Stopped:
    """Stop what has not ended of ``study``, and all its jobs. The same command may be given again.

    :param only: these experiments; None: all
    :raises UsageError: one of them shares its job with others that are not to be stopped
    :raises SyneError: AWS does not answer, or refuses
    """
    wanted = study.experiments if only is None else only
    with clear_errors(f"stop {study.tag}"):
        states = read_states(study.place.s3, study.place.bucket, study.tag)
        alive = [e for e in wanted if _is_alive(states.get(e.id8))]
        records = dict(
            zip(
                (e.id8 for e in alive),
                side_by_side(lambda e: _record(study, e, states.get(e.id8)), alive),
                strict=True,
            )
        )
        have_jobs = [e.id8 for e in alive if e.id8 in states and states[e.id8].state in (LAUNCHED, RUNNING)]
        shared = {records[id8].job for id8 in have_jobs if records[id8].job}
        if only is not None:
            _refuse_shared(study, states, {e.id8 for e in wanted}, shared)
        side_by_side(lambda e: _mark(study, e, records[e.id8]), alive)
        jobs = _stop_jobs(study, wanted, shared)
        # A job may have said that it runs just before it was told to end.
        states = read_states(study.place.s3, study.place.bucket, study.tag)
        again = [e for e in alive if _is_alive(states.get(e.id8))]
        side_by_side(lambda e: _mark(study, e, records[e.id8]), again)
    own = tuple(sorted(name for name, job in jobs.items() if job.trial is None))
    return Stopped(tuple(alive), own, tuple(sorted(set(jobs) - set(own))))


def _is_alive(state: State | None) -> bool:
    return state is None or state.state not in _ENDED


def _record(study: RemoteStudy, experiment: RemoteExperiment, state: State | None) -> StateRecord:
    """What the newest marker contains; one that a job replaces meanwhile is looked for again."""
    s3, bucket, id8 = study.place.s3, study.place.bucket, experiment.id8
    while state is not None:
        if (found := read_record(s3, bucket, study.tag, id8, state.state)) is not None:
            return found
        before, state = state, read_states(s3, bucket, study.tag).get(id8)
        if state == before:
            break
    return StateRecord(experiment.name, 0, "", time.time())


def _refuse_shared(
    study: RemoteStudy, states: dict[str, State], wanted: Collection[str], jobs: Collection[str]
) -> None:
    """Jobs of the simulator run several experiments."""
    if study.backend != "simulator" or not jobs:
        return
    others = [
        e
        for e in study.experiments
        if e.id8 not in wanted and e.id8 in states and states[e.id8].state in (LAUNCHED, RUNNING)
    ]
    records = side_by_side(lambda e: _record(study, e, states[e.id8]), others)
    sharing = [e.short_name for e, record in zip(others, records, strict=True) if record.job in jobs]
    if sharing:
        raise UsageError(
            f"Nothing was stopped: {', '.join(sharing[:5])} run in the same job. "
            f"To stop everything:  synebench stop {study.tag}"
        )


def _mark(study: RemoteStudy, experiment: RemoteExperiment, record: StateRecord) -> None:
    stopped = StateRecord(
        experiment.name, record.attempt, record.job, time.time(), reason="stopped by synebench stop"
    )
    place, known = study.place, (QUEUED, LAUNCHED, RUNNING)
    write_state(place.s3, place.bucket, study.tag, experiment.id8, STOPPED, stopped, known)


def _stop_jobs(
    study: RemoteStudy, experiments: Sequence[RemoteExperiment], named: Collection[str]
) -> dict[str, OurJob]:
    """Experiments' jobs first: they start those of trials.

    :param named: jobs that markers name; one that runs several experiments is called after one of them
    """
    calls = TrainingJobs(study.place.session)
    leads = {job.id8 for job in map(our_job, named) if job is not None}
    id8s = {e.id8 for e in experiments}
    looked_for = [e for e in study.experiments if e.id8 in id8s | leads]
    pause = _PAUSE_OF_EMULATOR if study.place.session.is_emulator else _PAUSE
    stopped: dict[str, OurJob] = {}
    for number in range(_PASSES):
        found = jobs_of(study, looked_for)
        ours = [job for job in found if job.id8 in id8s or job.name in named]
        new = [job for job in ours if job.name not in stopped]
        if number and not new:
            break
        for is_trial in (False, True):
            side_by_side(calls.stop, [job.name for job in new if (job.trial is not None) == is_trial])
        stopped.update((job.name, job) for job in new)
        if not stopped:
            break
        time.sleep(pause)
    return stopped
