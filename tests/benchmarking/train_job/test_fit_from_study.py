"""``fit --from``: a study's best configuration, trained at full length."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarking.train_job.incumbent_order import incumbent_order
from syne_core.errors import UnknownNameError

if TYPE_CHECKING:
    from syne_core.emulator import Emulator

LOCAL = ("--train-driver", "local")


@pytest.fixture
def study(make_launcher, launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Tag of a finished study of two methods that trained a little of each trial."""
    monkeypatch.setenv("SYNETUNE_FOLDER", str(tmp_path / "syne-tune"))
    words = ["--experiment_tag", "little_study", "--num_seeds", "1", "--max_num_evaluations", "4"]
    done = launch(make_launcher(), *words)
    assert done.returncode == 0, done.stderr
    return "little_study"


def test_incumbent_is_trained_with_its_script_at_full_length(run, study: str, tmp_path: Path) -> None:
    from syne_core.experiments import load_study
    from syne_core.experiments.best_trial import best_trial

    best = best_trial(load_study(study, methods=("RS",)).benchmarks[0])
    fitted = run("synebench", "fit", "--from", study, "--method", "RS", *LOCAL)
    assert fitted.error is None, fitted.message
    assert f"Note: trial {best.trial_id} of" in fitted.stderr
    assert fitted.stdout == "little-study-parabola-1\n"
    fetched = run("synebench", "fetch", "t", f"{study}/parabola", *LOCAL)
    assert fetched.error is None, fetched.message
    # The script's checkpoint, which says how far it came.
    assert (tmp_path / "t" / "epoch").read_text() == "4"
    about = json.loads((tmp_path / "t" / "provenance.json").read_text())
    assert about["parameters"] == {"x": best.config["x"], "epochs": 4}
    told = about["study"]
    assert (told["tag"], told["benchmark"], told["method"], told["seed"]) == (study, "parabola", "RS", 0)
    assert (told["trial_id"], told["metric"], told["mode"]) == (best.trial_id, "loss", "min")
    assert told["value"] == best.value
    assert told["configuration"] == best.config
    assert set(told) >= {"commit", "uncommitted_changes", "experiment", "resource"}
    log = Path(os.environ["SYNEBENCH_FIT_FOLDER"]) / "little-study-parabola-1" / "log.txt"
    assert log.read_text().count("[tune-metric]") == 4

    assert not any("have not finished" in note for note in incumbent_order(study, method="RS").notes)
    status = best.folder.path / "status.json"
    status.write_text(json.dumps({**json.loads(status.read_text()), "state": "interrupted"}))
    assert f"1 of 1 experiments of this benchmark have not finished, such as {best.folder.path.name}" in (
        incumbent_order(study, method="RS").notes
    )

    assert isinstance(run("synebench", "fit", "--from", "litle_study", *LOCAL).error, UnknownNameError)
    unknown = run("synebench", "fit", "--from", study, "--method", "Rs2", *LOCAL)
    assert "Did you mean 'RS'?" in unknown.message
    assert "--param" in run("synebench", "fit", "--from", study, "--param", "x=1", *LOCAL).message


@pytest.mark.long
def test_incumbent_is_trained_as_a_job(run, study: str, emulator: Emulator, tmp_path: Path) -> None:
    fitted = run("synebench", "fit", "--from", study, "--wait")
    assert fitted.error is None, fitted.message
    assert run("synebench", "fetch", "t", f"{study}/parabola").error is None
    assert (tmp_path / "t" / "epoch").read_text() == "4"
    about = json.loads((tmp_path / "t" / "provenance.json").read_text())
    assert about["study"]["metric"] == "loss"
    assert about["instance_type"] == "ml.c4.2xlarge", (
        "this benchmark is not registered, so nobody knows its own"
    )


@pytest.mark.long
def test_incumbent_of_a_registered_benchmark_takes_its_image_and_instance(
    run, launch, emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNETUNE_FOLDER", str(tmp_path / "syne-tune"))
    words = ["--experiment_tag", "digits", "--benchmark", "mlp_digits", "--method", "RS", "--num_seeds", "1"]
    more = ["--max_num_evaluations", "3", "--n_workers", "1", "--max_wallclock_time", "60"]
    done = launch("-m\0benchmarking.cli.main", "run", *words, *more)
    assert done.returncode == 0, done.stderr
    assert run("synebench", "fit", "--from", "digits", "--wait").error is None
    fetched = run("synebench", "fetch", "t", "digits/mlp_digits")
    assert fetched.stdout.splitlines() == ["t/checkpoint.npz"]
    about = json.loads((tmp_path / "t" / "provenance.json").read_text())
    assert about["parameters"]["epochs"] == 27
    assert about["instance_type"] == "ml.c5.xlarge"
    assert "pytorch-training" in about["image"]
    import numpy as np

    with np.load(tmp_path / "t" / "checkpoint.npz") as arrays:
        assert arrays["metric_epoch"].item() == 27
