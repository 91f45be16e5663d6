"""A benchmark definition together with the blackbox that answers for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarking.commons.benchmark_definitions.blackbox_fit import fit_mistakes
from benchmarking.commons.benchmark_definitions.common import (
    BenchmarkDefinition,
    RealBenchmarkDefinition,
    SurrogateBenchmarkDefinition,
)
from benchmarking.commons.benchmark_definitions.simulation_settings import SimulationSettings
from syne_core.blackbox import Blackbox, load_blackbox
from syne_core.errors import BenchmarkDefinitionError

__all__ = ["NO_SURROGATE", "SimulatedBenchmark", "simulated_benchmark"]

#: Name of the surrogate that answers for the rows of the table only.
NO_SURROGATE = "none"


@dataclass(frozen=True, kw_only=True)
class SimulatedBenchmark:
    """What the simulator needs to know of a benchmark; fields as in ``RealBenchmarkDefinition``.

    :param script: None where there is none
    :param digest: of what decides the blackbox's answers
    """

    config_space: dict[str, Any]
    max_wallclock_time: float
    n_workers: int
    metric: str
    mode: str
    max_resource_attr: str
    resource_attr: str
    max_num_evaluations: int | None
    points_to_evaluate: list[dict[str, Any]] | None
    script: Path | None
    instance_type: str | None
    settings: SimulationSettings
    digest: str
    blackbox: Blackbox = field(repr=False, compare=False)


def simulated_benchmark(
    definition: BenchmarkDefinition,
    settings: SimulationSettings,
    blackbox: str | Path | None = None,
    surrogate: str | None = None,
) -> SimulatedBenchmark:
    """``definition``, ready to be simulated.

    :param blackbox: takes the place of the definition's
    :param surrogate: takes the place of the definition's; ``"none"``: rows of the table only
    :raises UsageError: there is no blackbox, it cannot be read, or it does not fit; with all mistakes
    """
    source = blackbox if blackbox is not None else definition.blackbox
    if source is None:
        raise BenchmarkDefinitionError(
            "there is no table to simulate it from: run random search on it once, turn the study into a "
            "table with 'synebench record TAG --output FOLDER', and give the folder as --blackbox, or as "
            "'blackbox' in the definition"
        )
    chosen = surrogate or definition.surrogate or "auto"
    found = load_blackbox(source, surrogate=None if chosen == NO_SURROGATE else chosen)
    values = _values(definition, found)
    mistakes = fit_mistakes(values, found)
    if settings.blackbox_seed is not None and settings.blackbox_seed >= found.num_seeds:
        mistakes.append(
            f"--blackbox_seed is {settings.blackbox_seed}; repetitions are 0 to {found.num_seeds - 1}"
        )
    if mistakes:
        raise BenchmarkDefinitionError.joined(f"blackbox {source}: {mistake}" for mistake in mistakes)
    return SimulatedBenchmark(**values, settings=settings, digest=found.digest(), blackbox=found)


def _values(definition: BenchmarkDefinition, blackbox: Blackbox) -> dict[str, Any]:
    if isinstance(definition, RealBenchmarkDefinition):
        own = _real_values(definition)
    else:
        own = _surrogate_values(definition, blackbox)
    shared = ("max_wallclock_time", "n_workers", "max_resource_attr", "max_num_evaluations")
    return {
        **{name: getattr(definition, name) for name in (*shared, "points_to_evaluate")},
        "resource_attr": definition.resource_attr or blackbox.resource_attr,
        **own,
    }


def _real_values(definition: RealBenchmarkDefinition) -> dict[str, Any]:
    return {
        "config_space": definition.config_space,
        "metric": definition.metric,
        "mode": definition.mode,
        "script": definition.script,
        "instance_type": definition.instance_type,
    }


def _surrogate_values(definition: SurrogateBenchmarkDefinition, blackbox: Blackbox) -> dict[str, Any]:
    metric = definition.metric or blackbox.metric_names[0]
    modes: Mapping[str, str] = getattr(blackbox, "modes", {})
    mode = definition.mode or modes.get(metric)
    if mode is None:
        raise BenchmarkDefinitionError(f"say whether '{metric}' is to be small or large: mode min or max")
    space = dict(blackbox.config_space if definition.config_space is None else definition.config_space)
    space.setdefault(definition.max_resource_attr, blackbox.resources[-1])
    return {"config_space": space, "metric": metric, "mode": mode, "script": None, "instance_type": None}
