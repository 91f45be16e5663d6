"""JSON schema of study files, made from the flags: editors complete keys and mark mistakes with it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarking.commons.durations import DURATION_PATTERN, as_duration
from benchmarking.commons.flags import BACKENDS, Flag, as_backend, as_bool, as_bucket, as_s3_folder, as_tag
from benchmarking.commons.launch_flags import ALL_FLAGS

__all__ = ["study_schema"]

_TAG_PATTERN = "^[A-Za-z0-9]([A-Za-z0-9_-]{0,58}[A-Za-z0-9])?$"
_BUCKET_PATTERN = "^(s3://)?[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/?$"
_S3_FOLDER_PATTERN = "^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?$"


def study_schema(flags: Sequence[Flag] = ALL_FLAGS) -> dict[str, Any]:
    """Schema (draft 2020-12) of the study files of a launcher with ``flags``; default: ``synebench run``.

    What it accepts, the launcher can read; the launcher reads some more, such as numbers in quotes.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "synebench study",
        "description": "A study: benchmarks x methods x seeds x numbers of workers. Flags override it.",
        "type": "object",
        "additionalProperties": False,
        "properties": {flag.name: _property(flag) for flag in flags if flag.in_files and not flag.hidden},
    }


def _property(flag: Flag) -> dict[str, Any]:
    one = _one(flag)
    if flag.many:
        several = {"type": "array", "items": one, "minItems": 1, "uniqueItems": True}
        schema: dict[str, Any] = {"oneOf": [one, several]}
    else:
        schema = dict(one)
    schema["description"] = flag.help
    if flag.default is not None:
        schema["default"] = flag.default[0] if flag.many else flag.default
    return schema


def _one(flag: Flag) -> dict[str, Any]:
    if flag.parse is int:
        least = {"positive": 1, "not negative": 0, None: None}[flag.bound]
        return {"type": "integer"} if least is None else {"type": "integer", "minimum": least}
    if flag.parse is float:
        return {"type": "number"}
    if flag.parse is as_bool:
        return {"enum": [True, False, 0, 1]}
    if flag.parse is as_duration:
        text = {"type": "string", "pattern": DURATION_PATTERN}
        return {"oneOf": [{"type": "number", "exclusiveMinimum": 0}, text]}
    if flag.parse is as_backend:
        return {"enum": list(BACKENDS)}
    if flag.parse is as_tag:
        return {"type": "string", "pattern": _TAG_PATTERN}
    if flag.parse is as_bucket:
        return {"type": "string", "pattern": _BUCKET_PATTERN}
    if flag.parse is as_s3_folder:
        return {"type": "string", "pattern": _S3_FOLDER_PATTERN}
    if flag.parse in (str, Path):
        return {"type": "string", "minLength": 1}
    return {"type": ["string", "number", "boolean"]}
