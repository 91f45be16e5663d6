"""AddTags, ListTags and DeleteTags of training jobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syne_core.emulator.api_error import validation
from syne_core.emulator.training_job import TrainingJob

__all__ = ["add_tags", "delete_tags", "list_tags"]

_MOST_TAGS = 50


def add_tags(job: TrainingJob, request: Mapping[str, Any]) -> dict[str, Any]:
    """Add tags to ``job``; one with a key that is there replaces it.

    :raises ApiError: ``ValidationException``: more than 50
    """
    tags = {tag["Key"]: tag for tag in [*job.tags, *request["Tags"]]}
    if len(tags) > _MOST_TAGS:
        raise validation(f"A resource has at most {_MOST_TAGS} tags; this one would have {len(tags)}.")
    job.tags[:] = tags.values()
    return {"Tags": list(job.tags)}


def list_tags(job: TrainingJob, request: Mapping[str, Any]) -> dict[str, Any]:
    """A page of the tags of ``job``.

    :raises ApiError: ``ValidationException``: the token is not one of ours
    """
    start, size = request.get("NextToken", "0"), request.get("MaxResults", _MOST_TAGS)
    if not start.isdecimal():
        raise validation("The NextToken is invalid.")
    end = int(start) + size
    more = {"NextToken": str(end)} if end < len(job.tags) else {}
    return {"Tags": job.tags[int(start) : end], **more}


def delete_tags(job: TrainingJob, request: Mapping[str, Any]) -> dict[str, Any]:
    """Remove tags by their keys."""
    job.tags[:] = [tag for tag in job.tags if tag["Key"] not in request["TagKeys"]]
    return {}
