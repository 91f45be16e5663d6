"""Real jobs, asked for with a SageMaker client."""

from __future__ import annotations

import time
from typing import Any

from job_rig import JobRig

from syne_core.emulator import Emulator, EmulatorSettings

SCRIPT = (
    "import signal, sys, time\n"
    "base = __import__('os').environ.get('SYNEBENCH_OPT_ML', '/opt/ml')\n"
    "open(base + '/model/weights', 'w').write('w')\n"
    "print('accuracy=0.5')\nprint('accuracy=0.75')\n"
    "if sys.argv[1] == 'wait':\n"
    "    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\n"
    "    __import__('os').makedirs(base + '/checkpoints', exist_ok=True)\n"
    "    open(base + '/checkpoints/c', 'w').write('1')\n"
    "    while True: time.sleep(0.01)\n"
)


def create(emulator: Emulator, name: str, argument: str, **changes: Any) -> None:
    emulator.client("s3").put_object(Bucket=emulator.bucket, Key="code/train.py", Body=SCRIPT.encode())
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{emulator.bucket}/code/"}
    emulator.client("sagemaker").create_training_job(
        TrainingJobName=name,
        RoleArn=emulator.role_arn,
        AlgorithmSpecification={
            "TrainingImage": "image",
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["python3", "/opt/ml/input/data/code/train.py"],
            "ContainerArguments": [argument],
            "MetricDefinitions": [{"Name": "accuracy", "Regex": "accuracy=([0-9.]+)"}],
        },
        InputDataConfig=[{"ChannelName": "code", "DataSource": {"S3DataSource": source}}],
        OutputDataConfig={"S3OutputPath": f"s3://{emulator.bucket}/out"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        **{"StoppingCondition": {"MaxRuntimeInSeconds": 3600}, **changes},
    )


def description(emulator: Emulator, name: str) -> dict[str, Any]:
    found: dict[str, Any] = emulator.client("sagemaker").describe_training_job(TrainingJobName=name)
    return found


def ended(emulator: Emulator, name: str) -> dict[str, Any]:
    terminal = ("Completed", "Failed", "Stopped")
    JobRig.until(lambda: description(emulator, name)["TrainingJobStatus"] in terminal, f"the end of {name}")
    return description(emulator, name)


def test_a_job_runs_and_is_described(emulator: Emulator) -> None:
    create(emulator, "runs", "go")
    found = ended(emulator, "runs")
    assert found["TrainingJobStatus"] == "Completed", found.get("FailureReason")
    states = [entry["Status"] for entry in found["SecondaryStatusTransitions"]]
    assert states == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert {m["MetricName"]: m["Value"] for m in found["FinalMetricDataList"]} == {"accuracy": 0.75}
    uri = found["ModelArtifacts"]["S3ModelArtifacts"]
    assert uri == f"s3://{emulator.bucket}/out/runs/output/model.tar.gz"
    key = uri.split("/", 3)[3]
    assert emulator.client("s3").head_object(Bucket=emulator.bucket, Key=key)["ContentLength"] > 0


def test_a_job_is_stopped_and_its_checkpoints_are_kept(emulator: Emulator) -> None:
    s3 = emulator.client("s3")
    create(emulator, "waits", "wait", CheckpointConfig={"S3Uri": f"s3://{emulator.bucket}/ckpt/"})
    JobRig.until(
        lambda: s3.list_objects_v2(Bucket=emulator.bucket, Prefix="ckpt/")["KeyCount"] == 1, "the checkpoint"
    )
    emulator.client("sagemaker").stop_training_job(TrainingJobName="waits")
    found = ended(emulator, "waits")
    assert (found["TrainingJobStatus"], found["SecondaryStatus"]) == ("Stopped", "Stopped")
    states = [entry["Status"] for entry in found["SecondaryStatusTransitions"]]
    assert states[-3:] == ["Stopping", "Uploading", "Stopped"]


def test_many_jobs_run_at_once_and_the_emulator_ends_them_all() -> None:
    grace = 3600.0
    with Emulator(EmulatorSettings(grace=grace)) as emulator:
        for number in range(6):
            create(emulator, f"many-{number}", "wait")
        sagemaker = emulator.client("sagemaker")
        JobRig.until(
            lambda: (
                [
                    job["SecondaryStatus"]
                    for job in sagemaker.list_training_jobs(MaxResults=100)["TrainingJobSummaries"]
                ].count("Training")
                == 6
            ),
            "all to train",
        )
        begun = time.monotonic()
    assert time.monotonic() - begun < grace / 2, "they are killed"
