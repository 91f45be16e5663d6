"""DistilBERT on the film reviews of IMDB."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarking.commons.benchmark_definitions.common import RealBenchmarkDefinition
from syne_core.config_space import loguniform

__all__ = ["distilbert_imdb_benchmark"]

_SCRIPT = Path(__file__).parents[2] / "training_scripts" / "distilbert_imdb" / "distilbert_imdb.py"


def distilbert_imdb_benchmark(sagemaker_backend: bool = False, **overrides: Any) -> RealBenchmarkDefinition:
    """Fine-tune ``distilbert-base-cased`` to tell good reviews from bad ones, 15 epochs; accuracy.

    The instance type is the same for all back-ends: a machine with one GPU, on which the local back-end runs
    one trial at a time unless it may share GPUs (``--oversubscribe_gpus``) or is given a bigger machine.

    :param overrides: fields of ``RealBenchmarkDefinition`` to replace
    """
    settings: dict[str, Any] = {
        "script": _SCRIPT,
        "config_space": {
            "learning_rate": loguniform(1e-6, 1e-4),
            "weight_decay": loguniform(1e-6, 1e-4),
            "epochs": 15,
            "dataset_path": "./",
        },
        "max_wallclock_time": 3 * 3600,
        "n_workers": 4,
        "instance_type": "ml.g4dn.xlarge",
        "metric": "accuracy",
        "mode": "max",
        "max_resource_attr": "epochs",
        "resource_attr": "epoch",
        "framework": "HuggingFace",
        "preload": (
            "distilbert_imdb",
            "transformers.models.distilbert.modeling_distilbert",
            "torch._dynamo",  # optimisers import it at their first step
        ),
    }
    return RealBenchmarkDefinition(**{**settings, **overrides})
