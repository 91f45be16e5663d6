"""A plotting script of Syne Tune runs once its imports are changed, on folders of ours and of theirs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from study_folders import reports, write_experiment

from perf.peers import PeerUnavailableError, interpreter

# As it would be written for Syne Tune, from its documented names, except for the first line.
PORTED = """
from {library}.experiments import (
    ComparativeResults, PlotParameters, ShowTrialParameters, SubplotParameters, TrialsOfExperimentResults,
)

SETUPS = ["RS", "GRID"]


def metadata_to_setup(metadata):
    return metadata["algorithm"]


def metadata_to_subplot(metadata):
    return metadata["seed"]


defaults = PlotParameters(
    metric="loss",
    mode="min",
    title="Two methods",
    xlabel="time",
    ylabel="loss",
    grid=True,
    tick_params=dict(labelsize=7),
    subplots=SubplotParameters(
        nrows=1, ncols=2, kwargs=dict(sharey="all"), titles=["seed 0", "seed 1"], legend_no=[0, 1],
    ),
    show_init_trials=ShowTrialParameters(setup_name="RS", trial_id=0, new_setup_name="initial"),
    dpi=60,
)
results = ComparativeResults(
    experiment_names=("theirs",),
    setups=SETUPS,
    num_runs=1,
    metadata_to_setup=metadata_to_setup,
    plot_params=defaults,
    metadata_to_subplot=metadata_to_subplot,
    with_subdirs={with_subdirs},
    metadata_keys=["n_workers"],
    metadata_subplot_level=True,
)
drawn = results.plot(
    benchmark_name="toy",
    plot_params=PlotParameters(aggregate_mode="median_percentiles", ylim=(0, 1)),
    file_name="compared.png",
    extra_results_keys=["epoch"],
)
axs = drawn["axs"]
assert axs.shape == (1, 2)
axs[0, 0].axhline(0.5)
drawn["fig"].savefig("again.pdf")
epochs = drawn["extra_results"]["GRID"][1]["epoch"]
workers = results.metadata_values("toy")["n_workers"]["RS"][0]

TrialsOfExperimentResults(
    experiment_names=("theirs",),
    setups=SETUPS,
    metadata_to_setup=metadata_to_setup,
    plot_params=PlotParameters(metric="loss", mode="min", dpi=60),
    with_subdirs={with_subdirs},
).plot(benchmark_name="toy", seed=1, file_name="trials.png")
"""

# Runs under Syne Tune.
LAUNCHER = """
from syne_tune import StoppingCriterion, Tuner
from syne_tune.backend import LocalBackend
from syne_tune.config_space import uniform
from syne_tune.optimizer.baselines import GridSearch, RandomSearch

space = {"x": uniform(0, 1), "epochs": 3}
for seed in range(2):
    for name, method in (("RS", RandomSearch), ("GRID", GridSearch)):
        Tuner(
            trial_backend=LocalBackend(entry_point="train.py"),
            scheduler=method(space, metric="loss", mode="min", random_seed=seed),
            stop_criterion=StoppingCriterion(max_num_trials_started=2),
            n_workers=1,
            sleep_time=0.01,
            tuner_name="theirs",
            save_tuner=False,
            metadata={"algorithm": name, "seed": seed, "tag": "theirs", "benchmark": "toy", "n_workers": 4},
        ).run()
"""
SCRIPT = """
import argparse
from syne_tune import Reporter

parser = argparse.ArgumentParser()
parser.add_argument("--x", type=float)
args, _ = parser.parse_known_args()
report = Reporter()
for epoch in (1, 2, 3):
    report(epoch=epoch, loss=args.x / epoch)
"""


@pytest.fixture
def run_ported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, Any]]:
    """Runs the script in a folder of its own; its variables."""

    def run(with_subdirs: str) -> dict[str, Any]:
        monkeypatch.chdir(tmp_path)
        names: dict[str, Any] = {}
        exec(PORTED.format(library="syne_core", with_subdirs=with_subdirs), names)
        for file in ("compared.png", "again.pdf", "trials.png"):
            assert (tmp_path / file).stat().st_size > 1000
        return names

    return run


@pytest.mark.parametrize("by_syne_tune", [False, True])
def test_a_ported_script_plots_folders(root: Path, run_ported: Any, by_syne_tune: bool) -> None:
    settings: dict[str, Any] = {"tag": "theirs", "benchmark": "toy", "metric": "loss", "mode": "min"}
    if by_syne_tune:  # which writes no status, and fewer metadata
        absent = ("max_wallclock_time", "instance_type", "resource_attr", "max_resource_attr", "script")
        settings |= {"state": None, "metadata": dict.fromkeys(absent)}
    for method in ("RS", "GRID"):
        for seed in range(2):
            rows = reports([(1.0, 0.9), (2.0, 0.4), (3.0, 0.3)], "loss", trials=[0, 0, 1])
            path = write_experiment(root, rows, method=method, seed=seed, **settings)
            path.rename(path.parent / f"theirs-2026-03-19-22-01-5{seed}-abc")
    names = run_ported("'*'")
    assert names["epochs"] == [1]
    assert names["workers"] == [4]
    assert names["drawn"]["notes"] == []


@pytest.mark.long
def test_a_ported_script_plots_what_syne_tune_wrote(root: Path, tmp_path: Path, run_ported: Any) -> None:
    try:
        peer = interpreter("syne-tune-0.13.0")
    except PeerUnavailableError as error:
        pytest.skip(f"Syne Tune 0.13 is not to be had: {error}")
    (tmp_path / "launch.py").write_text(LAUNCHER)
    (tmp_path / "train.py").write_text(SCRIPT)
    done = subprocess.run(
        [str(peer), "launch.py"], cwd=tmp_path, env=os.environ, capture_output=True, text=True, timeout=580
    )
    assert done.returncode == 0, done.stderr
    names = run_ported("None")
    assert names["epochs"] == [3]
    assert names["workers"] == [4]
    labels = [text.get_text() for text in names["axs"][0, 1].get_legend().get_texts()]
    assert labels == ["RS", "GRID", "initial"]
