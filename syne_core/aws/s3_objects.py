"""The objects of one bucket: list, read, write, copy, delete."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import IO, Any

from syne_core.aws.session import AwsSession

__all__ = ["Listing", "S3Objects"]

_MAX_DELETE = 1000
# S3 copies at most 5 GiB in one call.
_MAX_COPY = 5 * 2**30
_PART = 512 * 2**20


@dataclass(frozen=True)
class Listing:
    """Keys in S3's order, and the server's clock when their listing began (seconds since 1970)."""

    keys: tuple[str, ...]
    time: float


class S3Objects:
    """The objects of ``bucket``. Errors are botocore's."""

    def __init__(self, session: AwsSession, bucket: str) -> None:
        self.bucket = bucket
        self._client = session.client("s3")

    def uri(self, key: str) -> str:
        """``s3://bucket/key``."""
        return f"s3://{self.bucket}/{key}"

    def listing(self, prefix: str, start_after: str | None = None) -> Listing:
        """All keys below ``prefix`` that come after ``start_after``; a call for each 1000 of them."""
        keys: list[str] = []
        began: float | None = None
        for page in self._pages(prefix, start_after, None):
            began = _server_time(page) if began is None else began
            keys.extend(entry["Key"] for entry in page.get("Contents", ()))
        assert began is not None
        return Listing(tuple(keys), began)

    def folders(self, prefix: str) -> list[str]:
        """Names of what looks like folders directly below ``prefix``."""
        names: list[str] = []
        for page in self._pages(prefix, None, "/"):
            found = page.get("CommonPrefixes", ())
            names.extend(entry["Prefix"][len(prefix) :].rstrip("/") for entry in found)
        return names

    def get(self, key: str) -> bytes:
        """The content of an object."""
        body: bytes = self._client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return body

    def put(self, key: str, content: bytes | IO[bytes]) -> None:
        """Write an object of at most 5 GiB."""
        self._client.put_object(Bucket=self.bucket, Key=key, Body=content)

    def put_json(self, key: str, value: Any) -> None:
        """Write ``value`` as JSON."""
        body = json.dumps(value, allow_nan=False).encode()
        self._client.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType="application/json")

    def delete(self, keys: Iterable[str]) -> None:
        """Remove objects; those that do not exist are no error."""
        names = list(keys)
        for start in range(0, len(names), _MAX_DELETE):
            some = [{"Key": key} for key in names[start : start + _MAX_DELETE]]
            answer = self._client.delete_objects(Bucket=self.bucket, Delete={"Objects": some, "Quiet": True})
            if answer.get("Errors"):
                raise _refusal(answer["Errors"][0])

    def delete_below(self, prefix: str) -> None:
        """Remove everything below ``prefix``."""
        self.delete(self.listing(prefix).keys)

    def copy_below(self, source: str, target: str) -> None:
        """Make what lies below ``target`` a copy of what lies below ``source``, on the server's side."""
        copied = set()
        for page in self._pages(source, None, None):
            for entry in page.get("Contents", ()):
                key = target + entry["Key"][len(source) :]
                self._copy(entry["Key"], key, int(entry["Size"]))
                copied.add(key)
        self.delete(key for key in self.listing(target).keys if key not in copied)

    def _copy(self, source: str, target: str, size: int) -> None:
        origin = {"Bucket": self.bucket, "Key": source}
        try:
            if size <= _MAX_COPY:
                self._client.copy_object(Bucket=self.bucket, Key=target, CopySource=origin)
            else:
                self._copy_parts(origin, target, size)
        except self._client.exceptions.NoSuchKey:
            pass  # a trial that runs on replaces files of its checkpoint while we copy

    def _copy_parts(self, origin: dict[str, str], target: str, size: int) -> None:
        place = {"Bucket": self.bucket, "Key": target}
        upload = {**place, "UploadId": self._client.create_multipart_upload(**place)["UploadId"]}
        try:
            parts = []
            for number, start in enumerate(range(0, size, _PART), 1):
                last = min(start + _PART, size) - 1
                answer = self._client.upload_part_copy(
                    **upload, PartNumber=number, CopySource=origin, CopySourceRange=f"bytes={start}-{last}"
                )
                parts.append({"PartNumber": number, "ETag": answer["CopyPartResult"]["ETag"]})
            self._client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
        except BaseException:
            self._client.abort_multipart_upload(**upload)
            raise

    def _pages(self, prefix: str, start_after: str | None, delimiter: str | None) -> Iterator[dict[str, Any]]:
        request: dict[str, Any] = {"Bucket": self.bucket, "Prefix": prefix}
        if start_after:
            request["StartAfter"] = start_after
        if delimiter:
            request["Delimiter"] = delimiter
        while True:
            page: dict[str, Any] = self._client.list_objects_v2(**request)
            yield page
            if not page.get("IsTruncated"):
                return
            request["ContinuationToken"] = page["NextContinuationToken"]


def _server_time(answer: dict[str, Any]) -> float:
    """Jobs and tuner may disagree on the time; S3's is nobody's opinion."""
    text = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    try:
        return parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError):
        return time.time()


def _refusal(entry: dict[str, Any]) -> Exception:
    """An object that could not be deleted, as the error that a call for it alone would have raised."""
    from botocore.exceptions import ClientError

    error = {"Code": entry.get("Code", "InternalError"), "Message": entry.get("Message", "")}
    refusal: Exception = ClientError({"Error": error}, "DeleteObjects")
    return refusal
