"""Remove a study from S3: everything that lies under its tag."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarking.commons.remote.driver_view import driver_of
from benchmarking.commons.remote.jobs_in_progress import jobs_of
from benchmarking.commons.remote.object_listing import stored_objects
from benchmarking.commons.remote.remote_study import RemoteStudy
from syne_core.aws.client_errors import clear_errors
from syne_core.errors import UsageError

__all__ = ["Removable", "refuse_if_alive", "remove", "what_there_is"]

_NAMED = 3


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
