"""What a trial of an experiment is as a SageMaker job: the definition, overridden by the flags."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import TYPE_CHECKING

from benchmarking.commons.benchmark_definitions import RealBenchmarkDefinition
from benchmarking.commons.data_channel import data_channels
from syne_core.errors import UsageError

if TYPE_CHECKING:
    from syne_core.aws.session import AwsSession
    from syne_core.backend.sagemaker.job_description import JobDescription
    from syne_core.backend.sagemaker.sagemaker_backend import SageMakerBackend

__all__ = ["WARM_POOL_SECONDS", "sagemaker_backend", "trial_job"]

logger = logging.getLogger(__name__)

#: How long an instance of a warm pool waits for the next trial.
WARM_POOL_SECONDS = 600
# A trial may run on after the tuner has ended the experiment.
_MAX_RUN = 1.05


def trial_job(
    definition: RealBenchmarkDefinition,
    settings: SimpleNamespace,
    max_wallclock_time: float,
    session: AwsSession | None = None,
) -> JobDescription:
    """The job of a trial.

    :param settings: the flags of the SageMaker back-end
    :param max_wallclock_time: seconds of the experiment; a job may run 5 % longer
    :param session: None: nobody is asked anything, as for a dry run
    :raises UsageError: the definition's ``estimator_kwargs`` are wrong
    """
    from syne_core.backend import sagemaker_backend as jobs
    from syne_core.backend.sagemaker.estimators import channels_of

    keywords = {
        "framework_version": definition.framework_version,
        "py_version": definition.py_version,
        "image_uri": definition.image_uri,
        "max_run": int(_MAX_RUN * max_wallclock_time),
        "instance_type": definition.instance_type,
        "instance_count": definition.instance_count,
        **definition.estimator_kwargs,
    }
    chosen = {name: getattr(settings, name) for name in ("instance_type", "instance_count", "role")}
    keywords |= {name: value for name, value in chosen.items() if value is not None}
    if settings.warm_pool:
        keywords["keep_alive_period_in_seconds"] = WARM_POOL_SECONDS
    if settings.use_spot_instances:
        keywords["use_spot_instances"] = True
    if settings.dataset:
        keywords["inputs"] = {**channels_of(keywords.get("inputs")), **data_channels(settings)}
    own_image = keywords["image_uri"] and not definition.framework
    make = jobs.Estimator if own_image else getattr(jobs, definition.framework)
    script = definition.script
    try:
        job: JobDescription = make(
            entry_point=script.name,
            source_dir=str(script.parent),
            sagemaker_session=session,
            **{name: value for name, value in keywords.items() if value is not None},
        )
        job.check_python()
    except UsageError as error:
        raise UsageError.joined(
            f"job of {script.name} (estimator_kwargs): {line}" for line in str(error).splitlines()
        ) from None
    return job


def sagemaker_backend(
    definition: RealBenchmarkDefinition,
    settings: SimpleNamespace,
    max_wallclock_time: float,
    session: AwsSession,
) -> SageMakerBackend:
    """The back-end of one experiment; nothing is started yet.

    :raises UsageError: the job's description is wrong
    """
    from dataclasses import replace

    from syne_core.backend.sagemaker.sagemaker_backend import SageMakerBackend
    from syne_core.backend.sagemaker.timing import Timing

    timing = Timing.for_emulator() if session.is_emulator else Timing()
    longest = settings.estimator_fit_backoff_wait_time
    return SageMakerBackend(
        trial_job(definition, settings, max_wallclock_time, session),
        metrics_names=[definition.metric],
        s3_path=f"s3://{settings.s3_bucket.removeprefix('s3://')}" if settings.s3_bucket else None,
        delete_checkpoints=settings.delete_checkpoints,
        session=session,
        timing=replace(timing, longest_wait=min(timing.longest_wait, longest)),
    )
