"""Benchmarks that only the simulator runs, by name: problems given by formulas."""

from __future__ import annotations

from typing import Any

from benchmarking.commons.benchmark_definitions.common import (
    BenchmarkDefinition,
    SurrogateBenchmarkDefinition,
)
from benchmarking.commons.benchmark_definitions.real_benchmark_definitions import real_benchmark_definitions

__all__ = ["benchmark_definitions", "surrogate_benchmark_definitions"]

# Simulated seconds: about 200 evaluations of a function on 4 workers, 40 whole trainings of a curve.
_FUNCTIONS = {"max_wallclock_time": 3600.0, "n_workers": 4}
_CURVES = {"max_wallclock_time": 4 * 3600.0, "n_workers": 4}


def surrogate_benchmark_definitions(**overrides: Any) -> dict[str, SurrogateBenchmarkDefinition]:
    """Every problem of ``syne_core.blackbox`` that is given by a formula.

    :param overrides: fields of ``SurrogateBenchmarkDefinition`` to replace in all of them
    """
    from syne_core.blackbox.analytic import problem_names

    return {
        name: SurrogateBenchmarkDefinition(
            **{"blackbox": name, **(_CURVES if name.startswith("curves-") else _FUNCTIONS), **overrides}
        )
        for name in problem_names()
    }


def benchmark_definitions(sagemaker_backend: bool = False) -> dict[str, BenchmarkDefinition]:
    """Every registered benchmark, with or without a training script.

    :param sagemaker_backend: see ``real_benchmark_definitions``
    """
    return {**surrogate_benchmark_definitions(), **real_benchmark_definitions(sagemaker_backend)}
