"""Instances: what jobs hold, what quotas allow, what warm pools keep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from syne_core.emulator.api_error import ApiError
from syne_core.emulator.settings import EmulatorSettings
from syne_core.emulator.training_job import TrainingJob

__all__ = ["Instances", "Usage", "instance_counts"]

#: Which quota: ``training job``, ``spot training job`` or ``training warm pool``, and the instance type.
Usage = tuple[str, str]


def instance_counts(resources: Mapping[str, Any]) -> Counter[str]:
    """Instances per type of a ``ResourceConfig``, those of instance groups included."""
    groups: Iterable[Mapping[str, Any]] = resources.get("InstanceGroups") or [resources]
    counts: Counter[str] = Counter()
    for group in groups:
        counts[group["InstanceType"]] += group.get("InstanceCount", 1)
    return counts


class Instances:
    """Counts instances. A job holds its own until it is terminal, Stopping included.

    Not locked: the service calls it under its lock.
    """

    def __init__(self, settings: EmulatorSettings) -> None:
        self.quotas: Mapping[str, Mapping[str, int]] = {
            "training job": settings.quotas,
            "spot training job": settings.spot_quotas,
            "training warm pool": settings.warm_pool_quotas,
        }
        self._in_use: Counter[Usage] = Counter()
        self._available: dict[str, TrainingJob] = {}

    def in_use(self, kind: str, instance_type: str) -> int:
        """How many instances count against a quota now."""
        return self._in_use[kind, instance_type]

    def acquire(self, job: TrainingJob) -> TrainingJob | None:
        """Take what ``job`` needs, from a matching warm pool if there is one.

        :returns: the job whose warm pool was taken over
        :raises ApiError: ``ResourceLimitExceeded``
        """
        previous = next((kept for kept in self._available.values() if _matches(kept, job)), None)
        needed = _needs(job)
        kept = _needs_warm(previous) if previous else Counter[Usage]()
        for usage, delta in needed.items():
            self._check_quota(usage, delta, self._in_use[usage] - kept[usage])
        if previous is not None:
            self.terminate_pool(previous, status="Reused")
            assert previous.warm_pool is not None
            previous.warm_pool.reused_by = job.name
        self._in_use += needed
        return previous

    def release(self, job: TrainingJob, keep: bool) -> None:
        """``job`` is over: give back what it held, or keep its instances as an available warm pool."""
        held = _needs_training(job)
        pool = job.warm_pool
        if pool is not None and keep and job.keep_alive:
            pool.status, pool.since = "Available", job.modified
            self._available[job.name] = job
        elif pool is not None:
            pool.leave("Terminated")
            held += _needs_warm(job)
        self._in_use.subtract(held)

    def terminate_pool(self, job: TrainingJob, status: str = "Terminated") -> None:
        """The available warm pool of ``job`` is there no longer."""
        del self._available[job.name]
        self._in_use.subtract(_needs_warm(job))
        assert job.warm_pool is not None
        job.warm_pool.leave(status)

    def is_available(self, job: TrainingJob) -> bool:
        """Whether ``job`` has an available warm pool."""
        return job.name in self._available

    def _check_quota(self, usage: Usage, delta: int, used: int) -> None:
        kind, instance_type = usage
        limit = self.quotas[kind].get(instance_type)
        if limit is not None and used + delta > limit:
            raise ApiError(
                "ResourceLimitExceeded",
                f"The account-level service limit '{instance_type} for {kind} usage' is {limit} Instances, "
                f"with current utilization of {used} Instances and a request delta of {delta} Instances. "
                "Please use AWS Service Quotas to request an increase for this quota. If AWS Service Quotas "
                "is not available, contact AWS support to request an increase for this quota.",
            )


def _needs(job: TrainingJob) -> Counter[Usage]:
    return _needs_training(job) + (_needs_warm(job) if job.keep_alive else Counter[Usage]())


def _needs_training(job: TrainingJob) -> Counter[Usage]:
    return _counted("spot training job" if job.is_spot else "training job", job)


def _needs_warm(job: TrainingJob) -> Counter[Usage]:
    return _counted("training warm pool", job)


def _counted(kind: str, job: TrainingJob) -> Counter[Usage]:
    return Counter({(kind, name): count for name, count in instance_counts(job.resources).items()})


def _matches(kept: TrainingJob, job: TrainingJob) -> bool:
    """What must be the same according to the developer guide, "Matching training jobs"."""
    return not job.is_spot and list(_traits(kept)) == list(_traits(job))


def _traits(job: TrainingJob) -> Iterator[Any]:
    request, resources = job.request, job.resources
    yield request["RoleArn"]
    yield instance_counts(resources)
    yield resources.get("VolumeSizeInGB")
    yield resources.get("VolumeKmsKeyId")
    vpc = request.get("VpcConfig") or {}
    yield sorted(vpc.get("SecurityGroupIds", ()))
    yield sorted(vpc.get("Subnets", ()))
    yield bool(request.get("EnableInterContainerTrafficEncryption"))
    yield bool(request.get("EnableNetworkIsolation"))
