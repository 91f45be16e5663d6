"""IAM's SimulatePrincipalPolicy, which moto does not have: SageMaker's SDK v3 asks it before each job."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from syne_core.emulator.api_error import ApiError

__all__ = ["simulated_policy"]

_NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/"


def simulated_policy(body: bytes, has_role: Callable[[str], bool]) -> bytes:
    """The answer: whoever exists may do everything, since the emulator does not check permissions.

    :param body: of the request, in the query protocol
    :raises ApiError: ``NoSuchEntity``: the principal is a role that does not exist
    """
    fields = parse_qs(body.decode())
    principal = fields.get("PolicySourceArn", [""])[0]
    if ":role/" in principal and not has_role(principal):
        raise ApiError("NoSuchEntity", f"The role with name {principal} cannot be found.", 404)
    actions = _members(fields, "ActionNames")
    resources = _members(fields, "ResourceArns") or ["*"]
    results = "".join(_result(action, resource) for action in actions for resource in resources)
    return (
        f'<SimulatePrincipalPolicyResponse xmlns="{_NAMESPACE}"><SimulatePrincipalPolicyResult>'
        f"<IsTruncated>false</IsTruncated><EvaluationResults>{results}</EvaluationResults>"
        "</SimulatePrincipalPolicyResult><ResponseMetadata>"
        f"<RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata></SimulatePrincipalPolicyResponse>"
    ).encode()


def _members(fields: dict[str, list[str]], name: str) -> list[str]:
    found = {key: values[0] for key, values in fields.items() if key.startswith(f"{name}.member.")}
    return [found[key] for key in sorted(found, key=lambda key: int(key.rpartition(".")[2]))]


def _result(action: str, resource: str) -> str:
    return (
        f"<member><EvalActionName>{escape(action)}</EvalActionName>"
        f"<EvalResourceName>{escape(resource)}</EvalResourceName><EvalDecision>allowed</EvalDecision>"
        "<MatchedStatements/><MissingContextValues/></member>"
    )
