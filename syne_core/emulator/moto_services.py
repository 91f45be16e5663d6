"""S3, STS, IAM, ECR and CloudWatch Logs: moto's, kept in the memory of this process."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from moto.backends import get_backend, list_of_moto_modules
from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from moto.moto_server.werkzeug_app import create_backend_app
from moto.s3.models import FakeDeleteMarker

from syne_core.emulator.api_error import ApiError
from syne_core.emulator.calls import Call
from syne_core.emulator.http_server import StartResponse
from syne_core.emulator.object_listing import listing_of
from syne_core.emulator.policy_simulation import simulated_policy

__all__ = ["MotoServices"]

#: Moto's names of services that are signed for under others.
_MODULES = {"monitoring": "cloudwatch", "tagging": "resourcegroupstaggingapi"}
_CHANGING = ("PUT", "POST", "DELETE")
_NOT_OFFERED = ("sagemaker", "sagemaker-runtime", "sagemaker-metrics")


class MotoServices:
    """Moto's services as one account sees them, empty at first.

    Moto keeps everything in variables of its modules, so there can be only one in a process, and what was
    there is forgotten. Requests to a service are answered one after the other: moto's lists do not bear
    changes meanwhile.

    ``on_s3_change`` is called, under S3's lock, with each call that may have changed S3, the path and the
    body of its request.
    """

    def __init__(self, account: str, region: str) -> None:
        self.account, self.region = account, region
        self._apps: dict[str, Any] = {}
        self._apps_lock = threading.Lock()
        self._locks_lock = threading.Lock()
        self._locks: defaultdict[str, threading.RLock] = defaultdict(threading.RLock)
        self.on_s3_change: Callable[[Call, str, bytes], None] | None = None
        BackendDict.reset()
        reset_model_data()

    def __call__(self, call: Call, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer a call of one of its services.

        :raises ApiError: there is no such service
        """
        app = self._app(call.service)
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = self.account
        with self.lock(call.service):
            ours = self._answered_here(call, environ)
            if ours is not None:
                headers = [("Content-Type", "text/xml"), ("Content-Length", str(len(ours)))]
                start_response("200 OK", headers)
                return [ours]
            try:
                answer = app(environ, start_response)
            except NotImplementedError:
                message = f"The emulator does not offer {call.operation} of {call.service}."
                raise ApiError("InvalidAction", message) from None
            parts = list(answer)
            if hasattr(answer, "close"):
                answer.close()
            if call.service == "s3" and environ["REQUEST_METHOD"] in _CHANGING and self.on_s3_change:
                # Flask decodes paths as the text that a client meant, WSGI holds bytes.
                path = environ["PATH_INFO"].encode("latin-1").decode()
                self.on_s3_change(call, path, environ["wsgi.input"].getvalue())
        return parts

    def _app(self, service: str) -> Any:
        module = _MODULES.get(service, service)
        with self._apps_lock:
            if service not in self._apps:
                if module in _NOT_OFFERED or module not in list_of_moto_modules():
                    raise ApiError("UnknownOperationException", f"The emulator has no service {service}.")
                self._apps[service] = create_backend_app(module)  # type: ignore[arg-type]
            return self._apps[service]

    def _answered_here(self, call: Call, environ: dict[str, Any]) -> bytes | None:
        """The answer to what moto does not have, or is slow at; None: moto is to answer."""
        if call.operation == "ListObjectsV2":
            return self._listed(environ)
        if call.operation == "SimulatePrincipalPolicy":
            return simulated_policy(environ["wsgi.input"].getvalue(), self.has_role)
        return None

    def _listed(self, environ: dict[str, Any]) -> bytes | None:
        listing = listing_of(environ.get("QUERY_STRING", ""))
        name = environ["PATH_INFO"].strip("/")
        bucket = self.s3.buckets.get(name)
        if listing is None or bucket is None:
            return None
        newest = {key: versions[-1] for key, versions in dict.items(bucket.keys)}
        if bucket.is_versioned:
            newest = {key: one for key, one in newest.items() if not isinstance(one, FakeDeleteMarker)}
        return listing.answer(name, newest)

    @property
    def s3(self) -> Any:
        """Moto's S3; to be used under ``lock("s3")``."""
        return self.backend("s3", "aws")

    def lock(self, service: str) -> threading.RLock:
        """Held while the service answers a call."""
        with self._locks_lock:  # two that ask first at a time must get the same one
            return self._locks[service]

    def backend(self, service: str, region: str) -> Any:
        """What moto keeps of a service."""
        return get_backend(service)[self.account][region]  # type: ignore[call-overload]

    def create_bucket(self, name: str) -> None:
        """Create a bucket in the region, unless it is there."""
        with self.lock("s3"):
            if name not in self.s3.buckets:
                self.s3.create_bucket(name, self.region)

    def create_role(self, name: str, trust_policy: str, description: str) -> None:
        """Create a role below the path that SageMaker's console uses."""
        with self.lock("iam"):
            self.backend("iam", "aws").create_role(
                role_name=name,
                assume_role_policy_document=trust_policy,
                path="/service-role/",
                permissions_boundary=None,
                description=description,
                tags=[],
                max_session_duration="3600",
            )

    def has_role(self, arn: str) -> bool:
        """Whether the account has such a role."""
        with self.lock("iam"):
            roles = self.backend("iam", "aws").roles
            return any(role.arn == arn for role in roles.values())

    def has_repository(self, name: str) -> bool:
        """Whether ECR has a repository of that name."""
        with self.lock("ecr"):
            return name in self.backend("ecr", self.region).repositories

    def put_image(self, repository: str, tag: str, media_type: str, manifest: str, digest: str) -> None:
        """Let ECR know of an image that was pushed."""
        with self.lock("ecr"):
            backend = self.backend("ecr", self.region)
            known = backend.repositories[repository].images
            if not any(tag in one.image_tags and one.image_manifest == manifest for one in known):
                backend.put_image(repository, manifest, tag, media_type, digest)

    def create_log_group(self, name: str) -> None:
        """Create a log group in the region."""
        with self.lock("logs"):
            self.backend("logs", self.region).create_log_group(name, {})
