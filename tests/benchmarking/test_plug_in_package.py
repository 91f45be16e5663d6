"""Benchmarks and methods of another package, installed as a wheel."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

SYNEBENCH = "-m\0benchmarking.cli.main"

MODULE = """
from pathlib import Path
from benchmarking.commons.benchmark_definitions import RealBenchmarkDefinition
from benchmarking.commons.default_baselines import RandomSearch
from syne_core.config_space import uniform

def parabola(sagemaker_backend=False, **overrides):
    settings = dict(
        script=Path(__file__).with_name("parabola_train.py"), config_space={"x": uniform(0, 1), "epochs": 2},
        max_wallclock_time=60, n_workers=2, metric="loss", mode="min", max_resource_attr="epochs",
        resource_attr="epoch", max_num_evaluations=4,
    )
    return RealBenchmarkDefinition(**{**settings, **overrides})

def without_default(arguments):
    return RandomSearch(arguments, points_to_evaluate=[])
"""
ENTRY_POINTS = """[synebench.benchmarks]
plugged_parabola = plugged:parabola
broken_benchmark = no_such_module:parabola
[synebench.methods]
PluggedRS = plugged:without_default
"""


def build_wheel(folder: Path, script: str) -> Path:
    """A wheel with nothing but what a plug-in needs (PyPA binary distribution format, version 1.0)."""
    info = "plugged-1.0.dist-info"
    files = {
        "plugged.py": MODULE,
        "parabola_train.py": script,
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: plugged\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": ENTRY_POINTS,
    }
    record = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    path = folder / "plugged-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in {**files, f"{info}/RECORD": record}.items():
            wheel.writestr(name, text)
    return path


@pytest.fixture
def site(tmp_path: Path, script: Path) -> str:
    """Where the plug-in is installed."""
    target = tmp_path / "site"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--target",
        str(target),
    ]
    done = subprocess.run(
        [*pip, str(build_wheel(tmp_path, script.read_text()))], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return str(target)


def test_plugged_in_benchmark_and_method_run_like_our_own(launch, site: str, tmp_path: Path) -> None:
    words = ("--experiment_tag", "p", "--benchmark", "plugged_parabola", "--method", "PluggedRS")
    done = launch(SYNEBENCH, "run", *words, PYTHONPATH=site)
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.glob("syne-tune/p/PluggedRS-0/*/results.csv.zip"))) == 1


def test_broken_plug_in_is_named_and_everything_else_listed(launch, site: str) -> None:
    done = launch(SYNEBENCH, "list", "benchmarks", PYTHONPATH=site)
    assert done.returncode == 0, done.stderr
    assert "plugged_parabola" in done.stdout
    assert "mlp_digits" in done.stdout
    assert "broken_benchmark" not in done.stdout
    assert "'broken_benchmark' cannot be loaded" in done.stderr
    assert "PluggedRS" in launch(SYNEBENCH, "list", "methods", PYTHONPATH=site).stdout
