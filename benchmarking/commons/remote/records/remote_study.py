"""A study as its manifest on S3 describes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarking.commons.remote.records.manifest import read_manifest
from benchmarking.commons.remote.records.place import Place
from syne_core.errors import ResultsError, UnknownNameError, UsageError
from syne_core.paths import RESERVED_TAGS, ExperimentKeys, StudyKeys, s3_tag, studies_prefix

__all__ = ["RemoteExperiment", "RemoteStudy", "find_study", "pick_experiment", "read_study", "remote_tags"]


@dataclass(frozen=True)
class RemoteExperiment:
    """An entry of the manifest.

    :param max_wallclock_time: seconds
    :param instance_type: of the benchmark; of the experiment's job or of its trials' jobs
    :param tuner_instance_type: of the experiment's job, where its trials have jobs of their own
    :param trial_instance_count: instances of a trial that is a job
    :param job: more about the experiment's job
    """

    id: str
    name: str
    method: str
    seed: int
    benchmark: str
    backend: str
    n_workers: int = 1
    max_wallclock_time: float | None = None
    instance_type: str | None = None
    tuner_instance_type: str | None = None
    trial_instance_count: int = 1
    job: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id8(self) -> str:
        """The start of its identity, which is in the names of its keys and jobs."""
        return self.id[:8]

    @property
    def keys(self) -> ExperimentKeys:
        """Where it lies on S3."""
        return ExperimentKeys(self.name)

    @property
    def job_instance_type(self) -> str | None:
        """What the experiment's job runs on; None if it is not known."""
        own = self.instance_type if self.backend == "local" else self.tuner_instance_type
        return self.job.get("instance_type") or own

    @property
    def short_name(self) -> str:
        """``METHOD-SEED``, which names an experiment in most studies."""
        return f"{self.method}-{self.seed}"


@dataclass(frozen=True)
class RemoteStudy:
    """What the manifest says.

    :param tag: as the user wrote it, with ``_`` if there were any
    :param command: that launched the study, or added to it, as words
    :param created: seconds since 1970
    """

    place: Place
    tag: str
    backend: str
    command: tuple[str, ...]
    created: float
    experiments: tuple[RemoteExperiment, ...]

    @property
    def keys(self) -> StudyKeys:
        """Where it lies on S3."""
        return StudyKeys(self.tag)

    @property
    def uri(self) -> str:
        """``s3://bucket/syne-tune/tag/``."""
        return self.place.objects.uri(self.keys.root)


def remote_tags(place: Place) -> list[str]:
    """Names of what may be studies, as S3 has them.

    :raises SyneError: S3 does not answer
    """
    from syne_core.aws.client_errors import clear_errors

    with clear_errors(f"look for studies in bucket '{place.bucket}'"):
        return sorted(set(place.objects.folders(studies_prefix())) - RESERVED_TAGS)


def read_study(place: Place, tag: str) -> RemoteStudy:
    """The study that was launched as ``tag``.

    :raises UnknownNameError: there is none
    :raises ResultsError: its manifest is damaged
    """
    study = find_study(place, tag)
    if study is None:
        tags = remote_tags(place)
        kind = "remote study" if tags else f"remote study (there are none in s3://{place.bucket})"
        if s3_tag(tag) in tags:
            kind = "remote study (something lies under that tag, but it was not launched remotely)"
        raise UnknownNameError(kind, tag, [known for known in tags if known != s3_tag(tag)])
    return study


def find_study(place: Place, tag: str) -> RemoteStudy | None:
    """As ``read_study``; None if there is none.

    :raises ResultsError: its manifest is damaged
    """
    from syne_core.aws.client_errors import clear_errors

    with clear_errors(f"read the manifest of {tag}"):
        manifest = read_manifest(place.s3, place.bucket, tag)
    if manifest is None:
        return None
    try:
        experiments = tuple(_experiment(entry, manifest.backend) for entry in manifest.experiments)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ResultsError(f"The manifest of {tag} is damaged: {error!r}") from None
    return RemoteStudy(place, manifest.tag, manifest.backend, manifest.command, manifest.created, experiments)


def pick_experiment(study: RemoteStudy, name: str) -> RemoteExperiment:
    """The experiment that ``name`` means: ``METHOD-SEED``, or part of its folder's name.

    :raises UnknownNameError: there is no such experiment
    :raises UsageError: several fit
    """
    experiments = study.experiments
    exact = [experiment for experiment in experiments if experiment.short_name == name]
    partial = [e for e in experiments if name in e.name.rpartition("/")[2] or s3_tag(e.short_name) == name]
    for found in (exact, partial):
        if len(found) == 1:
            return found[0]
        if found:
            names = "\n".join(f"  {experiment.name.rpartition('/')[2]}" for experiment in found)
            raise UsageError(f"'{name}' may be any of these; give more of the name:\n{names}")
    raise UnknownNameError(f"experiment of {study.tag}", name, {e.short_name for e in experiments})


def _experiment(entry: Mapping[str, Any], backend: str) -> RemoteExperiment:
    return RemoteExperiment(
        id=str(entry["id"]),
        name=str(entry["name"]),
        method=str(entry["method"]),
        seed=int(entry["seed"]),
        benchmark=str(entry["benchmark"]),
        backend=str(entry.get("backend") or backend),
        n_workers=int(entry.get("n_workers") or 1),
        max_wallclock_time=entry.get("max_wallclock_time"),
        instance_type=entry.get("instance_type"),
        tuner_instance_type=entry.get("tuner_instance_type"),
        trial_instance_count=int(entry.get("trial_instance_count") or 1),
        job=entry.get("job") or {},
    )
