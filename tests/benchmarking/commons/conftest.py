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
from benchmarking.commons.launch_remote_common import RemoteLauncher

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

# What runs in jobs: like the launcher, as far as its benchmark lies in the job.
ENTRY_POINT = """
from pathlib import Path
from benchmarking.commons.benchmark_definitions import RealBenchmarkDefinition
from benchmarking.commons.default_baselines import METHODS
from benchmarking.commons.hpo_main_local import main
from syne_core.config_space import uniform

if __name__ == "__main__":
    definition = RealBenchmarkDefinition(
        script=Path("training/parabola.py").absolute(),
        config_space={"x": uniform(0, 1), "epochs": 4},
        max_wallclock_time=60,
        n_workers=2,
        instance_type="ml.c5.xlarge",
        metric="loss",
        mode="min",
        max_resource_attr="epochs",
        resource_attr="epoch",
    )
    main({name: METHODS[name] for name in ("RS", "ASHA")}, {"parabola": definition})
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
def remote_launcher(definition: RealBenchmarkDefinition, tmp_path: Path) -> RemoteLauncher:
    """A ``launch_remote.py`` of the local back-end with the benchmark ``parabola``."""
    from benchmarking.commons.launch_remote_local import remote_launcher

    entry_point = tmp_path / "launcher" / "hpo_main.py"
    entry_point.parent.mkdir()
    entry_point.write_text(ENTRY_POINT)
    methods = {name: METHODS[name] for name in ("RS", "ASHA")}
    inside = Launcher("local", methods, {"parabola": definition}, backend_flags=LOCAL_FLAGS)
    return remote_launcher(inside, entry_point, [definition.script.parent])


@pytest.fixture
def run_remote(capsys: pytest.CaptureFixture[str]) -> Invoke:
    """Run a remote launcher as its script would."""
    from benchmarking.commons.launch_remote_common import run_remote_launcher

    def call(launcher: RemoteLauncher, *words: str) -> Ended:
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            run_command(lambda: run_remote_launcher(launcher, words), words)
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
