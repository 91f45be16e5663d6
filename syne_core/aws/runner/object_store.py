"""S3 for the runner: get and put, by http.client, or by boto3 where credentials are not in the environment.

Standard library only, parses as Python 3.8.
"""

from __future__ import annotations

import http.client
import os
import re
import ssl
import time
from typing import Any
from urllib.parse import quote, urlsplit

from syne_core.aws.runner.credentials import (
    ContainerCredentials,
    CredentialsError,
    FixedCredentials,
    find_credentials,
)
from syne_core.aws.runner.signature import signed_headers

__all__ = ["ObjectStore", "StoreError", "open_store"]

TIMEOUT_S = 30.0
#: What S3 says when the same request may succeed later.
TRANSIENT_STATUS = (408, 425, 429, 500, 502, 503, 504, 509)
TRANSIENT_CODES = ("RequestTimeout", "SlowDown", "OperationAborted", "BadDigest")
_STALE_CODES = ("ExpiredToken", "InvalidToken", "TokenRefreshRequired", "InvalidAccessKeyId")
_SUFFIXES = {"cn": "amazonaws.com.cn"}
_ELSEWHERE = (301, 307, 400)


class StoreError(Exception):
    """A request failed.

    :ivar transient: whether it may succeed later
    :ivar code: S3's, or the status
    """

    def __init__(self, message: str, transient: bool, code: str = "") -> None:
        super().__init__(message)
        self.transient = transient
        self.code = code


class ObjectStore:
    """S3 over one connection, which is kept open. To be used by one thread at a time.

    Addresses are ``https://{bucket}.s3.{region}.amazonaws.com/{key}``, or below ``AWS_ENDPOINT_URL_S3`` or
    ``AWS_ENDPOINT_URL`` with the bucket in the path. Copes with buckets of other regions and wrong clocks.

    :param provider: of credentials
    :param region: that of the requests
    :param endpoint_url: instead of AWS's
    """

    def __init__(
        self, provider: FixedCredentials | ContainerCredentials, region: str, endpoint_url: str | None
    ) -> None:
        self._provider, self._region, self._endpoint_url = provider, region, endpoint_url
        self._connection: http.client.HTTPConnection | None = None
        self._connected_to = ""
        self._clock_offset = 0.0
        self._renew = False

    def get(self, bucket: str, key: str) -> bytes:
        """The object's content.

        :raises StoreError: it cannot be had
        """
        return self._request("GET", bucket, key, b"")

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """Store an object.

        :raises StoreError: it may or may not be stored
        """
        self._request("PUT", bucket, key, body)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _request(self, method: str, bucket: str, key: str, body: bytes) -> bytes:
        what = f"{method} s3://{bucket}/{key}"
        try:
            answer, content = self._exchange(method, bucket, key, body)
            other = answer.getheader("x-amz-bucket-region")
            if answer.status in _ELSEWHERE and other and other != self._region:
                self._region = other
                answer, content = self._exchange(method, bucket, key, body)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            transient = not isinstance(error, ssl.SSLCertVerificationError)
            raise StoreError(f"{what}: {error or type(error).__name__}", transient) from None
        except CredentialsError as error:
            raise StoreError(f"{what}: {error}", True) from None
        if 200 <= answer.status < 300:
            return content
        raise self._refusal(what, answer, content)

    def _exchange(
        self, method: str, bucket: str, key: str, body: bytes
    ) -> tuple[http.client.HTTPResponse, bytes]:
        credentials = self._provider.get(self._renew)
        self._renew = False
        base, path = _place(bucket, key, self._region, self._endpoint_url)
        host = urlsplit(base).netloc
        now = time.time() + self._clock_offset
        headers = signed_headers(method, host, path, body, credentials, self._region, now)
        connection = self._connected(base)
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        content = answer.read()
        if answer.will_close:
            self.close()
        return answer, content

    def _connected(self, base: str) -> http.client.HTTPConnection:
        if self._connection is None or self._connected_to != base:
            self.close()
            self._connection = _connection(base)
            self._connected_to = base
        return self._connection

    def _refusal(self, what: str, answer: http.client.HTTPResponse, content: bytes) -> StoreError:
        code, said = _element(content, "Code"), _element(content, "Message")
        transient = answer.status in TRANSIENT_STATUS or code in TRANSIENT_CODES
        if code == "RequestTimeTooSkewed":
            self._clock_offset = _clock_offset(answer.getheader("Date"))
            transient = True
        elif code in _STALE_CODES:
            self._renew = True
            transient = isinstance(self._provider, ContainerCredentials)
        code = code or str(answer.status)
        return StoreError(f"{what}: {code} {said}".rstrip(), transient, code)


def open_store() -> Any:
    """S3 as the environment describes it: an ``ObjectStore`` or its like over boto3.

    :raises StoreError: there are no credentials in the environment, and no boto3 to look elsewhere
    """
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    try:
        provider = find_credentials()
    except CredentialsError as error:
        raise StoreError(str(error), False) from None
    if provider is None:
        from syne_core.aws.runner.boto_store import BotoStore

        return BotoStore(region)
    endpoint_url = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    return ObjectStore(provider, region, endpoint_url or None)


def _place(bucket: str, key: str, region: str, endpoint_url: str | None) -> tuple[str, str]:
    """Scheme with host, and quoted path."""
    path = "/" + quote(key, safe="/~")
    if endpoint_url:
        parts = urlsplit(endpoint_url)
        return f"{parts.scheme}://{parts.netloc}", f"{parts.path.rstrip('/')}/{bucket}{path}"
    host = f"s3.{region}.{_SUFFIXES.get(region.split('-')[0], 'amazonaws.com')}"
    if "." in bucket:  # the certificate covers one level only
        return f"https://{host}", f"/{bucket}{path}"
    return f"https://{bucket}.{host}", path


def _connection(base: str) -> http.client.HTTPConnection:
    parts = urlsplit(base)
    host = parts.hostname or ""
    if parts.scheme == "http":
        return http.client.HTTPConnection(host, parts.port, timeout=TIMEOUT_S)
    context = ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE") or None)
    proxy = os.environ.get("https_proxy") or os.environ.get("HTTPS_PROXY")
    if proxy and not _bypasses_proxy(host):
        way = urlsplit(proxy if "//" in proxy else f"//{proxy}")
        connection = http.client.HTTPSConnection(
            way.hostname or "", way.port or 8080, timeout=TIMEOUT_S, context=context
        )
        connection.set_tunnel(host, parts.port or 443)
        return connection
    return http.client.HTTPSConnection(host, parts.port, timeout=TIMEOUT_S, context=context)


def _bypasses_proxy(host: str) -> bool:
    from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]

    return bool(proxy_bypass_environment(host))


def _element(content: bytes, name: str) -> str:
    """Text of an element of S3's answer, which is too small to need a parser."""
    found = re.search(rb"<" + name.encode() + rb">([^<]{0,500})<", content)
    return found.group(1).decode("utf-8", "replace") if found else ""


def _clock_offset(date: str | None) -> float:
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(date or "").timestamp() - time.time()
    except (TypeError, ValueError):
        return 0.0
