"""IAM actions: what ``docs/sagemaker.md`` allows, and what calls of AWS need."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

__all__ = ["ACTIONS", "actions_of_calls", "page_actions", "page_policies"]

PAGE = Path(__file__).parents[3] / "docs" / "sagemaker.md"

_READ, _WRITE = "s3:GetObject", "s3:PutObject"
#: What an operation needs, from the service authorization reference.
ACTIONS = {
    # A job runs as a role, and may have tags.
    "CreateTrainingJob": {"sagemaker:CreateTrainingJob", "iam:PassRole", "sagemaker:AddTags"},
    "DescribeTrainingJob": {"sagemaker:DescribeTrainingJob"},
    "ListTrainingJobs": {"sagemaker:ListTrainingJobs"},
    "StopTrainingJob": {"sagemaker:StopTrainingJob"},
    "CreateBucket": {"s3:CreateBucket"},
    "HeadBucket": {"s3:ListBucket"},
    "ListObjectsV2": {"s3:ListBucket"},
    "HeadObject": {_READ},
    "GetObject": {_READ},
    "PutObject": {_WRITE},
    "CopyObject": {_READ, _WRITE},
    "CreateMultipartUpload": {_WRITE},
    "UploadPartCopy": {_READ, _WRITE},
    "CompleteMultipartUpload": {_WRITE},
    "AbortMultipartUpload": {"s3:AbortMultipartUpload"},
    "DeleteObject": {"s3:DeleteObject"},
    "DeleteObjects": {"s3:DeleteObject"},
    "GetRole": {"iam:GetRole"},
    "ListRoles": {"iam:ListRoles"},
    "SimulatePrincipalPolicy": {"iam:SimulatePrincipalPolicy"},
    "GetCallerIdentity": set(),
    "AssumeRole": {"sts:AssumeRole"},
    "CreateRepository": {"ecr:CreateRepository"},
    "DescribeRepositories": {"ecr:DescribeRepositories"},
    "DescribeImages": {"ecr:DescribeImages"},
    # Whoever asks for a token wants to push.
    "GetAuthorizationToken": {
        *("ecr:GetAuthorizationToken", "ecr:BatchCheckLayerAvailability", "ecr:InitiateLayerUpload"),
        *("ecr:UploadLayerPart", "ecr:CompleteLayerUpload", "ecr:PutImage"),
    },
    "DescribeLogStreams": {"logs:DescribeLogStreams"},
    "GetLogEvents": {"logs:GetLogEvents"},
    "ListServiceQuotas": {"servicequotas:ListServiceQuotas"},
    "ListAWSDefaultServiceQuotas": {"servicequotas:ListAWSDefaultServiceQuotas"},
    "GetProducts": {"pricing:GetProducts"},
}


def actions_of_calls(operations: Iterable[str]) -> set[str]:
    """The actions that ``operations`` need.

    :raises KeyError: one is not in the table: add it, and to the page
    """
    return set().union(*(ACTIONS[operation] for operation in operations))


def page_policies() -> dict[str, dict[str, Any]]:
    """The policies of the page: of the ``caller``, of the ``role``, and whom the role trusts (``trust``)."""
    texts = re.findall(r"^```json\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    caller, trust, role = map(json.loads, texts)
    return {"caller": caller, "trust": trust, "role": role}


def page_actions(whose: str, sid: str = "") -> set[str]:
    """The actions that a policy allows; with ``sid``, in statements whose names begin so."""
    actions: set[str] = set()
    for statement in page_policies()[whose]["Statement"]:
        if statement["Sid"].startswith(sid):
            named = statement["Action"]
            actions.update([named] if isinstance(named, str) else named)
    return actions
