"""Folders that Syne Tune 0.13 and 0.16 wrote: loaded, compared, tabulated, exported; never unpickled."""

from __future__ import annotations

import os
import pickle
import subprocess
from pathlib import Path

import pytest

from perf.peers import PeerUnavailableError, interpreter
from syne_core.experiments import (
    experiment_trials,
    final_table,
    load_experiment,
    load_experiments_df,
    load_studies,
    plot_incumbent,
    save_figure,
    trial_runs,
    utilisation,
)
from syne_core.experiments.export import export_study
from syne_core.experiments.report import as_html, collect_report
from syne_core.experiments.study_notes import left_out_notes, study_notes

pytestmark = pytest.mark.long

SCRIPT = """
import argparse, time
from syne_tune import Reporter
parser = argparse.ArgumentParser()
for name in ("x", "name", "epochs", "st_checkpoint_dir"):
    parser.add_argument("--" + name)
args, _ = parser.parse_known_args()
report = Reporter()
for epoch in range(1, int(args.epochs) + 1):
    time.sleep(0.05)
    report(epoch=epoch, loss=float("nan") if args.name == "NA" and epoch == 2 else float(args.x) / epoch)
"""
LAUNCHER = """
import sys
from syne_tune import StoppingCriterion, Tuner
from syne_tune.backend import LocalBackend
from syne_tune.config_space import choice, uniform
from syne_tune.optimizer.baselines import ASHA, RandomSearch
space = {"x": uniform(0, 1), "name": choice(["NA", "b c"]), "epochs": 3}
new = sys.argv[1] == "0.16"
for seed in (0, 1):
    for method in ("RS", "ASHA"):
        if new:
            scheduler = (
                RandomSearch(space, metrics=["loss"], random_seed=seed) if method == "RS"
                else ASHA(space, metric="loss", time_attr="epoch", max_t=3, random_seed=seed)
            )
        else:
            common = {"metric": "loss", "mode": "min", "random_seed": seed}
            scheduler = (
                RandomSearch(space, **common) if method == "RS"
                else ASHA(space, resource_attr="epoch", max_resource_attr="epochs", **common)
            )
        Tuner(
            trial_backend=LocalBackend(entry_point="train.py"), scheduler=scheduler,
            stop_criterion=StoppingCriterion(max_num_trials_finished=4), n_workers=2, sleep_time=0.05,
            tuner_name=f"st-toy-{method}-{seed}", suffix_tuner_name=False,
            metadata={"tag": "st", "algorithm": method, "benchmark": "toy", "seed": seed, "n_workers": 2},
        ).run()
"""


@pytest.fixture(scope="module", params=["0.13", "0.16"])
def root(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of two methods and two seeds, run by Syne Tune itself."""
    try:
        peer = interpreter(f"syne-tune-{request.param}.0")
    except PeerUnavailableError as error:
        pytest.skip(f"Syne Tune {request.param} is not to be had: {error}")
    folder = tmp_path_factory.mktemp("syne_tune")
    (folder / "train.py").write_text(SCRIPT)
    (folder / "launch.py").write_text(LAUNCHER)
    done = subprocess.run(
        [str(peer), "launch.py", request.param],
        cwd=folder,
        env={**os.environ, "SYNETUNE_FOLDER": str(folder / "root" / "st"), "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return folder / "root"


def test_its_folders_are_a_study(root: Path, tmp_path: Path) -> None:
    study = load_studies(["st"], root)
    assert study.broken == ()
    (benchmark,) = study.benchmarks
    assert (benchmark.name, benchmark.metric, benchmark.mode) == ("toy", "loss", "min")
    assert [(setup.label, len(setup.seeds)) for setup in benchmark.setups] == [("ASHA", 2), ("RS", 2)]
    assert all(seed.has_value for seed in benchmark.seeds)
    assert 0 < benchmark.common_horizon <= benchmark.horizon
    assert any("state not recorded" in note for note in study_notes(study))
    assert left_out_notes(study) == []
    assert [row.seeds for row in final_table(study)] == [2, 2]
    save_figure(plot_incumbent(study), tmp_path / "figure.png")


def test_its_trials_can_be_looked_at(root: Path) -> None:
    for seed in load_studies(["st"], root).benchmarks[0].seeds:
        table = experiment_trials(seed.folder, "loss", "min")
        assert len(table) == seed.num_trials >= 4
        assert table["best"].min() == seed.curve.final
        assert set(table["config_name"]) <= {"NA", "b c"}
        share = utilisation(trial_runs(seed.folder), seed.folder.n_workers, seed.elapsed)
        assert share is not None
        assert 0 < share <= 1  # little, where the machine is busy with Syne Tune


def test_its_folders_have_a_report(root: Path) -> None:
    document = collect_report(load_studies(["st"], root))
    assert [one.state for one in document.experiments] == ["unknown"] * 4
    assert [one.is_exact for one in document.experiments] == [False] * 4
    for one in document.experiments:
        assert one.details is not None
        best = min(v for v in document.details[one.details]["trials"]["best"] if v is not None)
        assert best == pytest.approx(one.final, rel=1e-6)
    assert [(row.failed, row.cost) for row in document.costs] == [(None, None)] * 2
    assert "st-toy-RS-0" in as_html(document)


def test_its_tables_are_read_and_exported(root: Path, tmp_path: Path) -> None:
    table = load_experiments_df(root=root)
    study = load_studies(["st"], root)
    assert export_study(study, tmp_path / "out.csv") == len(table) > 0
    assert table.groupby("algorithm")["seed"].nunique().to_dict() == {"ASHA": 2, "RS": 2}
    assert load_experiment("st-toy-RS-0", local_path=root).metric_names() == ["loss"]


def test_its_pickles_are_left_alone(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(root.rglob("tuner.dill")), "Syne Tune stores its tuner"

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("something was unpickled")

    for name in ("load", "loads", "Unpickler"):
        monkeypatch.setattr(pickle, name, refuse)
    assert len(load_studies(["st"], root).benchmarks[0].seeds) == 4
    assert len(load_experiments_df(root=root)) > 0
