"""What ``--config`` may say of a SageMaker job; names are those of source 004 where it has one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from benchmarking.commons.durations import as_duration
from syne_core.errors import UsageError

__all__ = ["DEFAULT_INSTANCE", "SETTINGS", "SageMakerSettings", "split_uri"]

#: Source 004's.
DEFAULT_INSTANCE = "ml.c4.2xlarge"
SETTINGS = {
    "output_path": "s3://BUCKET/PREFIX for the model; default: in the default bucket",
    "role_name": "execution role, name or ARN; default: $AWS_ROLE, else as 'synebench run' finds it",
    "train_instance_count": "default: 1",
    "train_instance_type": f"default: {DEFAULT_INSTANCE}",
    "max_run": "time after which SageMaker ends the job, such as 2h; default: 24h",
    "volume_size": "disk in GB; default: 30",
    "region": "default: that of the AWS configuration",
}
_URI = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?", re.DOTALL)
_LONGEST = 28 * 86_400


@dataclass(frozen=True)
class SageMakerSettings:
    """The settings, read.

    :param output_path: S3 URI without a slash at its end; None: in the default bucket
    :param instance_type: None: not said
    :param max_run: seconds
    :param volume_size: GB
    """

    output_path: str | None = None
    role_name: str | None = None
    instance_count: int = 1
    instance_type: str | None = None
    max_run: int = 86_400
    volume_size: int = 30
    region: str | None = None

    @classmethod
    def of(cls, config: Mapping[str, str]) -> SageMakerSettings:
        """What ``--config`` says; empty values count as not given.

        :raises UsageError: names everything that is wrong
        """
        given = {name: value for name, value in config.items() if value.strip()}
        mistakes: list[str] = []
        settings = cls(
            output_path=_output_path(given.get("output_path"), mistakes),
            role_name=given.get("role_name"),
            instance_count=_count("train_instance_count", given, 1, mistakes),
            instance_type=given.get("train_instance_type"),
            max_run=_seconds(given.get("max_run"), mistakes),
            volume_size=_count("volume_size", given, 30, mistakes),
            region=given.get("region"),
        )
        if mistakes:
            raise UsageError.joined(mistakes)
        return settings


def split_uri(uri: str, where: str) -> tuple[str, str]:
    """Bucket and key or prefix of an S3 URI; no slash at the end of it.

    :param where: who says so, for messages
    :raises UsageError: it is none
    """
    found = _URI.fullmatch(uri)
    if found is None:
        raise UsageError(f"{where} must be an S3 URI such as s3://my-bucket/models, is '{uri}'")
    return found[1], (found[2] or "").strip("/")


def _output_path(given: str | None, mistakes: list[str]) -> str | None:
    if given is None:
        return None
    try:
        bucket, prefix = split_uri(given, "--config.output_path")
    except UsageError as error:
        mistakes.append(str(error))
        return None
    return f"s3://{bucket}/{prefix}".rstrip("/")


def _count(name: str, given: Mapping[str, str], default: int, mistakes: list[str]) -> int:
    text = given.get(name, str(default))
    if re.fullmatch(r"[1-9]\d{0,6}", text):
        return int(text)
    mistakes.append(f"--config.{name} must be a whole number of at least 1, is '{text}'")
    return default


def _seconds(given: str | None, mistakes: list[str]) -> int:
    if given is None:
        return 86_400
    try:
        seconds = int(as_duration(given))
    except ValueError as error:
        mistakes.append(f"--config.max_run: {error}")
        return 86_400
    if not 1 <= seconds <= _LONGEST:
        mistakes.append(f"--config.max_run must be between 1 s and 28 days, is '{given}'")
    return seconds
