"""Which SageMaker jobs of ours are running: known by their names, from as few listings as possible.

ListTrainingJobs is limited to two calls a second for a whole account: one listing answers for a whole study,
or for the whole account.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from syne_core.aws.client_errors import clear_errors
from syne_core.aws.job_states import TrainingJobs
from syne_core.aws.session import AwsSession
from syne_core.paths import s3_tag

__all__ = ["OurJob", "jobs_in_progress", "our_job"]

_EXPERIMENT = re.compile(r".+-([0-9a-f]{8})-a(\d+)")
_TRIAL = re.compile(r"([0-9a-f]{8})-(\d+)-r(\d+)(-.*)?")
#: So much of a tag is in every name, however long tag and method are.
_ALWAYS_THERE = 20


@dataclass(frozen=True)
class OurJob:
    """A job that runs an experiment or a trial of one.

    :param id8: of the experiment; of the first one, where a job runs several
    :param trial: None for the experiment's own job
    :param status: InProgress, Stopping, ...
    """

    name: str
    id8: str
    trial: int | None
    status: str = "InProgress"


def our_job(name: str, status: str = "InProgress") -> OurJob | None:
    """The job of that name; None if the name is not one of ours."""
    found = _TRIAL.fullmatch(name)
    if found is not None:
        return OurJob(name, found.group(1), int(found.group(2)), status)
    found = _EXPERIMENT.fullmatch(name)
    return None if found is None else OurJob(name, found.group(1), None, status)


def jobs_in_progress(
    session: AwsSession,
    tag: str | None = None,
    id8s: Collection[str] | None = None,
    statuses: Iterable[str] = ("InProgress",),
) -> list[OurJob]:
    """Jobs of experiments and trials that have not ended.

    :param tag: of one study; None: of all
    :param id8s: of these experiments only
    :param statuses: a listing for each: ``"InProgress"``, ``"Stopping"``
    :raises SyneError: they cannot be listed
    """
    contains = "-" if tag is None else s3_tag(tag)[:_ALWAYS_THERE].rstrip("-")
    if id8s is not None and len(id8s) == 1:
        contains = next(iter(id8s))
    jobs: dict[str, OurJob] = {}
    with clear_errors("list the training jobs"):
        for status in statuses:
            for state in TrainingJobs(session).listed(contains, status):
                job = our_job(state.name, state.status)
                if job is not None and (id8s is None or job.id8 in id8s):
                    jobs[job.name] = job
    return list(jobs.values())
