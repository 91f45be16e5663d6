"""An LSTM language model on WikiText-2."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarking.commons.benchmark_definitions.common import RealBenchmarkDefinition
from syne_core.config_space import loguniform, randint, uniform

__all__ = ["lstm_wikitext2_benchmark"]

_SCRIPT = Path(__file__).parents[2] / "training_scripts" / "lstm_wikitext2" / "lstm_wikitext2.py"


def lstm_wikitext2_benchmark(sagemaker_backend: bool = False, **overrides: Any) -> RealBenchmarkDefinition:
    """Two LSTM layers of width 200 on WikiText-2, 81 epochs; minus the validation perplexity.

    The local back-end wants one machine with a GPU for each of 4 workers; with the SageMaker
    back-end each of 8 workers has a cheaper instance of its own.

    :param overrides: fields of ``RealBenchmarkDefinition`` to replace
    """
    settings: dict[str, Any] = {
        "script": _SCRIPT,
        "config_space": {
            "lr": loguniform(1, 50),
            "dropout": uniform(0, 0.99),
            "batch_size": randint(8, 256),
            "clip": uniform(0.1, 2),
            "lr_factor": loguniform(1, 100),
            "epochs": 81,
            "dataset_path": "./",
            "report_current_best": False,
        },
        "max_wallclock_time": 7 * 3600,
        "n_workers": 8 if sagemaker_backend else 4,
        "instance_type": "ml.g4dn.xlarge" if sagemaker_backend else "ml.g4dn.12xlarge",
        "metric": "objective",
        "mode": "max",
        "max_resource_attr": "epochs",
        "resource_attr": "epoch",
        "framework": "PyTorch",
        "preload": ("torch", "torch._dynamo"),  # optimisers import the second at their first step
    }
    return RealBenchmarkDefinition(**{**settings, **overrides})
