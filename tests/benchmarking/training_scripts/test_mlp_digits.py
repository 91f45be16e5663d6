"""The digits script, run as a trial runs it."""

from __future__ import annotations

import math
import signal

import pytest

pytest.importorskip("sklearn", reason="mlp_digits needs scikit-learn")

SCRIPT = "mlp_digits"
EPOCHS = 6
# The slowest configuration: a signal sent after a report reaches the script in one of the next epochs.
SLOW = ("--batch_size", 16, "--n_units_1", 128, "--n_units_2", 128, "--learning_rate_init", 0.02)
CHANGES = {
    "learning_rate_init": 0.01,
    "momentum": 0.5,
    "alpha": 0.5,
    "batch_size": 32,
    "n_units_1": 65,
    "n_units_2": 65,
    "seed": 1,
}


@pytest.fixture(scope="module")
def uninterrupted(runner, tmp_path_factory):
    code, reports, err = runner.run(tmp_path_factory.mktemp("whole"), *SLOW, "--epochs", EPOCHS)
    assert (code, err) == (0, "")
    return reports


@pytest.fixture(scope="module")
def runs(runner, tmp_path_factory):
    """Short runs that need no process of their own."""
    folder = tmp_path_factory.mktemp("short runs")
    (folder / "broken").mkdir()
    (folder / "broken" / "checkpoint.npz").write_bytes(b"not a checkpoint")
    changed = {name: ["--epochs", 1, f"--{name}", value] for name, value in CHANGES.items()}
    outcomes = runner.run_many(
        folder,
        {
            **changed,
            "base": ["--epochs", 1],
            "base again": ["--epochs", 1],
            "stopped": [*SLOW, "--epochs", 2, "--st_checkpoint_dir", "stopped"],
            "broken": [*SLOW, "--epochs", 2, "--st_checkpoint_dir", "broken"],
            "diverged": ["--learning_rate_init", 1e6, "--st_checkpoint_dir", "diverged"],
            "abbreviated": ["--learning_rate", 1],
            "help": ["--help"],
        },
    )
    return folder, outcomes


def test_reports_every_epoch_with_accuracy_loss_and_times(uninterrupted):
    assert [r["epoch"] for r in uninterrupted] == list(range(1, EPOCHS + 1))
    for clock in ("elapsed_time", "cpu_time"):
        times = [r[clock] for r in uninterrupted]
        assert 0 < times[0] < times[-1]
        assert times == sorted(times)
    assert uninterrupted[-1]["cpu_time"] <= uninterrupted[-1]["elapsed_time"] + 0.1, "one thread"
    assert {r["parameter_count"] for r in uninterrupted} == {64 * 128 + 128 + 128 * 128 + 128 + 128 * 10 + 10}
    assert all(0 <= r["accuracy"] <= 1 for r in uninterrupted)


def test_training_learns(uninterrupted):
    assert uninterrupted[-1]["accuracy"] > 0.9
    assert uninterrupted[-1]["loss"] < uninterrupted[0]["loss"] / 2


def test_resumes_exactly_however_often_it_is_killed(runner, curve, uninterrupted, tmp_path):
    args = (*SLOW, "--epochs", EPOCHS, "--st_checkpoint_dir", tmp_path / "checkpoints")
    seen = [
        *runner.cut_off(tmp_path, signal.SIGTERM, 1, *args),
        *runner.cut_off(tmp_path, signal.SIGKILL, 2, *args),
    ]
    beyond = max(report["epoch"] for report in seen) + 1  # a signal may be late by any number of epochs
    code, reports, err = runner.run(tmp_path, *args, "--epochs", max(EPOCHS, beyond))
    assert (code, err) == (0, "")
    assert reports[0]["epoch"] >= 2, "what the checkpoints held was trained again"
    assert curve([*seen, *reports], EPOCHS) == curve(uninterrupted)


def test_resumes_exactly_after_a_clean_stop_and_repeats_the_last_report(runner, runs, curve, uninterrupted):
    folder, outcomes = runs
    before = outcomes["stopped"].reports
    assert curve(before) == curve(uninterrupted[:2])
    # A kill while the next checkpoint is being written leaves a torn file beside the good one.
    whole = (folder / "stopped" / "checkpoint.npz").read_bytes()
    (folder / "stopped" / "checkpoint.npz.part").write_bytes(whole[:1000])
    code, after, err = runner.run(folder, *SLOW, "--epochs", EPOCHS, "--st_checkpoint_dir", "stopped")
    assert (code, err) == (0, "")
    assert curve(after) == curve(uninterrupted[1:])
    for clock in ("elapsed_time", "cpu_time"):
        assert before[1][clock] == after[0][clock] < after[1][clock]


def test_starts_over_with_a_message_if_the_checkpoint_is_broken(runs, curve, uninterrupted):
    code, reports, err = runs[1]["broken"]
    assert code == 0
    assert curve(reports) == curve(uninterrupted[:2])
    assert len(err.splitlines()) == 1
    assert "checkpoint.npz cannot be used, starting over" in err


def test_reports_nan_once_and_ends_if_training_diverges(runs):
    folder, outcomes = runs
    code, reports, err = outcomes["diverged"]
    assert code == 0
    assert [r["epoch"] for r in reports] == [1]
    assert math.isnan(reports[0]["accuracy"])
    assert err == "epoch 1: training diverged, stopping\n"
    assert not (folder / "diverged").exists(), "a diverged state is not worth resuming"


@pytest.mark.parametrize("name", CHANGES)
def test_hyperparameter_changes_training(runs, name):
    base, changed = (runs[1][run].reports[0]["loss"] for run in ("base", name))
    assert math.isfinite(changed)
    assert changed != base


def test_same_arguments_give_the_same_result(runs, curve):
    assert curve(runs[1]["base again"].reports) == curve(runs[1]["base"].reports)


def test_misspelt_flag_is_a_usage_error(runner, tmp_path):
    code, reports, err = runner.run(tmp_path, "--learning_rate_innit", 0.1)
    assert (code, reports) == (2, [])
    assert "--learning_rate_innit" in err


def test_shortened_flag_is_a_usage_error_and_help_is_not(runs):
    assert runs[1]["abbreviated"].code == 2
    assert runs[1]["help"].code == 0
