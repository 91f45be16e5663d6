"""ResNet-18 on CIFAR-10."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarking.commons.benchmark_definitions.common import RealBenchmarkDefinition
from syne_core.config_space import loguniform, randint, uniform

__all__ = ["resnet_cifar10_benchmark"]

_SCRIPT = Path(__file__).parents[2] / "training_scripts" / "resnet_cifar10" / "resnet_cifar10.py"


def resnet_cifar10_benchmark(sagemaker_backend: bool = False, **overrides: Any) -> RealBenchmarkDefinition:
    """ResNet-18 on CIFAR-10, 27 epochs; validation accuracy.

    The local back-end wants one machine with a GPU for each of 4 workers; with the SageMaker
    back-end each worker has a cheaper instance of its own.

    :param overrides: fields of ``RealBenchmarkDefinition`` to replace
    """
    settings: dict[str, Any] = {
        "script": _SCRIPT,
        "config_space": {
            "batch_size": randint(8, 256),
            "momentum": uniform(0, 0.99),
            "weight_decay": loguniform(1e-5, 1e-3),
            "lr": loguniform(1e-3, 0.1),
            "epochs": 27,
            "dataset_path": "./",
            "num_gpus": 1,
        },
        "max_wallclock_time": 3 * 3600,
        "n_workers": 4,
        "instance_type": "ml.g4dn.xlarge" if sagemaker_backend else "ml.g4dn.12xlarge",
        "metric": "objective",
        "mode": "max",
        "max_resource_attr": "epochs",
        "resource_attr": "epoch",
        "framework": "PyTorch",
        "preload": ("torch", "torch._dynamo"),  # optimisers import the second at their first step
    }
    return RealBenchmarkDefinition(**{**settings, **overrides})
