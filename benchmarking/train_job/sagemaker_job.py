"""Training jobs that train one model: how they are called, created, found and described."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from benchmarking.train_job.contents import job_document
from benchmarking.train_job.driver import JobReport
from benchmarking.train_job.image_tag import tag_of_text
from benchmarking.train_job.sagemaker_settings import DEFAULT_INSTANCE, SageMakerSettings
from benchmarking.train_job.training_order import TrainingOrder
from syne_core.errors import RefusedError
from syne_core.paths import FitKeys, fit_job_name, fit_job_prefix

if TYPE_CHECKING:
    from benchmarking.train_job.sagemaker_ready import Ready
    from syne_core.aws.session import AwsSession

__all__ = ["ENVIRONMENT_VARIABLE", "TAG_VARIABLE", "FitJobs"]

#: Source 004's: scripts find out by it where they run.
ENVIRONMENT_VARIABLE = "FAHR_EXECUTION_ENVIRONMENT"
#: In the environment of a job, which can be seen from outside: names of jobs are shortened, this is not.
TAG_VARIABLE = "SYNEBENCH_FIT_TAG"
_JOB_NAME = re.compile(r"[A-Za-z0-9](-*[A-Za-z0-9]){0,62}")
_MOST_COLLISIONS = 100


class FitJobs:
    """The jobs of an account in a region.

    :param session: with whose rights
    """

    def __init__(self, session: AwsSession) -> None:
        from syne_core.aws.job_states import TrainingJobs

        self._session, self._jobs = session, TrainingJobs(session)

    def create(
        self,
        order: TrainingOrder,
        settings: SageMakerSettings,
        ready: Ready,
        image: str,
        bucket: str,
        output: str,
    ) -> str:
        """Upload the bundle unless it is there, and create the job; its name has the next free number.

        :param output: S3 URI below which its artifacts go
        :raises RefusedError: no instance is to be had now
        :raises SyneError: SageMaker does not accept the job
        """
        from syne_core.aws.bundles import upload_bundle
        from syne_core.aws.client_errors import clear_errors
        from syne_core.aws.job_states import is_name_taken, wants_patience
        from syne_core.aws.s3_objects import S3Objects

        store = S3Objects(self._session, bucket)
        bundle_uri = upload_bundle(self._session, bucket, ready.bundle)
        document = job_document(order, {ENVIRONMENT_VARIABLE: "sagemaker"})
        first = self._last_number(order.tag) + 1
        for number in range(first, first + _MOST_COLLISIONS):
            job = fit_job_name(order.tag, number)
            key = FitKeys(job).document(uuid.uuid4().hex)
            request = _request(
                order, settings, ready.role_arn, image, job, bundle_uri, store.uri(key), output
            )
            with clear_errors(f"create job '{job}'"):
                store.put_json(key, {**document, "job": job, "image": image})
                try:
                    self._jobs.create(request)
                    return job
                except Exception as error:
                    # The answer to an earlier attempt of the same call may have been lost.
                    if is_name_taken(error) and self._asked_by(job, store.uri(key)):
                        return job
                    store.delete([key])
                    if wants_patience(error):
                        raise RefusedError(
                            f"No {settings.instance_type} is to be had now ({error}): try again later, or "
                            "another --config.train_instance_type"
                        ) from None
                    if not is_name_taken(error):
                        raise
        raise RefusedError(
            f"{_MOST_COLLISIONS} names of jobs for {order.tag} were taken meanwhile: try again"
        )

    def _asked_by(self, job: str, document_uri: str) -> bool:
        """Whether ``job`` does what our own document says."""
        from syne_core.aws.job_request import JOB_VARIABLE

        details = self._details(job) or {}
        return bool(details.get("Environment", {}).get(JOB_VARIABLE) == document_uri)

    def _last_number(self, tag: str) -> int:
        return max(self._numbers(tag), default=0)

    def _numbers(self, tag: str) -> list[int]:
        """Of the jobs whose names begin like those of ``tag``; other tags may be shortened alike."""
        from syne_core.aws.client_errors import clear_errors

        prefix = fit_job_prefix(tag)
        ours = re.compile(re.escape(prefix) + r"-([1-9]\d{0,6})")
        with clear_errors(f"list the jobs of {tag}"):
            found = [ours.fullmatch(job.name) for job in self._jobs.listed(f"{prefix}-")]
        return [int(match[1]) for match in found if match]

    def named(self, name: str) -> str | None:
        """``name`` if there is such a job."""
        return name if _JOB_NAME.fullmatch(name) and self._details(name) else None

    def newest(self, tag: str) -> str | None:
        """The newest job of ``tag``."""
        wanted = tag_of_text(tag)
        for number in sorted(self._numbers(wanted), reverse=True):
            job = fit_job_name(wanted, number)
            if _tag(self._details(job) or {}) == wanted:
                return job
        return None

    def report(self, job: str) -> JobReport | None:
        """How a job stands."""
        details = self._details(job)
        if details is None:
            return None
        status, detail = details["TrainingJobStatus"], details.get("SecondaryStatus", "")
        return JobReport(job, status, detail, details.get("FailureReason"), _tag(details), _facts(details))

    def artifact_uris(self, job: str) -> list[str]:
        """Where a job's archives lie, or would."""
        details = self._details(job) or {}
        path = details.get("OutputDataConfig", {}).get("S3OutputPath")
        model = details.get("ModelArtifacts", {}).get("S3ModelArtifacts")
        if path is None:
            return [model] if model else []
        folder = f"{path.rstrip('/')}/{job}/output"
        return [model or f"{folder}/model.tar.gz", f"{folder}/output.tar.gz"]

    def provenance(self, job: str) -> dict[str, Any]:
        """What is known of a job's origin; less where its job document was deleted, or is not ours."""
        details = self._details(job) or {}
        return {"job": job, "tag": _tag(details), **self._document(details), **_facts(details)}

    def _document(self, details: Mapping[str, Any]) -> dict[str, Any]:
        import json

        from syne_core.aws.job_request import JOB_VARIABLE
        from syne_core.aws.s3_objects import S3Objects

        uri = details.get("Environment", {}).get(JOB_VARIABLE, "")
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        if not key:
            return {}
        try:
            found = json.loads(S3Objects(self._session, bucket).get(key))
            return dict(found["provenance"])
        except Exception:
            return {}  # the model is worth having without

    def _details(self, job: str) -> dict[str, Any] | None:
        from syne_core.aws.client_errors import clear_errors

        with clear_errors(f"describe job '{job}'"):
            return self._jobs.details(job)


