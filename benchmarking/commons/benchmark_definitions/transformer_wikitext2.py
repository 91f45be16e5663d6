"""A small Transformer language model on WikiText-2."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarking.commons.benchmark_definitions.common import RealBenchmarkDefinition
from syne_core.config_space import loguniform, randint, uniform

__all__ = ["transformer_wikitext2_benchmark"]

_SCRIPT = (
    Path(__file__).parents[2] / "training_scripts" / "transformer_wikitext2" / "transformer_wikitext2.py"
)


def transformer_wikitext2_benchmark(
    sagemaker_backend: bool = False, **overrides: Any
) -> RealBenchmarkDefinition:
    """Two layers of width 256 on WikiText-2, 40 epochs; validation loss per token.

    The local back-end wants one machine with a GPU for each of 4 workers; with the SageMaker
    back-end each worker has a cheaper instance of its own.

    :param overrides: fields of ``RealBenchmarkDefinition`` to replace
    """
    settings: dict[str, Any] = {
        "script": _SCRIPT,
        "config_space": {
            "lr": loguniform(1e-6, 1e-3),
            "dropout": uniform(0, 0.99),
            "batch_size": randint(16, 48),
            "momentum": uniform(0, 0.99),
            "clip": uniform(0, 1),
            "epochs": 40,
            "d_model": 256,
            "ffn_ratio": 1,
            "nlayers": 2,
            "nhead": 2,
            "bptt": 35,
            "optimizer_name": "sgd",
            "input_data_dir": "./",
            "use_cuda": 1,
            "seed": 1111,
            "precision": "float",
            "log_interval": 200,
        },
        "max_wallclock_time": 5 * 3600,
        "n_workers": 4,
        "instance_type": "ml.g4dn.xlarge" if sagemaker_backend else "ml.g4dn.12xlarge",
        "metric": "val_loss",
        "mode": "min",
        "max_resource_attr": "epochs",
        "resource_attr": "epoch",
        "framework": "PyTorch",
        "preload": ("torch", "torch._dynamo"),  # optimisers import the second at their first step
    }
    return RealBenchmarkDefinition(**{**settings, **overrides})
