"""A driver of experiments that are ``marker_jobs``; as a program, so that it can be killed."""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Mapping
from typing import Any

from benchmarking.commons.remote.queue.queue import run_queue
from benchmarking.commons.remote.queue.queue_model import Limits, QueuedExperiment, QueuedJob, QueueResult
from benchmarking.commons.remote.queue.sagemaker_jobs import RealClock, SageMakerJobs
from benchmarking.commons.remote.records.driver_lock import DriverLock
from syne_core.aws.session import AwsSession
from syne_core.paths import experiment_name

TYPE = "ml.m5.large"


def jobs_of(tag: str, count: int) -> list[QueuedJob]:
    found = []
    for seed in range(count):
        id8 = f"{seed:08x}"
        one = QueuedExperiment(id8, experiment_name(tag, "RS", seed, "bench", id8), "RS", seed)
        found.append(QueuedJob((one,), TYPE, {(TYPE, "training"): 1}, 60.0))
    return found


def service_of(session: AwsSession, bucket: str, role: str, tag: str) -> SageMakerJobs:
    def request_of(job: QueuedJob, attempt: int) -> Mapping[str, Any]:
        lead = job.lead
        variables = {"ID8": lead.id8, "NAME": lead.name, "ATTEMPT": str(attempt), "TAG": tag}
        return {
            "TrainingJobName": service.job_name(job, attempt),
            "RoleArn": role,
            "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
            "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/output"},
            "ResourceConfig": {"InstanceType": job.instance_type, "InstanceCount": 1, "VolumeSizeInGB": 1},
            "StoppingCondition": {"MaxRuntimeInSeconds": int(job.max_seconds)},
            "Environment": variables,
        }

    service = SageMakerJobs(session, bucket, tag, request_of)
    return service


def drive(bucket: str, role: str, tag: str, count: int, quota: int, **options: Any) -> QueueResult:
    """Run ``count`` experiments to their end."""
    session = AwsSession.resolve()
    service = service_of(session, bucket, role, tag)
    quotas = {(TYPE, "training"): quota} if quota else {}
    limits = Limits.for_emulator(quotas=quotas, max_retries=5, backstop=1.0)
    options = {"wait": True, "notes": service.notes(), "keep_notes": service.keep_notes, **options}
    with DriverLock(session.client("s3"), bucket, tag, heartbeat=0.5) as lock:
        return run_queue(jobs_of(tag, count), service, RealClock(), limits, guard=lock.check, **options)


def _main(bucket: str, role: str, tag: str, count: str, quota: str) -> None:
    result = drive(bucket, role, tag, int(count), int(quota))
    states = [outcome.state for outcome in result.outcomes]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"states": states, "created": result.created, "peak_kb": peak}))


if __name__ == "__main__":
    _main(*sys.argv[1:])
