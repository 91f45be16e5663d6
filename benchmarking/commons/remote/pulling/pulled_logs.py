"""Logs of trials that were jobs of their own: from CloudWatch into the folders of the trials."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarking.commons.remote.pulling.pull_record import PullRecord
from benchmarking.commons.remote.queue.jobs_in_progress import is_job_of, our_job
from benchmarking.commons.remote.records.remote_study import RemoteExperiment, RemoteStudy
from benchmarking.commons.remote.viewing.job_logs import job_text, log_streams
from syne_core.paths import ExperimentPaths, experiment_path

__all__ = ["TrialLog", "changed_logs", "log_body"]


@dataclass(frozen=True)
class TrialLog:
    """What the jobs of a trial printed.

    :param jobs: names, in the order of the trial's runs
    :param version: changes as the logs grow
    """

    target: Path
    jobs: tuple[str, ...]
    version: str


def changed_logs(study: RemoteStudy, record: PullRecord) -> tuple[list[TrialLog], int]:
    """Logs that are not here as they are, and how many are.

    A call or more for each experiment whose trials are jobs.
    """
    changed, up_to_date = [], 0
    for experiment in study.experiments:
        if experiment.backend == "sagemaker":
            for log in _logs(study, experiment):
                if record.etag_of(log.target) == log.version:
                    up_to_date += 1
                else:
                    changed.append(log)
    return changed, up_to_date


def log_body(study: RemoteStudy, log: TrialLog) -> Any:
    """The whole text, to be read as a file."""
    return io.BytesIO("".join(job_text(study.place.session, job) for job in log.jobs).encode())


def _logs(study: RemoteStudy, experiment: RemoteExperiment) -> Iterator[TrialLog]:
    runs: dict[int, list[tuple[int, str, int]]] = {}
    for stream, changed in log_streams(study.place.session, f"{experiment.id8}-"):
        job = our_job(stream.partition("/")[0])
        if job is not None and job.trial is not None and is_job_of(job, study.tag, experiment):
            runs.setdefault(job.trial, []).append((job.number, job.name, changed))
    paths = ExperimentPaths(experiment_path(experiment.name))
    for trial, found in sorted(runs.items()):
        jobs = tuple(dict.fromkeys(name for _, name, _ in sorted(found)))
        version = "logs " + " ".join(str(changed) for _, _, changed in sorted(found))
        yield TrialLog(paths.trial(trial).stdout, jobs, version)
