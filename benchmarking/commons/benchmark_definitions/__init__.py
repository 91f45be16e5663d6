"""Benchmark definitions and their registries."""

from benchmarking.commons.benchmark_definitions.common import (
    BenchmarkDefinition,
    RealBenchmarkDefinition,
    SurrogateBenchmarkDefinition,
)
from benchmarking.commons.benchmark_definitions.real_benchmark_definitions import (
    BENCHMARKS,
    real_benchmark_definitions,
)
from benchmarking.commons.benchmark_definitions.surrogate_benchmark_definitions import (
    benchmark_definitions,
    surrogate_benchmark_definitions,
)

__all__ = [
    "BENCHMARKS",
    "BenchmarkDefinition",
    "RealBenchmarkDefinition",
    "SurrogateBenchmarkDefinition",
    "benchmark_definitions",
    "real_benchmark_definitions",
    "surrogate_benchmark_definitions",
]
