"""The policies of ``docs/sagemaker.md`` allow what our code calls, and nothing else.

What calls there are is read from the source, so that rare ones count too: every operation of an AWS service
is called by its name, ``client.create_training_job``. That all calls of a real run are allowed is seen by
``test_aws_checkup.py``.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

import syne_core
from syne_core.aws.accounts import SAGEMAKER_PRINCIPAL
from syne_core.aws.role_rights import ROLE_RIGHTS

REPOSITORY = Path(syne_core.__file__).parents[1]
sys.path.append(str(REPOSITORY / "tests" / "benchmarking" / "commons"))

from policy_page import actions_of_calls, page_actions, page_policies  # noqa: E402

SERVICES = ("sagemaker", "s3", "sts", "iam", "logs", "service-quotas", "pricing", "ecr", "cloudwatch")
CALLERS = ("syne_core/aws", "syne_core/backend", "benchmarking")
#: What only the doctor, whoever launches first, and `fit` do: never a tuner in a job.
NOT_IN_JOBS = {
    *("iam:SimulatePrincipalPolicy", "s3:CreateBucket", "sts:AssumeRole"),
    *(action for action in page_actions("caller", "Images")),
}


@pytest.fixture(scope="module")
def operations() -> dict[str, str]:
    """Operations by the names of the methods that call them; one-word names are too common to look for."""
    session = botocore.session.get_session()
    names = [name for service in SERVICES for name in session.get_service_model(service).operation_names]
    return {xform_name(name): name for name in names if "_" in xform_name(name)}


def _called(folder: str, operations: dict[str, str]) -> set[str]:
    """The operations that attributes and strings in the code below ``folder`` name."""
    called = set()
    for path in (REPOSITORY / folder).rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if operations.keys().isdisjoint(re.findall(r"\w+", text)):
            continue
        for node in ast.walk(ast.parse(text)):
            name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "value", None)
            if isinstance(name, str) and name in operations:
                called.add(operations[name])
    return called


def test_caller_may_do_what_the_code_does_and_nothing_else(operations: dict[str, str]) -> None:
    called = set().union(*(_called(folder, operations) for folder in CALLERS))
    assert {"CreateTrainingJob", "ListObjectsV2", "AbortMultipartUpload", "ListRoles"} <= called
    assert page_actions("caller") == actions_of_calls(called)


def test_role_of_jobs_may_do_what_the_doctor_asks_for_and_what_the_runner_does(
    operations: dict[str, str],
) -> None:
    allowed = page_actions("role", "Job")
    assert allowed == {action for rights in ROLE_RIGHTS for action in rights.actions}
    called = _called("syne_core/aws/runner", operations)
    assert called == {"GetObject", "PutObject"}
    assert actions_of_calls(called) <= allowed


def test_role_of_a_tuner_in_a_job_may_do_what_a_caller_does() -> None:
    of_tuner = page_actions("role", "Tuner")
    assert of_tuner | page_actions("role", "Job") >= page_actions("caller") - NOT_IN_JOBS
    assert of_tuner <= page_actions("caller") - NOT_IN_JOBS
    (passes_itself,) = (s for s in page_policies()["role"]["Statement"] if s["Action"] == "iam:PassRole")
    assert passes_itself["Resource"] == "arn:aws:iam::ACCOUNT:role/ROLE"
    assert passes_itself["Condition"] == {"StringEquals": {"iam:PassedToService": SAGEMAKER_PRINCIPAL}}


def test_role_trusts_sagemaker() -> None:
    (statement,) = page_policies()["trust"]["Statement"]
    assert statement["Principal"] == {"Service": SAGEMAKER_PRINCIPAL}
    assert statement["Action"] == "sts:AssumeRole"


def test_names_of_statements_are_as_iam_wants_them() -> None:
    for policy in page_policies().values():
        names = [statement["Sid"] for statement in policy["Statement"] if "Sid" in statement]
        assert all(name.isalnum() for name in names)
        assert len(set(names)) == len(names)
