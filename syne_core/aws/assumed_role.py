"""Acting as a role: what a caller may do who is allowed to assume it."""

from __future__ import annotations

from typing import Any

from syne_core.aws.client_errors import clear_errors, error_code
from syne_core.aws.session import AwsSession

__all__ = ["as_role"]

_DENIED = ("AccessDenied", "AccessDeniedException")


def as_role(session: AwsSession, role_arn: str, name: str = "synebench") -> AwsSession | None:
    """``session`` as the role; its credentials are renewed before they expire.

    None if we may not assume the role: its trust policy has to name us, which that of an execution role
    often does not.

    :param name: of the role session, as AWS's records show it
    :raises AwsSetupError: AWS does not accept our own credentials
    """
    from botocore.credentials import RefreshableCredentials
    from botocore.exceptions import ClientError

    def renewed() -> dict[str, Any]:
        found = session.client("sts").assume_role(RoleArn=role_arn, RoleSessionName=name)["Credentials"]
        return {
            "access_key": found["AccessKeyId"],
            "secret_key": found["SecretAccessKey"],
            "token": found["SessionToken"],
            "expiry_time": found["Expiration"].isoformat(),
        }

    with clear_errors(f"assume {role_arn}"):
        try:
            first = renewed()
        except ClientError as error:
            if error_code(error) in _DENIED:
                return None
            raise
    credentials = RefreshableCredentials.create_from_metadata(
        metadata=first, refresh_using=renewed, method="sts-assume-role"
    )
    return session.with_credentials(credentials)
