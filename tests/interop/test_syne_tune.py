"""Syne Tune 0.16 itself reads our folders, and its Reporter runs in our trials."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from perf.peers import PeerUnavailableError, interpreter

pytestmark = pytest.mark.long

LAUNCHER = """
from syne_core import StoppingCriterion, Tuner
from syne_core.backend import LocalBackend
from syne_core.config_space import choice, loguniform, uniform
from syne_core.optimizer.baselines import RandomSearch
space = {"x": uniform(0, 1), "y": loguniform(1e-3, 1), "name": choice(["a b", "c"]), "epochs": 3}
Tuner(
    LocalBackend("train.py"), RandomSearch(space, metric="loss", random_seed=0),
    StoppingCriterion(max_num_trials_completed=3), n_workers=1, tuner_name="ours",
    suffix_tuner_name=False, resource_attr="epoch",
).run()
"""
SCRIPT = """
import argparse
from {library} import Reporter
parser = argparse.ArgumentParser()
for name in ("x", "y", "name", "epochs", "st_checkpoint_dir"):
    parser.add_argument("--" + name)
args = parser.parse_args()
report = Reporter()
for epoch in range(1, int(args.epochs) + 1):
    report(epoch=epoch, loss=float(args.x) / epoch)
"""
READER = """
import json, logging
from syne_tune.experiments import load_experiment, load_experiments_df
df = load_experiments_df()
one = load_experiment("ours")
print(json.dumps({"rows": len(df), "columns": sorted(df.columns), "best": float(df.loss.min()),
                  "metric": one.metric_names() if hasattr(one, "metric_names") else None}))
"""


@pytest.fixture(scope="module")
def peer() -> Path:
    """The interpreter of an environment with Syne Tune 0.16."""
    try:
        return interpreter("syne-tune-0.16.0")
    except PeerUnavailableError as error:
        pytest.skip(f"Syne Tune 0.16 is not to be had: {error}")


def run_ours(folder: Path, library: str, **environment: str) -> Path:
    """A finished experiment whose script reports through ``library``."""
    (folder / "launch.py").write_text(LAUNCHER)
    (folder / "train.py").write_text(SCRIPT.format(library=library))
    done = subprocess.run(
        [sys.executable, "launch.py"],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    return Path(os.environ["SYNETUNE_FOLDER"]) / "ours"


def test_syne_tune_loads_our_folders(tmp_path: Path, peer: Path) -> None:
    folder = run_ours(tmp_path, "syne_core")
    done = subprocess.run([str(peer), "-c", READER], capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    read = json.loads(done.stdout.splitlines()[-1])
    status = json.loads((folder / "status.json").read_text())
    assert read["rows"] == status["num_reports"] >= 9
    assert read["best"] == pytest.approx(status["best"]["value"])
    assert {"config_x", "config_name", "st_tuner_time", "trial_id", "epoch"} <= set(read["columns"])


def test_a_script_with_syne_tunes_reporter_runs_unchanged(tmp_path: Path, peer: Path) -> None:
    where = "import site; print(site.getsitepackages()[0])"
    packages = subprocess.run([str(peer), "-c", where], capture_output=True, text=True, check=True).stdout
    folder = run_ours(tmp_path, "syne_tune", PYTHONPATH=packages.strip())
    status = json.loads((folder / "status.json").read_text())
    assert status["trials"]["Completed"] == 3
    assert status["num_reports"] >= 9
