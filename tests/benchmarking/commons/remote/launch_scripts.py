"""A user's folder with ``hpo_main.py`` and ``launch_remote.py``, run as a user would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SIMULATED = """
from pathlib import Path
from benchmarking.commons.{module} import {function}
from benchmarking.commons.benchmark_definitions import SurrogateBenchmarkDefinition
from benchmarking.commons.default_baselines import METHODS

methods = {{name: METHODS[name] for name in ("RS", "ASHA")}}
definition = SurrogateBenchmarkDefinition(blackbox="curves-power", max_wallclock_time=7200)
definitions = {{"curves-power": definition}}
{more}
"""
IN_JOB = 'if __name__ == "__main__":\n    main(methods, definitions)\n'
LAUNCHING = """if __name__ == "__main__":
    launch_remote(Path(__file__).with_name("hpo_main.py"), methods, definitions, is_expensive_method=bool)
"""


@dataclass(frozen=True)
class LaunchScript:
    """A ``launch_remote.py``, and the words that it is called with."""

    path: Path
    words: Sequence[str]

    def start(self, *more: str, **variables: str) -> subprocess.Popen[str]:
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[4]), **variables}
        return subprocess.Popen(
            [sys.executable, str(self.path), *self.words, *more],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *more: str, **variables: str) -> subprocess.CompletedProcess[str]:
        with self.start(*more, **variables) as process:
            out, err = process.communicate(timeout=550)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def outcomes(self, *more: str) -> list[dict[str, Any]]:
        """What it prints when all have finished."""
        done = self.run(*more, "--wait", "--json")
        assert done.returncode == 0, done.stderr
        found: list[dict[str, Any]] = json.loads(done.stdout)
        return found


def simulated_study(folder: Path, tag: str, num_seeds: int, *words: str) -> LaunchScript:
    """Two methods, a job for each seed of each."""
    folder.mkdir(exist_ok=True)
    inside = SIMULATED.format(module="hpo_main_simulator", function="main", more=IN_JOB)
    outside = SIMULATED.format(module="launch_remote_simulator", function="launch_remote", more=LAUNCHING)
    (folder / "hpo_main.py").write_text(inside)
    (folder / "launch_remote.py").write_text(outside)
    flags = ("--experiment_tag", tag, "--benchmark", "curves-power", "--num_seeds", str(num_seeds))
    return LaunchScript(folder / "launch_remote.py", (*flags, *words))
