"""A small image that runs: a shell and what it needs of this machine, pushed by hand."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import platform
import re
import shutil
import subprocess
import tarfile
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["Pushing", "layer", "shell_files"]

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def shell_files(*programs: str) -> dict[str, bytes]:
    """Programs and the libraries that they load, by their paths below the root; empty if there are none."""
    files: dict[str, bytes] = {}
    for program in ("sh", "cat", *programs):
        path = shutil.which(program)
        listed = (
            subprocess.run(["ldd", str(path)], capture_output=True, text=True, check=False) if path else None
        )
        if path is None or listed is None or listed.returncode != 0:
            return {}
        files[f"bin/{program}"] = Path(path).read_bytes()
        for library in re.findall(r"(/\S+) \(0x", listed.stdout):
            files[library.lstrip("/")] = Path(library).read_bytes()
    return files


def layer(files: Mapping[str, bytes | tarfile.TarInfo]) -> bytes:
    """A compressed layer of files (executable ones) and of members as they are."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in files.items():
            if isinstance(content, tarfile.TarInfo):
                archive.addfile(content)
                continue
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o755
            archive.addfile(entry, io.BytesIO(content))
    return gzip.compress(stream.getvalue(), 1, mtime=0)


class Pushing:
    """Speaks with a registry as a client would.

    :param user: None: does not log in
    """

    def __init__(self, endpoint_url: str, user: str | None = "AWS") -> None:
        self._endpoint, self._user = endpoint_url, user

    def call(
        self, method: str, path: str, body: bytes = b"", kind: str = "application/octet-stream"
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and body of the answer."""
        request = urllib.request.Request(self._endpoint + path, body or None, method=method)
        request.add_header("Content-Type", kind)
        if self._user is not None:
            secret = base64.b64encode(f"{self._user}:secret".encode()).decode()
            request.add_header("Authorization", f"Basic {secret}")
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    def push_blob(self, repository: str, content: bytes, pieces: int = 2) -> dict[str, Any]:
        """Push in pieces, as clients do; the blob's descriptor."""
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        status, headers, _ = self.call("POST", f"/v2/{repository}/blobs/uploads/")
        assert status == 202
        size = -(-len(content) // pieces)
        for start in range(0, len(content), size):
            status, headers, _ = self.call("PATCH", headers["Location"], content[start : start + size])
            assert status == 202
        status, _, told = self.call("PUT", f"{headers['Location']}?digest={digest}")
        assert status == 201, told
        return {"digest": digest, "size": len(content)}

    def push(self, repository: str, tag: str, layers: list[bytes], **config: Any) -> str:
        """Push an image; its digest."""
        kind = "application/vnd.oci.image"
        system = {"architecture": _ARCHITECTURES.get(platform.machine(), "other"), "os": "linux"}
        described = json.dumps({**system, "config": config}).encode()
        manifest = {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": {**self.push_blob(repository, described), "mediaType": f"{kind}.config.v1+json"},
            "layers": [
                {**self.push_blob(repository, one), "mediaType": f"{kind}.layer.v1.tar+gzip"}
                for one in layers
            ],
        }
        body = json.dumps(manifest).encode()
        status, headers, told = self.call("PUT", f"/v2/{repository}/manifests/{tag}", body, _MANIFEST)
        assert status == 201, told
        return str(headers["Docker-Content-Digest"])
