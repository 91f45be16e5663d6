"""``synebench emulator`` as a process, and the aws command line as its client."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner

from benchmarking.cli.emulator import command
from syne_core.errors import UsageError

ROLE = "AmazonSageMaker-ExecutionRole-20260101T000000"
SCRIPT = """
import os, sys, time
print("job", os.environ["TRAINING_JOB_NAME"], sys.argv[1], flush=True)
open("/opt/ml/model/weights", "w").write("1")
time.sleep(float(sys.argv[2]))
"""


class EmulatorProcess:
    """``synebench emulator`` with its environment for clients."""

    def __init__(self, *flags: str) -> None:
        words = [sys.executable, "-m", "benchmarking.cli.main", "emulator", *flags]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.first_line = self._line()
        exports = [self.first_line]
        while "AWS_EC2_METADATA_DISABLED" not in exports[-1]:
            exports.append(self._line())
        pairs = [shlex.split(line.removeprefix("export "))[0] for line in exports]
        self.variables = dict(word.split("=", 1) for word in pairs)
        assert self.process.stderr is not None
        self.sentence = self.process.stderr.readline()

    def _line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.communicate()[1]
        return line.strip()

    def client(self, service: str) -> Any:
        """A boto3 client that knows the exported variables only."""
        return boto3.client(
            service,
            endpoint_url=self.variables["AWS_ENDPOINT_URL"],
            region_name=self.variables["AWS_REGION"],
            aws_access_key_id=self.variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.variables["AWS_SECRET_ACCESS_KEY"],
        )

    def aws(self, *words: str) -> str:
        """What the aws command line prints."""
        line = [str(Path(sys.executable).with_name("aws")), *words]
        run = subprocess.run(line, env=os.environ | self.variables, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        return run.stdout

    def end(self, number: int) -> int:
        """Send a signal and wait; the exit code."""
        self.process.send_signal(number)
        self.process.communicate(timeout=120)
        return self.process.returncode


@pytest.fixture
def start() -> Iterator[Callable[..., EmulatorProcess]]:
    """Starts emulators, and ends those that a test left."""
    started: list[EmulatorProcess] = []

    def started_one(*flags: str) -> EmulatorProcess:
        started.append(EmulatorProcess(*flags))
        return started[-1]

    yield started_one
    for one in started:
        if one.process.poll() is None:
            one.end(signal.SIGTERM)


def job_request(name: str, token: str, seconds: float) -> dict[str, Any]:
    bucket = "sagemaker-us-east-1-123456789012"
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/code/"}
    return {
        "TrainingJobName": name,
        "RoleArn": f"arn:aws:iam::123456789012:role/service-role/{ROLE}",
        "AlgorithmSpecification": {
            "TrainingImage": "image",
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["python3", "/opt/ml/input/data/code/train.py"],
            "ContainerArguments": [token, str(seconds)],
        },
        "InputDataConfig": [{"ChannelName": "code", "DataSource": {"S3DataSource": source}}],
        "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/output"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    }


def processes_with(token: str) -> list[int]:
    """Processes of this machine that have ``token`` in their command line."""
    found = []
    for name in filter(str.isdecimal, os.listdir("/proc")):
        with contextlib.suppress(OSError):  # it ends meanwhile
            if token.encode() in Path("/proc", name, "cmdline").read_bytes():
                found.append(int(name))
    return found


def wait_for(condition: Callable[[], Any], seconds: float = 60.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)
    return value


@pytest.mark.long
def test_the_aws_command_line_works_with_it(start, tmp_path: Path) -> None:
    emulator = start("--quota", "ml.m5.large=2", "--grace", "1")
    assert emulator.first_line == f"export AWS_ENDPOINT_URL={emulator.variables['AWS_ENDPOINT_URL']}"
    bucket = "s3://sagemaker-us-east-1-123456789012"
    assert bucket.removeprefix("s3://") in emulator.sentence
    code = tmp_path / "code"
    code.mkdir()
    (code / "train.py").write_text(SCRIPT)
    assert "upload: " in emulator.aws("s3", "sync", str(code), f"{bucket}/code")
    request = json.dumps(job_request("short", "spoken", 0))
    created = json.loads(emulator.aws("sagemaker", "create-training-job", "--cli-input-json", request))
    assert created["TrainingJobArn"].endswith(":training-job/short")
    wait_for(lambda: status_of(emulator, "short") == "Completed")
    name = ("--training-job-name", "short")
    emulator.aws("sagemaker", "wait", "training-job-completed-or-stopped", *name)
    described = json.loads(emulator.aws("sagemaker", "describe-training-job", *name))
    emulator.aws("s3", "cp", described["ModelArtifacts"]["S3ModelArtifacts"], str(tmp_path / "model.tar.gz"))
    assert (tmp_path / "model.tar.gz").stat().st_size > 0
    assert "output/short/output/model.tar.gz" in emulator.aws("s3", "ls", "--recursive", bucket)
    group = ("--log-group-name", "/aws/sagemaker/TrainingJobs")
    stream = emulator.client("logs").describe_log_streams(logGroupName=group[1])["logStreams"][0]
    log = emulator.aws("logs", "get-log-events", *group, "--log-stream-name", stream["logStreamName"])
    assert json.loads(log)["events"][0]["message"] == "job short spoken"
    emulator.client("sagemaker").create_training_job(**job_request("long", "spoken", 600))
    emulator.aws("sagemaker", "stop-training-job", "--training-job-name", "long")
    wait_for(lambda: status_of(emulator, "long") == "Stopped")
    listed = json.loads(emulator.aws("sagemaker", "list-training-jobs", "--sort-order", "Ascending"))
    statuses = [(j["TrainingJobName"], j["TrainingJobStatus"]) for j in listed["TrainingJobSummaries"]]
    assert statuses == [("short", "Completed"), ("long", "Stopped")]
    assert emulator.end(signal.SIGINT) == 130


def status_of(emulator: EmulatorProcess, name: str) -> str:
    client = emulator.client("sagemaker")
    try:
        return str(client.describe_training_job(TrainingJobName=name)["TrainingJobStatus"])
    finally:
        client.close()


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 0), (signal.SIGKILL, -9)], ids=["SIGTERM", "SIGKILL"]
)
def test_however_it_ends_no_job_is_left_running(start, tmp_path: Path, number: int, code: int) -> None:
    token = uuid.uuid4().hex
    emulator = start("--state", str(tmp_path))
    s3 = emulator.client("s3")
    s3.put_object(Bucket="sagemaker-us-east-1-123456789012", Key="code/train.py", Body=SCRIPT)
    emulator.client("sagemaker").create_training_job(**job_request("job", token, 600))
    wait_for(lambda: processes_with(token))
    assert emulator.end(number) == code
    wait_for(lambda: not processes_with(token))
    if number == signal.SIGKILL:
        again = start("--state", str(tmp_path))
        described = again.client("sagemaker").describe_training_job(TrainingJobName="job")
        assert described["TrainingJobStatus"] == "Failed"
        assert described["FailureReason"].startswith("InternalServerError")
        listed = again.client("s3").list_objects_v2(Bucket="sagemaker-us-east-1-123456789012")
        assert "code/train.py" in [one["Key"] for one in listed["Contents"]]


@pytest.mark.parametrize(
    ("flags", "mistakes"),
    [
        (["--quota", "ml.g4dn=4"], ["Unknown instance type 'ml.g4dn'. Did you mean 'ml.g4dn.xlarge'?"]),
        (
            ["--throttle", "ListTrainingJob=2,4", "--fail-op", "PutObjekt"],
            ["Did you mean 'ListTrainingJobs'?", "Did you mean 'PutObject'?"],
        ),
        (["--quota", "4", "--throttle", "x=1"], ["--quota is TYPE=N", "--throttle is OPERATION=RATE,BURST"]),
        (
            ["--fail_rate", "2", "--account", "12", "--cold_start", "-1", "--region", "here"],
            ["fail_rate is a share", "account has 12 digits", "cold_start must be", "region looks like"],
        ),
        (["--quota", "m5.large=1"], ["begin with 'ml.'"]),
        (["--spot-quota", "ml.m5.large=-1"], ["--spot-quota is TYPE=N"]),
    ],
    ids=lambda value: value[0],
)
def test_mistakes_are_reported_together_and_nothing_starts(flags: list[str], mistakes: list[str]) -> None:
    run = CliRunner().invoke(command, flags)
    assert isinstance(run.exception, UsageError)
    assert run.stdout == ""
    assert all(one in str(run.exception) for one in mistakes)
    assert len(str(run.exception).splitlines()) >= len(mistakes)


def test_a_port_that_is_taken_is_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        run = CliRunner().invoke(command, ["--port", str(taken.getsockname()[1])])
    assert isinstance(run.exception, UsageError)
    assert "Address already in use" in str(run.exception)
