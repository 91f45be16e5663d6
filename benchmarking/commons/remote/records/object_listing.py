"""What lies below a prefix of a bucket, with size and ETag, without reading what nobody wants to see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["StoredObject", "stored_objects"]


@dataclass(frozen=True)
class StoredObject:
    """An object.

    :param size: bytes
    :param etag: without quotes; the MD5 of what was uploaded at once and not encrypted with KMS
    :param modified: seconds since 1970
    """

    key: str
    size: int
    etag: str
    modified: float


def stored_objects(
    s3: Any, bucket: str, prefix: str, skipped_folder: Callable[[str], str | None] = lambda key: None
) -> Iterator[StoredObject]:
    """All objects below ``prefix``, in S3's order; a call for each 1000 of them.

    :param skipped_folder: of a key: the prefix, ending with ``/``, of a folder around it that is not to be
        listed. A large one costs a call, not one for each 1000 objects in it
    """
    request: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix}
    while True:
        page = s3.list_objects_v2(**request)
        last = None
        for entry in page.get("Contents", ()):
            last = entry["Key"]
            if skipped_folder(last) is None:
                yield StoredObject(
                    last, int(entry["Size"]), entry["ETag"].strip('"'), entry["LastModified"].timestamp()
                )
        if not page.get("IsTruncated") or last is None:
            return
        folder = skipped_folder(last)
        # The first key that could follow those of a folder: "0" is next to "/".
        request["StartAfter"] = last if folder is None else f"{folder[:-1]}0"
