"""A small perceptron on Fashion-MNIST."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarking.commons.benchmark_definitions.common import RealBenchmarkDefinition
from syne_core.config_space import lograndint, loguniform, randint, uniform

__all__ = ["mlp_fashionmnist_benchmark"]

_SCRIPT = Path(__file__).parents[2] / "training_scripts" / "mlp_fashionmnist" / "mlp_fashionmnist.py"


def mlp_fashionmnist_benchmark(sagemaker_backend: bool = False, **overrides: Any) -> RealBenchmarkDefinition:
    """A perceptron with two hidden layers on Fashion-MNIST, 81 epochs; validation accuracy.

    It needs no GPU, so the instance is the same for both back-ends.

    :param overrides: fields of ``RealBenchmarkDefinition`` to replace
    """
    settings: dict[str, Any] = {
        "script": _SCRIPT,
        "config_space": {
            "n_units_1": lograndint(4, 1024),
            "n_units_2": lograndint(4, 1024),
            "batch_size": randint(8, 128),
            "dropout_1": uniform(0, 0.99),
            "dropout_2": uniform(0, 0.99),
            "learning_rate": loguniform(1e-6, 1),
            "weight_decay": loguniform(1e-8, 1),
            "epochs": 81,
            "dataset_path": "./",
            "report_current_best": False,
        },
        "max_wallclock_time": 3 * 3600,
        "n_workers": 4,
        "instance_type": "ml.c5.4xlarge",
        "metric": "accuracy",
        "mode": "max",
        "max_resource_attr": "epochs",
        "resource_attr": "epoch",
        "framework": "PyTorch",
        "preload": ("torch", "torch._dynamo"),  # optimisers import the second at their first step
    }
    return RealBenchmarkDefinition(**{**settings, **overrides})
