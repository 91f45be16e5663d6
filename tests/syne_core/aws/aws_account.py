"""An account for tests that is never asked, and an environment that says nothing of any."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from syne_core.aws.session import AwsSession

REGION = "eu-west-1"
ACCOUNT = "123456789012"
SECRET = "wJalrXUtnFEMI-secret"
_VARIABLES = (
    *("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "PROFILE", "DEFAULT_PROFILE", "ROLE"),
    *("REGION", "DEFAULT_REGION", "ENDPOINT_URL", "ENDPOINT_URL_S3", "ENDPOINT_URL_SAGEMAKER"),
    *("CONTAINER_CREDENTIALS_RELATIVE_URI", "CONTAINER_CREDENTIALS_FULL_URI"),
)


@pytest.fixture(autouse=True)
def nothing_is_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable and no file says anything; the instance is never asked."""
    for name in _VARIABLES:
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "aws-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "aws-credentials"))


@pytest.fixture
def real_account(monkeypatch: pytest.MonkeyPatch) -> AwsSession:
    """A session of an account that is never asked: its clients are stubbed."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    return AwsSession.resolve(REGION)


def stubbed(session: AwsSession, service: str) -> Any:
    from botocore.stub import Stubber

    stubber = Stubber(session.client(service))
    stubber.activate()
    return stubber


def caller(session: AwsSession, arn: str = f"arn:aws:iam::{ACCOUNT}:user/me") -> None:
    stubbed(session, "sts").add_response(
        "get_caller_identity", {"Account": ACCOUNT, "Arn": arn, "UserId": "x"}
    )
