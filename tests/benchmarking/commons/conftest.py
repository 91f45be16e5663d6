"""Launchers in this process: quick enough for hundreds of command lines."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from benchmarking.commons.benchmark_definitions import RealBenchmarkDefinition
from benchmarking.commons.command_line import run_command
from benchmarking.commons.default_baselines import METHODS
from benchmarking.commons.hpo_main_common import Launcher
from benchmarking.commons.hpo_main_local import run_launcher
from benchmarking.commons.launch_flags import LOCAL_FLAGS

DEFINITION = """\
script: {script}
config_space:
  x: uniform(0, 1)
  epochs: 4
max_wallclock_time: 1m
n_workers: 2
max_num_evaluations: 24
metric: loss
mode: min
max_resource_attr: epochs
resource_attr: epoch
"""


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def plan(self) -> list[dict[str, Any]]:
        """What ``--dry_run --json`` printed."""
        assert self.code == 0, self.err
        plan: list[dict[str, Any]] = json.loads(self.out)
        return plan


Invoke = Callable[..., Ended]


@pytest.fixture
def invoke(definition: RealBenchmarkDefinition, capsys: pytest.CaptureFixture[str]) -> Invoke:
    """Call ``synebench run`` with the benchmark ``parabola``; ``more`` are fields of ``Launcher``."""

    methods = {name: METHODS[name] for name in ("RS", "ASHA")}

    def call(*words: str, **more: Any) -> Ended:
        settings = {"takes_methods_file": True, "program": "synebench run", **more}
        launcher = Launcher("local", methods, {"parabola": definition}, backend_flags=LOCAL_FLAGS, **settings)
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            run_command(lambda: run_launcher(launcher, words), words)
        printed = capsys.readouterr()
        assert isinstance(end.value.code, int)
        return Ended(end.value.code, printed.out, printed.err)

    return call


@pytest.fixture
def definition_file(script: Path) -> Path:
    """``mine.yaml``, beside the training script."""
    path = script.with_name("mine.yaml")
    path.write_text(DEFINITION.format(script=script.name))
    return path
