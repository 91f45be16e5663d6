"""Remove from S3 what a study left there: all of it, or what experiments left that are to start over."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from benchmarking.commons.remote.queue.jobs_in_progress import jobs_of
from benchmarking.commons.remote.records.driver import driver_of
from benchmarking.commons.remote.records.markers import (
    LAUNCHED,
    RUNNING,
    STOPPED,
    State,
    StateRecord,
    read_record,
    read_states,
    write_state,
)
from benchmarking.commons.remote.records.object_listing import stored_objects
from benchmarking.commons.remote.records.place import side_by_side
from benchmarking.commons.remote.records.remote_study import RemoteStudy
from benchmarking.commons.study.experiment import Experiment
from syne_core.aws.client_errors import clear_errors
from syne_core.aws.s3_objects import S3Objects
from syne_core.aws.session import AwsSession
from syne_core.errors import UsageError
from syne_core.paths import ExperimentKeys

__all__ = ["Removable", "refuse_if_alive", "remove", "start_over", "what_there_is"]

_NAMED = 3
_REASON = "to be started over"


@dataclass(frozen=True)
class Removable:
    """What would be removed.

    :param size: bytes
    """

    keys: tuple[str, ...]
    size: int


def refuse_if_alive(study: RemoteStudy) -> None:
    """See that nobody writes to the study.

    :raises UsageError: jobs run, or somebody is about to start some
    """
    jobs = jobs_of(study, statuses=("InProgress", "Stopping"))
    if jobs:
        names = ", ".join(job.name for job in jobs[:_NAMED]) + (", ..." if len(jobs) > _NAMED else "")
        count = "a job still runs" if len(jobs) == 1 else f"{len(jobs)} jobs still run"
        raise UsageError(f"Nothing was removed: {count} ({names}). To stop:  synebench stop {study.tag}")
    driver = driver_of(study)
    if driver is not None:
        raise UsageError(f"Nothing was removed: {driver} is launching this study. Interrupt it there first")


def what_there_is(study: RemoteStudy) -> Removable:
    """All objects of ``study``."""
    place = study.place
    with clear_errors(f"list {study.uri}"):
        objects = list(stored_objects(place.s3, place.bucket, study.keys.root))
    # While the manifest is there, a removal that was interrupted can be repeated.
    keys = sorted((one.key for one in objects), key=lambda key: key == study.keys.manifest)
    return Removable(tuple(keys), sum(one.size for one in objects))


def remove(study: RemoteStudy, removable: Removable) -> None:
    """Remove these objects.

    :raises SyneError: S3 refuses
    """
    with clear_errors(f"remove {study.uri}"):
        study.place.objects.delete(removable.keys)


def start_over(session: AwsSession, bucket: str, experiments: Sequence[Experiment]) -> None:
    """Remove the results of ``experiments``, of which none may be running.

    Their markers stay, as stopped ones: they say which names of jobs are taken.

    :raises UsageError: one is running
    :raises SyneError: S3 does not answer
    """
    tag = experiments[0].tag
    s3, objects = session.client("s3"), S3Objects(session, bucket)
    with clear_errors(f"remove earlier results of {tag}"):
        states = read_states(s3, bucket, tag)
        known = [(one, states[one.id[:8]]) for one in experiments if one.id[:8] in states]
        running = [one.name for one, state in known if state.state in (LAUNCHED, RUNNING)]
        if running:
            more = f" and {len(running) - 1} more" if len(running) > 1 else ""
            raise UsageError(f"--restart: {running[0]}{more} may be running; first  synebench stop {tag}")

        def remove(entry: tuple[Experiment, State]) -> None:
            one, state = entry
            record = read_record(s3, bucket, tag, one.id[:8], state.state)
            record = record or StateRecord(one.name, 0, "", time.time())
            record = replace(record, time=time.time(), cause=None, reason=_REASON, log_tail=())
            write_state(s3, bucket, tag, one.id[:8], STOPPED, record)
            keys = ExperimentKeys(one.name)
            objects.delete_below(keys.leaf)
            objects.delete_below(keys.trials)

        side_by_side(remove, known)
