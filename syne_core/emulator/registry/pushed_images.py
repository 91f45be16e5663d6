"""Pushed images as jobs see them: a root folder, variables and a program."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

from syne_core.emulator.jobs.contract import ImageRoot
from syne_core.emulator.jobs.failures import JobFailure
from syne_core.emulator.registry.layers import unpack_layers
from syne_core.emulator.registry.manifests import Manifest
from syne_core.emulator.registry.protocol import Registry

__all__ = ["PushedImages"]


class PushedImages:
    """The images of a registry, unpacked when first used. May be used by several threads.

    :param folder: the roots go below it
    :param hosts: what comes before the first slash of images that are meant to lie here
    :param has_repository: whether ECR has a repository of that name
    """

    def __init__(
        self, registry: Registry, folder: Path, hosts: tuple[str, ...], has_repository: Callable[[str], bool]
    ) -> None:
        self._registry, self._folder, self._hosts = registry, folder, hosts
        self._has_repository = has_repository
        self._lock = threading.Lock()

    def root_of(self, image: str) -> ImageRoot | None:
        """The image that a job names; None if it is none of this registry's, and so is not looked at.

        :raises JobFailure: its repository is here, but it was never pushed, or it cannot be unpacked
        """
        host, _, rest = image.partition("/")
        if host not in self._hosts or not rest:
            return None
        repository, reference = _split(rest)
        if not self._has_repository(repository):
            return None
        manifest = self._registry.manifests.image(repository, reference)
        if manifest is None:
            raise JobFailure(
                f"ClientError: Cannot find image '{image}'. It was not pushed to the emulator, or not for "
                "the architecture of this machine"
            )
        return self._unpacked(manifest)

    def _unpacked(self, manifest: Manifest) -> ImageRoot:
        root = self._folder / manifest.digest.replace(":", "-")
        values = manifest.values
        with self._lock:
            if not root.is_dir():
                unfinished = root.with_suffix(".new")
                shutil.rmtree(unfinished, ignore_errors=True)
                unpack_layers([self._blob(layer["digest"]) for layer in values["layers"]], unfinished)
                unfinished.rename(root)
        described = json.loads(self._blob(values["config"]["digest"]).read_bytes())
        config = described.get("config") or {}
        variables = dict(entry.split("=", 1) for entry in config.get("Env") or () if "=" in entry)
        program = tuple(config.get("Entrypoint") or ())
        return ImageRoot(root, variables, program, config.get("WorkingDir") or "/")

    def _blob(self, digest: str) -> Path:
        path = self._registry.blobs.path(digest)
        if path is None:
            raise JobFailure(f"ClientError: the image has a layer {digest} that was not pushed")
        return path


def _split(rest: str) -> tuple[str, str]:
    """Repository, and tag or digest."""
    if "@" in rest:
        repository, _, digest = rest.partition("@")
        return repository.partition(":")[0], digest
    repository, _, tag = rest.partition(":")
    return repository, tag or "latest"
