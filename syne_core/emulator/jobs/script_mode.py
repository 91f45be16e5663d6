"""Script mode: what the training toolkit of SageMaker's framework images makes of a job.

The SDK v2 names the script in the hyperparameter ``sagemaker_program`` and an archive with it in
``sagemaker_submit_directory``; all values are JSON. The toolkit's variables are described in
"SageMaker Training Toolkit environment variables".
"""

from __future__ import annotations

import io
import json
import os
import sys
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from syne_core.emulator.jobs.channels import input_data_config
from syne_core.emulator.jobs.failures import JobFailure
from syne_core.emulator.jobs.instances import Instance, OptMl, resource_config
from syne_core.emulator.jobs.objects import MissingObject, S3Location, S3Objects

__all__ = ["ScriptMode"]

_PROGRAM_FILE = str(Path(__file__).with_name("script_mode_program.py"))
_OURS = "sagemaker_"
_TORCHRUN = "sagemaker_torch_distributed_enabled"
_INFO = 20
_LONGEST_VARIABLE = 131_000


@dataclass(frozen=True)
class ScriptMode:
    """The script of a job.

    :param program: path of the script in its folder, or name of a module
    :param directory: S3 URI of an archive, or a folder below ``/opt/ml``
    :param hyperparameters: decoded, without the toolkit's own
    :param settings: decoded hyperparameters that are the toolkit's own
    """

    program: str
    directory: str
    hyperparameters: Mapping[str, Any]
    settings: Mapping[str, Any]

    @classmethod
    def of(cls, request: Mapping[str, Any]) -> ScriptMode | None:
        """What the request says; None if it is no script mode.

        :raises JobFailure: it asks for a launcher of distributed training
        """
        decoded = {name: _decode(text) for name, text in request.get("HyperParameters", {}).items()}
        variables = request.get("Environment", {})
        program = decoded.get("sagemaker_program") or variables.get("SAGEMAKER_PROGRAM")
        if not program:
            return None
        directory = decoded.get("sagemaker_submit_directory") or variables.get("SAGEMAKER_SUBMIT_DIRECTORY")
        for name, value in decoded.items():
            if name.startswith(_OURS) and name.endswith("_enabled") and value is True and name != _TORCHRUN:
                raise JobFailure(
                    f"ClientError: of distributions the emulator runs torch_distributed only, not {name}"
                )
        return cls(
            program=str(program),
            directory=str(directory or "/opt/ml/code"),
            hyperparameters={n: v for n, v in decoded.items() if not n.startswith(_OURS)},
            settings={n: v for n, v in decoded.items() if n.startswith(_OURS)},
        )

    @property
    def arguments(self) -> list[str]:
        """``--name value``, or ``-n value`` for names of one letter, sorted by name."""
        words: list[str] = []
        for name in sorted(self.hyperparameters):
            words += ["--" + name if len(name) > 1 else "-" + name, _argument(self.hyperparameters[name])]
        return words

    def unpack(self, objects: S3Objects, homes: Sequence[OptMl]) -> None:
        """Put the script's folder into ``/opt/ml/code`` of all instances.

        :raises JobFailure: there is no such archive
        """
        if not self.directory.startswith("s3://"):
            return
        try:
            data = objects.read(S3Location.parse(self.directory))
            for opt_ml in homes:
                with tarfile.open(fileobj=io.BytesIO(data)) as tar:
                    if hasattr(tarfile, "data_filter"):
                        tar.extractall(opt_ml.root / "code", filter="data")
                    else:
                        tar.extractall(opt_ml.root / "code")
        except (MissingObject, OSError, ValueError, tarfile.TarError) as error:
            raise JobFailure(f"AlgorithmError: cannot unpack {self.directory}: {error}") from None

    def command(
        self, seen: str, installs_requirements: bool, rank: int, instances: int, port: int
    ) -> list[str]:
        """The container's command.

        :param seen: what the job sees as ``/opt/ml``
        :param rank: which of the ``instances`` it is for, from 0
        :param port: where the processes of torch's distributed training meet
        """
        folder = self._module_folder(seen)
        options = ["--install"] if installs_requirements else []
        failure = os.path.join(seen, "output", "failure")
        toolkit = [sys.executable, "-I", "-S", _PROGRAM_FILE, *options, folder, failure]
        if self.program.endswith(".py"):
            launcher = _torchrun(rank, instances, port) if self.settings.get(_TORCHRUN) is True else []
            return [*toolkit, "python3", *launcher, self.program, *self.arguments]
        if self.program.endswith(".sh"):
            return [*toolkit, "/bin/bash", self.program, *self.arguments]
        return [*toolkit, "python3", "-m", self.program, *self.arguments]

    def _module_folder(self, seen: str) -> str:
        if self.directory.startswith("/opt/ml"):
            return seen + self.directory[len("/opt/ml") :].rstrip("/")
        return os.path.join(seen, "code")

    def environment(
        self, request: Mapping[str, Any], instances: Sequence[Instance], current: Instance, seen: str
    ) -> dict[str, str]:
        """The toolkit's variables, ``SM_*``, but for those that are longer than Linux allows.

        :param seen: what the job sees as ``/opt/ml``
        """
        inputs = input_data_config(request, current)
        resources = resource_config(instances, current)
        channels = {name: f"{seen}/input/data/{name}" for name in inputs}
        module = self.program.removesuffix(".py")
        known: dict[str, Any] = {
            "channel_input_dirs": channels,
            "current_host": current.host,
            "current_instance_type": current.kind,
            "current_instance_group": current.group,
            "hosts": resources["hosts"],
            "master_hostname": "algo-1",
            "is_master": current.host == "algo-1",
            "hyperparameters": dict(self.hyperparameters),
            "additional_framework_parameters": _framework_parameters(self.settings),
            "input_data_config": inputs,
            "input_dir": f"{seen}/input",
            "input_config_dir": f"{seen}/input/config",
            "job_name": request["TrainingJobName"],
            "log_level": self.settings.get("sagemaker_container_log_level", _INFO),
            "model_dir": f"{seen}/model",
            "module_dir": self.directory,
            "module_name": module,
            "network_interface_name": resources["network_interface_name"],
            "num_cpus": os.cpu_count() or 1,
            "num_gpus": _count_gpus(),
            "num_neurons": 0,
            "output_data_dir": f"{seen}/output/data",
            "output_dir": f"{seen}/output",
            "output_intermediate_dir": f"{seen}/output/intermediate",
            "resource_config": resources,
            "user_entry_point": self.program,
        }
        variables = {
            f"SM_{_SHORT.get(name, name.upper())}": known[name] for name in known if name not in _LONG
        }
        variables["SM_CHANNELS"] = sorted(channels)
        variables["SM_USER_ARGS"] = self.arguments
        variables["SM_TRAINING_ENV"] = known
        variables |= {f"SM_CHANNEL_{name.upper()}": path for name, path in channels.items()}
        variables |= {
            f"SM_HP_{name.upper().replace('-', '_')}": value for name, value in self.hyperparameters.items()
        }
        texts = {name: _variable(value) for name, value in variables.items()}
        return {name: text for name, text in texts.items() if len(text.encode()) < _LONGEST_VARIABLE}


