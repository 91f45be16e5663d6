"""From a plan to the jobs that carry it out: as SageMaker is asked for them, and as the queue sees them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarking.commons.data_channel import data_channels
from benchmarking.commons.remote.jobs.experiment_job import ExperimentJob, experiment_job
from benchmarking.commons.remote.jobs.job_words import JobWords
from benchmarking.commons.remote.planning.footprint import Footprint
from benchmarking.commons.remote.planning.remote_plan import RemotePlan
from benchmarking.commons.remote.queue.queue_model import QueuedExperiment, QueuedJob
from benchmarking.commons.study.experiment import Experiment
from syne_core.aws.prices import Price

__all__ = ["experiment_jobs", "jobs_of_others", "manifest_entries", "queued_jobs"]


def experiment_jobs(
    plan: RemotePlan, words: JobWords, entry_point: Path, settings: SimpleNamespace
) -> list[ExperimentJob]:
    """The jobs of ``plan``, in its order.

    :param settings: flags by name: ``upload_checkpoints``, ``dataset``
    :raises UsageError: a benchmark's ``estimator_kwargs`` or its image will not do
    """
    jobs = []
    for group, needs in zip(plan.groups, plan.footprints(), strict=True):
        experiments = [plan.planned[position].experiment for position in group]
        more: dict[str, Any] = {"keep_alive": needs.keep_alive} if needs.keep_alive else {}
        jobs.append(
            experiment_job(
                experiments,
                words.of(experiments),
                needs.instance_type,
                needs.max_run,
                entry_point=entry_point,
                benchmark_files=words.benchmark_files(),
                upload_checkpoints=settings.upload_checkpoints,
                # Trials that are jobs have the channel, and not the tuner's.
                channels=data_channels(settings) if experiments[0].backend == "local" else {},
                **more,
            )
        )
    return jobs


def queued_jobs(
    plan: RemotePlan, jobs: Sequence[ExperimentJob], prices: Mapping[str, Price | None]
) -> list[QueuedJob]:
    """What the queue has to know of ``jobs``, which are those of ``plan``."""
    return [
        QueuedJob(
            tuple(QueuedExperiment(e.id[:8], e.name, e.method, e.seed) for e in job.experiments),
            job.instance_type,
            dict(needs.quota_uses),
            float(job.max_run),
            _usd_per_hour(needs, prices),
        )
        for job, needs in zip(jobs, plan.footprints(), strict=True)
    ]


def manifest_entries(plan: RemotePlan, jobs: Sequence[ExperimentJob]) -> list[dict[str, Any]]:
    """The experiments of ``jobs`` for the study's manifest."""
    needs = {planned.experiment.id: planned.footprint for planned in plan.planned}
    return [_entry(one, needs[one.id], job) for job in jobs for one in job.experiments]


def jobs_of_others(entries: Iterable[Mapping[str, Any]], own: Collection[str]) -> list[QueuedJob]:
    """What the queue has to know of the study's experiments that other launches are about.

    :param entries: of the manifest
    :param own: ids of the experiments that this launch is about
    """
    return [_queued(entry) for entry in entries if entry["id"] not in own]


def _queued(entry: Mapping[str, Any]) -> QueuedJob:
    job = entry.get("job") or {}
    instance_type = str(job.get("instance_type"))
    needs = {(str(name), str(kind)): int(count) for name, kind, count in entry.get("needs") or ()}
    one = QueuedExperiment(str(entry["id"])[:8], str(entry["name"]), str(entry["method"]), int(entry["seed"]))
    return QueuedJob(
        (one,), instance_type, needs or {(instance_type, "training"): 1}, float(job.get("max_run") or 0.0)
    )


def _entry(experiment: Experiment, needs: Footprint, job: ExperimentJob) -> dict[str, Any]:
    apart = experiment.backend != "local"
    return {
        **experiment.to_json(),
        "instance_type": needs.trial_instance_type or needs.instance_type,
        "tuner_instance_type": needs.instance_type if apart else None,
        "needs": [[*use, count] for use, count in needs.quota_uses.items()],
        "trial_instance_count": needs.trial_instances // experiment.n_workers or 1,
        "job": job.to_json(),
    }


def _usd_per_hour(needs: Footprint, prices: Mapping[str, Price | None]) -> float | None:
    total = 0.0
    for name, count in needs.instances.items():
        price = prices.get(name)
        if price is None:
            return None
        total += count * price.usd_per_hour
    return total
