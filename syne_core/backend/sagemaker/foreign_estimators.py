"""A user's own estimator of the SageMaker SDK, v2, or ModelTrainer, v3: asked once what its jobs are like.

Image, role, instances, network and tags are taken over; source, runner and configuration are ours. The SDK
itself is never imported: the object answers for it.
"""

from __future__ import annotations

from typing import Any

from syne_core.backend.sagemaker.estimators import tags_of
from syne_core.backend.sagemaker.job_description import DEFAULT_MAX_RUN, JobDescription
from syne_core.errors import UsageError

__all__ = ["description_of"]


def description_of(estimator: Any) -> JobDescription:
    """The description that ``estimator`` amounts to.

    :param estimator: our own (``PyTorch(...)``), an SDK v2 estimator, or an SDK v3 ``ModelTrainer``
    :raises UsageError: it is none of these, or something is missing
    """
    if isinstance(estimator, JobDescription):
        return estimator
    if hasattr(estimator, "compute") and hasattr(estimator, "training_image"):
        return _from_model_trainer(estimator)
    if hasattr(estimator, "instance_type") and hasattr(estimator, "fit"):
        return _from_estimator(estimator)
    raise UsageError(
        "sm_estimator must be PyTorch(...) or its like of syne_core.backend.sagemaker_backend, an estimator "
        f"of SageMaker's SDK v2 or a ModelTrainer of v3; it is {type(estimator).__name__}"
    )


def _from_estimator(estimator: Any) -> JobDescription:
    def value(name: str, default: Any = None) -> Any:
        found = getattr(estimator, name, None)
        return default if found is None else found

    image = value("image_uri") or _called(estimator, "training_image_uri")
    return JobDescription(
        entry_point=_path(value("entry_point", "")),
        source_dir=value("source_dir"),
        image_uri=image,
        dependencies=tuple(value("dependencies", ())),
        role=value("role"),
        instance_type=str(value("instance_type", "")),
        instance_count=int(value("instance_count", 1)),
        max_run=int(value("max_run", DEFAULT_MAX_RUN)),
        volume_size=int(value("volume_size", 30)),
        volume_kms_key=value("volume_kms_key"),
        output_kms_key=value("output_kms_key"),
        output_path=value("output_path"),
        keep_alive_period_in_seconds=int(value("keep_alive_period_in_seconds", 0)),
        use_spot_instances=bool(value("use_spot_instances", False)),
        max_wait=value("max_wait"),
        max_retry_attempts=int(value("max_retry_attempts", 0)),
        subnets=tuple(value("subnets", ())),
        security_group_ids=tuple(value("security_group_ids", ())),
        encrypt_inter_container_traffic=bool(value("encrypt_inter_container_traffic", False)),
        tags=tags_of(value("tags", ())),
        environment=dict(value("environment", {})),
        hyperparameters=_own_hyperparameters(value("_hyperparameters", {})),
        metric_definitions=tuple(value("metric_definitions", ())),
        base_job_name=value("base_job_name"),
        session=value("sagemaker_session"),
    )


def _from_model_trainer(trainer: Any) -> JobDescription:
    compute, source = trainer.compute, getattr(trainer, "source_code", None)
    network, limits = getattr(trainer, "networking", None), getattr(trainer, "stopping_condition", None)
    if source is None or not getattr(source, "entry_script", None):
        raise UsageError("the ModelTrainer has no source_code.entry_script: our runner has nothing to start")
    if not trainer.training_image:
        raise UsageError(
            "the ModelTrainer has no training_image: a built-in algorithm reports no metrics to us"
        )

    def of(owner: Any, name: str, default: Any) -> Any:
        found = getattr(owner, name, None)
        # SDK v3 marks what was not given by objects of a class of its own.
        return default if found is None or type(found).__name__ == "Unassigned" else found

    return JobDescription(
        entry_point=_path(source.entry_script),
        source_dir=of(source, "source_dir", None),
        image_uri=str(trainer.training_image),
        role=of(trainer, "role", None),
        instance_type=str(of(compute, "instance_type", "")),
        instance_count=int(of(compute, "instance_count", 1)),
        volume_size=int(of(compute, "volume_size_in_gb", 30)),
        volume_kms_key=of(compute, "volume_kms_key_id", None),
        keep_alive_period_in_seconds=int(of(compute, "keep_alive_period_in_seconds", 0)),
        use_spot_instances=bool(of(compute, "enable_managed_spot_training", False)),
        max_run=int(of(limits, "max_runtime_in_seconds", DEFAULT_MAX_RUN)),
        max_wait=of(limits, "max_wait_time_in_seconds", None),
        subnets=tuple(of(network, "subnets", ())),
        security_group_ids=tuple(of(network, "security_group_ids", ())),
        encrypt_inter_container_traffic=bool(of(network, "enable_inter_container_traffic_encryption", False)),
        tags=tags_of([{"Key": tag.key, "Value": tag.value} for tag in of(trainer, "tags", ())]),
        environment=dict(of(trainer, "environment", {})),
        hyperparameters=dict(of(trainer, "hyperparameters", {})),
        output_kms_key=of(of(trainer, "output_data_config", None), "kms_key_id", None),
        base_job_name=of(trainer, "base_job_name", None),
        session=of(trainer, "sagemaker_session", None),
    )


def _called(owner: Any, name: str) -> Any:
    method = getattr(owner, name, None)
    return method() if callable(method) else None


def _path(given: Any) -> str:
    return str(given)


def _own_hyperparameters(given: Any) -> dict[str, Any]:
    """Without those that SDK v2's training toolkit would need."""
    return {k: v for k, v in dict(given or {}).items() if not str(k).startswith("sagemaker_")}
