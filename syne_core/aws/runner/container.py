"""The container as SageMaker lays it out below ``/opt/ml``, and the variables that its scripts expect.

Source: AWS, "How Amazon SageMaker AI provides training information"; names of the variables as the
SageMaker training toolkit documents them. Standard library only, parses as Python 3.8.
"""

from __future__ import annotations

import glob
import json
import os
from pathlib import Path
from typing import Any

__all__ = ["BASE_VARIABLE", "Container"]

BASE_VARIABLE = "SYNEBENCH_OPT_ML"
_BASE = "/opt/ml"
_MASTER_PORT = "7777"
#: A variable may have 128 KiB on Linux; a program with a longer one is not started at all.
_LONGEST_VARIABLE = 120_000
_FAILURE_CHARACTERS = 1000


class Container:
    """Folders and description of one container; ``base`` is ``/opt/ml`` or what stands for it."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.code = base / "code"
        self.model = base / "model"
        self.checkpoints = base / "checkpoints"
        self.packages = base / "packages"
        self.channel = base / "input" / "data" / "code"
        self._configuration = base / "input" / "config"
        resources = self._described("resourceconfig.json")
        self._resources = resources
        self.host = str(resources.get("current_host") or "algo-1")
        self.hosts = [str(host) for host in resources.get("hosts") or [self.host]]

    @classmethod
    def found(cls) -> Container:
        """The one that this process runs in."""
        return cls(Path(os.path.abspath(os.environ.get(BASE_VARIABLE) or _BASE)))

    @property
    def is_first_host(self) -> bool:
        """Whether this host speaks for the job."""
        return self.host == min(self.hosts)

    @property
    def is_real(self) -> bool:
        """Whether its Python environment is its own, to be changed."""
        return not os.environ.get(BASE_VARIABLE)

    def make_folders(self) -> None:
        """Make the folders that scripts write to."""
        for folder in (self.code, self.model, self.checkpoints, self.base / "output" / "data"):
            folder.mkdir(parents=True, exist_ok=True)

    def fail(self, reason: str, details: str = "") -> None:
        """Write ``output/failure``, from which SageMaker takes the reason; it reads 1024 characters."""
        room = _FAILURE_CHARACTERS - len(reason)
        text = reason[:_FAILURE_CHARACTERS] + ("\n" + details[-room:] if details and room > 0 else "")
        try:
            (self.base / "output").mkdir(parents=True, exist_ok=True)
            (self.base / "output" / "failure").write_bytes(text.encode("utf-8", "replace"))
        except OSError:
            pass  # the log says it as well

    def entries(self) -> set[str]:
        """Names of what lies in the base folder itself."""
        return set(os.listdir(self.base))

    def collect_strays(self, before: set[str]) -> list[str]:
        """Move what has appeared in the base folder to the model's, which alone is kept.

        :param before: what ``entries`` said before the script ran
        :returns: names of what was moved
        """
        import shutil

        moved = []
        for name in sorted(self.entries() - before):
            if not (self.model / name).exists():
                shutil.move(str(self.base / name), str(self.model / name))
                moved.append(name)
        return moved

    def variables(self, config: dict[str, Any], arguments: list[str], entry_point: str) -> dict[str, str]:
        """``SM_*`` and, if there are several hosts, what torch needs to find the first."""
        channels = self._channels()
        hyperparameters = config or self._described("hyperparameters.json")
        values: dict[str, Any] = {
            "SM_MODEL_DIR": str(self.model),
            "SM_OUTPUT_DIR": str(self.base / "output"),
            "SM_OUTPUT_DATA_DIR": str(self.base / "output" / "data"),
            "SM_OUTPUT_INTERMEDIATE_DIR": str(self.base / "output" / "intermediate"),
            "SM_INPUT_DIR": str(self.base / "input"),
            "SM_INPUT_CONFIG_DIR": str(self._configuration),
            "SM_CHANNELS": sorted(channels),
            "SM_CURRENT_HOST": self.host,
            "SM_HOSTS": self.hosts,
            "SM_HOST_COUNT": len(self.hosts),
            "SM_CURRENT_HOST_RANK": self.hosts.index(self.host) if self.host in self.hosts else 0,
            "SM_CURRENT_INSTANCE_TYPE": str(self._resources.get("current_instance_type", "")),
            "SM_CURRENT_INSTANCE_GROUP": str(self._resources.get("current_group_name", "")),
            "SM_NETWORK_INTERFACE_NAME": str(self._resources.get("network_interface_name", "eth0")),
            "SM_MASTER_ADDR": min(self.hosts),
            "SM_MASTER_PORT": _MASTER_PORT,
            "SM_RESOURCE_CONFIG": self._resources,
            "SM_INPUT_DATA_CONFIG": self._described("inputdataconfig.json"),
            "SM_HPS": hyperparameters,
            "SM_USER_ARGS": arguments,
            "SM_USER_ENTRY_POINT": entry_point,
            "SM_MODULE_NAME": os.path.splitext(entry_point)[0],
            "SM_MODULE_DIR": str(self.code),
            "SM_NUM_CPUS": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1,
            "SM_NUM_GPUS": len(glob.glob("/dev/nvidia[0-9]*")),
            "SM_LOG_LEVEL": 20,
            "SM_FRAMEWORK_MODULE": "",
        }
        values.update({f"SM_CHANNEL_{name.upper()}": path for name, path in channels.items()})
        values.update({f"SM_HP_{name.upper()}": value for name, value in hyperparameters.items()})
        if len(self.hosts) > 1:
            interface = values["SM_NETWORK_INTERFACE_NAME"]
            values.update(MASTER_ADDR=min(self.hosts), MASTER_PORT=_MASTER_PORT, NCCL_SOCKET_IFNAME=interface)
        texts = {name: v if isinstance(v, str) else json.dumps(v) for name, v in values.items()}
        return {name: text for name, text in texts.items() if _is_possible(name, text)}

    def _channels(self) -> dict[str, str]:
        names = set(self._described("inputdataconfig.json"))
        data = self.base / "input" / "data"
        if data.is_dir():
            names.update(entry.name for entry in data.iterdir() if entry.is_dir())
        return {name: str(data / name) for name in names - {"code"}}

    def _described(self, name: str) -> dict[str, Any]:
        try:
            values = json.loads((self._configuration / name).read_bytes())
        except (OSError, ValueError):
            return {}
        return values if isinstance(values, dict) else {}


def _is_possible(name: str, text: str) -> bool:
    return len(text) < _LONGEST_VARIABLE and "\0" not in name + text and "=" not in name
