"""Where remote studies lie: a bucket, of whom we ask with which session."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from syne_core.aws.s3_objects import S3Objects
    from syne_core.aws.session import AwsSession

__all__ = ["Place", "is_aws_configured", "side_by_side"]

T = TypeVar("T")
R = TypeVar("R")

_HINTS = (
    *("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ACCESS_KEY_ID"),
    *("AWS_ROLE_ARN", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
)
_FILES = {"AWS_CONFIG_FILE": "~/.aws/config", "AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials"}
#: Calls at a time; a session has connections for twice as many.
_AT_ONCE = 16


def is_aws_configured() -> bool:
    """Whether somebody has set up AWS, or the emulator, on this machine; nothing of AWS is imported."""
    if any(os.environ.get(name) for name in _HINTS):
        return True
    return any(Path(os.environ.get(name) or path).expanduser().exists() for name, path in _FILES.items())


@dataclass(frozen=True)
class Place:
    """A bucket, and the session to ask with. Make it with ``find``."""

    session: AwsSession
    bucket: str

    @classmethod
    def find(cls, region: str | None = None, s3_bucket: str | None = None) -> Place:
        """The place that flags and environment describe; nothing is made there.

        :raises AwsSetupError: no region or credentials, or there is no such bucket
        :raises MissingDependencyError: boto3 is not installed
        """
        from syne_core.aws.accounts import default_bucket
        from syne_core.aws.session import AwsSession

        session = AwsSession.resolve(region)
        return cls(session, default_bucket(session, s3_bucket, create=False))

    @property
    def s3(self) -> Any:
        """A client of S3."""
        return self.session.client("s3")

    @cached_property
    def objects(self) -> S3Objects:
        """The bucket's objects."""
        from syne_core.aws.s3_objects import S3Objects

        return S3Objects(self.session, self.bucket)


def side_by_side(function: Callable[[T], R], values: Iterable[T]) -> list[R]:
    """``[function(value) for value in values]``, several at a time; the first error ends it."""
    from concurrent.futures import ThreadPoolExecutor

    given = list(values)
    if len(given) < 2:
        return [function(value) for value in given]
    with ThreadPoolExecutor(min(_AT_ONCE, len(given)), thread_name_prefix="remote") as pool:
        futures = [pool.submit(function, value) for value in given]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
