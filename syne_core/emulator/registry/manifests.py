"""Which images were pushed: manifests by repository, tag and digest."""

from __future__ import annotations

import json
import platform
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from syne_core.emulator.registry.blobs import Blobs, digest_of

__all__ = ["Manifest", "ManifestError", "Manifests"]

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


class ManifestError(Exception):
    """A manifest that cannot be stored; its registry code and a message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Manifest:
    """As it was pushed."""

    media_type: str
    content: bytes

    @property
    def digest(self) -> str:
        """Of the content."""
        return digest_of(self.content)

    @property
    def values(self) -> dict[str, Any]:
        """The content, read."""
        found: dict[str, Any] = json.loads(self.content)
        return found


class Manifests:
    """The manifests of all repositories. May be used by several threads.

    See "OCI Distribution Specification" and "Image Manifest V 2, Schema 2".
    """

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._lock = threading.Lock()
        self._by_reference: dict[tuple[str, str], Manifest] = {}

    def put(self, repository: str, reference: str, manifest: Manifest) -> None:
        """Store a manifest under its digest and, if ``reference`` is one, its tag.

        :raises ManifestError: it is no manifest, or what it names was not pushed
        """
        try:
            values = json.loads(manifest.content)
            if not isinstance(values, dict) or not ("layers" in values or "manifests" in values):
                raise ValueError("it has neither layers nor manifests")
            missing = [digest for digest in _named_blobs(values) if self._blobs.path(digest) is None]
            named = [str(entry["digest"]) for entry in values.get("manifests", ())]
        except (ValueError, KeyError, TypeError) as error:
            raise ManifestError("MANIFEST_INVALID", f"manifest invalid: {error}") from None
        with self._lock:
            missing += [digest for digest in named if (repository, digest) not in self._by_reference]
            if missing:
                raise ManifestError("MANIFEST_BLOB_UNKNOWN", f"blob unknown to registry: {missing[0]}")
            self._by_reference[repository, reference] = manifest
            self._by_reference[repository, manifest.digest] = manifest

    def get(self, repository: str, reference: str) -> Manifest | None:
        """The manifest of a tag or digest."""
        return self._by_reference.get((repository, reference))

    def image(self, repository: str, reference: str) -> Manifest | None:
        """The same; of an image for several architectures, the one for this machine."""
        manifest = self.get(repository, reference)
        if manifest is None or "manifests" not in manifest.values:
            return manifest
        wanted = _ARCHITECTURES.get(platform.machine(), platform.machine())
        for entry in manifest.values["manifests"]:
            kind = entry.get("platform", {})
            if (kind.get("os"), kind.get("architecture")) == ("linux", wanted):
                return self.get(repository, entry["digest"])
        return None


def _named_blobs(values: dict[str, Any]) -> Iterator[str]:
    if "config" in values:
        yield str(values["config"]["digest"])
    for layer in values.get("layers", ()):
        if not layer.get("urls"):  # layers that lie elsewhere are not pushed
            yield str(layer["digest"])
