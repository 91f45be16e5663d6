"""The emulator's container registry: ECR's other half, which images are pushed to."""

from __future__ import annotations

from syne_core.emulator.registry.manifests import Manifest
from syne_core.emulator.registry.protocol import Registry
from syne_core.emulator.registry.pushed_images import PushedImages

__all__ = ["Manifest", "PushedImages", "Registry"]
