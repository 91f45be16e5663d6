"""The CIFAR-10 script, run as a trial runs it, on a few images in the official format."""

from __future__ import annotations

import importlib
import math
import signal
import sys

import numpy as np
import pytest
from tiny_data import write_cifar10

pytestmark = pytest.mark.long
torch = pytest.importorskip("torch", reason="resnet_cifar10 needs torch")

SCRIPT = "resnet_cifar10"
MODULES = ("batches", "resnet", "training")
EPOCHS = 5
CHANGES = {"lr": 0.02, "momentum": 0.5, "weight_decay": 0.1, "batch_size": 3, "seed": 1}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_cifar10(tmp_path_factory.mktemp("ten images"), 2)


@pytest.fixture(scope="module")
def arguments(data):
    return ("--dataset_path", data, "--download", 0, "--num_gpus", 0, "--batch_size", 4, "--lr", 0.01)


@pytest.fixture(scope="module")
def uninterrupted(runner, arguments, tmp_path_factory):
    code, reports, err = runner.run(tmp_path_factory.mktemp("whole"), *arguments, "--epochs", EPOCHS)
    assert (code, err) == (0, "")
    return reports


@pytest.fixture(scope="module")
def runs(runner, data, arguments, tmp_path_factory):
    """Short runs that need no process of their own."""
    folder = tmp_path_factory.mktemp("short runs")
    (folder / "broken").mkdir()
    (folder / "broken" / "checkpoint.pt").write_bytes(b"not a checkpoint")
    short = [*arguments, "--epochs", 2]
    bright = write_cifar10(folder, 20)
    outcomes = runner.run_many(
        folder,
        {
            **{name: [*short, f"--{name}", value] for name, value in CHANGES.items()},
            "base": short,
            "broken": [*short, "--st_checkpoint_dir", "broken"],
            "diverged": [*short, "--lr", 1e30, "--st_checkpoint_dir", "diverged"],
            "learning": [*arguments, *("--dataset_path", bright), *("--batch_size", 8), *("--epochs", 3)],
            "help": ["--help"],
            "two GPUs": ["--num_gpus", 2],
            "abbreviated": ["--batch", 4],
        },
    )
    return folder, outcomes


@pytest.fixture
def modules(runner, monkeypatch):
    """The modules beside the script, gone from ``sys.modules`` afterwards."""
    monkeypatch.syspath_prepend(str(runner.folder))
    yield {name: importlib.import_module(name) for name in MODULES}
    for name in MODULES:
        del sys.modules[name]


def test_reports_every_epoch(uninterrupted):
    assert [r["epoch"] for r in uninterrupted] == list(range(1, EPOCHS + 1))
    assert all(r["objective"] in (0, 0.5, 1) for r in uninterrupted), "two images validate"
    assert all(math.isfinite(r["loss"]) and r["parameter_count"] == 11_173_962 for r in uninterrupted)
    assert [r["elapsed_time"] for r in uninterrupted] == sorted(r["elapsed_time"] for r in uninterrupted)


def test_training_learns(runs):
    reports = runs[1]["learning"].reports
    assert reports[-1]["objective"] >= 0.9
    assert reports[-1]["loss"] < reports[0]["loss"]


def test_resumes_exactly_however_often_it_is_killed(runner, arguments, curve, uninterrupted, tmp_path):
    args = (*arguments, "--epochs", EPOCHS, "--st_checkpoint_dir", tmp_path / "checkpoints")
    seen = [
        *runner.cut_off(tmp_path, signal.SIGTERM, 2, *args),
        *runner.cut_off(tmp_path, signal.SIGKILL, 3, *args),
    ]
    (tmp_path / "checkpoints" / "checkpoint.pt.part").write_bytes(b"torn")
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
    assert math.isnan(reports[0]["objective"])
    assert err == "epoch 1: training diverged, stopping\n"
    assert not (folder / "diverged").exists()


@pytest.mark.parametrize("name", CHANGES)
def test_hyperparameter_changes_training(runs, name):
    base, changed = ([r["loss"] for r in runs[1][run].reports] for run in ("base", name))
    assert all(map(math.isfinite, changed))
    assert changed != base


def test_a_short_run_is_the_beginning_of_a_longer_one(runs, curve, uninterrupted):
    assert curve(runs[1]["base"].reports) == curve(uninterrupted[:2])


def test_missing_data_end_the_script_with_advice(runner, tmp_path):
    code, reports, err = runner.run(tmp_path, "--dataset_path", tmp_path / "none", "--download", 0)
    assert (code, reports) == (1, [])
    assert err.startswith("error: no CIFAR-10 data found. Put https://")


