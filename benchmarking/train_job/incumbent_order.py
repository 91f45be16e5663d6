"""The training that follows from a finished study: its best configuration, at full length."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarking.train_job.image_tag import tag_of_text
from benchmarking.train_job.training_order import (
    TrainingOrder,
    build_notes,
    image_mistakes,
    is_to_be_built,
    origin,
    read_requirements,
)
from syne_core.errors import UsageError

if TYPE_CHECKING:
    from benchmarking.commons.benchmark_definitions import RealBenchmarkDefinition
    from syne_core.experiments.best_trial import BestTrial
    from syne_core.experiments.study_results import BenchmarkResults

__all__ = ["incumbent_order"]


def incumbent_order(
    tag: str,
    benchmark: str | None = None,
    method: str | None = None,
    envfile: str | None = None,
    image: str | None = None,
    build: bool | None = None,
) -> TrainingOrder:
    """Train the best configuration of the study ``tag`` with its script, its image and all of its resource.

    The script is told to keep its checkpoints where the job keeps its model, so that any script that can be
    tuned leaves one.

    :param benchmark: where the study has several
    :param method: only trials of this method
    :param envfile: requirements, instead of those of the script
    :param image: instead of the benchmark's
    :raises UnknownNameError: there is no such study, benchmark or method here
    :raises ResultsError: no trial has reported a finite value
    :raises UsageError: the study has several benchmarks, or the script is not on this machine
    """
    from syne_core.experiments import load_study
    from syne_core.experiments.best_trial import best_trial

    study = load_study(tag, benchmarks=(benchmark,) if benchmark else (), methods=(method,) if method else ())
    if len(study.benchmarks) > 1:
        names = ", ".join(one.name for one in study.benchmarks)
        raise UsageError(f"Study '{tag}' has several benchmarks; choose one by --benchmark: {names}")
    best = best_trial(study.benchmarks[0])
    definition = _definition(best.folder.benchmark)
    script = _script(best, definition)
    if mistakes := list(image_mistakes(script, image, build)):
        raise UsageError.joined(mistakes)
    parameters, found = _at_full_length(best), _study_origin(best)
    about = origin(script, parameters)
    job = _Job.of(definition)
    has_image = is_to_be_built(script, image or job.image, build)
    return TrainingOrder(
        tag=tag_of_text(f"{tag}/{best.folder.benchmark}"),
        script=script,
        parameters=parameters,
        is_trial=True,
        requirements=None if envfile is None else read_requirements(Path(envfile).expanduser()),
        image=image or (None if has_image else job.image),
        framework=job.framework,
        framework_version=job.framework_version,
        build=has_image,
        instance_type=job.instance_type,
        provenance={**about, "study": found},
        notes=(
            *_unfinished(study.benchmarks[0]),
            *_notes(found, about),
            *build_notes(script, image or job.image, build),
        ),
    )


@dataclass(frozen=True)
class _Job:
    """What the benchmark's definition says of a trial as a job."""

    image: str | None = None
    framework: str | None = None
    framework_version: str | None = None
    instance_type: str | None = None

    @classmethod
    def of(cls, definition: RealBenchmarkDefinition | None) -> _Job:
        if definition is None:
            return cls()
        framework = (
            definition.framework if definition.framework in ("PyTorch", "TensorFlow", "SKLearn") else None
        )
        version = definition.framework_version if framework else None
        return cls(definition.image_uri, framework, version, definition.instance_type)


def _definition(benchmark: str) -> RealBenchmarkDefinition | None:
    """The benchmark as trials on SageMaker know it; None if it is not among the registered ones."""
    from benchmarking.commons.benchmark_definitions import RealBenchmarkDefinition, benchmark_definitions

    found: Mapping[str, Any] = benchmark_definitions(sagemaker_backend=True)
    definition = found.get(benchmark)
    return definition if isinstance(definition, RealBenchmarkDefinition) else None


def _script(best: BestTrial, definition: RealBenchmarkDefinition | None) -> Path:
    """That of the study; that of the benchmark where the study ran elsewhere."""
    path = Path(best.script)
    if path.is_absolute() and path.is_file():
        return path
    if definition is not None:
        return Path(definition.script).absolute()
    raise UsageError(
        f"The script of {best.folder.benchmark}, {best.script}, is not on this machine, and no registered "
        "benchmark has that name"
    )


def _at_full_length(best: BestTrial) -> dict[str, Any]:
    """The configuration, with the most resource that the study allowed."""
    from syne_core.config_space import Domain
    from syne_core.experiments.metadata import metadata_config_space, text_entry

    metadata = best.folder.metadata
    attribute = text_entry(metadata, "max_resource_attr")
    longest = metadata_config_space(metadata).get(attribute or "")
    if attribute is None or longest is None or isinstance(longest, Domain):
        return dict(best.config)
    return {**best.config, attribute: longest}


def _study_origin(best: BestTrial) -> dict[str, Any]:
    folder, metadata = best.folder, best.folder.metadata
    git = metadata.get("git") if isinstance(metadata.get("git"), dict) else {}
    return {
        "tag": folder.tag,
        "benchmark": folder.benchmark,
        "method": folder.method,
        "seed": folder.seed,
        "experiment": folder.path.name,
        "trial_id": best.trial_id,
        "configuration": dict(best.config),
        "metric": best.metric,
        "mode": best.mode,
        "value": best.value,
        "resource": dict(best.resource),
        "commit": (git or {}).get("commit"),
        "uncommitted_changes": (git or {}).get("dirty"),
    }


def _unfinished(benchmark: BenchmarkResults) -> Iterator[str]:
    open_ones = [seed.folder.path.name for seed in benchmark.seeds if not seed.has_ended]
    if open_ones:
        yield (
            f"{len(open_ones)} of {len(benchmark.seeds)} experiments of this benchmark have not finished, "
            f"such as {open_ones[0]}"
        )


def _notes(study: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    reached = ", ".join(f"{name} {value}" for name, value in study["resource"].items())
    what = f"trial {study['trial_id']} of {study['experiment']}: {study['metric']} {study['value']:.6g}"
    notes = [what + (f" at {reached}" if reached else "")]
    if study["commit"] and now["commit"] and study["commit"] != now["commit"]:
        notes.append(
            f"the study ran at commit {study['commit'][:10]}, the script is now at {now['commit'][:10]}"
        )
    return notes
