"""Who launches a study's experiments now: what the record on S3 says, for the lock and for others."""

from __future__ import annotations

import getpass
import json
import os
import socket
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syne_core.aws.client_errors import clear_errors, error_code

if TYPE_CHECKING:
    from benchmarking.commons.remote.records.remote_study import RemoteStudy

__all__ = ["SILENCE", "Driver", "driver_of"]

#: Seconds after which a silent driver is replaced.
SILENCE = 60.0


@dataclass(frozen=True)
class Driver:
    """Who drives a study.

    :param owner: of this launch alone
    :param home: what tells processes of this machine from those of others
    :param started: seconds since 1970
    :param silent_for: seconds since it was heard, by S3's clock
    """

    owner: str
    host: str
    user: str
    pid: int
    home: str
    started: float
    silent_for: float = 0.0

    @classmethod
    def here(cls) -> Driver:
        """This process."""
        return cls(uuid.uuid4().hex, socket.gethostname(), _user(), os.getpid(), _home(), time.time())

    @classmethod
    def of_record(cls, answer: Mapping[str, Any]) -> Driver:
        """The driver that S3's answer to GetObject tells of.

        How long it has been silent is told by S3's clock alone. A record that cannot be understood is of
        somebody unknown.
        """
        now = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
        silent_for = max(0.0, (now - answer["LastModified"]).total_seconds())
        try:
            values = json.loads(answer["Body"].read())
            return cls(
                str(values["owner"]),
                str(values["host"]),
                str(values["user"]),
                int(values["pid"]),
                str(values["home"]),
                float(values["started"]),
                silent_for,
            )
        except (ValueError, TypeError, LookupError):
            return cls("", "?", "?", 0, "", answer["LastModified"].timestamp(), silent_for)

    def to_json(self) -> dict[str, Any]:
        """What its record says."""
        names = ("owner", "host", "user", "pid", "home", "started")
        return {"version": 1, **{name: getattr(self, name) for name in names}}

    @property
    def is_known_to_be_dead(self) -> bool:
        """Whether its process, of this machine, is gone."""
        if not self.home or self.home != _home() or self.pid == os.getpid():
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except OSError:
            return False
        return False

    def __str__(self) -> str:
        return f"{self.user}@{self.host} (process {self.pid})"


def driver_of(study: RemoteStudy) -> Driver | None:
    """The driver of ``study``; None if there is none, or none that can be alive.

    :raises SyneError: S3 does not answer
    """
    place = study.place
    with clear_errors(f"look for the driver of {study.tag}"):
        try:
            driver = Driver.of_record(place.s3.get_object(Bucket=place.bucket, Key=study.keys.driver))
        except Exception as error:
            if error_code(error) == "NoSuchKey":
                return None
            raise
    return None if driver.is_known_to_be_dead or driver.silent_for >= SILENCE else driver


def _home() -> str:
    """Where a process id means the same: this boot of this machine, and its name space."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{socket.gethostname()} {boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "?"
