"""What the execution role must be allowed, as IAM writes it. ``docs/sagemaker.md`` has the policies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from syne_core.aws.client_errors import clear_errors

if TYPE_CHECKING:
    from syne_core.aws.session import AwsSession

__all__ = ["ROLE_RIGHTS", "Rights", "missing_rights"]

_DENIALS = ("implicitDeny", "explicitDeny")


@dataclass(frozen=True)
class Rights:
    """Actions on one resource.

    :param resource: ARN; ``{bucket}`` stands for the bucket, ``{partition}`` for ``aws`` and its like
    """

    actions: tuple[str, ...]
    resource: str


#: What SageMaker does as the role when it runs a job (developer guide, "CreateTrainingJob API: execution role
#: permissions"), and what the runner does there. Deletions in the checkpoint folder reach S3, too.
ROLE_RIGHTS = (
    Rights(("s3:GetObject", "s3:PutObject", "s3:DeleteObject"), "arn:{partition}:s3:::{bucket}/syne-tune/*"),
    Rights(("s3:ListBucket",), "arn:{partition}:s3:::{bucket}"),
    Rights(
        ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
        "arn:{partition}:logs:*:*:log-group:/aws/sagemaker/TrainingJobs*",
    ),
    Rights(("cloudwatch:PutMetricData",), "*"),
    Rights(
        (
            *("ecr:GetAuthorizationToken", "ecr:BatchCheckLayerAvailability"),
            *("ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"),
        ),
        "*",
    ),
)


def missing_rights(session: AwsSession, role_arn: str, bucket: str) -> list[str]:
    """The actions of ``ROLE_RIGHTS`` that IAM says the role may not do.

    :raises AwsSetupError: IAM may not be asked (``iam:SimulatePrincipalPolicy``)
    """
    partition = role_arn.split(":")[1]
    return [
        result["EvalActionName"]
        for rights in ROLE_RIGHTS
        for result in _simulated(
            session, role_arn, rights, rights.resource.format(bucket=bucket, partition=partition)
        )
        if result["EvalDecision"] in _DENIALS
    ]


def _simulated(session: AwsSession, role_arn: str, rights: Rights, resource: str) -> Iterator[dict[str, Any]]:
    request = {
        "PolicySourceArn": role_arn,
        "ActionNames": list(rights.actions),
        "ResourceArns": [resource],
    }
    client = session.client("iam")
    while True:
        with clear_errors(f"ask IAM what {role_arn} may do"):
            page = client.simulate_principal_policy(**request)
        yield from page["EvaluationResults"]
        if not page.get("IsTruncated"):
            return
        request["Marker"] = page["Marker"]
