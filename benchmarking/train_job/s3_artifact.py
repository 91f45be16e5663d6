"""Archives on S3: how they are found, read from any byte on, and compared with S3's checksum."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from benchmarking.train_job.driver import Artifact
from syne_core.aws.client_errors import clear_errors, error_code

if TYPE_CHECKING:
    from syne_core.aws.session import AwsSession

__all__ = ["S3Artifact", "find_artifact"]

_ABSENT = frozenset({"404", "NoSuchKey", "NotFound", "NoSuchBucket"})
_ETAG = re.compile(r"([0-9a-f]{32})(?:-(\d{1,5}))?")
_MEGABYTE = 1024**2
#: Sizes of parts that uploaders use. S3 does not say which; the number of parts excludes most of them.
_PART_SIZES = tuple(
    n * _MEGABYTE for n in (5, 6, 7, 8, 10, 15, 16, 20, 25, 32, 50, 64, 100, 128, 256, 512, 1024)
)
_CHUNK = _MEGABYTE


class S3Artifact(Artifact):
    """An object of S3, in the version that was found.

    :param answer: of HeadObject
    """

    def __init__(self, session: AwsSession, bucket: str, key: str, answer: dict[str, Any]) -> None:
        self._s3, self._bucket, self._key = session.client("s3"), bucket, key
        self.name = key.rpartition("/")[2]
        self.uri = f"s3://{bucket}/{key}"
        self.size = int(answer["ContentLength"])
        self._etag = str(answer["ETag"])
        self.version = re.sub(r"[^0-9A-Za-z-]", "", self._etag)
        # With a key of KMS the tag is no digest of the content.
        is_digest = answer.get("ServerSideEncryption", "AES256") == "AES256"
        self._digest = _ETAG.fullmatch(self._etag.strip('"')) if is_digest else None

    @property
    def has_checksum(self) -> bool:
        """Not of objects that are encrypted with a key of KMS."""
        return self._digest is not None

    @contextmanager
    def opened(self, start: int) -> Iterator[IO[bytes]]:
        """The bytes from ``start`` on."""
        request = {"Bucket": self._bucket, "Key": self._key, "IfMatch": self._etag}
        if start:
            request["Range"] = f"bytes={start}-"
        with clear_errors(f"read {self.uri}"):
            body = self._s3.get_object(**request)["Body"]
            try:
                yield body
            finally:
                body.close()

    def mismatch(self, file: IO[bytes]) -> str | None:
        """By the entity tag: MD5, or MD5 of the MD5s of the parts it was uploaded in."""
        if self._digest is None:
            return None
        said, parts = self._digest[1], int(self._digest[2] or 0)
        if not parts:
            found = _md5(file, self.size)
            return None if found == said else f"its MD5 is {found}, S3 says {said}"
        sizes = [size for size in _PART_SIZES if -(-self.size // size) == parts]
        whole = -(-self.size // parts)
        sizes.append(-(-whole // _MEGABYTE) * _MEGABYTE)
        tags = {_md5_of_parts(file, self.size, size) for size in dict.fromkeys(sizes)}
        return None if said in tags else f"no MD5 of {parts} parts is {said}, as S3 says"


def find_artifact(session: AwsSession, bucket: str, key: str) -> S3Artifact | None:
    """The archive at ``key``; None if there is nothing.

    :raises AwsSetupError: it may not be read
    """
    with clear_errors(f"look at s3://{bucket}/{key}"):
        try:
            answer = session.client("s3").head_object(Bucket=bucket, Key=key)
        except Exception as error:
            if error_code(error) in _ABSENT:
                return None
            raise
    return S3Artifact(session, bucket, key, answer)


def _md5(file: IO[bytes], length: int) -> str:
    file.seek(0)
    return str(_digest_of(file, length).hexdigest())


def _digest_of(file: IO[bytes], length: int) -> Any:
    digest = hashlib.md5(usedforsecurity=False)
    while length > 0 and (chunk := file.read(min(_CHUNK, length))):
        digest.update(chunk)
        length -= len(chunk)
    return digest


def _md5_of_parts(file: IO[bytes], size: int, part: int) -> str:
    file.seek(0)
    parts = [_digest_of(file, min(part, size - start)).digest() for start in range(0, size, part)]
    return hashlib.md5(b"".join(parts), usedforsecurity=False).hexdigest()
