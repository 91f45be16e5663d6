"""The job document: what the runner is to do.

JSON, at an S3 URI, a ``file://`` URI or a path, which ``SYNEBENCH_JOB`` names::

    {"version": 1,
     "entry_point": "train.py",              in the bundle; .py, .sh or an executable
     "arguments": ["--lr", "0.1", "--st_checkpoint_dir", "{checkpoints}"],
     "config": {"lr": 0.1},                  for SM_HPS, and for the file of pass_args_as_json
     "pass_args_as_json": false,             begin the arguments with --st_config_json_filename FILE
     "environment": {},                      variables of the script
     "reports": {"bucket": "b", "prefix": "p/_reports/", "trial_id": 7, "run": 0},     or null
     "grace_s": 20,                          between SIGTERM and SIGKILL
     "price_per_hour": 0.736}                or null

An argument ``{checkpoints}`` is replaced by the local checkpoint folder, ``{model}`` by the folder whose
content is kept as the model. Standard library only, parses as Python 3.8.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

from syne_core.aws.runner.object_store import StoreError

__all__ = ["Job", "JobError", "parse_job", "read_job"]

VERSION = 1
CHECKPOINTS = "{checkpoints}"
MODEL = "{model}"
PATIENCE_S = 180.0
GRACE_S = 20.0


class JobError(Exception):
    """The job cannot be run; one line that says why."""


class Job(NamedTuple):
    """A job document that was found to be in order; fields as there.

    :ivar reports: bucket, prefix, trial_id and run, or None for a job that is no trial
    """

    entry_point: str
    arguments: list[str]
    config: dict[str, Any]
    pass_args_as_json: bool
    environment: dict[str, str]
    reports: dict[str, Any] | None
    grace_s: float
    price_per_hour: float | None


def read_job(location: str, open_store: Callable[[], Any], is_stopping: Callable[[], bool]) -> Job | None:
    """Fetch the job document; None if the job is stopped meanwhile.

    :param location: an S3 URI, a ``file://`` URI or a path
    :param open_store: gives the store for an S3 URI
    :raises JobError: it cannot be fetched, or is not in order
    """
    if location.startswith("s3://"):
        content = _fetch(location, open_store, is_stopping)
        return None if content is None else parse_job(content)
    try:
        with open(_local_path(location), "rb") as file:
            return parse_job(file.read())
    except OSError as error:
        raise JobError(f"job document {location}: {error.strerror}") from None


def parse_job(content: bytes) -> Job:
    """The job that a document describes.

    :raises JobError: it is not in order; all mistakes are named
    """
    try:
        values = json.loads(content)
    except ValueError as error:
        raise JobError(f"the job document is not JSON: {error}") from None
    if not isinstance(values, dict) or values.get("version") != VERSION:
        version = values.get("version") if isinstance(values, dict) else None
        raise JobError(f"the job document has version {version}, this runner knows {VERSION}")
    mistakes = list(_mistakes(values))
    if mistakes:
        raise JobError("the job document is wrong: " + "; ".join(mistakes))
    price, grace_s = values.get("price_per_hour"), values.get("grace_s")
    return Job(
        values["entry_point"],
        list(values.get("arguments") or []),
        dict(values.get("config") or {}),
        bool(values.get("pass_args_as_json")),
        dict(values.get("environment") or {}),
        values.get("reports"),
        GRACE_S if grace_s is None else float(grace_s),
        None if price is None else float(price),
    )


def _mistakes(values: dict[str, Any]) -> list[str]:
    wrong = []
    if not isinstance(values.get("entry_point"), str) or not values["entry_point"]:
        wrong.append("entry_point must be the name of a file")
    arguments = values.get("arguments") or []
    if not isinstance(arguments, list) or not all(isinstance(value, str) for value in arguments):
        wrong.append("arguments must be a list of texts")
    for name in ("config", "environment"):
        if not isinstance(values.get(name) or {}, dict):
            wrong.append(f"{name} must be an object")
    environment = values.get("environment")
    if isinstance(environment, dict) and not all(isinstance(value, str) for value in environment.values()):
        wrong.append("environment must hold texts")
    for name in ("grace_s", "price_per_hour"):
        if not isinstance(values.get(name, 0), (int, float, type(None))):
            wrong.append(f"{name} must be a number")
    reports = values.get("reports")
    needed = {"bucket": str, "prefix": str, "trial_id": int, "run": int}
    if reports is not None and not (
        isinstance(reports, dict) and all(isinstance(reports.get(n), kind) for n, kind in needed.items())
    ):
        wrong.append("reports must have " + ", ".join(needed))
    return wrong


def _fetch(location: str, open_store: Callable[[], Any], is_stopping: Callable[[], bool]) -> bytes | None:
    bucket, _, key = location[len("s3://") :].partition("/")
    deadline, delay, draws = time.monotonic() + PATIENCE_S, 0.1, Random(location)
    try:
        store = open_store()
        while not is_stopping():
            try:
                content: bytes = store.get(bucket, key)
                return content
            except StoreError as error:
                if not error.transient or time.monotonic() > deadline:
                    raise
            time.sleep(delay * draws.uniform(0.5, 1.0))
            delay = min(2 * delay, 5.0)
    except StoreError as error:
        raise JobError(f"the job document cannot be read: {error}") from None
    return None


def _local_path(location: str) -> str:
    if not location.startswith("file://"):
        return location
    from urllib.parse import unquote, urlsplit

    return unquote(urlsplit(location).path)
