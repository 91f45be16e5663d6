"""Makes the job document and the request of a run."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from syne_core.aws.accounts import default_bucket, execution_role
from syne_core.aws.bundles import make_bundle, upload_bundle
from syne_core.aws.job_request import (
    JobRequest,
    check_instance_type,
    display_hyperparameters,
    metric_definitions,
)
from syne_core.aws.job_states import TrainingJobs
from syne_core.aws.prices import hourly_price
from syne_core.aws.session import AwsSession
from syne_core.backend.local.trial_command import trial_arguments
from syne_core.backend.sagemaker.experiment_home import ExperimentHome
from syne_core.backend.sagemaker.job_description import JobDescription

__all__ = ["JobFactory", "prepare"]

logger = logging.getLogger(__name__)

_CHECKPOINTS = ["--st_checkpoint_dir", "{checkpoints}"]
_MAX_METRICS = 40


@dataclass(frozen=True)
class JobFactory:
    """What all jobs of an experiment have in common.

    :param bundle_uri: S3 prefix of the bundle
    :param price: USD per hour of all instances of one job; None: not known
    :param grace: seconds between SIGTERM and SIGKILL of a script
    """

    home: ExperimentHome
    description: JobDescription
    bucket: str
    role_arn: str
    image_uri: str
    bundle_uri: str
    price: float | None
    metrics: tuple[Mapping[str, str], ...]
    pass_args_as_json: bool
    grace: float

    def document(self, trial_id: int, run: int, config: Mapping[str, Any]) -> dict[str, Any]:
        """What the runner is to do; see ``syne_core.aws.runner.job_document``."""
        values = {**self.description.hyperparameters, **config}
        arguments = [] if self.pass_args_as_json else trial_arguments(values)
        keys = self.home.keys
        return {
            "version": 1,
            "entry_point": self.description.script_name,
            "arguments": [*arguments, *_CHECKPOINTS],
            "config": values,
            "pass_args_as_json": self.pass_args_as_json,
            "environment": {},
            "reports": {"bucket": self.bucket, "prefix": keys.reports, "trial_id": trial_id, "run": run},
            "grace_s": self.grace,
            "price_per_hour": self.price,
        }

    def same_config(self, document: bytes, config: Mapping[str, Any]) -> bool:
        """Whether the job of ``document`` has the configuration that is wanted."""
        wanted = json.loads(json.dumps({**self.description.hyperparameters, **config}))
        found = json.loads(document)
        return isinstance(found, dict) and bool(found.get("config") == wanted)

    def request(self, trial_id: int, run: int, config: Mapping[str, Any]) -> dict[str, Any]:
        """The members of CreateTrainingJob."""
        job, keys = self.description, self.home.trial(trial_id)
        root = f"s3://{self.bucket}/"
        return JobRequest(
            job_name=self.home.job_name(trial_id, run),
            image_uri=self.image_uri,
            role_arn=self.role_arn,
            instance_type=job.instance_type,
            instance_count=job.instance_count,
            bundle_uri=self.bundle_uri,
            document_uri=root + keys.job(run),
            output_uri=job.output_path or root + keys.output,
            checkpoint_uri=root + keys.checkpoints,
            volume_size=job.volume_size,
            volume_kms_key=job.volume_kms_key,
            output_kms_key=job.output_kms_key,
            max_run=job.max_run,
            keep_alive=job.keep_alive_period_in_seconds,
            use_spot=job.use_spot_instances,
            max_wait=job.max_wait,
            max_retries=job.max_retry_attempts,
            subnets=job.subnets,
            security_group_ids=job.security_group_ids,
            encrypt_traffic=job.encrypt_inter_container_traffic,
            environment=job.environment,
            hyperparameters=display_hyperparameters({**job.hyperparameters, **config}),
            metrics=self.metrics,
            tags=job.tags,
            channels=job.channels,
        ).to_api()


def prepare(
    session: AwsSession,
    home: ExperimentHome,
    description: JobDescription,
    bucket: str | None,
    metrics_names: Iterable[str],
    pass_args_as_json: bool,
    grace: float,
) -> JobFactory:
    """See that jobs can be started, and upload what they all need.

    :raises AwsSetupError: bucket, role, rights or credentials are missing
    :raises UsageError: there is no such instance type or image, or SageMaker would not accept the request
    """
    check_instance_type(description.instance_type, TrainingJobs(session).instance_types())
    bundle = make_bundle(description.folder, description.dependencies)
    for note in bundle.notes:
        logger.warning(note)
    found = default_bucket(session, bucket)
    metrics = (*description.metric_definitions, *metric_definitions(metrics_names))[:_MAX_METRICS]
    factory = JobFactory(
        home=home,
        description=description,
        bucket=found,
        role_arn=execution_role(session, description.role),
        image_uri=description.image(session.region),
        bundle_uri=f"s3://{found}/",  # for the check only
        price=_price(session, description),
        metrics=metrics,
        pass_args_as_json=pass_args_as_json,
        grace=grace,
    )
    factory.request(0, 0, {})  # what is wrong with it is wrong with all
    return replace(factory, bundle_uri=upload_bundle(session, found, bundle))


def _price(session: AwsSession, description: JobDescription) -> float | None:
    if description.use_spot_instances:  # spot prices are not known beforehand
        return None
    price = hourly_price(session.region, description.instance_type)
    if price is None:
        logger.info("the price of %s is not known: no st_worker_cost", description.instance_type)
        return None
    return price.usd_per_hour * description.instance_count
