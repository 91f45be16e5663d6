"""Benchmark definitions: training scripts, or tables of what they reported, with space and budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from benchmarking.commons.benchmark_definitions.definition_checks import (
    definition_mistakes,
    surrogate_mistakes,
)
from syne_core.errors import BenchmarkDefinitionError

__all__ = ["BenchmarkDefinition", "RealBenchmarkDefinition", "SurrogateBenchmarkDefinition"]


@dataclass(frozen=True, kw_only=True)
class RealBenchmarkDefinition:
    """A benchmark that is run for real; what may vary between experiments are defaults only.

    :param script: absolute path of the training script; further requirements stand in
        ``requirements.txt`` beside it
    :param config_space: domains and constants by name; holds ``max_resource_attr``
    :param max_wallclock_time: seconds suggested for an experiment
    :param n_workers: suggested number of workers
    :param metric: name of the metric in reports
    :param mode: ``"min"`` or ``"max"``
    :param max_resource_attr: name of the constant that limits the resource (epochs)
    :param instance_type: suggested SageMaker instance type
    :param instance_count: suggested number of instances of a trial, each of which runs the script
    :param framework: SageMaker framework: PyTorch, HuggingFace, SKLearn or TensorFlow
    :param framework_version: version of the framework's image; None: the newest that is known
    :param py_version: its Python, such as ``"py310"``
    :param image_uri: Docker image of one's own, instead of the framework's
    :param resource_attr: name of the resource in reports
    :param estimator_kwargs: further arguments of the SageMaker job, as of the SDK's estimators, such as
        ``volume_size``, ``subnets``, ``tags``
    :param max_num_evaluations: suggested limit on the number of reports
    :param points_to_evaluate: configurations to try first; None: the default configuration
    :param preload: modules that local trials find imported already (warm start); those beside the script,
        and the script itself, may be among them
    :param blackbox: what the simulator answers from: anything that ``syne_core.blackbox.load_blackbox`` takes
    :param surrogate: answers there for configurations off the table; see ``syne_core.blackbox.add_surrogate``
    :raises BenchmarkDefinitionError: naming all mistakes at once
    """

    script: Path
    config_space: dict[str, Any]
    max_wallclock_time: float
    n_workers: int
    metric: str
    mode: str
    max_resource_attr: str
    instance_type: str = "ml.c5.4xlarge"
    instance_count: int = 1
    framework: str = "PyTorch"
    framework_version: str | None = None
    py_version: str | None = None
    image_uri: str | None = None
    resource_attr: str | None = None
    estimator_kwargs: dict[str, Any] = field(default_factory=dict)
    max_num_evaluations: int | None = None
    points_to_evaluate: list[dict[str, Any]] | None = None
    preload: Sequence[str] = ()
    blackbox: str | Path | None = None
    surrogate: str | None = None

    def __post_init__(self) -> None:
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        mistakes = definition_mistakes(values)
        if mistakes:
            name = getattr(self.script, "name", self.script)
            raise BenchmarkDefinitionError.joined(f"benchmark of {name}: {text}" for _, text in mistakes)
        object.__setattr__(self, "script", Path(self.script))

    @property
    def max_resource(self) -> int:
        """The largest resource of a trial."""
        return int(self.config_space[self.max_resource_attr])


@dataclass(frozen=True, kw_only=True)
class SurrogateBenchmarkDefinition:
    """A benchmark without a script, which only the simulator runs. What is None follows from the blackbox.

    :param blackbox: anything that ``syne_core.blackbox.load_blackbox`` takes
    :param max_wallclock_time: simulated seconds suggested for an experiment
    :param n_workers: suggested number of workers
    :param metric: name of the metric in reports; None: the blackbox's first
    :param mode: ``"min"`` or ``"max"``; None: as the blackbox says
    :param config_space: domains and constants by name; None: that of the blackbox
    :param max_resource_attr: name of the constant that limits the resource; it is added, as the largest
        resource of the blackbox, where ``config_space`` has none
    :param resource_attr: name of the resource in reports; None: as the blackbox calls it
    :param surrogate: answers for configurations off the table; see ``syne_core.blackbox.add_surrogate``
    :param max_num_evaluations: suggested limit on the number of reports
    :param points_to_evaluate: configurations to try first; None: the default configuration
    :raises BenchmarkDefinitionError: naming all mistakes at once
    """

    blackbox: str | Path
    max_wallclock_time: float
    n_workers: int = 4
    metric: str | None = None
    mode: str | None = None
    config_space: dict[str, Any] | None = None
    max_resource_attr: str = "epochs"
    resource_attr: str | None = None
    surrogate: str | None = None
    max_num_evaluations: int | None = None
    points_to_evaluate: list[dict[str, Any]] | None = None

    def __post_init__(self) -> None:
        mistakes = surrogate_mistakes({f.name: getattr(self, f.name) for f in fields(self)})
        if mistakes:
            raise BenchmarkDefinitionError.joined(
                f"benchmark of {self.blackbox}: {text}" for _, text in mistakes
            )


BenchmarkDefinition = RealBenchmarkDefinition | SurrogateBenchmarkDefinition
