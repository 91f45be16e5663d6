"""Which service and operation a request is for, and how its errors are written."""

from __future__ import annotations

import io
import json
import uuid
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, unquote
from xml.sax.saxutils import escape

from syne_core.emulator.api_error import ApiError

__all__ = ["Answer", "Call", "call_of", "error_answer", "json_answer"]

#: What comes before the dot in ``X-Amz-Target``, and botocore's name of the service.
_TARGETS = {
    "SageMaker": "sagemaker",
    "ServiceQuotasV20190624": "service-quotas",
    "AWSPriceListService": "pricing",
    "Logs_20140328": "logs",
    "AmazonEC2ContainerRegistry_V20150921": "ecr",
}
_SIGNED_AS = {"servicequotas": "service-quotas"}
_S3_THROTTLE = ApiError("SlowDown", "Please reduce your request rate.", 503)


@dataclass(frozen=True)
class Call:
    """What a request asks for.

    :param service: botocore's name of the service
    :param operation: name in the service's model, for example ``ListObjectsV2``
    :param protocol: ``json``, ``query`` or ``rest-xml``: how errors are written
    :param caller: whose credentials signed it: key and session token
    """

    service: str
    operation: str
    protocol: str
    caller: str = ""


@dataclass(frozen=True)
class Answer:
    """What goes back: status line, headers, body."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes


def call_of(environ: dict[str, Any]) -> Call:
    """What the request asks for; whatever is no call of another service is for S3, as with moto."""
    return replace(_operation_of(environ), caller=_caller(environ))


def _operation_of(environ: dict[str, Any]) -> Call:
    service = _signed_for(environ)
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target:
        prefix, _, operation = target.rpartition(".")
        return Call(_TARGETS.get(prefix, service or prefix), operation, "json")
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        return Call(service or "sts", _action(environ), "query")
    if service in (None, "s3"):
        return Call("s3", _s3_operation(environ), "rest-xml")
    return Call(service, f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}", "json")


def _scope(environ: dict[str, Any]) -> str:
    """The credential scope ``KEY/DATE/REGION/SERVICE/aws4_request``, also of signed URLs."""
    scope: str = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2].partition(",")[0]
    if not scope and "X-Amz-Credential" in environ.get("QUERY_STRING", ""):
        scope = unquote(parse_qs(environ["QUERY_STRING"])["X-Amz-Credential"][0])
    return scope


def _caller(environ: dict[str, Any]) -> str:
    key = _scope(environ).partition("/")[0]
    token = environ.get("HTTP_X_AMZ_SECURITY_TOKEN", "")
    return f"{key} {token}".strip()


def _signed_for(environ: dict[str, Any]) -> str | None:
    parts = _scope(environ).split("/")
    if len(parts) < 5:
        return None
    name: str = parts[-2].lower()
    return _SIGNED_AS.get(name, name)


def _action(environ: dict[str, Any]) -> str:
    body: io.BytesIO = environ["wsgi.input"]
    fields = parse_qs(body.getvalue().decode("utf-8", "replace"))
    return fields.get("Action", ["?"])[0]


_S3_SUBRESOURCES = {
    "acl": "Acl", "cors": "Cors", "encryption": "Encryption", "lifecycle": "LifecycleConfiguration",
    "location": "Location", "logging": "Logging", "policy": "Policy", "tagging": "Tagging",
    "versioning": "Versioning", "publicAccessBlock": "PublicAccessBlock",
    "ownershipControls": "OwnershipControls",
}  # fmt: skip
_S3_ON_OBJECT = {
    "GET": "GetObject", "HEAD": "HeadObject", "PUT": "PutObject", "DELETE": "DeleteObject",
}  # fmt: skip
_S3_ON_BUCKET = {
    "GET": "ListObjects", "HEAD": "HeadBucket", "PUT": "CreateBucket", "DELETE": "DeleteBucket",
    "POST": "PostObject",
}  # fmt: skip


def _s3_operation(environ: dict[str, Any]) -> str:
    method = environ["REQUEST_METHOD"]
    query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    bucket, _, key = environ["PATH_INFO"].lstrip("/").partition("/")
    if not bucket:
        return "ListBuckets"
    for name, noun in _S3_SUBRESOURCES.items():
        if name in query:
            verb = {"GET": "Get", "PUT": "Put", "DELETE": "Delete"}.get(method, method)
            return f"{verb}{'Object' if key else 'Bucket'}{noun}"
    return _on_object(method, query, environ) if key else _on_bucket(method, query)


def _on_bucket(method: str, query: dict[str, list[str]]) -> str:
    if method == "GET" and "uploads" in query:
        return "ListMultipartUploads"
    if method == "GET" and "versions" in query:
        return "ListObjectVersions"
    if method == "GET" and "list-type" in query:
        return "ListObjectsV2"
    if method == "POST" and "delete" in query:
        return "DeleteObjects"
    return _S3_ON_BUCKET.get(method, method)


def _on_object(method: str, query: dict[str, list[str]], environ: dict[str, Any]) -> str:
    if "uploads" in query:
        return "CreateMultipartUpload"
    if "uploadId" in query:
        of_upload = {
            "PUT": "UploadPart",
            "POST": "CompleteMultipartUpload",
            "DELETE": "AbortMultipartUpload",
            "GET": "ListParts",
        }
        return of_upload.get(method, method)
    if method == "PUT" and "HTTP_X_AMZ_COPY_SOURCE" in environ:
        return "CopyObject"
    return _S3_ON_OBJECT.get(method, method)


def json_answer(body: dict[str, Any], status: str = "200 OK") -> Answer:
    """An answer of a JSON service."""
    return _answer(status, "application/x-amz-json-1.1", json.dumps(body, ensure_ascii=False).encode())


def error_answer(call: Call, error: ApiError) -> Answer:
    """How the service of ``call`` reports ``error``."""
    if call.protocol == "json":
        return json_answer({"__type": error.code, "message": error.message}, _status_line(error.status))
    if call.protocol == "query":
        text = (
            f"<ErrorResponse><Error><Type>Sender</Type>{_code_and_message(error)}</Error>"
            f"<RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>"
        )
        return _answer(_status_line(error.status), "text/xml", text.encode())
    if error.code == "ThrottlingException":
        error = _S3_THROTTLE
    text = f"<Error>{_code_and_message(error)}<RequestId>{uuid.uuid4()}</RequestId></Error>"
    return _answer(_status_line(error.status), "application/xml", text.encode())


def _answer(status: str, content_type: str, body: bytes) -> Answer:
    headers = [
        ("Content-Type", content_type),
        ("Content-Length", str(len(body))),
        ("x-amzn-RequestId", str(uuid.uuid4())),
    ]
    return Answer(status, headers, body)


def _code_and_message(error: ApiError) -> str:
    return f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"


def _status_line(status: int) -> str:
    reasons = {400: "Bad Request", 404: "Not Found", 500: "Internal Server Error", 503: "Service Unavailable"}
    return f"{status} {reasons.get(status, 'Error')}"
