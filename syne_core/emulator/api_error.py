"""How a call of the emulator fails: the code and the words that AWS would answer with."""

from __future__ import annotations

__all__ = [
    "ApiError",
    "denied",
    "expired",
    "internal_failure",
    "resource_not_found",
    "throttled",
    "validation",
]


class ApiError(Exception):
    """A call is answered with an error.

    :param code: ``__type`` of the answer, for example ``ValidationException``
    :param message: what the client shows
    :param status: of HTTP; 400 for mistakes of the caller, 500 and 503 for ours
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status = code, message, status


def validation(message: str) -> ApiError:
    """The request makes no sense."""
    return ApiError("ValidationException", message)


def resource_not_found() -> ApiError:
    """What SageMaker says of a training job that does not exist: not its ResourceNotFound."""
    return validation("Requested resource not found.")


def throttled() -> ApiError:
    """Too many calls."""
    return ApiError("ThrottlingException", "Rate exceeded")


def denied(account: str, action: str, is_json: bool) -> ApiError:
    """A policy forbids the call."""
    said = f"User: arn:aws:iam::{account}:user/emulator is not authorized to perform: {action}"
    if is_json:
        return ApiError("AccessDeniedException", said)
    return ApiError("AccessDenied", said, 403)


def expired(is_json: bool) -> ApiError:
    """The credentials were good until a moment ago."""
    said = "The security token included in the request is expired"
    return ApiError("ExpiredTokenException" if is_json else "ExpiredToken", said)


def internal_failure(status: int = 500) -> ApiError:
    """A fault of the service; clients try again."""
    if status == 503:
        return ApiError("ServiceUnavailable", "The service is temporarily unavailable.", 503)
    return ApiError("InternalFailure", "We encountered an internal error. Please try again.", status)
