"""What a trial's job is like: the script, its image, its instances. Made by ``PyTorch(...)`` and its like."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from syne_core.aws.images import check_python_of_image, image_uri
from syne_core.errors import UsageError

__all__ = ["JobDescription"]

#: SageMaker's own, in seconds.
DEFAULT_MAX_RUN = 86_400
#: What the runner needs; see ``syne_core.aws.runner``.
_OLDEST_PYTHON = (3, 8)


@dataclass(frozen=True)
class JobDescription:
    """A training job without its configuration. Sizes in GB, times in seconds.

    Attributes are called as in the SageMaker SDK's estimators, v2.

    :param framework: ``"PyTorch"`` and its like, None where ``image_uri`` says it all
    :param entry_point: training script, relative to ``source_dir`` or a path of its own
    :param source_dir: the script's folder, its ``requirements.txt`` is installed; default: the script's own
    :param dependencies: folders that lie beside the script in the job
    :param role: name or ARN; default: as ``get_execution_role`` finds it
    :param output_path: where model archives go; default: the trial's own prefix
    :param session: an ``AwsSession``, or an SDK session, of which the region is taken
    :param hyperparameters: fixed ones: added to every configuration that does not have them
    :param channels: more input channels, S3 URI by name
    :raises UsageError: names everything that is wrong
    """

    entry_point: str
    source_dir: str | None = None
    framework: str | None = None
    framework_version: str | None = None
    py_version: str | None = None
    pytorch_version: str | None = None
    image_uri: str | None = None
    dependencies: tuple[str, ...] = ()
    role: str | None = None
    instance_type: str = ""
    instance_count: int = 1
    max_run: int = DEFAULT_MAX_RUN
    volume_size: int = 30
    volume_kms_key: str | None = None
    output_kms_key: str | None = None
    output_path: str | None = None
    keep_alive_period_in_seconds: int = 0
    use_spot_instances: bool = False
    max_wait: int | None = None
    max_retry_attempts: int = 0
    subnets: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    encrypt_inter_container_traffic: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    metric_definitions: tuple[Mapping[str, str], ...] = ()
    base_job_name: str | None = None
    channels: Mapping[str, str] = field(default_factory=dict)
    session: Any = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if mistakes := list(self._mistakes()):
            raise UsageError.joined(mistakes)

    @property
    def script(self) -> Path:
        """The training script on this machine, absolute."""
        given = os.path.expanduser(self.entry_point)
        return Path(os.path.abspath(given if self.source_dir is None else self.folder / given))

    @property
    def folder(self) -> Path:
        """The script's folder on this machine, absolute: the top of the bundle."""
        if self.source_dir is not None:
            return Path(os.path.abspath(os.path.expanduser(self.source_dir)))
        return self.script.parent

    @property
    def script_name(self) -> str:
        """The script relative to ``folder``, parts separated by ``/``."""
        return self.script.relative_to(self.folder).as_posix()

    def image(self, region: str) -> str:
        """URI of the image in ``region``.

        :raises UsageError: the table has no such image
        """
        if self.image_uri:
            return self.image_uri
        assert self.framework is not None  # _mistakes sees to it
        return image_uri(
            self.framework,
            region,
            self.instance_type,
            self.framework_version,
            self.py_version,
            self.pytorch_version,
        )

    def check_python(self) -> None:
        """See that our runner works in the framework's image. One's own image is not looked into.

        :raises UsageError: its Python is older than 3.8, and which version will do; or there is no such image
        """
        if self.image_uri is None and self.framework is not None:
            check_python_of_image(
                self.framework, self.framework_version, self.pytorch_version, _OLDEST_PYTHON, "our runner"
            )

    def _mistakes(self) -> Iterable[str]:
        if not self.entry_point:
            yield "entry_point is missing: name the training script"
        elif "://" in (self.source_dir or ""):
            yield f"source_dir must be a folder of this machine, is {self.source_dir}"
        elif not self.folder.is_dir():
            yield f"source_dir {self.folder} does not exist"
        elif not self.script.is_file():
            yield f"training script {self.script} does not exist"
        elif not self.script.is_relative_to(self.folder):
            yield f"training script {self.script} is not in source_dir {self.folder}"
        if not self.instance_type:
            yield "instance_type is missing, for example 'ml.g4dn.xlarge'"
        elif self.instance_type in ("local", "local_gpu"):
            yield (
                f"instance_type '{self.instance_type}' is the SDK's local mode: use LocalBackend, or "
                "`synebench emulator` for SageMaker on this machine"
            )
        if not self.image_uri and not self.framework:
            yield "image_uri is missing: name a container image, or use PyTorch(...) or its like"
