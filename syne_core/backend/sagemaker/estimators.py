"""``PyTorch(...)`` and its like: what SDK v2 calls estimators, here plain descriptions of a job.

The keywords are those of the SageMaker SDK, version 2, so that a script that was written for it runs
without it. Every keyword of the SDK works, or is refused or passed over with a line that says why.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from syne_core.aws.job_request import CHECKPOINT_FOLDER
from syne_core.backend.sagemaker.job_description import JobDescription
from syne_core.errors import UsageError, nearest_name

__all__ = ["Estimator", "HuggingFace", "PyTorch", "SKLearn", "TensorFlow", "channels_of", "tags_of"]

logger = logging.getLogger(__name__)

_OURS = {field.name for field in fields(JobDescription)} - {"framework", "channels", "session"}
_TUPLES = ("dependencies", "subnets", "security_group_ids", "metric_definitions")

#: Passed over, with why.
_NOT_NEEDED = {
    "code_location": "the code goes to the experiment's own bucket, once",
    "checkpoint_s3_uri": "each trial has a checkpoint prefix of its own",
    "enable_sagemaker_metrics": "metrics come from metrics_names",
    "container_log_level": "the script's own logging decides",
    "disable_output_compression": "model archives are compressed",
    "enable_infra_check": "it is an option of the SDK's",
    "enable_remote_debug": "it is an option of the SDK's",
    "enable_session_tag_chaining": "it is an option of the SDK's",
    "model_channel_name": "it says something with model_uri only",
    "input_mode": "input channels are copied to files before the script starts",
    "tensorboard_output_config": "write to the output folder, it is kept",
    "profiler_config": "SageMaker's profiler is switched off",
    "debugger_hook_config": "SageMaker's debugger is switched off",
    "rules": "SageMaker's debugger is switched off",
    "disable_profiler": "SageMaker's profiler is switched off",
}
#: Values with which nothing is passed over: they ask for what happens anyway.
_HARMLESS: dict[str, tuple[Any, ...]] = {
    "disable_profiler": (True, None),
    "debugger_hook_config": (False, None),
    "input_mode": ("File", None),
    "model_channel_name": ("model", None),
    "enable_sagemaker_metrics": (False, None),
    "container_log_level": (20, None),
    "rules": (None, []),
}
#: Refused, with what to do instead.
_REFUSED = {
    "distribution": "start the processes in the script: SM_HOSTS and SM_CURRENT_HOST say who takes part",
    "git_config": "check the repository out and give its folder as source_dir",
    "instance_groups": "give instance_type and instance_count",
    "compiler_config": "build an image with the compiler and give it as image_uri",
    "model_uri": "read the model from S3 in the script, or give it as an input channel",
    "container_entry_point": "the runner is the entry point; it starts entry_point",
    "container_arguments": "the runner is the entry point; give values by hyperparameters",
    "training_plan": "training plans are not supported",
    "training_repository_access_mode": "images of private registries are not supported",
    "training_repository_credentials_provider_arn": "images of private registries are not supported",
    "tensorflow_version": "HuggingFace runs on PyTorch here; for TensorFlow give image_uri",
}
_RENAMED = {"transformers_version": "framework_version", "train_instance_type": "instance_type"}
_SPECIAL = ("sagemaker_session", "inputs", "checkpoint_local_path", "enable_network_isolation")


def PyTorch(entry_point: str = "", **keywords: Any) -> JobDescription:
    """A job in a PyTorch container.

    :param entry_point: training script
    :param keywords: as of SDK v2's ``PyTorch``: ``source_dir, framework_version, py_version, role,
        instance_type, instance_count, max_run, dependencies, ...``
    :raises UsageError: names every mistake
    """
    return _described("PyTorch", {"entry_point": entry_point, **keywords})


def HuggingFace(entry_point: str = "", **keywords: Any) -> JobDescription:
    """A job in a Hugging Face container: ``transformers_version``, ``pytorch_version``. See ``PyTorch``."""
    return _described("HuggingFace", {"entry_point": entry_point, **keywords})


def SKLearn(entry_point: str = "", **keywords: Any) -> JobDescription:
    """A job in a scikit-learn container. See ``PyTorch``."""
    return _described("SKLearn", {"entry_point": entry_point, **keywords})


def TensorFlow(entry_point: str = "", **keywords: Any) -> JobDescription:
    """A job in a TensorFlow container. See ``PyTorch``."""
    return _described("TensorFlow", {"entry_point": entry_point, **keywords})


def Estimator(image_uri: str = "", **keywords: Any) -> JobDescription:
    """A job in an image of one's own, which must have Python 3.8 or later and pip. See ``PyTorch``."""
    return _described(None, {"image_uri": image_uri, **keywords})


def tags_of(given: Any) -> dict[str, str]:
    """Tags as AWS has them, ``[{"Key": k, "Value": v}]``, or as a dictionary.

    :raises UsageError: they are neither
    """
    try:
        if isinstance(given, Mapping):
            return {str(key): str(value) for key, value in given.items()}
        return {str(tag["Key"]): str(tag["Value"]) for tag in given or ()}
    except (TypeError, KeyError):
        raise UsageError(f"tags must be a list of {{'Key': ..., 'Value': ...}}, is {given!r}") from None


def _described(framework: str | None, keywords: dict[str, Any]) -> JobDescription:
    given = {_RENAMED.get(name, name): value for name, value in keywords.items()}
    if mistakes := list(_mistakes(given)):
        raise UsageError.joined(mistakes)
    for name, why in _NOT_NEEDED.items():
        if name in given and given[name] not in _HARMLESS.get(name, (None,)):
            logger.info("%s is not used: %s", name, why)
    values = {name: value for name, value in given.items() if name in _OURS and value is not None}
    for name in _TUPLES:
        if name in values:
            values[name] = _as_tuple(values[name])
    if "tags" in values:
        values["tags"] = tags_of(values["tags"])
    if "environment" in values:
        values["environment"] = {str(k): str(v) for k, v in values["environment"].items()}
    return JobDescription(
        framework=framework,
        channels=channels_of(given.get("inputs")),
        session=given.get("sagemaker_session"),
        **values,
    )


def _mistakes(given: Mapping[str, Any]) -> Iterable[str]:
    valid = {*_OURS, *_NOT_NEEDED, *_SPECIAL, *_RENAMED, *_REFUSED}
    for name, value in given.items():
        if name not in valid:
            near = nearest_name(name, valid)
            hint = f" Did you mean '{near}'?" if near else ""
            yield f"Unknown keyword '{name}' of a SageMaker job.{hint}"
        elif name in _REFUSED and value not in (None, {}, []):
            yield f"{name} is not supported: {_REFUSED[name]}"
    if given.get("checkpoint_local_path") not in (None, CHECKPOINT_FOLDER):
        yield (
            f"checkpoint_local_path must be {CHECKPOINT_FOLDER}; the script gets it as --st_checkpoint_dir"
        )
    if given.get("enable_network_isolation"):
        yield "enable_network_isolation is not supported: reports go to S3. A VPC works (subnets)"


def channels_of(inputs: Any) -> dict[str, str]:
    """What ``fit(inputs)`` takes: a URI, or URIs by channel.

    :raises UsageError: it is something else
    """
    if inputs is None:
        return {}
    if isinstance(inputs, str):
        return {"training": inputs}
    if isinstance(inputs, Mapping) and all(isinstance(value, str) for value in inputs.values()):
        return dict(inputs)
    raise UsageError("inputs must be an S3 URI, or a dictionary of S3 URIs by channel")


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
