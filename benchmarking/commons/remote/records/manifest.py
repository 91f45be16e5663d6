"""What a remote study consists of: one JSON object on S3 that every launch under its tag adds to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from syne_core.aws.client_errors import error_code
from syne_core.errors import ResultsError
from syne_core.paths import StudyKeys

__all__ = ["Manifest", "add_to_manifest", "read_manifest"]

VERSION = 1
_TRIES = 20
_LOST_RACE = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
_ABSENT = frozenset({"NoSuchKey", "404"})


@dataclass(frozen=True)
class Manifest:
    """A remote study.

    :param command: what the user typed last, as words
    :param backend: what its experiments run on: ``local``, ``sagemaker`` or ``simulator``
    :param created: when its first experiments were added, seconds since 1970
    :param experiments: resolved, as JSON; each has at least ``id``, ``name``, ``method``, ``seed``,
        ``benchmark``, ``n_workers``, ``max_wallclock_time``, ``instance_type``, ``tuner_instance_type`` and
        ``job``
    """

    tag: str
    command: tuple[str, ...]
    backend: str
    created: float
    experiments: tuple[Mapping[str, Any], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As it lies on S3."""
        return {
            "version": VERSION,
            "tag": self.tag,
            "command": list(self.command),
            "backend": self.backend,
            "created": self.created,
            "experiments": [dict(experiment) for experiment in self.experiments],
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Manifest:
        """The reverse of ``to_json``.

        :raises ResultsError: it is from a later version, or no manifest
        """
        if content.get("version") != VERSION:
            raise ResultsError(f"The study's manifest is of version {content.get('version')}, not {VERSION}")
        try:
            return cls(
                str(content["tag"]),
                tuple(map(str, content["command"])),
                str(content["backend"]),
                float(content["created"]),
                tuple(content["experiments"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ResultsError(f"The study's manifest is damaged: {error!r}") from None

    def with_more(self, experiments: Iterable[Mapping[str, Any]], command: tuple[str, ...]) -> Manifest:
        """The same study with ``experiments`` added; those of the same id are replaced in place."""
        merged = {str(one["id"]): one for one in self.experiments}
        merged.update((str(one["id"]), one) for one in experiments)
        return replace(self, command=command, experiments=tuple(merged.values()))


def read_manifest(s3: Any, bucket: str, tag: str) -> Manifest | None:
    """The manifest of a study; None if there is no such study.

    :param s3: a client of S3; its errors are botocore's
    :raises ResultsError: it cannot be understood
    """
    return _read(s3, bucket, tag)[0]


def add_to_manifest(
    s3: Any,
    bucket: str,
    new: Manifest,
    check: Callable[[Manifest], None] = lambda earlier: None,
) -> Manifest:
    """Write ``new``, or add its experiments to what is there; what others add meanwhile is kept.

    :param check: sees the manifest that is there, and raises what speaks against adding
    :return: the whole
    :raises ResultsError: what is there cannot be understood, or others write all the time
    """
    key = StudyKeys(new.tag).manifest
    for _ in range(_TRIES):
        earlier, etag = _read(s3, bucket, new.tag)
        if earlier is not None:
            check(earlier)
        merged = new if earlier is None else earlier.with_more(new.experiments, new.command)
        if merged == earlier:
            return merged
        condition = {"IfNoneMatch": "*"} if etag is None else {"IfMatch": etag}
        body = json.dumps(merged.to_json(), allow_nan=False).encode()
        try:
            s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/json", **condition)
        except Exception as error:
            if error_code(error) not in _LOST_RACE | _ABSENT:
                raise
            continue
        return merged
    raise ResultsError(f"s3://{bucket}/{key} is being changed by others all the time")


def _read(s3: Any, bucket: str, tag: str) -> tuple[Manifest | None, str | None]:
    key = StudyKeys(tag).manifest
    try:
        answer = s3.get_object(Bucket=bucket, Key=key)
    except Exception as error:
        if error_code(error) in _ABSENT:
            return None, None
        raise
    try:
        content = json.loads(answer["Body"].read())
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise ResultsError(f"s3://{bucket}/{key} is not the manifest of a study")
    return Manifest.from_json(content), answer["ETag"]