def test_wrong_flags_are_usage_errors(runner, runs, tmp_path):
    code, _, err = runner.run(tmp_path, "--weight_deccay", 0.1)
    assert code == 2
    assert "--weight_deccay" in err
    assert [runs[1][run].code for run in ("two GPUs", "abbreviated", "help")] == [2, 2, 0]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_gpu_is_used_and_the_run_resumes_on_it(runner, data, tmp_path):
    args = ("--dataset_path", data, "--st_checkpoint_dir", tmp_path, "--epochs")
    out, err = runner.start(tmp_path, *args, 1).communicate(timeout=240)
    assert " on cuda" in out, err
    code, reports, err = runner.run(tmp_path, *args, 2)
    assert (code, err) == (0, "")
    assert [r["epoch"] for r in reports] == [1, 2]
    assert all(math.isfinite(r["loss"]) for r in reports)


def test_the_network_is_resnet_18(modules):
    model = modules["resnet"].ResNet18()
    assert sum(p.numel() for p in model.parameters()) == 11_173_962
    assert sum(isinstance(m, torch.nn.Conv2d) and m.kernel_size == (3, 3) for m in model.modules()) == 17
    assert model(torch.zeros(2, 3, 32, 32)).shape == (2, 10)


def test_learning_rate_falls_by_a_tenth_per_epoch_and_the_rest_stays(modules):
    training = modules["training"].make_training(0, torch.device("cpu"))
    rates = []
    for epoch in (1, 2, 3):
        modules["training"].set_hyperparameters(training, epoch, 0.1, 0.7, 1e-4)
        (group,) = training.optimizer.param_groups
        rates.append(group["lr"])
        assert (group["momentum"], group["weight_decay"]) == (0.7, 1e-4)
    assert rates == pytest.approx([0.1, 0.09, 0.081])


def test_every_image_trains_or_validates(modules):
    images = np.arange(50).repeat(3072).reshape(50, 3, 32, 32).astype(np.uint8)
    train, valid = modules["batches"].split(images, np.arange(50), torch.device("cpu"))
    assert (len(train[1]), len(valid[1])) == (40, 10)
    assert sorted([*train[1].tolist(), *valid[1].tolist()]) == list(range(50))
    for x, y in (train, valid):
        assert x[:, 0, 0, 0].tolist() == y.tolist()


def test_an_epoch_has_every_image_once_in_an_order_of_its_own(modules):
    images = torch.zeros(50, 3, 32, 32, dtype=torch.uint8)

    def order(seed, epoch):
        batches = list(modules["batches"].training_batches(images, torch.arange(50), 16, seed, epoch))
        assert [len(y) for _, y in batches] == [16, 16, 16, 2]
        assert batches[0][0].shape == (16, 3, 32, 32)
        return torch.cat([y for _, y in batches]).tolist()

    assert sorted(order(0, 1)) == list(range(50))
    assert order(0, 1) == order(0, 1)
    assert len({tuple(order(seed, epoch)) for seed in (0, 1) for epoch in (1, 2)}) == 4


def test_augmentation_crops_and_mirrors_each_image_in_its_own_way(modules):
    pixels = torch.arange(1, 1025).reshape(1, 32, 32)
    image = torch.cat([pixels, pixels + 2000, pixels + 4000]).to(torch.int16)
    padded = torch.zeros(3, 40, 40, dtype=torch.int16)
    padded[:, 4:36, 4:36] = image
    possible = {}
    for top in range(9):
        for left in range(9):
            crop = padded[:, top : top + 32, left : left + 32]
            possible[crop.numpy().tobytes()] = (top, left, False)
            possible[crop.flip(2).numpy().tobytes()] = (top, left, True)
    assert len(possible) == 162
    generator = torch.Generator().manual_seed(0)
    many = modules["batches"].augment(image.repeat(2000, 1, 1, 1), generator)
    seen = [possible[x.contiguous().numpy().tobytes()] for x in many]
    assert len(set(seen)) == 162
    assert 0.45 < sum(mirrored for _, _, mirrored in seen) / 2000 < 0.55


def test_normalised_images_have_about_mean_zero_and_variance_one(modules):
    batches = modules["batches"]
    grey = torch.tensor(batches.MEAN).mul(255).round().to(torch.uint8).view(1, 3, 1, 1)
    assert batches.normalise(grey).abs().max() < 0.01
    black = batches.normalise(torch.zeros_like(grey)).flatten()
    assert black.tolist() == pytest.approx([-m / s for m, s in zip(batches.MEAN, batches.STD, strict=True)])
