"""Whether somebody launches a study's experiments now, as others see it."""

from __future__ import annotations

import json
from email.utils import parsedate_to_datetime
from typing import Any

from benchmarking.commons.remote.driver_lock import SILENCE, Driver
from benchmarking.commons.remote.remote_study import RemoteStudy
from syne_core.aws.client_errors import clear_errors, error_code

__all__ = ["driver_of"]


def driver_of(study: RemoteStudy) -> Driver | None:
    """The driver of ``study``; None if there is none, or none that can be alive.

    :raises SyneError: S3 does not answer
    """
    place = study.place
    with clear_errors(f"look for the driver of {study.tag}"):
        try:
            answer = place.s3.get_object(Bucket=place.bucket, Key=study.keys.driver)
            content = answer["Body"].read()
        except Exception as error:
            if error_code(error) == "NoSuchKey":
                return None
            raise
    driver = _driver(answer, content)
    return None if driver.is_known_to_be_dead or driver.silent_for >= SILENCE else driver


def _driver(answer: dict[str, Any], content: bytes) -> Driver:
    """By S3's clock alone, since nobody's own can be trusted."""
    now = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
    heard = answer["LastModified"]
    try:
        said = dict(json.loads(content))
    except (ValueError, TypeError):
        said = {}
    return Driver(
        owner=str(said.get("owner", "")),
        host=str(said.get("host", "?")),
        user=str(said.get("user", "?")),
        pid=_number(said.get("pid")),
        home=str(said.get("home", "")),
        started=float(said.get("started") or heard.timestamp()),
        silent_for=max(0.0, (now - heard).total_seconds()),
    )


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0
