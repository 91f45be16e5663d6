"""API and jobs together, with processes."""

from __future__ import annotations

from typing import Any

from scripted_jobs import wait_for

from syne_core.emulator import Emulator

COUNTS_ITS_RUNS = """
import pathlib, time
checkpoint = pathlib.Path("/opt/ml/checkpoints/runs")
runs = int(checkpoint.read_text()) + 1 if checkpoint.exists() else 1
checkpoint.write_text(str(runs))
print(f"run={runs};", flush=True)
if runs == 1:
    time.sleep(600)
"""


def request(emulator: Emulator, program: str, **changes: Any) -> dict[str, Any]:
    return {
        "TrainingJobName": "job",
        "RoleArn": emulator.role_arn,
        "AlgorithmSpecification": {
            "TrainingImage": "image",
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["python3", "-c", program],
            "MetricDefinitions": [{"Name": "run", "Regex": r"run=(\d+);"}],
        },
        "OutputDataConfig": {"S3OutputPath": f"s3://{emulator.bucket}/output"},
        "CheckpointConfig": {"S3Uri": f"s3://{emulator.bucket}/checkpoints/"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        **changes,
    }


def test_an_interrupted_spot_job_goes_on_from_its_checkpoint(emulator: Emulator) -> None:
    sagemaker = emulator.client("sagemaker")
    stopping = {"MaxRuntimeInSeconds": 600, "MaxWaitTimeInSeconds": 1200}
    spot = {"EnableManagedSpotTraining": True, "StoppingCondition": stopping}
    sagemaker.create_training_job(**request(emulator, COUNTS_ITS_RUNS, **spot))

    def described() -> dict[str, Any]:
        return dict(sagemaker.describe_training_job(TrainingJobName="job"))

    wait_for(lambda: _stored_runs(emulator) == "1")  # not while it is being written
    emulator._lifecycle._runs["job"].interrupt()
    wait_for(lambda: described()["TrainingJobStatus"] != "InProgress")
    job = described()
    assert job["TrainingJobStatus"] == "Completed", job
    assert "Interrupted" in [one["Status"] for one in job["SecondaryStatusTransitions"]]
    (metric,) = job["FinalMetricDataList"]
    assert metric["Value"] == 2
    assert _stored_runs(emulator) == "2"


def _stored_runs(emulator: Emulator) -> str:
    s3 = emulator.client("s3")
    try:
        stored: bytes = s3.get_object(Bucket=emulator.bucket, Key="checkpoints/runs")["Body"].read()
    except s3.exceptions.NoSuchKey:
        return ""
    return stored.decode()


def test_the_emulators_own_calls_are_not_counted(emulator: Emulator) -> None:
    sagemaker = emulator.client("sagemaker")
    sagemaker.create_training_job(**request(emulator, "print('run=1;')"))
    wait_for(
        lambda: sagemaker.list_training_jobs()["TrainingJobSummaries"][0]["TrainingJobStatus"] == "Completed"
    )
    assert set(emulator.calls()) == {"CreateTrainingJob", "ListTrainingJobs"}
