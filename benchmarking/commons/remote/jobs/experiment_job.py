"""An experiment as a SageMaker job: what its container is to do, and the request that starts it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from benchmarking.commons.benchmark_definitions import RealBenchmarkDefinition
from benchmarking.commons.remote.jobs.experiment_document import EXPERIMENTS_VARIABLE, to_document
from benchmarking.commons.study.experiment import Experiment
from syne_core.aws.accounts import ROLE_VARIABLE
from syne_core.aws.images import check_python_of_image
from syne_core.aws.job_request import (
    CHECKPOINT_FOLDER,
    JobRequest,
    display_hyperparameters,
    metric_definitions,
)
from syne_core.errors import UsageError
from syne_core.paths import FOLDER_VARIABLE, TRIALS_VARIABLE, ExperimentKeys, experiment_job_name

if TYPE_CHECKING:
    from syne_core.backend.sagemaker.job_description import JobDescription

__all__ = [
    "BEST",
    "ExperimentJob",
    "JobHome",
    "experiment_job",
    "job_document",
    "job_document_key",
    "job_request",
]

#: What the console calls the best value so far: this, then the name of the metric.
BEST = "best_"
#: Inside of ``/opt/ml``, which has the room, but in no folder that SageMaker keeps or copies.
TRIALS_FOLDER = "/opt/ml/code/.synebench-trials"
#: Of 120 s that SageMaker gives a job to end.
GRACE_S = 100.0

# Of a trial that is a job of its own, these are about the trial.
_OF_TRIALS = (
    *("instance_type", "instance_count", "max_run", "max_wait", "use_spot_instances", "volume_size"),
    *(
        "keep_alive_period_in_seconds",
        "max_retry_attempts",
        "hyperparameters",
        "metric_definitions",
        "inputs",
    ),
    *("output_path", "source_dir", "dependencies", "base_job_name", "environment", "volume_kms_key"),
    *("framework_version", "py_version", "pytorch_version", "transformers_version", "image_uri"),
)
# Ours to decide where the trials run inside of the job.
_OURS = ("instance_count", "source_dir", "dependencies", "hyperparameters", "base_job_name", "output_path")
_NOT_IN_TAGS = re.compile(r"[^\w\s.:/=+\-@]", re.ASCII)
_OLDEST_PYTHON = (3, 10)
_MORE_WAIT = 86_400
_LONGEST = 28 * 86_400


@dataclass(frozen=True)
class JobHome:
    """What the jobs of a study have in common.

    :param entry_point: the launcher, in the bundle
    :param python_path: folders of the bundle that can be imported from, besides its top
    :param command: the words by which the study was launched; for the record
    """

    region: str
    bucket: str
    role_arn: str
    bundle_uri: str
    entry_point: str
    python_path: tuple[str, ...] = ()
    command: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExperimentJob:
    """A job that runs one experiment, or several simulated ones. Made by ``experiment_job``.

    :param words: flags of the launcher in the job
    :param description: image and network, as for a trial's job
    :param max_run: seconds after which SageMaker ends it
    :param keep_alive: seconds that the instance stays in a warm pool
    :param environment: further variables; they may not be secret
    :param upload_checkpoints: keep the checkpoints of trials on S3, so that another attempt finds them
    :param channels: input channels besides those of ``description``, S3 URI by name
    :param benchmark_files: in the job, the files that define benchmarks which the launcher does not know
    """

    experiments: tuple[Experiment, ...]
    words: tuple[str, ...]
    description: JobDescription
    instance_type: str
    max_run: int
    keep_alive: int = 0
    use_spot: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    upload_checkpoints: bool = False
    channels: Mapping[str, str] = field(default_factory=dict)
    benchmark_files: Mapping[str, str] = field(default_factory=dict)

    @property
    def lead(self) -> Experiment:
        """The experiment after which the job is named."""
        return self.experiments[0]

    def name(self, attempt: int) -> str:
        """Name of the job: the same whoever asks."""
        lead = self.lead
        return experiment_job_name(lead.tag, lead.method, lead.seed, lead.id[:8], attempt)

    def to_json(self) -> dict[str, Any]:
        """For the manifest."""
        return {
            "name": self.name(0),
            "instance_type": self.instance_type,
            "max_run": self.max_run,
            "keep_alive": self.keep_alive,
            "use_spot": self.use_spot,
            "framework": self.description.framework,
            "framework_version": self.description.framework_version,
            "image_uri": self.description.image_uri,
            "words": list(self.words),
        }


def experiment_job(
    experiments: Sequence[Experiment],
    words: Sequence[str],
    instance_type: str,
    max_run: int,
    *,
    entry_point: str | os.PathLike[str],
    image_uri: str | None = None,
    **more: Any,
) -> ExperimentJob:
    """The job of ``experiments``: one, or several simulated ones. Nobody is asked anything.

    :param words: flags of the launcher in the job
    :param max_run: seconds
    :param entry_point: the launcher on this machine
    :param image_uri: instead of the benchmark's, or where trials have jobs of their own PyTorch's newest
    :param more: further fields of ``ExperimentJob``
    :raises UsageError: the benchmark's ``estimator_kwargs`` or its image will not do
    """
    from syne_core.backend import sagemaker_backend as jobs

    definition = experiments[0].definition
    real = definition if isinstance(definition, RealBenchmarkDefinition) else None
    inside = experiments[0].backend == "local"  # trials run in the job's own container
    kwargs = dict(real.estimator_kwargs) if real else {}
    framework = real.framework if real and inside else "PyTorch"
    keywords: dict[str, Any] = {"max_run": max_run}
    if real and inside:
        keywords |= {name: getattr(real, name) for name in ("framework_version", "py_version", "image_uri")}
    keywords |= {
        name: value for name, value in kwargs.items() if name not in (_OURS if inside else _OF_TRIALS)
    }
    keywords |= {"instance_type": instance_type, **({"image_uri": image_uri} if image_uri else {})}
    own_image = keywords.get("image_uri") and not framework
    make = jobs.Estimator if own_image else getattr(jobs, framework)
    try:
        description: JobDescription = make(
            entry_point=os.fspath(entry_point), **{n: v for n, v in keywords.items() if v is not None}
        )
    except UsageError as error:
        lines = str(error).splitlines()
        raise UsageError.joined(f"job of {experiments[0].benchmark}: {line}" for line in lines) from None
    more.setdefault("use_spot", description.use_spot_instances)
    more.setdefault("keep_alive", description.keep_alive_period_in_seconds)
    return ExperimentJob(
        tuple(experiments), tuple(words), description, instance_type, description.max_run, **more
    )


def job_document_key(job: ExperimentJob, attempt: int) -> str:
    """Where ``job_document`` is to be put before the job is created."""
    return ExperimentKeys(job.lead.name).document(attempt)


def job_document(job: ExperimentJob, home: JobHome, attempt: int) -> dict[str, Any]:
    """What the container is to do; see ``syne_core.aws.runner.job_document``. The rest is for ``in_job``."""
    return {
        "version": 1,
        "entry_point": home.entry_point,
        "arguments": list(job.words),
        "config": _shown(job.lead),
        "pass_args_as_json": False,
        "environment": {},
        "reports": None,
        "grace_s": GRACE_S,
        "price_per_hour": None,
        "attempt": attempt,
        "command": list(home.command),
        "upload_checkpoints": job.upload_checkpoints,
        "experiments": [to_document(e, job.benchmark_files.get(e.benchmark)) for e in job.experiments],
    }


def job_request(job: ExperimentJob, home: JobHome, attempt: int) -> JobRequest:
    """The request of one attempt.

    :raises UsageError: SageMaker would not accept it, or there is no such image
    """
    described, keys = job.description, ExperimentKeys(job.lead.name)
    root = f"s3://{home.bucket}/"
    document_uri = root + job_document_key(job, attempt)
    is_alone = len(job.experiments) == 1 and job.lead.backend != "simulator"
    max_wait = described.max_wait or min(job.max_run + _MORE_WAIT, _LONGEST)
    return JobRequest(
        job_name=job.name(attempt),
        image_uri=_image(described, home.region),
        role_arn=home.role_arn,
        instance_type=job.instance_type,
        bundle_uri=home.bundle_uri,
        document_uri=document_uri,
        output_uri=root + keys.output,
        checkpoint_uri=root + keys.leaf if is_alone else None,
        volume_size=described.volume_size,
        volume_kms_key=described.volume_kms_key,
        output_kms_key=described.output_kms_key,
        max_run=job.max_run,
        keep_alive=job.keep_alive,
        use_spot=job.use_spot,
        max_wait=max_wait if job.use_spot else None,
        max_retries=described.max_retry_attempts,
        subnets=described.subnets,
        security_group_ids=described.security_group_ids,
        encrypt_traffic=described.encrypt_inter_container_traffic,
        environment=_environment(job, home, document_uri, is_alone),
        hyperparameters=display_hyperparameters(_shown(job.lead)),
        metrics=metric_definitions(BEST + e.definition.metric for e in job.experiments),
        tags={**_tags(job.lead), **described.tags},
        channels={**described.channels, **job.channels},
    )


def _environment(job: ExperimentJob, home: JobHome, document_uri: str, is_alone: bool) -> dict[str, str]:
    return {
        **job.description.environment,
        **job.environment,
        **({"PYTHONPATH": os.pathsep.join(home.python_path)} if home.python_path else {}),
        **({FOLDER_VARIABLE: CHECKPOINT_FOLDER, TRIALS_VARIABLE: TRIALS_FOLDER} if is_alone else {}),
        ROLE_VARIABLE: home.role_arn,
        EXPERIMENTS_VARIABLE: document_uri,
    }


def _image(described: JobDescription, region: str) -> str:
    """The image, whose Python must be one that the engine runs on.

    :raises UsageError: it is too old, or there is no such image
    """
    if described.image_uri is None and described.framework is not None:
        versions = described.framework_version, described.pytorch_version
        who = "an experiment in a job (unlike a trial of the SageMaker back-end)"
        check_python_of_image(described.framework, *versions, _OLDEST_PYTHON, who)
    return described.image(region)


def _shown(experiment: Experiment) -> dict[str, Any]:
    """What the console shows as hyperparameters."""
    names = ("tag", "method", "benchmark", "seed", "backend", "n_workers", "max_wallclock_time", "id")
    return {name: getattr(experiment, name) for name in names}


def _tags(experiment: Experiment) -> dict[str, str]:
    """For the account's lists of costs."""
    values = {
        "tag": experiment.tag,
        "method": experiment.method,
        "benchmark": experiment.benchmark,
        "seed": str(experiment.seed),
        "experiment": experiment.id[:8],
    }
    return {f"synebench:{name}": _NOT_IN_TAGS.sub("-", text)[:256] for name, text in values.items()}
