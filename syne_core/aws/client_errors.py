"""What AWS refused, as one line that says what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from syne_core.errors import AwsSetupError, MissingDependencyError, SyneError

__all__ = ["clear_errors", "error_code", "explain", "is_setup_error"]

_EXPIRED = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
    | {
        "SSOTokenLoadError",
        "UnauthorizedSSOTokenError",
        "TokenRetrievalError",
        "RefreshWithMFAUnsupportedError",
    }
)
_INVALID = frozenset(
    {"InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "SignatureDoesNotMatch"}
    | {"AuthFailure", "InvalidSignatureException", "IncompleteSignature", "InvalidToken"}
)
_DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "UnauthorizedOperation",
        "AllAccessDisabled",
        "403",
        "OptInRequired",
    }
)
_MISSING = frozenset({"NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError"})
_CONFIGURATION = frozenset(
    {"ProfileNotFound", "ConfigParseError", "ConfigNotFound", "NoRegionError", "InvalidRegionError"}
    | {"InvalidConfigError", "UnknownEndpointError", "EndpointProviderError"}
)
_UNREACHABLE = frozenset(
    {"EndpointConnectionError", "ConnectTimeoutError", "ReadTimeoutError", "ProxyConnectionError"}
    | {"ConnectionClosedError", "SSLError", "HTTPClientError", "ConnectionError"}
)
_REMEDY_OF_DENIED = "A policy, yours or the bucket's, must allow it (docs/sagemaker.md, Policies)."
_KEY_ID = re.compile(r"\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}\b")


def error_code(error: BaseException) -> str:
    """AWS's code of a refusal (``"ThrottlingException"``), or the name of botocore's own error."""
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        return str(response.get("Error", {}).get("Code", type(error).__name__))
    return type(error).__name__


def is_setup_error(error: BaseException) -> bool:
    """Whether it will come again until the user changes something: credentials, rights, configuration."""
    return error_code(error) in _EXPIRED | _INVALID | _DENIED | _MISSING | _CONFIGURATION


def explain(error: BaseException, doing: str) -> str:
    """One line without credentials.

    :param error: of botocore
    :param doing: what was tried, as ``"create bucket 'b'"``
    """
    code, said = error_code(error), _said(error)
    start = f"Cannot {doing}: "
    if code in _MISSING:
        return (
            f"{start}no AWS credentials ({said}). Set AWS_PROFILE, or run 'aws configure' or 'aws sso login'."
        )
    if code in _EXPIRED:
        return f"{start}the AWS credentials have expired. Renew them, for example with 'aws sso login'."
    if code in _INVALID:
        return f"{start}AWS does not know these credentials ({code}). Check them and AWS_PROFILE."
    if code in _DENIED:
        return f"{start}access denied. {said + ' ' if said else ''}{_REMEDY_OF_DENIED}"
    if code in _UNREACHABLE:
        return f"{start}no connection. {said} Check the region, the network and AWS_ENDPOINT_URL."
    return f"{start}{said}" if code in said else f"{start}{said} ({code})"


@contextmanager
def clear_errors(doing: str) -> Iterator[None]:
    """Turn errors of botocore into one clear line.

    :param doing: what is tried, as in ``explain``
    :raises AwsSetupError: if the user has to change something
    :raises SyneError: for everything else that botocore raised
    """
    try:
        from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
    except ModuleNotFoundError:
        raise MissingDependencyError("boto3", "sagemaker") from None
    try:
        yield
    except (BotoCoreError, ClientError, HTTPClientError) as error:
        kind = AwsSetupError if is_setup_error(error) else SyneError
        raise kind(explain(error, doing)) from error


def _said(error: BaseException) -> str:
    """The message, on one line, without identifiers of keys."""
    response = getattr(error, "response", None)
    text = response.get("Error", {}).get("Message", "") if isinstance(response, dict) else str(error)
    text = _KEY_ID.sub("(key)", " ".join(str(text).split()))
    return text if not text or text.endswith(".") else f"{text}."
