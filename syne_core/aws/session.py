"""Whom we talk to: an account in a region, or the emulator.

Clients are made by botocore alone, which costs a third of what boto3's own module does, when they are
first used, and once.
"""

from __future__ import annotations

import os
import re
import threading
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from syne_core.aws.client_errors import clear_errors
from syne_core.errors import AwsSetupError, MissingDependencyError

__all__ = ["AwsSession", "is_loopback"]

CONNECT_TIMEOUT_S = 10
READ_TIMEOUT_S = 30
ATTEMPTS = 6
CONNECTIONS = 32
EMULATOR_REGION = "us-east-1"
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d{1,2}")
#: All of them must go the same way: a job on AWS would not find what lies in the emulator's bucket.
_SERVICES = ("sagemaker", "s3", "sts", "iam")


@dataclass(frozen=True)
class AwsSession:
    """An account in a region. Make it with ``resolve``.

    :param region: for example ``"eu-west-1"``
    :param endpoint_url: where SageMaker's calls go instead of AWS (``AWS_ENDPOINT_URL``), or None
    """

    region: str
    endpoint_url: str | None
    _clients: _Clients = field(repr=False, compare=False)

    @classmethod
    def resolve(cls, region: str | None = None) -> AwsSession:
        """The session that the environment and the AWS configuration files describe.

        Asks nobody over the network, but for credentials that come from an instance or from SSO. On
        loopback only credentials from the environment are used, else made-up ones, so that no real ones
        are sent to an emulator; and the region may be missing.

        :param region: instead of ``AWS_DEFAULT_REGION``, ``AWS_REGION`` and that of the profile
        :raises AwsSetupError: no region, no credentials, or a broken configuration
        :raises MissingDependencyError: boto3 is not installed
        """
        source = _botocore_session()
        with clear_errors("read the AWS configuration"):
            endpoint_url = _endpoint_url(source)
            local = endpoint_url is not None and is_loopback(endpoint_url)
            found = region or _configured_region(source) or (EMULATOR_REGION if local else None)
        if not found:
            raise AwsSetupError(
                "No AWS region: give --region, or set AWS_DEFAULT_REGION or a profile's region"
            )
        if not _REGION.fullmatch(found):
            raise AwsSetupError(f"'{found}' is not the name of an AWS region; one is 'eu-west-1'")
        _settle_credentials(source, local)
        return cls(found, endpoint_url, _Clients(source, found, local))

    def client(self, service: str, attempts: int = ATTEMPTS) -> Any:
        """A botocore client, made once; clients may be used by several threads.

        :param service: botocore's name: ``"sagemaker"``, ``"s3"``, ``"sts"``, ...
        :param attempts: how often a call is made until it works; 1 for a caller who paces calls itself
        """
        return self._clients.of(service, attempts)

    def with_credentials(self, credentials: Any) -> AwsSession:
        """The same account, region and endpoint, asked with other credentials.

        :param credentials: of botocore
        """
        source = _botocore_session()
        # Service models are large, and read already.
        source.register_component("data_loader", self._clients.data_loader)
        # botocore offers no other way to hand over credentials that renew themselves.
        source._credentials = credentials
        return AwsSession(self.region, self.endpoint_url, _Clients(source, self.region, self.is_emulator))

    @property
    def is_emulator(self) -> bool:
        """Whether calls stay on this machine."""
        return self.endpoint_url is not None and is_loopback(self.endpoint_url)

    @property
    def account_id(self) -> str:
        """Number of the account, 12 digits.

        :raises AwsSetupError: AWS does not accept the credentials
        """
        return str(self.caller["Account"])

    @property
    def caller(self) -> dict[str, str]:
        """STS's GetCallerIdentity, asked once: ``Account``, ``Arn``, ``UserId``.

        :raises AwsSetupError: AWS does not accept the credentials
        """
        return self._clients.caller()

    @property
    def target(self) -> str:
        """For people: "the emulator at ..." or "account ... in ..."."""
        if self.is_emulator:
            return f"the emulator at {self.endpoint_url}"
        return f"account {self.account_id} in {self.region}"


