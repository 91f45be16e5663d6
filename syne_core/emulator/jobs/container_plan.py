"""Which program runs in the containers of a job, and in which surroundings."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from syne_core.emulator.jobs.containers import Container
from syne_core.emulator.jobs.contract import ImageRoot, JobSurroundings
from syne_core.emulator.jobs.environment import (
    container_environment,
    image_environment,
    install_packages_into,
    provide_programs,
)
from syne_core.emulator.jobs.failures import JobFailure
from syne_core.emulator.jobs.instances import OPT_ML, Instance, OptMl
from syne_core.emulator.jobs.isolation import isolation_named
from syne_core.emulator.jobs.objects import S3Objects
from syne_core.emulator.jobs.script_mode import ScriptMode

__all__ = ["ContainerPlan"]

_BASE_VARIABLE = "SYNEBENCH_OPT_ML"
_HOSTS = Path("/etc/hosts")
# Jobs share this machine's ports, so each has one of these for torch's distributed training.
_FIRST_PORT, _PORTS = 20_000, 10_000


class ContainerPlan:
    """What the containers of one job have in common.

    :param homes: the instances and their files
    :param folder: of the job
    :raises JobFailure: the request names no program that the emulator could run
    """

    def __init__(
        self,
        request: Mapping[str, Any],
        arn: str,
        surroundings: JobSurroundings,
        homes: Sequence[tuple[Instance, OptMl]],
        folder: Path,
    ) -> None:
        self._request, self._surroundings = request, surroundings
        self._homes, self._folder = homes, folder
        algorithm = request["AlgorithmSpecification"]
        self._entry_point = [
            *algorithm.get("ContainerEntrypoint", ()),
            *algorithm.get("ContainerArguments", ()),
        ]
        self._isolation = isolation_named(surroundings.isolation, surroundings.folder)
        self._image = self._pushed_image(algorithm.get("TrainingImage", ""))
        has_program = bool(algorithm.get("ContainerEntrypoint"))
        if self._image is not None and not has_program:
            arguments = algorithm.get("ContainerArguments") or ["train"]
            self._entry_point = [*self._image.entry_point, *arguments]
        self._script = None if has_program or self._image is not None else ScriptMode.of(request)
        if self._script is None and self._image is None and not has_program:
            raise JobFailure(
                "ClientError: the emulator runs no images that were not pushed to it. Push this one, give "
                "AlgorithmSpecification.ContainerEntrypoint, or name a script in the hyperparameter "
                "sagemaker_program"
            )
        self._number = int.from_bytes(hashlib.sha256(arn.encode()).digest()[:4], "big")
        self._environment = self._common_environment(arn)
        has_names = self._isolation.namespaces and _HOSTS.is_file()
        self._hosts_file = self._write_hosts() if has_names else None

    def unpack(self, objects: S3Objects) -> None:
        """Put the code of script mode in place.

        :raises JobFailure: it cannot be had
        """
        if self._script is not None:
            self._script.unpack(objects, [home for _, home in self._homes])

    def container(self, instance: Instance, opt_ml: OptMl) -> Container:
        """The container of an instance, not started yet."""
        if self._image is not None:
            return self._image_container(self._image, instance, opt_ml)
        seen = OPT_ML if self._isolation.namespaces else str(opt_ml.root)
        environment = {name: _as_seen(value, seen) for name, value in self._environment.items()}
        if not self._isolation.namespaces:
            environment[_BASE_VARIABLE] = seen
        scratch = opt_ml.root.parent
        if not self._isolation.overlays:
            install_packages_into(environment, scratch / "packages")
        if self._script is None:
            argv = [_as_seen(word, seen) for word in self._entry_point]
        else:
            instances = [instance for instance, _ in self._homes]
            environment |= self._script.environment(self._request, instances, instance, seen)
            argv = self._script.command(
                seen,
                self._surroundings.install_requirements,
                rank=instances.index(instance),
                instances=len(instances),
                port=_FIRST_PORT + self._number % _PORTS,
            )
        command = self._isolation.command(
            argv, opt_ml.root, scratch, instance.host, self._hosts_file, f"{seen}/code"
        )
        return Container(command, environment, self._folder)

    def _pushed_image(self, name: str) -> ImageRoot | None:
        images = self._surroundings.images
        image = None if images is None else images.root_of(name)
        if image is not None and not self._isolation.namespaces:
            raise JobFailure("ClientError: jobs run in images where there are user namespaces; here are none")
        return image

    def _image_container(self, image: ImageRoot, instance: Instance, opt_ml: OptMl) -> Container:
        scratch, root = opt_ml.root.parent, image.folder
        if not self._isolation.overlays:
            root = scratch / "image"
            shutil.copytree(image.folder, root, symlinks=True)
        variables = scratch / "variables"
        variables.write_bytes(image_environment(image, self._request, self._environment))
        has_program = self._request["AlgorithmSpecification"].get("ContainerEntrypoint")
        command = self._isolation.image_command(
            self._entry_point,
            root,
            opt_ml.root,
            scratch,
            variables,
            instance.host,
            self._hosts_file,
            "/opt/ml/code" if has_program else image.working_folder,
        )
        return Container(command, {"PATH": os.environ.get("PATH", os.defpath)}, self._folder)

    def _common_environment(self, arn: str) -> dict[str, str]:
        home = self._folder / "home"
        home.mkdir()
        environment = container_environment(self._request, arn, self._surroundings, home)
        provide_programs(environment, self._folder / "bin")
        return environment

    def _write_hosts(self) -> Path:
        """``/etc/hosts``: an address of loopback for each instance, so that all can listen on one port."""
        network = f"127.{self._number // 256 % 254 + 1}.{self._number % 256}"
        lines = [
            f"{network}.{number} {instance.host}\n" for number, (instance, _) in enumerate(self._homes, 1)
        ]
        path = self._folder / "hosts"
        path.write_text(_HOSTS.read_text().rstrip("\n") + "\n" + "".join(lines))
        return path


def _as_seen(word: str, seen: str) -> str:
    """Paths below ``/opt/ml`` where those are a folder elsewhere."""
    if word == OPT_ML or word.startswith(OPT_ML + "/"):
        return seen + word[len(OPT_ML) :]
    return word