_SHORT = {"hyperparameters": "HPS", "additional_framework_parameters": "FRAMEWORK_PARAMS"}
_LONG = {"channel_input_dirs", "is_master", "job_name", "master_hostname"}


def _torchrun(rank: int, instances: int, port: int) -> list[str]:
    """A process per GPU, or one; all instances share this machine's loopback interface."""
    return [
        *("-m", "torch.distributed.run", "--nnodes", str(instances), "--node_rank", str(rank)),
        *("--nproc_per_node", str(_count_gpus() or 1)),
        *("--master_addr", "127.0.0.1", "--master_port", str(port)),
    ]


def _framework_parameters(settings: Mapping[str, Any]) -> dict[str, Any]:
    own = {"program", "submit_directory", "container_log_level", "region", "job_name", "s3_output"}
    return {name: value for name, value in settings.items() if name.removeprefix(_OURS) not in own}


def _decode(text: str) -> Any:
    """JSON; what is none is meant as it stands."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _argument(value: Any) -> str:
    if isinstance(value, dict):
        return ",".join(f"{key}={value[key]}" for key in sorted(value))
    return str(value)


def _variable(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _count_gpus() -> int:
    return sum(1 for path in Path("/dev").glob("nvidia[0-9]*") if path.name[6:].isdigit())
