"""Checkpoints of the digits script, without training anything."""

from __future__ import annotations

import os
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

METRICS = {"epoch": 3, "accuracy": 0.91, "loss": 0.1 + 0.2, "elapsed_time": 1.25, "cpu_time": 0.75}


@pytest.fixture(scope="module")
def checkpoints(load_module):
    return load_module("mlp_digits/mlp_checkpoint.py")


def make_model(seed, units=3):
    """What the module knows of an MLPClassifier."""
    rng = np.random.default_rng(seed)
    weights = [rng.normal(size=(4, units)).astype(np.float32), rng.normal(size=(units, 2))]
    biases = [rng.normal(size=units), rng.normal(size=2)]
    velocities = [np.zeros_like(w) + seed for w in weights + biases]
    return SimpleNamespace(
        coefs_=weights, intercepts_=biases, _optimizer=SimpleNamespace(velocities=velocities)
    )


def arrays(model):
    return [a.tolist() for a in (*model.coefs_, *model.intercepts_, *model._optimizer.velocities)]


def test_a_checkpoint_brings_back_model_and_metrics_exactly(checkpoints, tmp_path):
    saved, target = make_model(1), make_model(2)
    checkpoints.save_checkpoint(tmp_path / "new", saved, METRICS)
    assert checkpoints.load_checkpoint(tmp_path / "new", target) == METRICS
    assert arrays(target) == arrays(saved)
    assert os.listdir(tmp_path / "new") == ["checkpoint.npz"]


def test_no_checkpoint_is_not_worth_a_message(checkpoints, tmp_path, capsys):
    assert checkpoints.load_checkpoint(tmp_path, make_model(1)) is None
    assert capsys.readouterr().err == ""


@given(share=st.floats(0, 0.999))
def test_a_torn_checkpoint_is_refused_and_leaves_the_model_alone(checkpoints, tmp_path, share):
    checkpoints.save_checkpoint(tmp_path, make_model(1), METRICS)
    path = tmp_path / "checkpoint.npz"
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    target = make_model(2)
    assert checkpoints.load_checkpoint(tmp_path, target) is None
    assert arrays(target) == arrays(make_model(2))


def test_a_checkpoint_of_another_network_is_refused_by_shape(checkpoints, tmp_path, capsys):
    checkpoints.save_checkpoint(tmp_path, make_model(1, units=5), METRICS)
    target = make_model(2)
    assert checkpoints.load_checkpoint(tmp_path, target) is None
    assert arrays(target) == arrays(make_model(2))
    assert "another shape" in capsys.readouterr().err


class Explosive:
    """Unpickling it makes a file."""

    def __reduce__(self):
        return os.mkdir, ("exploded",)


def test_a_pickle_in_a_checkpoint_is_not_executed(checkpoints, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    state = {f"state_{i}": np.array([Explosive()], dtype=object) for i in range(8)}
    np.savez(
        tmp_path / "checkpoint.npz", metric_epoch=3, metric_elapsed_time=1.0, metric_cpu_time=1.0, **state
    )
    assert checkpoints.load_checkpoint(tmp_path, make_model(2)) is None
    assert not (tmp_path / "exploded").exists()
    assert "starting over" in capsys.readouterr().err
