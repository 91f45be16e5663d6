"""Signatures of requests to S3, version 4: all that boto3 would be needed for.

Source: AWS, "Signature Version 4 signing process" and "Authenticating requests: using the authorization
header". Standard library only, parses as Python 3.8.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import NamedTuple

__all__ = ["Credentials", "signed_headers"]

_ALGORITHM = "AWS4-HMAC-SHA256"


class Credentials(NamedTuple):
    """A key; never printed.

    :ivar token: of a session, or None
    """

    key_id: str
    secret: str
    token: str | None

    def __repr__(self) -> str:
        return "Credentials(...)"


def signed_headers(
    method: str, host: str, path: str, body: bytes, credentials: Credentials, region: str, now: float
) -> dict[str, str]:
    """The headers that a request to S3 without query must have.

    :param host: with the port, if that is not the scheme's own
    :param path: quoted, begins with ``/``
    :param now: seconds since 1970
    """
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    digest = hashlib.sha256(body).hexdigest()
    headers = {"host": host, "x-amz-content-sha256": digest, "x-amz-date": stamp}
    if credentials.token:
        headers["x-amz-security-token"] = credentials.token
    names = ";".join(sorted(headers))
    listed = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = f"{method}\n{path}\n\n{listed}\n{names}\n{digest}"
    scope = f"{stamp[:8]}/{region}/s3/aws4_request"
    text = f"{_ALGORITHM}\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = ("AWS4" + credentials.secret).encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    headers["authorization"] = (
        f"{_ALGORITHM} Credential={credentials.key_id}/{scope}, SignedHeaders={names}, "
        f"Signature={_hmac(key, text).hex()}"
    )
    return headers


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
