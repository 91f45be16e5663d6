"""What AWS refuses, as the queue understands it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarking.commons.remote.queue_model import (
    BadRequestError,
    NameTakenError,
    NoInstanceError,
    ServiceError,
    ThrottledError,
    TroubleError,
)
from syne_core.aws.client_errors import error_code, explain, is_setup_error
from syne_core.aws.job_states import is_name_taken, is_transient, wants_patience
from syne_core.errors import AwsSetupError, SyneError, UsageError

__all__ = ["queue_errors"]

_THROTTLED = ("Throttl", "TooManyRequests", "SlowDown", "RequestLimitExceeded")
#: Words of refusals that concern the execution role, and so every job.
_OF_ALL = ("assume", "RoleArn", "PassRole", "execution role")


@contextmanager
def queue_errors(doing: str) -> Iterator[None]:
    """Turn what AWS refuses into what the queue understands.

    :param doing: what is tried, as ``"create job 'j'"``
    :raises ServiceError: that can be waited out, or that concerns one job
    :raises AwsSetupError: that the user has to change
    """
    try:
        yield
    except AwsSetupError:
        raise
    except UsageError as error:
        raise BadRequestError(str(error)) from error
    except Exception as error:
        # What others have put into words already is understood by its cause.
        source = error.__cause__ if isinstance(error, SyneError) else error
        if source is None or not _is_of_aws(source):
            raise
        raise _understood(source, doing) from error


def _is_of_aws(error: BaseException) -> bool:
    return isinstance(error, OSError) or type(error).__module__.partition(".")[0] == "botocore"


def _understood(error: BaseException, doing: str) -> Exception:
    said = explain(error, doing)
    if is_setup_error(error):
        return AwsSetupError(said)
    if is_name_taken(error):
        return NameTakenError(said)
    if wants_patience(error):
        return NoInstanceError(said)
    if error_code(error).startswith(_THROTTLED):
        return ThrottledError(said)
    if is_transient(error):
        return TroubleError(said)
    if any(word in said for word in _OF_ALL):
        return AwsSetupError(said)
    kind: type[ServiceError] = BadRequestError
    return kind(said)
