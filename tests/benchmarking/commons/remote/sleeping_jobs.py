"""Training jobs that print a line and sleep, under the names that real ones would have."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from syne_core.emulator import Emulator

_PROGRAM = "import sys, time; print(sys.argv[1], flush=True); time.sleep(float(sys.argv[2]))"


def start_job(
    emulator: Emulator, name: str, seconds: float = 600, instance_type: str = "ml.c5.xlarge", count: int = 1
) -> None:
    """Create a job."""
    emulator.client("sagemaker").create_training_job(
        TrainingJobName=name,
        RoleArn=emulator.role_arn,
        AlgorithmSpecification={
            "TrainingImage": "image",
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["python3", "-c", _PROGRAM],
            "ContainerArguments": [f"hello from {name}", str(seconds)],
        },
        OutputDataConfig={"S3OutputPath": f"s3://{emulator.bucket}/output"},
        ResourceConfig={"InstanceType": instance_type, "InstanceCount": count, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 3600},
    )


def status_of(emulator: Emulator, name: str) -> str:
    """As SageMaker sees the job."""
    answer: dict[str, Any] = emulator.client("sagemaker").describe_training_job(TrainingJobName=name)
    return str(answer["TrainingJobStatus"])


def wait_for(condition: Callable[[], Any], seconds: float = 180.0) -> Any:
    """What ``condition`` returns when it is true."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)
    return value
