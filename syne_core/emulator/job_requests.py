"""What AWS checks of a request beyond its service model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from syne_core.emulator.api_error import validation
from syne_core.emulator.training_job import TrainingJob
from syne_core.emulator.validation import joined, null_member

__all__ = ["check_create", "check_update"]

_NEEDED = ("AlgorithmSpecification", "ResourceConfig", "StoppingCondition")
_NOT_OFFERED = ("ServerlessJobConfig",)
_LONGEST_RUNTIME = 2_419_200
_DEFAULT_RUNTIME = 86_400


def check_create(request: dict[str, Any], has_role: Callable[[str], bool]) -> None:
    """Check a CreateTrainingJob whose members are each as the model says, and fill in defaults.

    :param has_role: whether there is a role of that ARN
    :raises ApiError: ``ValidationException``
    """
    for message in _mistakes(request, has_role):
        raise validation(message)
    request["StoppingCondition"].setdefault("MaxRuntimeInSeconds", _DEFAULT_RUNTIME)


def _mistakes(request: dict[str, Any], has_role: Callable[[str], bool]) -> Iterator[str]:
    for member in _NOT_OFFERED:
        if member in request:
            yield f"The emulator does not offer {member}."
    missing = [member for member in _NEEDED if member not in request]
    if missing:
        yield joined([null_member(member) for member in missing])
    yield from _algorithm_mistakes(request["AlgorithmSpecification"])
    yield from _resource_mistakes(request["ResourceConfig"])
    yield from _stopping_mistakes(request)
    if not has_role(request["RoleArn"]):
        yield (
            f"Could not assume role {request['RoleArn']}. Please ensure that the role exists and allows "
            "principal 'sagemaker.amazonaws.com' to assume the role."
        )


def _algorithm_mistakes(algorithm: Mapping[str, Any]) -> Iterator[str]:
    if ("TrainingImage" in algorithm) == ("AlgorithmName" in algorithm):
        yield "You must provide exactly one of TrainingImage and AlgorithmName."
    if "AlgorithmName" in algorithm:
        yield "The emulator does not offer AlgorithmName; give a TrainingImage."


def _resource_mistakes(resources: Mapping[str, Any]) -> Iterator[str]:
    groups = resources.get("InstanceGroups")
    if groups and ("InstanceType" in resources or "InstanceCount" in resources):
        yield "InstanceType and InstanceCount cannot be given together with InstanceGroups."
    if not groups and not ("InstanceType" in resources and resources.get("InstanceCount", 0) > 0):
        yield "ResourceConfig needs InstanceType and an InstanceCount of at least 1, or InstanceGroups."
    for group in groups or ():
        if "InstanceType" not in group or group.get("InstanceCount", 0) < 1:
            yield "An instance group needs InstanceType and an InstanceCount of at least 1."
    if groups and resources.get("KeepAlivePeriodInSeconds"):
        yield "KeepAlivePeriodInSeconds is not supported with InstanceGroups."


def _stopping_mistakes(request: Mapping[str, Any]) -> Iterator[str]:
    stopping = request["StoppingCondition"]
    runtime = stopping.get("MaxRuntimeInSeconds", _DEFAULT_RUNTIME)
    wait = stopping.get("MaxWaitTimeInSeconds")
    if runtime > _LONGEST_RUNTIME:
        yield f"MaxRuntimeInSeconds must be at most {_LONGEST_RUNTIME} (28 days), not {runtime}."
    if request.get("EnableManagedSpotTraining"):
        if wait is None or wait < runtime:
            yield (
                "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to "
                "MaxRuntimeInSeconds"
            )
        if request["ResourceConfig"].get("KeepAlivePeriodInSeconds"):
            yield "KeepAlivePeriodInSeconds is not supported with EnableManagedSpotTraining."
    elif wait is not None:
        yield "MaxWaitTimeInSeconds must not be specified unless EnableManagedSpotTraining is true."


def check_update(request: Mapping[str, Any], job: TrainingJob, pool_is_available: bool) -> None:
    """Check an UpdateTrainingJob of ``job``.

    :raises ApiError: ``ValidationException``: a keep-alive period can be changed only of a warm pool that
        is available, anything else only of a job that is in progress
    """
    if "ResourceConfig" in request and not pool_is_available:
        pool = job.warm_pool
        raise validation(
            f"The keep alive period of training job {job.name} cannot be changed: its warm pool is "
            + (f"in status {pool.status}." if pool else "not there.")
        )
    others = [name for name in request if name not in ("TrainingJobName", "ResourceConfig")]
    if others and job.status != "InProgress":
        raise validation(f"{others[0]} cannot be updated because the training job is in status {job.status}.")
