"""Objects on S3 as jobs need them: list below a prefix, download, upload, delete."""

from __future__ import annotations

import functools
import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from syne_core.emulator.jobs.contract import INTERNAL_AGENT, JOBS_KEY
from syne_core.errors import MissingDependencyError

__all__ = ["FAKE_CREDENTIALS", "MissingObject", "S3Location", "S3Objects", "service_client"]

FAKE_CREDENTIALS = {"AWS_ACCESS_KEY_ID": JOBS_KEY, "AWS_SECRET_ACCESS_KEY": "emulator"}


class MissingObject(Exception):
    """There is no such object or bucket; the message names it."""


@dataclass(frozen=True)
class S3Location:
    """A bucket and a key or prefix."""

    bucket: str
    key: str

    @classmethod
    def parse(cls, uri: str) -> S3Location:
        """Of ``s3://bucket/key``.

        :raises ValueError: it is no such URI
        """
        scheme, _, rest = uri.partition("://")
        bucket, _, key = rest.partition("/")
        if scheme != "s3" or not bucket:
            raise ValueError(f"{uri!r} is no S3 URI")
        return cls(bucket, key)

    @property
    def folder(self) -> S3Location:
        """The same with a key that ends with ``/``, so that ``run-1`` does not take in ``run-10``."""
        return self if not self.key or self.key.endswith("/") else S3Location(self.bucket, self.key + "/")

    def below(self, name: str) -> S3Location:
        """The object ``name`` in this folder."""
        return S3Location(self.bucket, self.folder.key + name)

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


class S3Objects:
    """S3 of the emulator at ``endpoint_url``. Safe for use by several threads."""

    def __init__(self, endpoint_url: str, region: str) -> None:
        self._s3 = service_client("s3", endpoint_url, region)

    def keys(self, prefix: S3Location) -> Iterator[str]:
        """Keys that start with ``prefix``, in order.

        :raises MissingObject: there is no such bucket
        """
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=prefix.bucket, Prefix=prefix.key)
        try:
            for page in pages:
                yield from (entry["Key"] for entry in page.get("Contents", ()))
        except self._s3.exceptions.NoSuchBucket:
            raise MissingObject(f"no bucket {prefix.bucket}") from None

    def read(self, location: S3Location) -> bytes:
        """The content of one object.

        :raises MissingObject: there is no such object
        """
        data: bytes = self._get(location).read()
        return data

    def download(self, location: S3Location, target: Path) -> None:
        """Store an object as a file, with the folders that it needs.

        :raises MissingObject: there is no such object
        """
        body = self._get(location)
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            shutil.copyfileobj(body, file, 1 << 20)

    def upload(self, source: Path, location: S3Location) -> None:
        """Store a file as an object.

        :raises MissingObject: there is no such bucket
        """
        with source.open("rb") as file:
            self.write(location, file)

    def write(self, location: S3Location, content: bytes | BinaryIO) -> None:
        """Store bytes as an object, or a file whose length does not change.

        :raises MissingObject: there is no such bucket
        """
        try:
            self._s3.put_object(Bucket=location.bucket, Key=location.key, Body=content)
        except self._s3.exceptions.NoSuchBucket:
            raise MissingObject(f"no bucket {location.bucket}") from None

    def delete(self, location: S3Location) -> None:
        """Remove an object; it need not exist."""
        self._s3.delete_object(Bucket=location.bucket, Key=location.key)

    def _get(self, location: S3Location) -> Any:
        missing = (self._s3.exceptions.NoSuchKey, self._s3.exceptions.NoSuchBucket)
        try:
            return self._s3.get_object(Bucket=location.bucket, Key=location.key)["Body"]
        except missing:
            raise MissingObject(f"no object {location}") from None


def service_client(service: str, endpoint_url: str, region: str) -> Any:
    """A boto3 client for the emulator that looks at no configuration of the user; shared by threads.

    :raises MissingDependencyError: boto3 is not installed
    """
    with _making_clients:
        return _client(service, endpoint_url, region)


# A session makes one client at a time, and one takes 10 ms: jobs share them.
_making_clients = threading.Lock()


@functools.lru_cache(maxsize=4)
def _client(service: str, endpoint_url: str, region: str) -> Any:
    try:
        from botocore.config import Config
    except ImportError:
        raise MissingDependencyError("boto3", "emulator") from None
    config = Config(
        user_agent_extra=INTERNAL_AGENT,
        retries={"max_attempts": 5, "mode": "standard"},
        connect_timeout=5,
        read_timeout=60,
        max_pool_connections=16,
        proxies={},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path"},
    )
    return _session().client(
        service,
        endpoint_url=endpoint_url,
        region_name=region,
        aws_access_key_id=FAKE_CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=FAKE_CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        config=config,
    )


@functools.lru_cache(maxsize=1)
def _session() -> Any:
    """Loading the descriptions of services takes a second: once per process."""
    import boto3
    import botocore.session

    nowhere = {
        name: (None, f"SYNEBENCH_NO_{name.upper()}", os.devnull if name != "profile" else None, None)
        for name in ("profile", "config_file", "credentials_file")
    }
    return boto3.session.Session(botocore_session=botocore.session.Session(session_vars=nowhere))
