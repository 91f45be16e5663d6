"""Session, role and folder as source scripts ask for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import syne_core
from syne_core.aws.accounts import execution_role
from syne_core.aws.session import AwsSession
from syne_core.errors import UsageError

__all__ = ["default_sagemaker_session", "get_execution_role", "repository_root_path", "session_of"]


def default_sagemaker_session() -> AwsSession:
    """The account, region or emulator that the environment describes.

    :raises AwsSetupError: no region or no credentials
    """
    return AwsSession.resolve()


def get_execution_role() -> str:
    """ARN of the role that jobs run as; see ``syne_core.aws.accounts.execution_role``.

    :raises AwsSetupError: there is none
    """
    return execution_role(AwsSession.resolve())


def repository_root_path() -> Path:
    """The folder in which ``benchmarking`` and ``syne_core`` lie."""
    return Path(syne_core.__file__).resolve().parents[1]


def session_of(given: Any) -> AwsSession:
    """The session that a user gave, in whatever form.

    :param given: ours, an SDK session (its region counts), or None
    :raises UsageError: it is something else
    """
    if given is None:
        return AwsSession.resolve()
    if isinstance(given, AwsSession):
        return given
    region = getattr(given, "boto_region_name", None) or getattr(given, "region_name", None)
    if not region:
        raise UsageError(
            "sagemaker_session must be default_sagemaker_session() or an SDK session, is "
            f"{type(given).__name__}"
        )
    return AwsSession.resolve(str(region))
