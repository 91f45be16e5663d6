"""Benchmark definitions and their registry."""

from benchmarking.commons.benchmark_definitions.common import RealBenchmarkDefinition
from benchmarking.commons.benchmark_definitions.real_benchmark_definitions import (
    BENCHMARKS,
    real_benchmark_definitions,
)

__all__ = ["BENCHMARKS", "RealBenchmarkDefinition", "real_benchmark_definitions"]
