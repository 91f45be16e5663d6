"""Runs a module of ``perf/sides`` in a process of its own, on one thread, and reads what it noted."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from perf.environment import measured_environment
from perf.machine import REPOSITORY

__all__ = ["noted_by"]

_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def noted_by(
    python: Path,
    module: str,
    spec: dict[str, Any],
    timeout: float = 1800.0,
    variables: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Run ``python -m perf.sides.MODULE SPEC_JSON OUTPUT`` and return the JSON in OUTPUT.

    :param timeout: seconds
    :param variables: of its environment, beside the usual ones
    :raises RuntimeError: if it fails
    """
    with tempfile.TemporaryDirectory(prefix="synebench-perf-") as folder:
        out = Path(folder) / "noted.json"
        done = subprocess.run(
            [str(python), "-m", f"perf.sides.{module}", json.dumps(spec), str(out)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=REPOSITORY,
            env=measured_environment(
                **_ONE_THREAD, SYNETUNE_FOLDER=str(Path(folder) / "experiments"), **(variables or {})
            ),
            timeout=timeout,
        )
        if done.returncode:
            raise RuntimeError(f"perf.sides.{module} {json.dumps(spec)} failed:\n{done.stderr[-3000:]}")
        noted: dict[str, Any] = json.loads(out.read_bytes())
        return noted
