"""The Fashion-MNIST script, run as a trial runs it, on a few images in the official format."""

from __future__ import annotations

import importlib
import math
import signal
import sys

import numpy as np
import pytest
from tiny_data import write_fashion_mnist

pytestmark = pytest.mark.long
torch = pytest.importorskip("torch", reason="mlp_fashionmnist needs torch")

SCRIPT = "mlp_fashionmnist"
MODULES = ("training", "fashion_data", "download")
EPOCHS = 5
CHANGES = {
    "n_units_1": 9,
    "n_units_2": 9,
    "batch_size": 3,
    "dropout_1": 0.5,
    "dropout_2": 0.5,
    "learning_rate": 0.1,
    "weight_decay": 0.1,
    "seed": 1,
}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_fashion_mnist(tmp_path_factory.mktemp("a few images"), 60)


@pytest.fixture(scope="module")
def arguments(data):
    small = {"n_units_1": 8, "n_units_2": 8, "batch_size": 4, "learning_rate": 0.02, "num_gpus": 0}
    return ("--dataset_path", data, *(text for n, v in small.items() for text in (f"--{n}", v)))


@pytest.fixture(scope="module")
def uninterrupted(runner, arguments, tmp_path_factory):
    code, reports, err = runner.run(tmp_path_factory.mktemp("whole"), *arguments, "--epochs", EPOCHS)
    assert (code, err) == (0, "")
    return reports


@pytest.fixture(scope="module")
def runs(runner, arguments, tmp_path_factory):
    """Short runs that need no process of their own."""
    folder = tmp_path_factory.mktemp("short runs")
    (folder / "broken").mkdir()
    (folder / "broken" / "checkpoint.pt").write_bytes(b"not a checkpoint")
    many = write_fashion_mnist(folder, 600)
    short, wide = [*arguments, "--epochs", EPOCHS], [*("--n_units_1", 64), *("--n_units_2", 32)]
    outcomes = runner.run_many(
        folder,
        {
            **{name: [*short, f"--{name}", value] for name, value in CHANGES.items()},
            "base": short,
            "wavering": [*short, *("--dataset_path", many), *wide],
            "best": [*short, *("--dataset_path", many), *wide, "--report_current_best", "True"],
            "two": [*arguments, "--epochs", 2],
            "broken": [*short, "--st_checkpoint_dir", "broken"],
            "diverged": [*short, "--learning_rate", 1e30, "--st_checkpoint_dir", "diverged"],
            "learning": [*short, *("--dataset_path", many), *wide, *("--learning_rate", 0.001)],
            "help": ["--help"],
            "abbreviated": ["--batch", 4],
            "no truth": ["--report_current_best", "maybe"],
        },
    )
    return folder, outcomes


@pytest.fixture
def modules(runner, monkeypatch):
    """The modules beside the script, gone from ``sys.modules`` afterwards."""
    monkeypatch.syspath_prepend(str(runner.folder))
    for name in MODULES:
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield {name: importlib.import_module(name) for name in MODULES}
    for name in MODULES:
        sys.modules.pop(name, None)


def test_reports_every_epoch(uninterrupted):
    assert [r["epoch"] for r in uninterrupted] == list(range(1, EPOCHS + 1))
    assert all(0 <= r["accuracy"] <= 1 and math.isfinite(r["loss"]) for r in uninterrupted)
    assert [r["elapsed_time"] for r in uninterrupted] == sorted(r["elapsed_time"] for r in uninterrupted)
    assert {r["parameter_count"] for r in uninterrupted} == {784 * 8 + 8 + 8 * 8 + 8 + 8 * 10 + 10}


def test_training_learns(runs):
    reports = runs[1]["learning"].reports
    assert reports[-1]["accuracy"] >= 0.8
    assert reports[-1]["loss"] < 0.6 * reports[0]["loss"]


