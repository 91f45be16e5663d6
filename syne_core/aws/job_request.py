"""The request of CreateTrainingJob, made from a description; pure, and within AWS's limits.

Limits and names are those of the API reference (CreateTrainingJob). The container's entry point is always
our runner, which finds what to do in the job document (``SYNEBENCH_JOB``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from syne_core.errors import UsageError, nearest_name
from syne_core.report import REPORT_TAG

__all__ = [
    "CHECKPOINT_FOLDER",
    "JOB_VARIABLE",
    "MAX_KEEP_ALIVE",
    "JobRequest",
    "check_instance_type",
    "display_hyperparameters",
    "metric_definitions",
]

CHECKPOINT_FOLDER = "/opt/ml/checkpoints"
#: Names the job document to the runner.
JOB_VARIABLE = "SYNEBENCH_JOB"
ENTRY_POINT = ("python3", "/opt/ml/input/data/code/runner.pyz")
#: Seconds.
MAX_KEEP_ALIVE = 21_600
_MAX_HYPERPARAMETERS, _MAX_KEY, _MAX_VALUE = 100, 256, 2500
_MAX_METRICS, _MAX_METRIC_NAME, _MAX_REGEX = 40, 255, 500
_MAX_VARIABLES, _MAX_VARIABLE = 100, 512
_VARIABLE = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,511}")
_NUMBER = r"(-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)"
_CUT = "..."
_LINE_ENDS = re.compile("[\n\r\u0085\u2028\u2029]")


@dataclass(frozen=True)
class JobRequest:
    """A training job that runs a bundle. URIs are S3's; sizes in GB, times in seconds.

    :param bundle_uri: prefix of the bundle, becomes the input channel ``code``
    :param document_uri: the job document
    :param output_uri: where model and output archives go
    :param checkpoint_uri: mirrored to ``/opt/ml/checkpoints``; None: no checkpoints
    :param keep_alive: how long the instances stay in a warm pool after the job; 0: not at all
    :param use_spot: run on managed spot; ``max_wait`` then bounds waiting and running together
    :param channels: more input channels, URI by name
    :raises UsageError: names everything that SageMaker would not accept
    """

    job_name: str
    image_uri: str
    role_arn: str
    instance_type: str
    bundle_uri: str
    document_uri: str
    output_uri: str
    checkpoint_uri: str | None = None
    instance_count: int = 1
    volume_size: int = 30
    volume_kms_key: str | None = None
    output_kms_key: str | None = None
    max_run: int = 86_400
    keep_alive: int = 0
    use_spot: bool = False
    max_wait: int | None = None
    max_retries: int = 0
    subnets: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    encrypt_traffic: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    hyperparameters: Mapping[str, str] = field(default_factory=dict)
    metrics: tuple[Mapping[str, str], ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if mistakes := list(self._mistakes()):
            raise UsageError.joined(mistakes)

    def to_api(self) -> dict[str, Any]:
        """The members of CreateTrainingJob."""
        request: dict[str, Any] = {
            "TrainingJobName": self.job_name,
            "RoleArn": self.role_arn,
            "AlgorithmSpecification": self._algorithm(),
            "InputDataConfig": [_channel("code", self.bundle_uri), *self._more_channels()],
            "OutputDataConfig": _present(S3OutputPath=self.output_uri, KmsKeyId=self.output_kms_key),
            "ResourceConfig": self._resources(),
            "StoppingCondition": _present(
                MaxRuntimeInSeconds=self.max_run,
                MaxWaitTimeInSeconds=self._longest_wait() if self.use_spot else None,
            ),
            "EnableManagedSpotTraining": self.use_spot,
            "EnableInterContainerTrafficEncryption": self.encrypt_traffic,
            "Environment": {**self.environment, JOB_VARIABLE: self.document_uri},
            "HyperParameters": dict(self.hyperparameters),
            # Otherwise SageMaker starts its profiler beside every job.
            "ProfilerConfig": {"DisableProfiler": True},
        }
        if self.checkpoint_uri:
            request["CheckpointConfig"] = {"S3Uri": self.checkpoint_uri, "LocalPath": CHECKPOINT_FOLDER}
        if self.subnets:
            request["VpcConfig"] = {
                "Subnets": list(self.subnets),
                "SecurityGroupIds": list(self.security_group_ids),
            }
        if self.max_retries:
            request["RetryStrategy"] = {"MaximumRetryAttempts": self.max_retries}
        if self.tags:
            request["Tags"] = [{"Key": key, "Value": value} for key, value in self.tags.items()]
        return request

    def _algorithm(self) -> dict[str, Any]:
        return {
            "TrainingImage": self.image_uri,
            "TrainingInputMode": "File",
            "ContainerEntrypoint": list(ENTRY_POINT),
            **({"MetricDefinitions": [dict(metric) for metric in self.metrics]} if self.metrics else {}),
        }

    def _resources(self) -> dict[str, Any]:
        return _present(
            InstanceType=self.instance_type,
            InstanceCount=self.instance_count,
            VolumeSizeInGB=self.volume_size,
            VolumeKmsKeyId=self.volume_kms_key,
            KeepAlivePeriodInSeconds=self.keep_alive or None,
        )

    def _more_channels(self) -> list[dict[str, Any]]:
        return [_channel(name, uri) for name, uri in self.channels.items()]

    def _longest_wait(self) -> int:
        return self.max_run if self.max_wait is None else self.max_wait

    def _mistakes(self) -> Iterable[str]:
        if self.instance_count < 1:
            yield f"instance_count must be at least 1, is {self.instance_count}"
        if self.volume_size < 1:
            yield f"volume_size must be at least 1 GB, is {self.volume_size}"
        if self.max_run < 1:
            yield f"max_run must be at least 1 s, is {self.max_run}"
        if not 0 <= self.keep_alive <= MAX_KEEP_ALIVE:
            yield f"keep_alive_period_in_seconds must be 0 to {MAX_KEEP_ALIVE}, is {self.keep_alive}"
        if self.keep_alive and self.use_spot:
            yield "warm pools (keep_alive_period_in_seconds) cannot be had with use_spot_instances"
        if self.max_wait is not None and not self.use_spot:
            yield "max_wait means something with use_spot_instances=True only"
        if self.use_spot and self._longest_wait() < self.max_run:
            yield f"max_wait ({self.max_wait} s) must not be less than max_run ({self.max_run} s)"
        if bool(self.subnets) != bool(self.security_group_ids):
            yield "subnets and security_group_ids go together: both or neither"
        if "code" in self.channels:
            yield "the input channel 'code' is ours; call yours otherwise"
        yield from self._mistakes_of_environment()

    def _mistakes_of_environment(self) -> Iterable[str]:
        allowed = _MAX_VARIABLES - 1  # one is ours
        if len(self.environment) > allowed:
            yield f"environment has {len(self.environment)} variables; at most {allowed} are allowed"
        for name, value in self.environment.items():
            if not _VARIABLE.fullmatch(name):
                yield f"'{name}' is no name of an environment variable"
            if len(value) > _MAX_VARIABLE:
                yield f"environment variable {name} has {len(value)} characters; at most {_MAX_VARIABLE}"


def check_instance_type(instance_type: str, valid: Iterable[str]) -> None:
    """See that SageMaker has the instance type.

    :param valid: all that there are; botocore's model of CreateTrainingJob has the list
    :raises UsageError: suggests the nearest
    """
    names = list(valid)
    if instance_type in names:
        return
    near = nearest_name(instance_type, names)
    hint = f" Did you mean '{near}'?" if near else " One that there is: 'ml.m5.large'."
    raise UsageError(f"Unknown instance type '{instance_type}' for training jobs.{hint}")


def display_hyperparameters(config: Mapping[str, Any]) -> dict[str, str]:
    """``config`` as the console shows it: strings, cut to what SageMaker accepts.

    The script gets its values from the job document, whole; these are for people.
    """
    shown: dict[str, str] = {}
    for name, value in config.items():
        if len(shown) == _MAX_HYPERPARAMETERS:
            break
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
        shown[_cut(_one_line(str(name)), _MAX_KEY)] = _cut(_one_line(text), _MAX_VALUE)
    return shown


def metric_definitions(names: Iterable[str]) -> tuple[dict[str, str], ...]:
    """Lets SageMaker read the named metrics from report lines, for its console; at most 40 of them.

    A regular expression catches the whole number: 93.4, -3, 1e-05.
    """
    definitions = []
    for name in dict.fromkeys(names):
        key = re.escape(json.dumps(name))
        regex = re.escape(REPORT_TAG.strip()).replace(r"\-", "-") + rf".*{key}: {_NUMBER}"
        if name and len(name) <= _MAX_METRIC_NAME and len(regex) <= _MAX_REGEX:
            definitions.append({"Name": name, "Regex": regex})
    return tuple(definitions[:_MAX_METRICS])


def _channel(name: str, uri: str) -> dict[str, Any]:
    return {
        "ChannelName": name,
        "DataSource": {
            "S3DataSource": {
                "S3DataType": "S3Prefix",
                "S3Uri": uri,
                "S3DataDistributionType": "FullyReplicated",
            }
        },
    }


def _present(**members: Any) -> dict[str, Any]:
    """The members that have a value."""
    return {name: value for name, value in members.items() if value is not None}


def _one_line(text: str) -> str:
    """``text`` without line ends, at which AWS's pattern for hyperparameters, ``.*``, stops."""
    return _LINE_ENDS.sub(lambda found: repr(found.group())[1:-1], text)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - len(_CUT)] + _CUT
