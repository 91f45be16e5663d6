"""The protocol by which docker, podman and buildah push and pull: HTTP below ``/v2/``.

See "OCI Distribution Specification" (1.1). As with ECR, repositories have to exist, and users are called AWS;
their passwords, as all permissions, are not checked.
"""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from syne_core.emulator.http_server import StartResponse
from syne_core.emulator.registry.blobs import Blobs
from syne_core.emulator.registry.manifests import Manifest, ManifestError, Manifests

__all__ = ["Registry"]

_NAME = r"(?P<name>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)"
_BLOB = re.compile(rf"/v2/{_NAME}/blobs/(?P<digest>[a-z0-9]+:[0-9a-f]+)")
_UPLOADS = re.compile(rf"/v2/{_NAME}/blobs/uploads/?")
_UPLOAD = re.compile(rf"/v2/{_NAME}/blobs/uploads/(?P<upload>[0-9a-f]+)")
_MANIFEST = re.compile(rf"/v2/{_NAME}/manifests/(?P<reference>[A-Za-z0-9_][\w.:-]*)")
_JSON = "application/json"

_Answer = tuple[str, dict[str, str], bytes]


class Registry:
    """A WSGI application for all requests below ``/v2/``.

    :param folder: of the blobs
    :param has_repository: whether ECR has a repository of that name
    :param on_push: told of a pushed manifest: repository, reference, manifest
    """

    def __init__(
        self,
        folder: Path,
        has_repository: Callable[[str], bool],
        on_push: Callable[[str, str, Manifest], None],
    ) -> None:
        self.blobs = Blobs(folder)
        self.manifests = Manifests(self.blobs)
        self._has_repository, self._on_push = has_repository, on_push

    @staticmethod
    def is_meant(environ: dict[str, Any]) -> bool:
        """Whether a request is for the registry; no bucket has such a short name."""
        path = environ.get("PATH_INFO", "")
        return bool(path == "/v2" or path.startswith("/v2/"))

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        status, headers, body = self._answer(environ)
        headers = {"Docker-Distribution-Api-Version": "registry/2.0", **headers}
        headers.setdefault("Content-Length", str(len(body)))
        start_response(status, list(headers.items()))
        return [body]

    def _answer(self, environ: dict[str, Any]) -> _Answer:
        if not _is_logged_in(environ):
            status, headers, told = _error("401 Unauthorized", "UNAUTHORIZED", "log in as AWS")
            return status, {**headers, "WWW-Authenticate": 'Basic realm="emulator"'}, told
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if path in ("/v2", "/v2/"):
            return "200 OK", {"Content-Type": _JSON}, b"{}"
        query = {name: values[0] for name, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
        body: io.BytesIO = environ["wsgi.input"]
        for pattern, handle in (
            (_UPLOADS, self._begin),
            (_UPLOAD, self._upload),
            (_BLOB, self._blob),
            (_MANIFEST, self._manifest),
        ):
            found = pattern.fullmatch(path)
            if found is None:
                continue
            name = found["name"]
            if not self._has_repository(name):
                message = f"The repository with name '{name}' does not exist in the registry"
                return _error("404 Not Found", "NAME_UNKNOWN", message)
            given = {**found.groupdict(), **query, "type": environ.get("CONTENT_TYPE", "")}
            return handle(method, given, body)
        return _error("404 Not Found", "UNSUPPORTED", f"{path} is no resource of a registry")

    def _begin(self, method: str, given: dict[str, str], body: io.BytesIO) -> _Answer:
        if method != "POST":
            return _not_allowed()
        name = given["name"]
        if "mount" in given and self.blobs.path(given["mount"]) is not None:
            return "201 Created", _blob_place(name, given["mount"]), b""
        upload = self.blobs.begin()
        if "digest" in given:
            return self._finish(name, upload, given["digest"], body.getvalue())
        return "202 Accepted", _upload_place(name, upload, 0), b""

    def _upload(self, method: str, given: dict[str, str], body: io.BytesIO) -> _Answer:
        name, upload = given["name"], given["upload"]
        size = self.blobs.size_of_upload(upload)
        if size is None:
            return _error("404 Not Found", "BLOB_UPLOAD_UNKNOWN", "there is no such upload")
        if method == "PATCH":
            size = self.blobs.append(upload, body.getvalue())
            return "202 Accepted", _upload_place(name, upload, size or 0), b""
        if method == "PUT":
            return self._finish(name, upload, given.get("digest", ""), body.getvalue())
        if method == "GET":
            return "204 No Content", _upload_place(name, upload, size), b""
        if method == "DELETE":
            self.blobs.cancel(upload)
            return "204 No Content", {}, b""
        return _not_allowed()

    def _finish(self, name: str, upload: str, digest: str, rest: bytes) -> _Answer:
        if rest:
            self.blobs.append(upload, rest)
        if not self.blobs.finish(upload, digest):
            return _error("400 Bad Request", "DIGEST_INVALID", "the content is not what the digest says")
        return "201 Created", _blob_place(name, digest), b""

    def _blob(self, method: str, given: dict[str, str], body: io.BytesIO) -> _Answer:
        if method not in ("GET", "HEAD"):
            return _not_allowed()
        path = self.blobs.path(given["digest"])
        if path is None:
            return _error("404 Not Found", "BLOB_UNKNOWN", "there is no such blob")
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Length": str(path.stat().st_size),
            "Docker-Content-Digest": given["digest"],
        }
        return "200 OK", headers, path.read_bytes() if method == "GET" else b""

    def _manifest(self, method: str, given: dict[str, str], body: io.BytesIO) -> _Answer:
        name, reference = given["name"], given["reference"]
        if method == "PUT":
            manifest = Manifest(given["type"], body.getvalue())
            if ":" in reference and reference != manifest.digest:
                return _error("400 Bad Request", "DIGEST_INVALID", "the manifest is not what the digest says")
            try:
                self.manifests.put(name, reference, manifest)
            except ManifestError as error:
                return _error("400 Bad Request", error.code, str(error))
            self._on_push(name, reference, manifest)
            place = f"/v2/{name}/manifests/{manifest.digest}"
            return "201 Created", {"Location": place, "Docker-Content-Digest": manifest.digest}, b""
        if method not in ("GET", "HEAD"):
            return _not_allowed()
        found = self.manifests.get(name, reference)
        if found is None:
            return _error("404 Not Found", "MANIFEST_UNKNOWN", f"there is no image {name}:{reference}")
        headers = {
            "Content-Type": found.media_type,
            "Content-Length": str(len(found.content)),
            "Docker-Content-Digest": found.digest,
        }
        return "200 OK", headers, found.content if method == "GET" else b""


def _is_logged_in(environ: dict[str, Any]) -> bool:
    scheme, _, given = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        user, _, password = base64.b64decode(given, validate=True).partition(b":")
    except ValueError:
        return False
    return user == b"AWS" and bool(password)


def _upload_place(name: str, upload: str, size: int) -> dict[str, str]:
    return {
        "Location": f"/v2/{name}/blobs/uploads/{upload}",
        "Range": f"0-{max(0, size - 1)}",
        "Docker-Upload-UUID": upload,
    }


def _blob_place(name: str, digest: str) -> dict[str, str]:
    return {"Location": f"/v2/{name}/blobs/{digest}", "Docker-Content-Digest": digest}


def _not_allowed() -> _Answer:
    return _error("405 Method Not Allowed", "UNSUPPORTED", "the operation is unsupported")


def _error(status: str, code: str, message: str) -> _Answer:
    body = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
    return status, {"Content-Type": _JSON}, body
