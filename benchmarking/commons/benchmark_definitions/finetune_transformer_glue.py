"""Pretrained transformers on the tasks of GLUE (Wang et al. 2019), the model fixed or to be chosen."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from benchmarking.commons.benchmark_definitions.common import RealBenchmarkDefinition
from syne_core.config_space import choice, loguniform, randint, uniform
from syne_core.errors import UnknownNameError

__all__ = [
    "GLUE_BENCHMARKS",
    "PRETRAINED_MODELS",
    "TASK_METRICS",
    "finetune_transformer_glue_all_benchmarks",
    "finetune_transformer_glue_benchmark",
]

_SCRIPT = (
    Path(__file__).parents[2]
    / "training_scripts"
    / "finetune_transformer_glue"
    / "finetune_transformer_glue.py"
)

#: What is reported for each task, after ``eval_``; all are to be maximised.
TASK_METRICS = {
    "cola": "matthews_correlation",
    "mnli": "accuracy",
    "mrpc": "f1",
    "qnli": "accuracy",
    "qqp": "f1",
    "rte": "accuracy",
    "sst2": "accuracy",
    "stsb": "spearmanr",
    "wnli": "accuracy",
}

#: Where the model is a hyperparameter, it is chosen from these; names of the Hugging Face hub.
PRETRAINED_MODELS = (
    "bert-base-cased",
    "bert-base-uncased",
    "distilbert-base-uncased",
    "distilbert-base-cased",
    "roberta-base",
    "albert-base-v2",
    "distilroberta-base",
    "xlnet-base-cased",
    "albert-base-v1",
)


def finetune_transformer_glue_benchmark(
    sagemaker_backend: bool = False,
    choose_model: bool = False,
    dataset: str = "rte",
    model_type: str = "bert-base-cased",
    num_train_epochs: int = 3,
    train_valid_fraction: float = 0.7,
    **overrides: Any,
) -> RealBenchmarkDefinition:
    """Fine-tune a pretrained transformer on the training set of one task, of which a part validates.

    The first configuration is the usual one of Hugging Face's examples.

    :param choose_model: make the model a hyperparameter, chosen from ``PRETRAINED_MODELS``
    :param dataset: the task, of ``TASK_METRICS``
    :param model_type: the model; with ``choose_model`` that of the first configuration
    :param num_train_epochs: passes over the training part
    :param train_valid_fraction: the share of the training set that trains; the rest validates
    :param overrides: fields of ``RealBenchmarkDefinition`` to replace
    :raises UnknownNameError: if there is no such task
    """
    if dataset not in TASK_METRICS:
        raise UnknownNameError("GLUE task", dataset, TASK_METRICS)
    first: dict[str, Any] = {"learning_rate": 2e-5, "per_device_train_batch_size": 32, "warmup_ratio": 0.0}
    if choose_model:
        first["model_name_or_path"] = model_type
    settings: dict[str, Any] = {
        "script": _SCRIPT,
        "config_space": {
            "learning_rate": loguniform(1e-6, 1e-4),
            "per_device_train_batch_size": randint(16, 48),
            "warmup_ratio": uniform(0, 0.5),
            "model_name_or_path": choice(list(PRETRAINED_MODELS)) if choose_model else model_type,
            "task_name": dataset,
            "num_train_epochs": num_train_epochs,
            "train_valid_fraction": train_valid_fraction,
            "max_seq_length": 128,
            "dataset_path": "./",
        },
        "max_wallclock_time": 2700,
        "n_workers": 4,
        "instance_type": "ml.g4dn.xlarge" if sagemaker_backend else "ml.g4dn.12xlarge",
        "metric": f"eval_{TASK_METRICS[dataset]}",
        "mode": "max",
        "max_resource_attr": "num_train_epochs",
        "resource_attr": "epoch",
        "framework": "PyTorch",
        "points_to_evaluate": [first],
        "preload": (
            "finetune_transformer_glue",
            "transformers.models.bert.modeling_bert",
            "torch._dynamo",  # optimisers import it at their first step
        ),
    }
    return RealBenchmarkDefinition(**{**settings, **overrides})


#: ``finetune_transformer_glue_{task}`` and ``finetune_transformer_glue_modsel_{task}``: functions
#: ``(sagemaker_backend=False, **settings) -> RealBenchmarkDefinition`` for all tasks.
GLUE_BENCHMARKS = {
    f"finetune_transformer_glue_{'modsel_' if choose_model else ''}{dataset}": partial(
        finetune_transformer_glue_benchmark, choose_model=choose_model, dataset=dataset
    )
    for choose_model in (False, True)
    for dataset in TASK_METRICS
}


def finetune_transformer_glue_all_benchmarks(
    sagemaker_backend: bool = False, **settings: Any
) -> dict[str, RealBenchmarkDefinition]:
    """The benchmarks of all tasks by name, with the model fixed and to be chosen.

    :param settings: further arguments of ``finetune_transformer_glue_benchmark``
    """
    return {name: make(sagemaker_backend, **settings) for name, make in GLUE_BENCHMARKS.items()}
