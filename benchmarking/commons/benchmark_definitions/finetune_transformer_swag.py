"""BERT on SWAG: which of four sentences goes on from the one before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarking.commons.benchmark_definitions.common import RealBenchmarkDefinition
from syne_core.config_space import loguniform, uniform

__all__ = ["finetune_transformer_swag_benchmark"]

_SCRIPT = (
    Path(__file__).parents[2]
    / "training_scripts"
    / "finetune_transformer_swag"
    / "finetune_transformer_swag.py"
)

_DEFAULTS = {
    "learning_rate": 5e-5,
    "warmup_ratio": 0.0,
    "weight_decay": 0.0,
    "adam_beta1": 0.9,
    "adam_beta2": 0.999,
    "adam_epsilon": 1e-8,
    "max_grad_norm": 1.0,
}


def finetune_transformer_swag_benchmark(
    sagemaker_backend: bool = False,
    num_train_epochs: int = 3,
    per_device_train_batch_size: int = 8,
    **overrides: Any,
) -> RealBenchmarkDefinition:
    """Fine-tune ``bert-base-cased`` on SWAG (Zellers et al. 2018); accuracy on its validation set.

    The first configuration is the default of Hugging Face's ``TrainingArguments``.

    :param num_train_epochs: passes over the training set, the constant ``epochs``
    :param per_device_train_batch_size: questions in a step
    :param overrides: fields of ``RealBenchmarkDefinition`` to replace
    """
    settings: dict[str, Any] = {
        "script": _SCRIPT,
        "config_space": {
            "learning_rate": loguniform(1e-6, 1e-4),
            "warmup_ratio": uniform(0, 0.5),
            "weight_decay": uniform(0, 0.1),
            "adam_beta1": uniform(0, 0.9999),
            "adam_beta2": uniform(0, 0.9999),
            "adam_epsilon": loguniform(1e-10, 1e-6),
            "max_grad_norm": uniform(0, 2),
            "per_device_train_batch_size": per_device_train_batch_size,
            "epochs": num_train_epochs,
            "dataset_path": "./",
        },
        "max_wallclock_time": 5 * 3600,
        "n_workers": 4,
        "instance_type": "ml.g4dn.xlarge" if sagemaker_backend else "ml.g4dn.12xlarge",
        "metric": "eval_accuracy",
        "mode": "max",
        "max_resource_attr": "epochs",
        "resource_attr": "epoch",
        "framework": "PyTorch",
        "points_to_evaluate": [_DEFAULTS],
        "preload": (
            "finetune_transformer_swag",
            "transformers.models.bert.modeling_bert",
            "torch._dynamo",  # optimisers import it at their first step
        ),
    }
    return RealBenchmarkDefinition(**{**settings, **overrides})