def test_resumes_exactly_however_often_it_is_killed(runner, arguments, curve, uninterrupted, tmp_path):
    args = (*arguments, "--epochs", EPOCHS, "--st_checkpoint_dir", tmp_path / "checkpoints")
    seen = [
        *runner.cut_off(tmp_path, signal.SIGTERM, 2, *args),
        *runner.cut_off(tmp_path, signal.SIGKILL, 3, *args),
    ]
    beyond = max(report["epoch"] for report in seen) + 1  # a signal may be late by any number of epochs
    code, reports, err = runner.run(tmp_path, *args, "--epochs", max(EPOCHS, beyond))
    assert (code, err) == (0, "")
    assert reports[0]["epoch"] >= 2, "what the checkpoints held was trained again"
    assert curve([*seen, *reports], EPOCHS) == curve(uninterrupted)


def test_starts_over_with_a_message_if_the_checkpoint_is_broken(runs, curve):
    code, reports, err = runs[1]["broken"]
    assert code == 0
    assert curve(reports) == curve(runs[1]["base"].reports)
    assert "checkpoint.pt cannot be used, starting over" in err


def test_reports_nan_once_and_ends_if_training_diverges(runs):
    folder, outcomes = runs
    code, reports, err = outcomes["diverged"]
    assert code == 0
    assert [r["epoch"] for r in reports] == [1]
    assert math.isnan(reports[0]["accuracy"])
    assert err == "epoch 1: training diverged, stopping\n"
    assert not (folder / "diverged").exists()


@pytest.mark.parametrize("name", CHANGES)
def test_hyperparameter_changes_training(runs, name):
    base, changed = ([r["loss"] for r in runs[1][run].reports] for run in ("base", name))
    assert all(map(math.isfinite, changed))
    assert changed != base


def test_the_best_so_far_is_reported_if_asked_for(runs):
    base, best = (runs[1][run].reports for run in ("wavering", "best"))
    accuracies = [r["accuracy"] for r in base]
    assert accuracies != sorted(accuracies), "otherwise this test shows nothing"
    assert [r["accuracy"] for r in best] == [max(accuracies[: i + 1]) for i in range(EPOCHS)]
    assert [r["loss"] for r in best] == [r["loss"] for r in base]


def test_a_short_run_is_the_beginning_of_a_longer_one(runs, curve, uninterrupted):
    assert curve(runs[1]["two"].reports) == curve(uninterrupted[:2])
    assert curve(runs[1]["base"].reports) == curve(uninterrupted)


def test_missing_data_end_the_script_with_advice(runner, tmp_path):
    code, reports, err = runner.run(tmp_path, "--dataset_path", tmp_path / "none", "--download", 0)
    assert (code, reports) == (1, [])
    assert err.startswith("error: no Fashion-MNIST data found. Put https://")


def test_wrong_flags_are_usage_errors(runs):
    assert [runs[1][run].code for run in ("abbreviated", "no truth", "help")] == [2, 2, 0]


def test_a_sixth_validates_and_every_image_trains_or_validates(modules):
    images = np.arange(60, dtype=np.uint8).reshape(60, 1, 1)
    train, valid = modules["training"].split(images, np.arange(60), torch.device("cpu"))
    assert (len(train[1]), len(valid[1])) == (50, 10)
    assert sorted([*train[1].tolist(), *valid[1].tolist()]) == list(range(60))
    for pixels, labels in (train, valid):
        assert pixels.flatten().tolist() == pytest.approx((labels / 127.5 - 1).tolist(), abs=1e-6)


def test_pixels_are_between_minus_one_and_one(modules):
    images = np.array([[[0, 255]]], np.uint8)
    assert modules["training"].pixels(images).tolist() == [[-1, 1]]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_gpu_is_used_and_the_run_resumes_on_it(runner, data, tmp_path):
    args = ("--dataset_path", data, "--st_checkpoint_dir", tmp_path, "--epochs")
    out, err = runner.start(tmp_path, *args, 1).communicate(timeout=240)
    assert " on cuda" in out, err
    code, reports, err = runner.run(tmp_path, *args, 2)
    assert (code, err) == (0, "")
    assert [r["epoch"] for r in reports] == [1, 2]
    assert all(math.isfinite(r["loss"]) and r["gpu_memory_bytes"] > 0 for r in reports)
