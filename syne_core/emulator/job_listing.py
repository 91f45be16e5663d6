"""ListTrainingJobs: filters, order, pages."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from syne_core.emulator.api_error import validation
from syne_core.emulator.training_job import TrainingJob

__all__ = ["Page", "list_page", "page_of"]

_DEFAULT_PAGE = 10
_SORT_KEYS: dict[str, Callable[[TrainingJob], Any]] = {
    "Name": lambda job: job.name,
    "CreationTime": lambda job: job.created,
    "Status": lambda job: job.status,
}

#: Some of the items, and the token that leads to the next ones, if there are more.
Page = tuple[list[TrainingJob], "str | None"]


def list_page(jobs: Sequence[TrainingJob], request: Mapping[str, Any]) -> Page:
    """The jobs that a ListTrainingJobs asks for.

    As AWS documents it, ``StatusEquals`` together with ``MaxResults`` picks from a page that was formed
    without it, so that pages may have fewer jobs, or none, and yet be followed by others.

    :raises ApiError: ``ValidationException`` if the token is not one of this request's
    """
    chosen = [job for job in jobs if all(_matches(job, request))]
    chosen.sort(key=lambda job: job.name)
    key = _SORT_KEYS[request.get("SortBy", "CreationTime")]
    chosen.sort(key=key, reverse=request.get("SortOrder", "Descending") == "Descending")
    wanted = request.get("StatusEquals")
    if wanted is not None and "MaxResults" not in request:
        chosen = [job for job in chosen if job.status == wanted]
    page, token = page_of(chosen, request, _DEFAULT_PAGE)
    return [job for job in page if wanted in (None, job.status)], token


def _matches(job: TrainingJob, request: Mapping[str, Any]) -> Iterator[bool]:
    bounds = {"CreationTime": job.created, "LastModifiedTime": job.modified}
    for name, when in bounds.items():
        yield when > request.get(f"{name}After", float("-inf"))
        yield when < request.get(f"{name}Before", float("inf"))
    yield request.get("NameContains", "").lower() in job.name.lower()
    pool = job.warm_pool.status if job.warm_pool else None
    yield request.get("WarmPoolStatusEquals", pool) == pool
    yield "TrainingPlanArnEquals" not in request


def page_of(jobs: Sequence[TrainingJob], request: Mapping[str, Any], default: int) -> Page:
    """The page of ``jobs``, already in order, that ``MaxResults`` and ``NextToken`` name.

    A token holds the job that the page begins with, so that jobs that are created between two calls do not
    make others appear twice or not at all.
    """
    size = request.get("MaxResults", default)
    first = 0
    if "NextToken" in request:
        names = [job.name for job in jobs]
        start, position = _read_token(request["NextToken"])
        first = names.index(start) if start in names else min(position, len(jobs))
    page = list(jobs[first : first + size])
    if first + size >= len(jobs):
        return page, None
    return page, _token(jobs[first + size].name, first + size)


def _token(name: str, position: int) -> str:
    return base64.b64encode(json.dumps([name, position]).encode()).decode()


def _read_token(token: str) -> tuple[str, int]:
    try:
        name, position = json.loads(base64.b64decode(token, validate=True))
        return str(name), int(position)
    except (ValueError, TypeError):
        raise validation("The NextToken is invalid.") from None
