"""A small perceptron on handwritten digits: a real benchmark that finishes anywhere in minutes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarking.commons.benchmark_definitions.common import RealBenchmarkDefinition
from syne_core.config_space import lograndint, loguniform, uniform

__all__ = ["mlp_digits_benchmark"]

_SCRIPT = Path(__file__).parents[2] / "training_scripts" / "mlp_digits" / "mlp_digits.py"


def mlp_digits_benchmark(sagemaker_backend: bool = False, **overrides: Any) -> RealBenchmarkDefinition:
    """A perceptron with two hidden layers on the digits that scikit-learn ships, 27 epochs.

    :param overrides: fields of ``RealBenchmarkDefinition`` to replace
    """
    settings: dict[str, Any] = {
        "script": _SCRIPT,
        "config_space": {
            "learning_rate_init": loguniform(1e-4, 1),
            "momentum": uniform(0, 0.99),
            "alpha": loguniform(1e-8, 1),
            "batch_size": lograndint(16, 128),
            "n_units_1": lograndint(8, 128),
            "n_units_2": lograndint(8, 128),
            "epochs": 27,
        },
        "max_wallclock_time": 600,
        "n_workers": 4,
        "instance_type": "ml.c5.xlarge" if sagemaker_backend else "ml.c5.4xlarge",
        "metric": "accuracy",
        "mode": "max",
        "max_resource_attr": "epochs",
        "resource_attr": "epoch",
        "framework": "PyTorch",
        "preload": ("mlp_digits",),
        "blackbox": "mlp_digits",
        "surrogate": "extra_trees",  # of those there are, it predicts rows left out best
    }
    return RealBenchmarkDefinition(**{**settings, **overrides})
