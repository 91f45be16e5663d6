"""Environment variables of a container: what SageMaker sets, and what makes this machine's Python its own.

Nothing of the user's is passed on but what programs need to run and to install packages.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from syne_core.emulator.jobs.contract import ImageRoot, JobSurroundings
from syne_core.emulator.jobs.objects import FAKE_CREDENTIALS
from syne_core.emulator.jobs.pip_settings import has_password, pip_variables

__all__ = ["container_environment", "image_environment", "install_packages_into", "provide_programs"]

_PASSED_ON = {
    *("PATH", "LANG", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("REQUESTS_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"),
}
_PASSED_ON_FROM = ("UV_", "OMP_", "OPENBLAS_", "MKL_", "LC_", "CUDA_", "NVIDIA_")
_DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_LOOPBACK = "127.0.0.1,localhost"


def container_environment(
    request: Mapping[str, Any], arn: str, surroundings: JobSurroundings, home: Path
) -> dict[str, str]:
    """Variables of every container of the job.

    :param home: its home folder, so that no configuration or credential of the user is found
    """
    passed = {
        name: value
        for name, value in os.environ.items()
        if (name in _PASSED_ON or name.startswith(_PASSED_ON_FROM)) and not has_password(value)
    }
    return {
        "LANG": "C.UTF-8",
        **passed,
        **pip_variables(os.environ, home),
        "HOME": str(home),
        "NO_PROXY": _LOOPBACK,
        "no_proxy": _LOOPBACK,
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_ENDPOINT_URL": surroundings.endpoint_url,
        "AWS_REGION": surroundings.region,
        "AWS_DEFAULT_REGION": surroundings.region,
        **FAKE_CREDENTIALS,
        "AWS_EC2_METADATA_DISABLED": "true",
        **surroundings.environment,
        "TRAINING_JOB_NAME": request["TrainingJobName"],
        "TRAINING_JOB_ARN": arn,
        **request.get("Environment", {}),
    }


def image_environment(image: ImageRoot, request: Mapping[str, Any], environment: Mapping[str, str]) -> bytes:
    """Variables of a container that runs in an image: ``NAME=value``, separated by NUL.

    :param environment: of ``container_environment``; what is about this machine's files is left out
    """
    ours = {
        name: value
        for name, value in environment.items()
        if name not in _PASSED_ON | {"HOME"} and not name.startswith(("PIP_", "UV_"))
    }
    defaults = {"PATH": _DEFAULT_PATH, "HOME": "/root"}
    values = {**defaults, **image.environment, **ours, **request.get("Environment", {})}
    return b"\0".join(os.fsencode(f"{name}={value}") for name, value in values.items())


def provide_programs(environment: dict[str, str], folder: Path) -> None:
    """Make ``python``, ``python3``, ``pip`` and ``pip3`` mean this Python: first on ``PATH``.

    :param folder: where those that are missing beside this Python's program are written
    """
    beside = os.path.dirname(sys.executable)
    path = [beside, environment.get("PATH") or os.defpath]
    missing = [name for name in ("python", "python3", "pip", "pip3") if not shutil.which(name, path=beside)]
    if missing:
        folder.mkdir(parents=True, exist_ok=True)
        path.insert(0, str(folder))
    for name in missing:
        words = shlex.quote(sys.executable) + (" -m pip" if name.startswith("pip") else "")
        program = folder / name
        program.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
        program.chmod(0o755)
    environment["PATH"] = os.pathsep.join(path)


def install_packages_into(environment: dict[str, str], folder: Path) -> None:
    """Make pip install into ``folder`` instead of this environment, and Python find packages there."""
    before = environment.get("PYTHONPATH")
    environment["PIP_TARGET"] = str(folder)
    environment["PYTHONPATH"] = os.pathsep.join([str(folder), *([before] if before else [])])
    environment["PATH"] = os.pathsep.join([str(folder / "bin"), environment["PATH"]])
