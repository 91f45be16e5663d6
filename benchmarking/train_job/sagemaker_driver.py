"""The train driver ``sagemaker``: a training job on AWS, or on the emulator."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from benchmarking.train_job.driver import Artifact, JobReport, Started, TrainDriver
from benchmarking.train_job.sagemaker_job import FitJobs
from benchmarking.train_job.sagemaker_settings import DEFAULT_INSTANCE, SETTINGS, SageMakerSettings, split_uri
from benchmarking.train_job.training_order import TrainingOrder

if TYPE_CHECKING:
    from benchmarking.train_job.sagemaker_ready import Ready
    from syne_core.aws.session import AwsSession

__all__ = ["SageMakerDriver", "about_job"]

_POLL_S, _POLL_OF_EMULATOR_S = 5.0, 0.1
_PATIENCE_S = 300.0
_MODEL, _OUTPUT = "model.tar.gz", "output.tar.gz"


class SageMakerDriver(TrainDriver):
    """Training jobs of SageMaker. Whose account, region and endpoint: as boto3 would find."""

    settings: ClassVar[Mapping[str, str]] = SETTINGS

    def __init__(self, config: Mapping[str, str]) -> None:
        self._settings = SageMakerSettings.of(config)
        self._ready: Ready | None = None

    @cached_property
    def _session(self) -> AwsSession:
        from syne_core.aws.session import AwsSession

        return AwsSession.resolve(self._settings.region)

    @cached_property
    def _jobs(self) -> FitJobs:
        return FitJobs(self._session)

    @property
    def place(self) -> str:
        """The account, or the emulator."""
        return self._session.target

    def check(self, order: TrainingOrder, yes: bool) -> Sequence[str]:
        """Credentials, instance type, image, role, bucket, quota; then the price, and the question."""
        from benchmarking.commons.spending import Spending, agree_to_training
        from benchmarking.train_job.sagemaker_ready import make_ready

        kind = self._settings.instance_type or order.instance_type or DEFAULT_INSTANCE
        settings = self._settings = replace(self._settings, instance_type=kind)
        ready = self._ready = make_ready(self._session, settings, order)
        spending = Spending(kind, settings.instance_count, settings.max_run)
        agree_to_training(self._session, spending, yes)
        return ready.notes

    def start(self, order: TrainingOrder) -> Started:
        """Upload what is not there yet, and create the job."""
        from benchmarking.train_job.image_builder import build_image
        from syne_core.aws.accounts import default_bucket

        assert self._ready is not None, "check comes first"
        ready, settings, session = self._ready, self._settings, self._session
        # The role's policy need not allow what is done once: making the bucket, making an image.
        bucket = ready.bucket or default_bucket(session)
        output = f"s3://{bucket}/{ready.prefix}".rstrip("/")
        image = ready.image
        if image is None:
            assert ready.tool is not None
            image = build_image(session, ready.tool, order)
        job = FitJobs(ready.actor).create(order, settings, ready, image, bucket, output)
        return Started(job, tuple(about_job(session, job)), (output,))

    def job_called(self, tag_or_job: str) -> str | None:
        """A training job of that name, of whomever; else the newest of ours with that tag."""
        return self._jobs.named(tag_or_job) or self._jobs.newest(tag_or_job)

    def report(self, job: str) -> JobReport | None:
        """By DescribeTrainingJob."""
        return self._jobs.report(job)

    def wait(self, job: str, on_change: Callable[[JobReport], None]) -> JobReport:
        """Ask again and again; errors that pass are waited out for five minutes."""
        from syne_core.errors import ResultsError

        seen: JobReport | None = None
        while True:
            report = self._patiently(job)
            if report is None:
                raise ResultsError(f"Job {job} is gone from {self.place}")
            if seen is None or (seen.status, seen.detail) != (report.status, report.detail):
                on_change(report)
            if report.has_ended:
                return report
            seen = report
            time.sleep(_POLL_OF_EMULATOR_S if self._session.is_emulator else _POLL_S)

    def _patiently(self, job: str) -> JobReport | None:
        from syne_core.aws.job_states import is_transient

        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                return self._jobs.report(job)
            except Exception as error:
                if not is_transient(error.__cause__ or error) or time.monotonic() > deadline:
                    raise
            time.sleep(_POLL_S)

    def log_tail(self, job: str, num_lines: int) -> list[str]:
        """From CloudWatch Logs."""
        from syne_core.backend.sagemaker.job_logs import job_tail

        return job_tail(self._session, job, num_lines)

    def artifacts(self, job: str | None, path: str | None) -> list[Artifact]:
        """Model and output archives. ``path`` may be that of an archive, or a folder of ``output_path``."""
        from benchmarking.train_job.s3_artifact import find_artifact

        found = []
        for candidates in self._candidates(job, path):
            artifacts = (find_artifact(self._session, bucket, key) for bucket, key in candidates)
            artifact = next(filter(None, artifacts), None)
            if artifact is not None:
                found.append(artifact)
        return list(found)

    def _candidates(self, job: str | None, path: str | None) -> list[list[tuple[str, str]]]:
        """Where the model may lie, and where the output may, the likeliest place first."""
        if path is None:
            uris = self._jobs.artifact_uris(job) if job else []
            return [[split_uri(uri, f"the artifact of {job}")] for uri in uris]
        bucket, prefix = split_uri(path, "S3_PATH")
        if prefix.endswith(".tar.gz"):
            return [[(bucket, prefix)]]
        folders = (
            [f"{prefix}/{job}/output", f"{prefix}/output", prefix] if job else [prefix, f"{prefix}/output"]
        )
        return [[(bucket, f"{f}/{name}".lstrip("/")) for f in folders] for name in (_MODEL, _OUTPUT)]

    def provenance(self, job: str) -> dict[str, Any]:
        """What the job document says, where it still exists, and the job's description."""
        return self._jobs.provenance(job)


def about_job(session: AwsSession, job: str) -> list[str]:
    """Lines for people: where a job is to be seen, and how to read its log."""
    lines = []
    if session.is_emulator:
        lines.append(f"Where:    {session.target} (it has no console)")
    else:
        home = f"https://{session.region}.console.aws.amazon.com/sagemaker/home?region={session.region}"
        lines.append(f"Console:  {home}#/jobs/{job}")
    log = [
        *("aws", "logs", "filter-log-events", "--region", session.region),
        *("--log-group-name", "/aws/sagemaker/TrainingJobs", "--log-stream-name-prefix", f"{job}/"),
        *("--query", "events[].[message]", "--output", "text"),
    ]
    return [*lines, f"Log:      {shlex.join(log)}"]
