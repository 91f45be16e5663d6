"""A benchmark that takes a fraction of a second, and a way to call launchers as a user would."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from benchmarking.commons.benchmark_definitions import RealBenchmarkDefinition
from syne_core.config_space import uniform

SCRIPT = """
import argparse, os
from syne_core import Reporter
parser = argparse.ArgumentParser()
parser.add_argument("--x", type=float)
parser.add_argument("--epochs", type=int)
parser.add_argument("--st_checkpoint_dir")
args = parser.parse_args()
saved = os.path.join(args.st_checkpoint_dir, "epoch")
first = int(open(saved).read()) if os.path.exists(saved) else 1
report = Reporter()
# Begins with the saved epoch: a run that was killed between checkpoint and report must not lose it.
for epoch in range(first, args.epochs + 1):
    with open(saved + ".new", "w") as file:
        file.write(str(epoch))
    os.replace(saved + ".new", saved)
    report(epoch=epoch, loss=(args.x - 0.3) ** 2 + 1 / epoch)
"""

LAUNCHER = """
import sys
sys.path.insert(0, {folder!r})
from benchmarking.commons.benchmark_definitions import RealBenchmarkDefinition
from benchmarking.commons.default_baselines import ASHA, RandomSearch
from benchmarking.commons.hpo_main_local import main
from syne_core.config_space import uniform

def definitions(sagemaker_backend=False, **overrides):
    settings = dict(
        script={script!r}, config_space={{"x": uniform(0, 1), "epochs": 4}}, max_wallclock_time=60,
        n_workers=2, instance_type="ml.c5.xlarge", metric="loss", mode="min",
        max_resource_attr="epochs", resource_attr="epoch", max_num_evaluations=24,
    )
    return {{"parabola": RealBenchmarkDefinition(**{{**settings, **overrides}})}}

methods = {{"RS": lambda arguments: RandomSearch(arguments), "ASHA": lambda arguments: ASHA(arguments)}}
{more}
if __name__ == "__main__":
    main(methods, definitions{arguments})
"""

Launch = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """The training script, in a folder of its own."""
    path = tmp_path / "training" / "parabola.py"
    path.parent.mkdir()
    path.write_text(SCRIPT)
    return path


@pytest.fixture
def definition(script: Path) -> RealBenchmarkDefinition:
    """The benchmark of ``script``."""
    return RealBenchmarkDefinition(
        script=script,
        config_space={"x": uniform(0, 1), "epochs": 4},
        max_wallclock_time=60,
        n_workers=2,
        instance_type="ml.c5.xlarge",
        metric="loss",
        mode="min",
        max_resource_attr="epochs",
        resource_attr="epoch",
    )


@pytest.fixture
def make_launcher(tmp_path: Path, script: Path) -> Callable[..., Path]:
    """Write an ``hpo_main.py``; ``more`` is code before the call of ``main``, ``arguments`` go into it."""

    def make(more: str = "", arguments: str = "") -> Path:
        path = tmp_path / "hpo_main.py"
        path.write_text(
            LAUNCHER.format(folder=str(tmp_path), script=str(script), more=more, arguments=arguments)
        )
        return path

    return make


@pytest.fixture
def launch() -> Launch:
    """Run a Python program as a user would."""

    def run(program: Path | str, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        command: Sequence[str] = [sys.executable, *str(program).split("\0"), *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=400, check=False, env={**os.environ, **settings}
        )

    return run
