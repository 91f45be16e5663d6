"""The instances of a job, and where each has its ``/opt/ml``."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["OPT_ML", "Instance", "OptMl", "instances_of", "resource_config"]

OPT_ML = "/opt/ml"
_ONLY_GROUP = "homogeneousCluster"


@dataclass(frozen=True)
class Instance:
    """One machine of a job.

    :param host: ``algo-1``, ``algo-2``, ...
    :param group: name of its instance group
    """

    host: str
    kind: str
    group: str


def instances_of(request: Mapping[str, Any]) -> list[Instance]:
    """The machines that ``ResourceConfig`` asks for, by groups or all alike."""
    resources = request["ResourceConfig"]
    groups = resources.get("InstanceGroups") or [{**resources, "InstanceGroupName": _ONLY_GROUP}]
    wanted = [
        (group["InstanceType"], group["InstanceGroupName"])
        for group in groups
        for _ in range(group.get("InstanceCount", 1))
    ]
    return [Instance(f"algo-{n}", kind, group) for n, (kind, group) in enumerate(wanted, start=1)]


def resource_config(instances: Sequence[Instance], current: Instance) -> dict[str, Any]:
    """What ``current`` finds in ``resourceconfig.json``. All share this machine's loopback interface."""
    groups: dict[str, dict[str, Any]] = {}
    for instance in instances:
        group = groups.setdefault(
            instance.group,
            {"instance_group_name": instance.group, "instance_type": instance.kind, "hosts": []},
        )
        group["hosts"].append(instance.host)
    return {
        "current_host": current.host,
        "current_instance_type": current.kind,
        "current_group_name": current.group,
        "hosts": sorted(instance.host for instance in instances),
        "instance_groups": list(groups.values()),
        "network_interface_name": "lo",
    }


@dataclass(frozen=True)
class OptMl:
    """The files of one instance, as this process sees them; ``root`` is what the job sees as ``/opt/ml``.

    See "Amazon SageMaker AI Training Storage Folders" in the SageMaker developer guide.
    """

    root: Path

    @property
    def input(self) -> Path:
        """Channels and configuration."""
        return self.root / "input"

    @property
    def model(self) -> Path:
        """Becomes model.tar.gz."""
        return self.root / "model"

    @property
    def output_data(self) -> Path:
        """Becomes output.tar.gz."""
        return self.root / "output" / "data"

    @property
    def failure(self) -> Path:
        """What the job says about its failure."""
        return self.root / "output" / "failure"

    def channel(self, name: str) -> Path:
        """Folder of an input channel."""
        return self.input / "data" / name

    def local(self, path: str) -> Path | None:
        """Where this process finds ``path`` of the job; None if it is not below ``/opt/ml``."""
        below = os.path.normpath(path)
        if below == OPT_ML or below.startswith(OPT_ML + "/"):
            return self.root / below[len(OPT_ML) + 1 :]
        return None

    def create(self, configuration: Mapping[str, Any]) -> None:
        """Make the folders, and ``input/config/NAME.json`` of every item of ``configuration``."""
        config = self.input / "config"
        for folder in (config, self.input / "data", self.model, self.output_data, self.root / "code"):
            folder.mkdir(parents=True, exist_ok=True)
        for name, value in configuration.items():
            (config / f"{name}.json").write_text(json.dumps(value), encoding="utf-8")
