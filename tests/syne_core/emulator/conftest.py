"""An emulator whose jobs are scripted, and requests for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from scripted_jobs import ScriptedJobs, wait_for

from syne_core.emulator import Emulator, EmulatorSettings


class Account:
    """What a test needs of an emulator with scripted jobs."""

    def __init__(self, emulator: Emulator, jobs: ScriptedJobs) -> None:
        self.emulator, self.jobs = emulator, jobs
        self.sagemaker = emulator.client("sagemaker")

    def request(self, name: str, **changes: Any) -> dict[str, Any]:
        """A request for a job of one instance; members of ``ResourceConfig`` may be given by name."""
        resources = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}
        for member in ("InstanceType", "InstanceCount", "VolumeSizeInGB", "KeepAlivePeriodInSeconds"):
            if member in changes:
                resources[member] = changes.pop(member)
        plain = {
            "TrainingJobName": name,
            "RoleArn": self.emulator.role_arn,
            "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
            "OutputDataConfig": {"S3OutputPath": f"s3://{self.emulator.bucket}/output"},
            "ResourceConfig": resources,
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        }
        return plain | changes

    def create(self, name: str, **changes: Any) -> None:
        """Create a job."""
        self.sagemaker.create_training_job(**self.request(name, **changes))

    def describe(self, name: str) -> dict[str, Any]:
        """What DescribeTrainingJob says of it."""
        described: dict[str, Any] = self.sagemaker.describe_training_job(TrainingJobName=name)
        return described

    def status(self, name: str) -> str:
        """Its ``TrainingJobStatus``."""
        return str(self.describe(name)["TrainingJobStatus"])

    def let_time_pass(self) -> None:
        """What is to happen later, happens now."""
        timeline = self.emulator._lifecycle._timeline
        with timeline._changed:
            timeline._due = sorted((0.0, number, action) for _, number, action in timeline._due)
            timeline._changed.notify()

    def await_status(self, name: str, *wanted: str) -> dict[str, Any]:
        """Its description once its status is one of ``wanted``."""
        wait_for(lambda: self.status(name) in wanted)
        return self.describe(name)


@pytest.fixture
def open_account() -> Iterator[Callable[..., Account]]:
    """Opens emulators with settings; ``stop_asks_only``: jobs that are stopped end when the test says so."""
    with ExitStack() as exits:

        def opened(stop_asks_only: bool = False, folder: Any = None, **settings: Any) -> Account:
            jobs = ScriptedJobs(stop_asks_only)
            emulator = Emulator(EmulatorSettings(**settings), folder=folder, start_jobs=jobs)
            return Account(exits.enter_context(emulator), jobs)

        yield opened


@pytest.fixture
def account(open_account: Callable[..., Account]) -> Account:
    """An emulator with default settings."""
    return open_account()
