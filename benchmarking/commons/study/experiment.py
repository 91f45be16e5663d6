"""An experiment, resolved: everything that decides its outcome, and the identity that follows from it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from benchmarking.commons.benchmark_definitions import RealBenchmarkDefinition
from benchmarking.commons.study.digests import file_digest, folder_digest, method_file
from benchmarking.commons.study.provenance import provenance
from syne_core.config_space import config_space_to_json_dict
from syne_core.paths import DATA_KEYS, ExperimentPaths, experiment_name, experiment_path

if TYPE_CHECKING:
    from benchmarking.commons.benchmark_definitions.simulated_benchmark import SimulatedBenchmark

__all__ = ["SEED_MODULUS", "Experiment", "RunnableBenchmark", "master_seed_of"]

RunnableBenchmark: TypeAlias = "RealBenchmarkDefinition | SimulatedBenchmark"

SEED_MODULUS = 2**31 - 1


@dataclass(frozen=True)
class Experiment:
    """One method on one benchmark with one seed, on one back-end.

    :param master_seed: seed of the study; the same for every method, so that comparisons are paired
    :param max_wallclock_time: seconds
    :param method_arguments: what the launcher adds to ``MethodArguments``; JSON
    :param id: hash of everything that decides the outcome
    """

    tag: str
    benchmark: str
    definition: RunnableBenchmark
    method: str
    seed: int
    master_seed: int
    n_workers: int
    max_wallclock_time: float
    max_num_evaluations: int | None
    max_cost: float | None
    backend: str
    method_arguments: dict[str, Any]
    id: str

    @property
    def scheduler_seed(self) -> int:
        """Seed of the scheduler."""
        return (self.master_seed + self.seed) % SEED_MODULUS

    @property
    def name(self) -> str:
        """Folder below the root of all experiments."""
        return experiment_name(self.tag, self.method, self.seed, self.benchmark, self.id[:8])

    @property
    def paths(self) -> ExperimentPaths:
        """The experiment's files."""
        return ExperimentPaths(experiment_path(self.name))

    @classmethod
    def resolve(cls, method_object: Any, **fields: Any) -> Experiment:
        """An experiment with its identity.

        :param method_object: the method itself; the file that defines it is part of the identity
        :param fields: all fields but ``id``
        """
        return cls(**fields, id=_identity(method_object, fields))

    def metadata(self) -> dict[str, Any]:
        """What the harness adds to ``metadata.json``."""
        definition = self.definition
        return {
            "seed": self.seed,
            "algorithm": self.method,
            "tag": self.tag,
            "benchmark": self.benchmark,
            "random_seed": self.master_seed,
            "n_workers": self.n_workers,
            "max_wallclock_time": self.max_wallclock_time,
            "max_num_evaluations": self.max_num_evaluations,
            "max_cost": self.max_cost,
            "instance_type": definition.instance_type,
            "max_resource_attr": definition.max_resource_attr,
            "experiment_id": self.id,
            "method_arguments": self.method_arguments,
            **provenance(definition.script.parent if definition.script else Path(__file__).parent),
        }

    def to_json(self) -> dict[str, Any]:
        """The resolved settings, as shown by ``--dry_run``."""
        return {
            "id": self.id,
            "name": self.name,
            "tag": self.tag,
            "benchmark": self.benchmark,
            "method": self.method,
            "seed": self.seed,
            "master_seed": self.master_seed,
            "scheduler_seed": self.scheduler_seed,
            "backend": self.backend,
            "n_workers": self.n_workers,
            "max_wallclock_time": self.max_wallclock_time,
            "max_num_evaluations": self.max_num_evaluations,
            "max_cost": self.max_cost,
            "instance_type": self.definition.instance_type,
            "metric": self.definition.metric,
            "mode": self.definition.mode,
            "script": str(self.definition.script) if self.definition.script else None,
            "method_arguments": self.method_arguments,
        }


def master_seed_of(tag: str) -> int:
    """The master seed that follows from the tag, unless one is given."""
    return int.from_bytes(hashlib.sha256(tag.encode()).digest()[:8], "big") % SEED_MODULUS


def _identity(method_object: Any, fields: dict[str, Any]) -> str:
    definition: RunnableBenchmark = fields["definition"]
    source = method_file(method_object)
    content = {
        "definition": {**_definition_json(definition), **_container_json(definition, fields["backend"])},
        **_answers(definition),
        "method_file": file_digest(source) if source else None,
        **{
            name: fields[name]
            for name in (
                "benchmark",
                "method",
                "seed",
                "master_seed",
                "n_workers",
                "max_wallclock_time",
                "max_num_evaluations",
                "max_cost",
                "backend",
                "method_arguments",
            )
        },
    }
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _answers(definition: RunnableBenchmark) -> dict[str, Any]:
    """What decides the reports: the training code, or the table and the way it is simulated."""
    if isinstance(definition, RealBenchmarkDefinition):
        return {"script_folder": folder_digest(definition.script.parent)}
    return {"blackbox": definition.digest, "simulation": definition.settings.to_json()}


def _container_json(definition: RunnableBenchmark, backend: str) -> dict[str, Any]:
    """On SageMaker, the software that trials run with, and how many instances share one."""
    if backend != "sagemaker" or not isinstance(definition, RealBenchmarkDefinition):
        return {}
    names = ("framework", "framework_version", "py_version", "image_uri", "instance_count")
    return {name: getattr(definition, name) for name in names}


def _definition_json(definition: RunnableBenchmark) -> dict[str, Any]:
    """The definition without absolute paths, instance type, data path and defaults of budgets."""
    space = {k: v for k, v in definition.config_space.items() if k not in DATA_KEYS}
    return {
        "script": definition.script.name if definition.script else None,
        "config_space": config_space_to_json_dict(space),
        "metric": definition.metric,
        "mode": definition.mode,
        "max_resource_attr": definition.max_resource_attr,
        "resource_attr": definition.resource_attr,
        "points_to_evaluate": definition.points_to_evaluate,
    }
