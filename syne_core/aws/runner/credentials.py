"""Where a container finds credentials: in variables, or at the address that SageMaker gives it.

Source: AWS, "Container credential provider". Standard library only, parses as Python 3.8.
"""

from __future__ import annotations

import calendar
import http.client
import json
import os
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from syne_core.aws.runner.signature import Credentials

__all__ = ["ContainerCredentials", "CredentialsError", "FixedCredentials", "find_credentials"]

_CONTAINER_HOST = "http://169.254.170.2"
#: Over http, credentials may come from here only: this machine, and the hosts of ECS and EKS.
_TRUSTED_HOSTS = ("127.0.0.1", "localhost", "::1", "169.254.170.2", "169.254.170.23", "fd00:ec2::23")
_RENEW_BEFORE_S = 600.0
_TIMEOUT_S = 5.0


class CredentialsError(Exception):
    """Credentials cannot be had at present."""


class FixedCredentials:
    """Those of ``AWS_ACCESS_KEY_ID`` and its like."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def get(self, renew: bool = False) -> Credentials:
        """Always the same."""
        return self._credentials


class ContainerCredentials:
    """Those of an address, asked again before they expire. May be used by several threads.

    :param url: http only to the hosts that AWS names
    :param headers: to be sent
    :raises CredentialsError: by the constructor: the address is not to be trusted
    """

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in _TRUSTED_HOSTS:
            raise CredentialsError(f"credentials may not come from {parts.scheme}://{parts.hostname}")
        self._url, self._headers = url, dict(headers)
        self._lock = threading.Lock()
        self._current: Credentials | None = None
        self._expires = 0.0

    def get(self, renew: bool = False) -> Credentials:
        """Valid ones.

        :param renew: ask even if those at hand should still be valid
        :raises CredentialsError: there is no answer, and those at hand have expired
        """
        with self._lock:
            if self._current is None or renew or time.time() > self._expires - _RENEW_BEFORE_S:
                self._renew()
            assert self._current is not None
            return self._current

    def _renew(self) -> None:
        try:
            values = self._ask()
            self._current = Credentials(values["AccessKeyId"], values["SecretAccessKey"], values.get("Token"))
            self._expires = _seconds(values.get("Expiration"))
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
            if self._current is None or time.time() > self._expires:
                raise CredentialsError(f"no credentials of the container: {type(error).__name__}") from None

    def _ask(self) -> dict[str, Any]:
        parts = urlsplit(self._url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT_S)
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("GET", target, headers=_with_token(self._headers))
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise ValueError(f"status {answer.status}")
            values = json.loads(body)
            return values if isinstance(values, dict) else {}
        finally:
            connection.close()


def find_credentials() -> FixedCredentials | ContainerCredentials | None:
    """What the environment says; None if it says nothing, and boto3 has to look elsewhere.

    :raises CredentialsError: it names an address that is not to be trusted
    """
    key_id, secret = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
    if key_id and secret:
        return FixedCredentials(Credentials(key_id, secret, os.environ.get("AWS_SESSION_TOKEN") or None))
    relative = os.environ.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
    url = _CONTAINER_HOST + relative if relative else os.environ.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
    return ContainerCredentials(url, {"Accept": "application/json"}) if url else None


def _with_token(headers: Mapping[str, str]) -> dict[str, str]:
    """The token's file is read each time: its content changes."""
    path = os.environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
    token = os.environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN")
    if path:
        with open(path, encoding="utf-8") as file:
            token = file.read().strip()
    return {**headers, "Authorization": token} if token else dict(headers)


def _seconds(text: Any) -> float:
    """Seconds since 1970 of ``2026-11-21T10:00:00Z``; never, if nothing is said."""
    if not text:
        return float("inf")
    return float(calendar.timegm(time.strptime(str(text)[:19], "%Y-%m-%dT%H:%M:%S")))
