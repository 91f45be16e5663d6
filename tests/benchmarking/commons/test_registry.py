"""Names of built-in and plugged-in things."""

from __future__ import annotations

import logging
from importlib.metadata import EntryPoint

import pytest

from benchmarking.commons.benchmark_definitions import BENCHMARKS, real_benchmark_definitions
from benchmarking.commons.default_baselines import METHODS
from benchmarking.commons.registry import Registry
from syne_core.errors import UnknownNameError


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    plug_ins = [
        EntryPoint("plugged", "json:dumps", "group"),
        EntryPoint("broken", "no_such_module:f", "group"),
    ]
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: plug_ins if group == "group" else [])
    return Registry("thing", "group", {"own": "json:loads"})


def test_plug_ins_and_built_ins_share_one_door(registry: Registry) -> None:
    assert list(registry) == ["own", "plugged", "broken"]
    assert registry["plugged"]({}) == "{}"
    assert registry["own"]("1") == 1


def test_broken_plug_in_is_named_and_skipped(registry: Registry, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert list(registry.loaded()) == ["own", "plugged"]
    assert "thing 'broken' cannot be loaded" in caplog.text
    assert "no_such_module" in caplog.text


def test_unknown_name_suggests_the_nearest(registry: Registry) -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown thing .pluged.\. Did you mean .plugged."):
        registry["pluged"]


def test_every_built_in_method_and_benchmark_loads() -> None:
    assert set(METHODS.loaded()) >= {"RS", "ASHA"}
    assert set(BENCHMARKS.loaded()) >= {"resnet_cifar10", "mlp_digits"}


def test_instances_are_cheaper_with_the_sagemaker_backend() -> None:
    local, remote = real_benchmark_definitions(), real_benchmark_definitions(sagemaker_backend=True)
    assert local["resnet_cifar10"].instance_type == "ml.g4dn.12xlarge"
    assert remote["resnet_cifar10"].instance_type == "ml.g4dn.xlarge"
    assert real_benchmark_definitions(n_workers=7)["mlp_digits"].n_workers == 7
