"""All real benchmarks by name."""

from __future__ import annotations

from typing import Any

from benchmarking.commons.benchmark_definitions.common import RealBenchmarkDefinition
from benchmarking.commons.benchmark_definitions.finetune_transformer_glue import GLUE_BENCHMARKS
from benchmarking.commons.registry import Registry

__all__ = ["BENCHMARKS", "real_benchmark_definitions"]

_HERE = "benchmarking.commons.benchmark_definitions"

#: Functions ``(sagemaker_backend: bool = False, **overrides) -> RealBenchmarkDefinition``.
BENCHMARKS = Registry(
    "benchmark",
    "synebench.benchmarks",
    {
        "resnet_cifar10": f"{_HERE}.resnet_cifar10:resnet_cifar10_benchmark",
        "transformer_wikitext2": f"{_HERE}.transformer_wikitext2:transformer_wikitext2_benchmark",
        "lstm_wikitext2": f"{_HERE}.lstm_wikitext2:lstm_wikitext2_benchmark",
        "mlp_fashionmnist": f"{_HERE}.mlp_fashionmnist:mlp_fashionmnist_benchmark",
        "mlp_digits": f"{_HERE}.mlp_digits:mlp_digits_benchmark",
        "distilbert_imdb": f"{_HERE}.distilbert_imdb:distilbert_imdb_benchmark",
        **GLUE_BENCHMARKS,
        "finetune_transformer_swag": f"{_HERE}.finetune_transformer_swag:finetune_transformer_swag_benchmark",
    },
)


def real_benchmark_definitions(
    sagemaker_backend: bool = False, **overrides: Any
) -> dict[str, RealBenchmarkDefinition]:
    """Every real benchmark, plug-ins included.

    :param sagemaker_backend: for the SageMaker back-end, where each worker has an instance of its own
    :param overrides: fields of ``RealBenchmarkDefinition`` to replace in all of them
    """
    return {name: make(sagemaker_backend, **overrides) for name, make in BENCHMARKS.loaded().items()}
