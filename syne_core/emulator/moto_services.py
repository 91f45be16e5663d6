"""S3, STS, IAM, ECR and CloudWatch Logs: moto's, kept in the memory of this process."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

from moto.backends import get_backend
from moto.core.base_backend import BackendDict
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from syne_core.emulator.http_server import StartResponse

__all__ = ["SERVICES", "MotoServices"]

#: By the names that requests are signed for.
SERVICES = ("s3", "sts", "iam", "ecr", "logs", "cloudwatch", "monitoring", "kms", "ec2")


class MotoServices:
    """A WSGI application of moto's services, as one account sees them, empty at first.

    Moto keeps everything in variables of its modules, so there can be only one in a process, and what was
    there is forgotten.
    """

    def __init__(self, account: str, region: str) -> None:
        self.account, self.region = account, region
        self._app = DomainDispatcherApplication(create_backend_app)
        self._lock = threading.RLock()
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        BackendDict.reset()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """One request at a time: moto's listings do not bear objects that come meanwhile."""
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = self.account
        with self._lock:
            answer = self._app(environ, start_response)
            parts = list(answer)
            if hasattr(answer, "close"):
                answer.close()
        return parts

    def create_bucket(self, name: str) -> None:
        """Create a bucket in the region."""
        with self._lock:
            self._backend("s3", "aws").create_bucket(name, self.region)

    def has_bucket(self, name: str) -> bool:
        """Whether there is such a bucket."""
        with self._lock:
            return name in self._backend("s3", "aws").buckets

    def create_role(self, name: str, trust_policy: str, description: str) -> str:
        """Create a role of the path that SageMaker's console uses; returns its ARN."""
        with self._lock:
            role = self._backend("iam", "aws").create_role(
                role_name=name,
                assume_role_policy_document=trust_policy,
                path="/service-role/",
                permissions_boundary=None,
                description=description,
                tags=[],
                max_session_duration="3600",
            )
            return str(role.arn)

    def has_role(self, arn: str) -> bool:
        """Whether the account has such a role."""
        with self._lock:
            roles = self._backend("iam", "aws").roles
            return any(role.arn == arn for role in roles.values())

    def create_log_group(self, name: str) -> None:
        """Create a log group in the region."""
        with self._lock:
            self._backend("logs", self.region).create_log_group(name, {})

    def _backend(self, service: str, region: str) -> Any:
        return get_backend(service)[self.account][region]  # type: ignore[call-overload]