def is_loopback(url: str) -> bool:
    """Whether ``url`` leads to this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


class _Clients:
    """The clients of one session. Making one is not thread-safe in botocore, using one is."""

    def __init__(self, source: Any, region: str, local: bool) -> None:
        self._source, self._region, self._local = source, region, local
        self._lock = threading.Lock()
        self._made: dict[tuple[str, int], Any] = {}
        self._caller: dict[str, str] | None = None

    def of(self, service: str, attempts: int = ATTEMPTS) -> Any:
        client = self._made.get((service, attempts))
        if client is None:
            with self._lock:
                client = self._made.get((service, attempts))
                if client is None:
                    client = self._made[service, attempts] = self._make(service, attempts)
        return client

    @property
    def data_loader(self) -> Any:
        return self._source.get_component("data_loader")

    def caller(self) -> dict[str, str]:
        if self._caller is None:
            with clear_errors("ask AWS whose credentials these are"):
                self._caller = dict(self.of("sts").get_caller_identity())
        return self._caller

    def _make(self, service: str, attempts: int) -> Any:
        from botocore.config import Config

        # A host name per bucket would have to be resolved, which "localhost" need not offer.
        s3 = {"addressing_style": "path"} if self._local else None
        config = Config(
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=READ_TIMEOUT_S,
            retries={"mode": "standard", "total_max_attempts": attempts},
            max_pool_connections=CONNECTIONS,
            tcp_keepalive=True,
            s3=s3,
        )
        with clear_errors(f"make a client of {service}"):
            return self._source.create_client(service, region_name=self._region, config=config)


def _botocore_session() -> Any:
    try:
        import botocore.session
    except ModuleNotFoundError:
        raise MissingDependencyError("boto3", "sagemaker") from None
    return botocore.session.Session()


def _configured_region(source: Any) -> str | None:
    """boto3's variable first; containers on AWS set only the other."""
    variables = (os.environ.get(name) for name in ("AWS_DEFAULT_REGION", "AWS_REGION"))
    return next(filter(None, variables), None) or source.get_config_variable("region")


def _endpoint_url(source: Any) -> str | None:
    """Where SageMaker's calls go, if not to AWS.

    :raises AwsSetupError: some of the services stay on this machine, others do not
    """
    urls = {service: _configured_endpoint(source, service) for service in _SERVICES}
    local = {service for service, url in urls.items() if url is not None and is_loopback(url)}
    if local and len(local) < len(urls):
        raise AwsSetupError(
            f"{', '.join(sorted(local))} would go to this machine, "
            f"{', '.join(sorted(urls.keys() - local))} to AWS: set AWS_ENDPOINT_URL alone"
        )
    return urls["sagemaker"]


def _configured_endpoint(source: Any, service: str) -> str | None:
    from botocore.configprovider import ConfiguredEndpointProvider

    if source.get_config_variable("ignore_configured_endpoint_urls"):
        return None
    provider = ConfiguredEndpointProvider(source.full_config, source.get_scoped_config(), service)
    url = provider.provide()
    if url and not str(url).startswith(("http://", "https://")):
        raise AwsSetupError(f"AWS_ENDPOINT_URL must begin with http:// or https://, unlike '{url}'")
    return str(url) if url else None


def _settle_credentials(source: Any, local: bool) -> None:
    """See to it that there are credentials.

    :raises AwsSetupError: there are none
    """
    if local and not os.environ.get("AWS_ACCESS_KEY_ID"):
        source.set_credentials("emulator", "emulator")
        return
    with clear_errors("use AWS"):
        credentials = source.get_credentials()
        if credentials is not None:
            credentials.get_frozen_credentials()
    if credentials is None:
        raise AwsSetupError(
            "No AWS credentials: set AWS_PROFILE, or run 'aws configure' or 'aws sso login'; or start "
            "'synebench emulator' and set AWS_ENDPOINT_URL as it says"
        )
