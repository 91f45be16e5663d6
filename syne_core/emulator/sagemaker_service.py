"""SageMaker's training jobs: the operations that the emulator answers itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from syne_core.emulator.api_error import ApiError, resource_not_found, validation
from syne_core.emulator.gateway import Handler
from syne_core.emulator.instances import Instances
from syne_core.emulator.job_listing import list_page
from syne_core.emulator.job_requests import check_create, check_update
from syne_core.emulator.job_search import search
from syne_core.emulator.job_tags import add_tags, delete_tags, list_tags
from syne_core.emulator.lifecycle import Lifecycle
from syne_core.emulator.training_job import TrainingJob, now

__all__ = ["SageMakerService"]


class SageMakerService:
    """Training jobs of one account in one region.

    :param lock: guards jobs and instances
    :param has_role: whether the account has a role of this ARN
    :param on_change: called, under the lock, with jobs that were created or changed
    :param on_delete: called, under the lock, with the name of a job that was deleted
    :param jobs: of an earlier session, all terminal
    """

    def __init__(
        self,
        arn_prefix: str,
        lock: threading.RLock,
        instances: Instances,
        lifecycle: Lifecycle,
        has_role: Callable[[str], bool],
        on_change: Callable[[TrainingJob], None],
        on_delete: Callable[[str], None],
        jobs: Iterable[TrainingJob] = (),
    ) -> None:
        self._arn_prefix, self._lock, self._instances = arn_prefix, lock, instances
        self._lifecycle, self._has_role = lifecycle, has_role
        self._on_change, self._on_delete = on_change, on_delete
        self._jobs = {job.name: job for job in jobs}

    def handlers(self) -> Mapping[str, Handler]:
        """What it answers, by operation."""
        return {
            "CreateTrainingJob": self._create,
            "DescribeTrainingJob": self._describe,
            "ListTrainingJobs": self._list,
            "StopTrainingJob": self._stop,
            "DeleteTrainingJob": self._delete,
            "UpdateTrainingJob": self._update,
            "Search": self._search,
            "AddTags": lambda request: self._on_tags(add_tags, request),
            "ListTags": lambda request: self._on_tags(list_tags, request),
            "DeleteTags": lambda request: self._on_tags(delete_tags, request),
        }

    def _create(self, request: dict[str, Any]) -> dict[str, Any]:
        check_create(request, self._has_role)
        name = request["TrainingJobName"]
        arn = f"{self._arn_prefix}{name.lower()}"
        with self._lock:
            if name in self._jobs:
                raise ApiError(
                    "ResourceInUse",
                    "Training job names must be unique within an AWS account and region, and a training job "
                    f"with this name already exists ({self._jobs[name].arn})",
                )
            job = TrainingJob(request, arn)
            reused = self._instances.acquire(job)
            self._jobs[name] = job
            self._on_change(job)
            if reused is not None:
                self._on_change(reused)
            self._lifecycle.begin(job, is_warm=reused is not None)
        return {"TrainingJobArn": arn}

    def _describe(self, request: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            return self._job(request).describe()

    def _list(self, request: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            jobs, token = list_page(list(self._jobs.values()), request)
            page: dict[str, Any] = {"TrainingJobSummaries": [job.summary() for job in jobs]}
        return page if token is None else {**page, "NextToken": token}

    def _stop(self, request: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            job = self._job(request)
            if job.is_terminal:
                raise validation(
                    f"The request was rejected because the training job is in status {job.status}."
                )
            if job.status == "InProgress":
                self._lifecycle.stop(job)
        return {}

    def _delete(self, request: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            job = self._job(request)
            if not job.is_terminal:
                raise ApiError(
                    "ResourceInUse",
                    f"The request was rejected because the training job is in status {job.status}.",
                )
            if self._instances.is_available(job):
                raise ApiError(
                    "ResourceInUse",
                    "The request was rejected because the training job retains an Available warm pool.",
                )
            del self._jobs[job.name]
            self._on_delete(job.name)
        return {}

    def _update(self, request: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            job = self._job(request)
            check_update(request, job, self._instances.is_available(job))
            seconds = request.get("ResourceConfig", {}).get("KeepAlivePeriodInSeconds")
            if seconds is not None:
                job.request["ResourceConfig"] = {**job.resources, "KeepAlivePeriodInSeconds": seconds}
                self._lifecycle.keep_alive(job, seconds)
            for member in ("ProfilerConfig", "ProfilerRuleConfigurations", "RemoteDebugConfig"):
                if member in request:
                    job.request[member] = request[member]
            job.modified = now()
            self._on_change(job)
            return {"TrainingJobArn": job.arn}

    def _search(self, request: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            return search(list(self._jobs.values()), request)

    def _on_tags(
        self, action: Callable[[TrainingJob, dict[str, Any]], dict[str, Any]], request: dict[str, Any]
    ) -> dict[str, Any]:
        with self._lock:
            job = next((job for job in self._jobs.values() if job.arn == request["ResourceArn"]), None)
            if job is None:
                raise resource_not_found()
            answer = action(job, request)
            self._on_change(job)
            return answer

    def _job(self, request: Mapping[str, Any]) -> TrainingJob:
        job = self._jobs.get(request["TrainingJobName"])
        if job is None:
            raise resource_not_found()
        return job
