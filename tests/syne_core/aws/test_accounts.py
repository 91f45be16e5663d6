"""Buckets and roles: found, checked, and one clear line where something is missing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from aws_account import ACCOUNT, caller, nothing_is_configured, real_account, stubbed

from syne_core.aws.accounts import ROLE_VARIABLE, default_bucket, execution_role
from syne_core.aws.session import AwsSession
from syne_core.errors import AwsSetupError

if TYPE_CHECKING:
    from syne_core.emulator import Emulator

__all__ = ["nothing_is_configured", "real_account"]  # fixtures

# -- buckets ---------------------------------------------------------------------------------------------


def test_default_bucket_is_made_once(emulator: Emulator) -> None:
    session = AwsSession.resolve("eu-central-1")
    name = f"sagemaker-eu-central-1-{session.account_id}"
    assert default_bucket(session) == name
    assert default_bucket(session) == name
    where = session.client("s3").get_bucket_location(Bucket=name)["LocationConstraint"]
    assert where == "eu-central-1"


def test_bucket_of_ones_own(emulator: Emulator) -> None:
    session = AwsSession.resolve()
    session.client("s3").create_bucket(Bucket="my-results")
    assert default_bucket(session, "my-results") == "my-results"
    assert default_bucket(session, "s3://my-results/") == "my-results"


def test_bucket_that_is_not_there(emulator: Emulator) -> None:
    with pytest.raises(AwsSetupError, match="There is no bucket 'nowhere' in the emulator"):
        default_bucket(AwsSession.resolve(), "nowhere")


def test_bucket_in_another_region(emulator: Emulator) -> None:
    other = AwsSession.resolve("eu-west-1").client("s3")
    other.create_bucket(Bucket="far-away", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    with pytest.raises(AwsSetupError, match=r"'far-away' is in eu-west-1.*Use --region eu-west-1"):
        default_bucket(AwsSession.resolve("us-east-1"), "far-away")


@pytest.mark.parametrize("name", ["My_Bucket", "s3://b/c/d", "x"])
def test_names_that_no_bucket_has(real_account: AwsSession, name: str) -> None:
    with pytest.raises(AwsSetupError, match="is not the name of a bucket"):
        default_bucket(real_account, name)


def test_bucket_of_somebody_else(real_account: AwsSession) -> None:
    caller(real_account)
    stubber = stubbed(real_account, "s3")
    stubber.add_client_error("head_bucket", "403", "Forbidden", http_status_code=403)
    with pytest.raises(AwsSetupError, match=r"use bucket 'sagemaker-eu-west-1-.*': access denied"):
        default_bucket(real_account)


# -- roles -----------------------------------------------------------------------------------------------


def _make_role(session: AwsSession, name: str, service: str = "sagemaker.amazonaws.com") -> str:
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}],
    }
    made = session.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(policy))
    return str(made["Role"]["Arn"])


def test_role_by_name_or_arn_or_variable(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    session = AwsSession.resolve()
    arn = _make_role(session, "mine")
    assert execution_role(session, "mine") == arn
    assert execution_role(session, arn) == arn
    monkeypatch.setenv(ROLE_VARIABLE, "mine")
    assert execution_role(session) == arn
    other = _make_role(session, "other")
    assert execution_role(session, "other") == other


def test_role_of_the_emulator_is_found(emulator: Emulator) -> None:
    assert execution_role(AwsSession.resolve()) == emulator.role_arn


def test_role_that_is_not_there(emulator: Emulator) -> None:
    with pytest.raises(AwsSetupError, match="--role: there is no role 'nobody' in the emulator"):
        execution_role(AwsSession.resolve(), "nobody")


def test_role_that_sagemaker_may_not_assume(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    session = AwsSession.resolve()
    _make_role(session, "for-lambda", "lambda.amazonaws.com")
    monkeypatch.setenv(ROLE_VARIABLE, "for-lambda")
    with pytest.raises(AwsSetupError, match=r"\$AWS_ROLE: SageMaker may not assume 'for-lambda'"):
        execution_role(session)


def test_arn_that_is_none(real_account: AwsSession) -> None:
    with pytest.raises(AwsSetupError, match="is not the ARN of a role"):
        execution_role(real_account, "arn:aws:iam::1:user/me")


def test_no_role_at_all(real_account: AwsSession) -> None:
    caller(real_account)
    stubbed(real_account, "iam").add_response("list_roles", {"Roles": []})
    with pytest.raises(AwsSetupError, match=r"No execution role .* give --role or set AWS_ROLE"):
        execution_role(real_account)


def _role(name: str, service: str | None = "sagemaker.amazonaws.com") -> dict[str, Any]:
    from datetime import datetime, timezone

    policy = {"Statement": {"Effect": "Allow", "Principal": {"Service": service}}}
    return {
        "Path": "/",
        "RoleName": name,
        "RoleId": "AROAEXAMPLEEXAMPLE00",
        "Arn": f"arn:aws:iam::{ACCOUNT}:role/path/{name}",
        "CreateDate": datetime(2026, 1, 1, tzinfo=timezone.utc),
        "AssumeRolePolicyDocument": json.dumps(policy),
    }


ASSUMED = f"arn:aws:sts::{ACCOUNT}:assumed-role"


def test_role_of_the_caller_comes_before_that_of_the_console(real_account: AwsSession) -> None:
    caller(real_account, f"{ASSUMED}/Trainer/session")
    stubbed(real_account, "iam").add_response("get_role", {"Role": _role("Trainer")})
    assert execution_role(real_account) == f"arn:aws:iam::{ACCOUNT}:role/path/Trainer"


def test_role_of_the_caller_that_sagemaker_may_not_assume_is_passed_over(real_account: AwsSession) -> None:
    caller(real_account, f"{ASSUMED}/Admin/session")
    stubber = stubbed(real_account, "iam")
    stubber.add_response("get_role", {"Role": _role("Admin", "ec2.amazonaws.com")})
    console = [_role("Any"), _role("AmazonSageMaker-ExecutionRole-1")]
    stubber.add_response("list_roles", {"Roles": console})
    assert execution_role(real_account).endswith("/AmazonSageMaker-ExecutionRole-1")


def test_who_may_not_look_at_roles_may_still_name_one(real_account: AwsSession) -> None:
    caller(real_account)
    stubber = stubbed(real_account, "iam")
    for _ in range(2):
        stubber.add_client_error("get_role", "AccessDenied", "no", http_status_code=403)
    arn = f"arn:aws:iam::{ACCOUNT}:role/service-role/mine"
    assert execution_role(real_account, arn) == arn
    assert execution_role(real_account, "mine") == f"arn:aws:iam::{ACCOUNT}:role/mine"


def test_notebooks_of_sagemaker_use_their_own_role(real_account: AwsSession) -> None:
    """They may not look at it, and the path is not in the caller's identity."""
    caller(real_account, f"{ASSUMED}/AmazonSageMaker-ExecutionRole-9/SageMaker")
    stubbed(real_account, "iam").add_client_error("get_role", "AccessDenied", "no", http_status_code=403)
    wanted = f"arn:aws:iam::{ACCOUNT}:role/service-role/AmazonSageMaker-ExecutionRole-9"
    assert execution_role(real_account) == wanted


def test_expired_credentials(real_account: AwsSession) -> None:
    stubbed(real_account, "sts").add_client_error("get_caller_identity", "ExpiredToken", "The token expired")
    with pytest.raises(AwsSetupError, match=r"Cannot ask AWS whose credentials these are: .* have expired"):
        default_bucket(real_account)
