"""Which SageMaker jobs of ours are running: known by their names, from as few listings as possible.

ListTrainingJobs is limited to two calls a second for a whole account: one listing answers for a whole study,
or for the whole account.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarking.commons.remote.queue.queue_model import QueuedExperiment
from benchmarking.commons.remote.records.remote_study import RemoteExperiment, RemoteStudy
from syne_core.aws.client_errors import clear_errors
from syne_core.aws.job_states import TrainingJobs
from syne_core.aws.session import AwsSession
from syne_core.paths import experiment_job_name, s3_tag, trial_job_name

__all__ = ["OurJob", "is_job_of", "jobs_in_progress", "jobs_of", "our_job"]

_EXPERIMENT = re.compile(r".+-([0-9a-f]{8})-a(\d+)")
_TRIAL = re.compile(r"([0-9a-f]{8})-(\d+)-r(\d+)(-.*)?")
#: So much of a tag is in every name, however long tag and method are.
_ALWAYS_THERE = 20


@dataclass(frozen=True)
class OurJob:
    """A job that runs an experiment or a trial of one.

    :param id8: of the experiment; of the first one, where a job runs several
    :param trial: None for the experiment's own job
    :param number: of the attempt, or of the trial's run
    :param status: InProgress, Stopping, ...
    """

    name: str
    id8: str
    trial: int | None
    number: int
    status: str = "InProgress"


def our_job(name: str, status: str = "InProgress") -> OurJob | None:
    """The job of that name; None if the name is not one of ours."""
    found = _TRIAL.fullmatch(name)
    if found is not None:
        return OurJob(name, found.group(1), int(found.group(2)), int(found.group(3)), status)
    found = _EXPERIMENT.fullmatch(name)
    return None if found is None else OurJob(name, found.group(1), None, int(found.group(2)), status)


def is_job_of(job: OurJob, tag: str, experiment: RemoteExperiment | QueuedExperiment) -> bool:
    """Whether ``job`` belongs to ``experiment``: other studies may have experiments of the same identity."""
    if job.id8 != experiment.id8:
        return False
    if job.trial is not None:
        return job.name == trial_job_name(tag, job.id8, job.trial, job.number)
    return job.name == experiment_job_name(tag, experiment.method, experiment.seed, job.id8, job.number)


def jobs_in_progress(
    session: AwsSession, contains: str = "-", statuses: Iterable[str] = ("InProgress",)
) -> list[OurJob]:
    """All jobs of experiments and trials that have not ended.

    :param contains: a part of their names
    :param statuses: a listing for each: ``"InProgress"``, ``"Stopping"``
    :raises SyneError: they cannot be listed
    """
    jobs: dict[str, OurJob] = {}
    with clear_errors("list the training jobs"):
        for status in statuses:
            for state in TrainingJobs(session).listed(contains, status):
                job = our_job(state.name, state.status)
                if job is not None:
                    jobs[job.name] = job
    return list(jobs.values())


def jobs_of(
    study: RemoteStudy,
    experiments: Sequence[RemoteExperiment] | None = None,
    statuses: Iterable[str] = ("InProgress",),
) -> list[OurJob]:
    """The jobs of a study that have not ended, those of trials included.

    :param experiments: of these only
    :raises SyneError: they cannot be listed
    """
    wanted = study.experiments if experiments is None else experiments
    contains = s3_tag(study.tag)[:_ALWAYS_THERE].rstrip("-")
    if len(wanted) == 1:
        contains = wanted[0].id8
    by_id8 = {experiment.id8: experiment for experiment in wanted}
    found = jobs_in_progress(study.place.session, contains, statuses)
    return [job for job in found if job.id8 in by_id8 and is_job_of(job, study.tag, by_id8[job.id8])]
