"""``RealBenchmarkDefinition``: a training script with its configuration space and suggested budget."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from syne_core.config_space import Domain, check_config_space, config_mistakes
from syne_core.errors import BenchmarkDefinitionError, ConfigSpaceError

__all__ = ["RealBenchmarkDefinition"]


@dataclass(frozen=True)
class RealBenchmarkDefinition:
    """A benchmark that is run for real; what may vary between experiments are defaults only.

    :param script: absolute path of the training script; further requirements stand in
        ``requirements.txt`` beside it
    :param config_space: domains and constants by name; holds ``max_resource_attr``
    :param max_wallclock_time: seconds suggested for an experiment
    :param n_workers: suggested number of workers
    :param instance_type: suggested SageMaker instance type
    :param metric: name of the metric in reports
    :param mode: ``"min"`` or ``"max"``
    :param max_resource_attr: name of the constant that limits the resource (epochs)
    :param framework: SageMaker framework
    :param resource_attr: name of the resource in reports
    :param estimator_kwargs: further arguments of the SageMaker job
    :param max_num_evaluations: suggested limit on the number of reports
    :param points_to_evaluate: configurations to try first; None: the default configuration
    :raises BenchmarkDefinitionError: naming all mistakes at once
    """

    script: Path
    config_space: dict[str, Any]
    max_wallclock_time: float
    n_workers: int
    instance_type: str
    metric: str
    mode: str
    max_resource_attr: str
    framework: str = "PyTorch"
    resource_attr: str | None = None
    estimator_kwargs: dict[str, Any] = field(default_factory=dict)
    max_num_evaluations: int | None = None
    points_to_evaluate: list[dict[str, Any]] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "script", Path(self.script))
        mistakes = [*self._mistakes_in_settings(), *self._mistakes_in_space()]
        if mistakes:
            raise BenchmarkDefinitionError.joined(f"benchmark of {self.script.name}: {m}" for m in mistakes)

    @property
    def max_resource(self) -> int:
        """The largest resource of a trial."""
        return int(self.config_space[self.max_resource_attr])

    def _mistakes_in_settings(self) -> list[str]:
        mistakes = []
        if not self.script.is_file():
            mistakes.append(f"script {self.script} does not exist")
        if self.mode not in ("min", "max"):
            mistakes.append(f"mode is '{self.mode}'; valid: min, max")
        for name in ("max_wallclock_time", "n_workers", "max_num_evaluations"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                mistakes.append(f"{name} must be positive, is {value}")
        return mistakes

    def _mistakes_in_space(self) -> list[str]:
        try:
            check_config_space(self.config_space)
        except ConfigSpaceError as error:
            return str(error).splitlines()
        mistakes = []
        limit = self.config_space.get(self.max_resource_attr)
        if self.max_resource_attr not in self.config_space:
            mistakes.append(f"config_space has no '{self.max_resource_attr}' (max_resource_attr)")
        elif isinstance(limit, (Domain, bool)) or not isinstance(limit, int) or limit < 1:
            mistakes.append(f"'{self.max_resource_attr}' must be a positive integer constant, is {limit!r}")
        for point in self.points_to_evaluate or []:
            known = {name: self.config_space[name] for name in point if name in self.config_space}
            mistakes += [f"points_to_evaluate: no hyperparameter '{n}'" for n in point if n not in known]
            mistakes += [f"points_to_evaluate: {m}" for m in config_mistakes(point, known)]
        return mistakes