def _request(
    order: TrainingOrder,
    settings: SageMakerSettings,
    role_arn: str,
    image: str,
    job: str,
    bundle_uri: str,
    document_uri: str,
    output: str,
) -> dict[str, Any]:
    from syne_core.aws.job_request import JobRequest, display_hyperparameters

    return JobRequest(
        job_name=job,
        image_uri=image,
        role_arn=role_arn,
        instance_type=settings.instance_type or DEFAULT_INSTANCE,
        instance_count=settings.instance_count,
        bundle_uri=bundle_uri,
        document_uri=document_uri,
        output_uri=output,
        volume_size=settings.volume_size,
        max_run=settings.max_run,
        environment={ENVIRONMENT_VARIABLE: "sagemaker", TAG_VARIABLE: order.tag},
        hyperparameters=display_hyperparameters(order.parameters),
        tags={"synebench:fit": order.tag},
    ).to_api()


def _tag(details: Mapping[str, Any]) -> str | None:
    tag = details.get("Environment", {}).get(TAG_VARIABLE)
    return None if tag is None else str(tag)


def _facts(details: Mapping[str, Any]) -> dict[str, Any]:
    resources = details.get("ResourceConfig", {})
    times = {
        name: details[key].isoformat(timespec="seconds")
        for name, key in (
            ("created", "CreationTime"),
            ("started", "TrainingStartTime"),
            ("ended", "TrainingEndTime"),
        )
        if details.get(key) is not None
    }
    facts = {
        "instance_type": resources.get("InstanceType"),
        "instance_count": resources.get("InstanceCount"),
        "image": details.get("AlgorithmSpecification", {}).get("TrainingImage"),
        "billable_seconds": details.get("BillableTimeInSeconds"),
        "output_path": details.get("OutputDataConfig", {}).get("S3OutputPath"),
        **times,
    }
    return {name: value for name, value in facts.items() if value is not None}
