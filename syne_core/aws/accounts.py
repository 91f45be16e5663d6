"""What an account must have before jobs can run: a bucket and an execution role."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import Any

from syne_core.aws.client_errors import clear_errors, error_code
from syne_core.aws.session import AwsSession
from syne_core.errors import AwsSetupError

__all__ = ["ROLE_VARIABLE", "SAGEMAKER_PRINCIPAL", "default_bucket", "execution_role"]

ROLE_VARIABLE = "AWS_ROLE"
SAGEMAKER_PRINCIPAL = "sagemaker.amazonaws.com"
_ROLE_PREFIX = "AmazonSageMaker-ExecutionRole"
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ROLE_ARN = re.compile(r"arn:aws[\w-]*:iam::\d{12}:role/[\w+=,.@/-]+")
_ABSENT = frozenset({"404", "NoSuchBucket", "NotFound"})
_SAID_ELSEWHERE = frozenset({"BucketAlreadyOwnedByYou", "OperationAborted"})


def default_bucket(
    session: AwsSession, chosen: str | None = None, create: bool = True, flag: str = "--s3_bucket"
) -> str:
    """Name of the bucket that everything goes to; it exists, and is in the session's region.

    :param chosen: a bucket of one's own (``--s3_bucket``), which must exist; else the one that
        SageMaker's SDKs use, ``sagemaker-{region}-{account}``, is made if it is absent
    :param create: False: who only wants to look makes nothing
    :param flag: what ``chosen`` was given by, for messages
    :raises AwsSetupError: it is absent, in another region, or not ours
    """
    name = _bucket_name(chosen, flag) if chosen else f"sagemaker-{session.region}-{session.account_id}"
    owner = {} if chosen else {"ExpectedBucketOwner": session.account_id}
    s3 = session.client("s3")
    from botocore.exceptions import ClientError

    with clear_errors(f"use bucket '{name}'"):
        try:
            _check_region(session, name, s3.head_bucket(Bucket=name, **owner))
        except ClientError as error:
            if error_code(error) not in _ABSENT:
                raise
            if chosen:
                raise AwsSetupError(
                    f"There is no bucket '{name}' in {session.target}. Create it, or leave {flag} out: "
                    f"'sagemaker-{session.region}-{session.account_id}'"
                ) from None
            if not create:
                raise AwsSetupError(
                    f"There is no bucket '{name}' in {session.target}, so nothing was launched there yet; "
                    f"another one: {flag}"
                ) from None
            _create_bucket(s3, name, session.region)
    return name


def execution_role(session: AwsSession, chosen: str | None = None, flag: str = "--role") -> str:
    """ARN of the role that jobs run as.

    The first there is of: ``chosen`` (``--role``), ``$AWS_ROLE``, the role of the caller if SageMaker may
    take it on, a role of the account that is called ``AmazonSageMaker-ExecutionRole...``.

    :param chosen: a name or an ARN
    :param flag: what it was given by, for messages
    :raises AwsSetupError: there is none, or SageMaker may not take it on
    """
    given = chosen or os.environ.get(ROLE_VARIABLE)
    if given:
        return _given_role(session, given, flag if chosen else f"${ROLE_VARIABLE}")
    for find in (_callers_role, _role_by_prefix):
        arn = find(session)
        if arn is not None:
            return arn
    raise AwsSetupError(
        f"No execution role for SageMaker in {session.target}: give {flag} or set {ROLE_VARIABLE} to a role "
        f"that {SAGEMAKER_PRINCIPAL} may assume; the SageMaker console makes one named {_ROLE_PREFIX}-..."
    )


def _bucket_name(chosen: str, flag: str) -> str:
    name = chosen.removeprefix("s3://").rstrip("/")
    if not _BUCKET.fullmatch(name):
        raise AwsSetupError(f"'{chosen}' is not the name of a bucket, as in {flag} my-results")
    return name


def _check_region(session: AwsSession, name: str, answer: dict[str, Any]) -> None:
    region = answer.get("BucketRegion") or session.region
    if region != session.region:
        raise AwsSetupError(
            f"Bucket '{name}' is in {region}, the jobs would run in {session.region}: SageMaker wants both "
            f"in one region. Use --region {region}, or another bucket"
        )


def _create_bucket(s3: Any, name: str, region: str) -> None:
    from botocore.exceptions import ClientError

    # us-east-1 is the one region that may not be named.
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    try:
        s3.create_bucket(Bucket=name, **place)
    except ClientError as error:
        if error_code(error) not in _SAID_ELSEWHERE:  # somebody of us was faster
            raise


def _given_role(session: AwsSession, given: str, where: str) -> str:
    is_arn = given.startswith("arn:")
    if is_arn and not _ROLE_ARN.fullmatch(given):
        raise AwsSetupError(f"{where}: '{given}' is not the ARN of a role, arn:aws:iam::ACCOUNT:role/NAME")
    name = given.rpartition("/")[2]
    role = _unless_denied(lambda: _get_role(session, name), f"look up role '{name}' ({where})")
    if role is None:
        if is_arn:
            return given  # who may not look at roles may still pass one
        return f"arn:{_partition(session)}:iam::{session.account_id}:role/{given}"
    if role == {}:
        raise AwsSetupError(f"{where}: there is no role '{name}' in {session.target}")
    if not _trusts_sagemaker(role):
        raise AwsSetupError(
            f"{where}: SageMaker may not assume '{name}': its trust policy must name {SAGEMAKER_PRINCIPAL}"
        )
    return str(role["Arn"])


def _callers_role(session: AwsSession) -> str | None:
    found = re.fullmatch(r"arn:[\w-]+:sts::\d{12}:assumed-role/([^/]+)/.*", session.caller["Arn"])
    if found is None:
        return None
    name = found.group(1)
    role = _unless_denied(lambda: _get_role(session, name), f"look up role '{name}'")
    if role is None and name.startswith(_ROLE_PREFIX):
        # The console puts those it makes below this path, which the caller's identity does not tell.
        return f"arn:{_partition(session)}:iam::{session.account_id}:role/service-role/{name}"
    return str(role["Arn"]) if role and _trusts_sagemaker(role) else None


def _role_by_prefix(session: AwsSession) -> str | None:
    def first() -> dict[str, Any]:
        trusted = (role for role in _roles(session) if _trusts_sagemaker(role))
        return next((role for role in trusted if role["RoleName"].startswith(_ROLE_PREFIX)), {})

    role = _unless_denied(first, "look for an execution role")
    return str(role["Arn"]) if role else None


def _roles(session: AwsSession) -> Iterator[dict[str, Any]]:
    for page in session.client("iam").get_paginator("list_roles").paginate():
        yield from page["Roles"]


def _get_role(session: AwsSession, name: str) -> dict[str, Any]:
    """The role; empty if there is none."""
    from botocore.exceptions import ClientError

    try:
        return dict(session.client("iam").get_role(RoleName=name)["Role"])
    except ClientError as error:
        if error_code(error) in ("NoSuchEntity", "NoSuchEntityException"):
            return {}
        raise


def _unless_denied(look: Callable[[], dict[str, Any]], doing: str) -> dict[str, Any] | None:
    """What ``look`` finds, or None if we may not look: that is no reason to give up."""
    from botocore.exceptions import ClientError

    with clear_errors(doing):
        try:
            return look()
        except ClientError as error:
            if error_code(error) in ("AccessDenied", "AccessDeniedException"):
                return None
            raise


def _trusts_sagemaker(role: dict[str, Any]) -> bool:
    """By the trust policy, where it came with the role."""
    policy = role.get("AssumeRolePolicyDocument")
    if not isinstance(policy, dict):
        return True
    statements = policy.get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal", {})
        services = principal.get("Service", []) if isinstance(principal, dict) else principal
        named = [services] if isinstance(services, str) else services
        if statement.get("Effect") == "Allow" and {"*", SAGEMAKER_PRINCIPAL} & set(named):
            return True
    return False


def _partition(session: AwsSession) -> str:
    return session.caller["Arn"].split(":")[1]
