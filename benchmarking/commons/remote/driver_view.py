"""Whether somebody launches a study's experiments now, as others see it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from benchmarking.commons.remote.remote_study import RemoteStudy
from syne_core.aws.client_errors import clear_errors, error_code

__all__ = ["DriverView", "driver_of"]

#: Seconds of silence after which another driver may take over.
SILENCE = 60.0


@dataclass(frozen=True)
class DriverView:
    """Who launches.

    :param seconds_ago: when it was heard last
    """

    host: str
    seconds_ago: float

    @property
    def is_alive(self) -> bool:
        """Whether it was heard lately."""
        return self.seconds_ago < SILENCE


def driver_of(study: RemoteStudy) -> DriverView | None:
    """The driver of ``study``; None if there is none.

    :raises SyneError: S3 does not answer
    """
    place = study.place
    with clear_errors(f"look for the driver of {study.tag}"):
        try:
            answer = place.s3.get_object(Bucket=place.bucket, Key=study.keys.driver)
        except Exception as error:
            if error_code(error) == "NoSuchKey":
                return None
            raise
        content = answer["Body"].read()
    try:
        host = str(json.loads(content).get("host") or "?")
    except (ValueError, AttributeError):
        host = "?"
    now = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
    return DriverView(host, max(0.0, (now - answer["LastModified"]).total_seconds()))
