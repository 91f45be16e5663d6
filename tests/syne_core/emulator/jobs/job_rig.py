"""Runs jobs as the emulator's API would, and keeps what they tell."""

from __future__ import annotations

import io
import tarfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from syne_core.emulator import Emulator
from syne_core.emulator.jobs import JobEnd, JobSurroundings, RunningJob, start_job

BASE = "import os; base = os.environ.get('SYNEBENCH_OPT_ML', '/opt/ml')\n"
# Only against hanging: machines that run tests may stand still for a while.
_PATIENCE = 180.0


@dataclass
class Told:
    """Implements ``JobEvents``."""

    statuses: list[str] = field(default_factory=list)
    metrics: list[tuple[str, float]] = field(default_factory=list)
    ends: list[JobEnd] = field(default_factory=list)
    threads: set[int] = field(default_factory=set)

    def secondary_status(self, status: str, message: str) -> None:
        assert message
        self.threads.add(threading.get_ident())
        self.statuses.append(status)

    def metric(self, name: str, value: float, timestamp: float) -> None:
        assert abs(timestamp - time.time()) < 60
        self.metrics.append((name, value))

    def ended(self, end: JobEnd) -> None:
        self.ends.append(end)


@dataclass
class Ran:
    """A job under way or over."""

    name: str
    job: RunningJob
    told: Told
    rig: JobRig
    started_ms: int

    def end(self) -> JobEnd:
        """Wait for its end."""
        assert self.job.join(_PATIENCE), f"still running after {self.told.statuses}: {self.log()}"
        (end,) = self.told.ends
        return end

    def completed(self) -> Ran:
        end = self.end()
        assert end.status == "Completed", (end, self.log())
        return self

    def log(self, host: str = "algo-1") -> list[str]:
        """The lines of the newest log stream."""
        logs = self.rig.logs
        group = {"logGroupName": "/aws/sagemaker/TrainingJobs"}
        streams = logs.describe_log_streams(**group, logStreamNamePrefix=f"{self.name}/{host}-")["logStreams"]
        if not streams:
            return []
        newest = max(stream["logStreamName"] for stream in streams)
        if int(newest.rpartition("-")[2]) < self.started_ms:
            return []  # of a job of the same name in another test
        lines: list[str] = []
        position: dict[str, str] = {}
        while True:
            page = logs.get_log_events(**group, logStreamName=newest, startFromHead=True, **position)
            if not page["events"]:
                return lines
            lines += [event["message"] for event in page["events"]]
            position = {"nextToken": page["nextForwardToken"]}

    def prints(self, line: str) -> None:
        """Wait until the log has ``line``."""
        self.rig.until(lambda: line in self.log(), f"{line!r} in the log")


class JobRig:
    """One emulator, and jobs that run ``train.py`` from the channel ``code``."""

    def __init__(self, emulator: Emulator, folder: Path, isolation: str) -> None:
        self.emulator, self.folder, self.isolation = emulator, folder, isolation
        self.s3, self.logs = emulator.client("s3"), emulator.client("logs")
        self.bucket = f"test-{time.time_ns()}"
        self.s3.create_bucket(Bucket=self.bucket)
        self.environment: Mapping[str, str] = {}
        self._count = 0

    def run(self, script: str = "", *, grace: float = 120.0, **changes: Any) -> Ran:
        """Start a job.

        :param script: text of ``train.py``; ``base`` is where it finds ``/opt/ml``
        :param changes: members of the request; ``AlgorithmSpecification`` is merged, others replace
        """
        self._count += 1
        name = f"job-{self._count}"
        self.put(f"{name}/code/train.py", BASE + script)
        request: dict[str, Any] = {
            "TrainingJobName": name,
            "InputDataConfig": [self.channel("code", f"{name}/code/")],
            "OutputDataConfig": {"S3OutputPath": self.uri("out")},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
            **changes,
        }
        request["AlgorithmSpecification"] = {
            "TrainingInputMode": "File",
            "TrainingImage": "image",
            "ContainerEntrypoint": ["python3", "/opt/ml/input/data/code/train.py"],
            **changes.get("AlgorithmSpecification", {}),
        }
        surroundings = JobSurroundings(
            self.emulator.endpoint_url,
            self.emulator.region,
            self.emulator.account,
            self.folder,
            isolation=self.isolation,
            grace=grace,
            environment=self.environment,
        )
        told = Told()
        arn = f"arn:aws:sagemaker:{self.emulator.region}:{self.emulator.account}:training-job/{name}"
        started = time.time_ns() // 1_000_000
        return Ran(name, start_job(request, arn, surroundings, told), told, self, started)

    def uri(self, key: str) -> str:
        return f"s3://{self.bucket}/{key}"

    def channel(self, name: str, key: str, **source: Any) -> dict[str, Any]:
        place = {"S3DataType": "S3Prefix", "S3Uri": self.uri(key), **source}
        return {"ChannelName": name, "DataSource": {"S3DataSource": place}}

    def put(self, key: str, content: str | bytes) -> None:
        body = content.encode() if isinstance(content, str) else content
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)

    def read(self, key: str) -> bytes:
        content: bytes = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return content

    def keys(self, prefix: str = "") -> list[str]:
        found = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        return [entry["Key"][len(prefix) :] for entry in found.get("Contents", ())]

    def archive(self, key: str) -> dict[str, bytes]:
        """The files of a tar.gz."""
        with tarfile.open(fileobj=io.BytesIO(self.read(key))) as tar:
            members = [member for member in tar.getmembers() if member.isfile()]
            return {member.name: tar.extractfile(member).read() for member in members}  # type: ignore[union-attr]

    @staticmethod
    def until(condition: Callable[[], bool], what: str) -> None:
        """Wait for a condition."""
        deadline = time.monotonic() + _PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"waited in vain for {what}"
            time.sleep(0.05)


def packed(files: Mapping[str, str | bytes]) -> bytes:
    """A tar.gz with ``files``."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def _wheel() -> bytes:
    buffer, info = io.BytesIO(), "syne_wanted-1.dist-info/"
    with zipfile.ZipFile(buffer, "w") as wheel:
        wheel.writestr("syne_wanted.py", "")
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: syne-wanted\nVersion: 1\n")
        wheel.writestr(
            info + "WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(info + "RECORD", "")
    return buffer.getvalue()


_WHEEL = "syne_wanted-1-py3-none-any.whl"
PACKAGE: Mapping[str, str | bytes] = {_WHEEL: _wheel(), "requirements.txt": f"./{_WHEEL}\n"}
"""Requirements that need no registry: one package, ``syne_wanted``."""


def processes_below(pid: int) -> list[int]:
    """Descendants of a process; zombies do not count."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        child = int(folder.name)
        state, parent = _state_and_parent(child)
        if parent == pid and state != "Z":
            found += [child, *processes_below(child)]
    return found


def is_alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    return _state_and_parent(pid)[0] not in ("Z", "")


def _state_and_parent(pid: int) -> tuple[str, int]:
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return "", 0
    return state, int(parent)


@pytest.fixture(scope="module")
def shared_emulator() -> Iterator[Emulator]:
    """One for all tests of a module."""
    with Emulator() as emulator:
        yield emulator


@pytest.fixture(name="rig", params=["namespaces", "folder"])
def rig_of_jobs(
    request: pytest.FixtureRequest, shared_emulator: Emulator, tmp_path: Path
) -> Iterator[JobRig]:
    """In both isolations unless a test says which. No file or thread of its jobs may be left; processes
    are looked for after every test."""
    before = set(threading.enumerate())
    folder = tmp_path / "jobs"
    yield JobRig(shared_emulator, folder, request.param)
    started = set(threading.enumerate()) - before
    of_jobs = [one for one in started if one.name.startswith(("job ", "shipping "))]
    for thread in of_jobs:  # one that has told the job's end has still to end itself
        thread.join(_PATIENCE)
    assert not [thread.name for thread in of_jobs if thread.is_alive()]
    assert not folder.exists() or not list(folder.iterdir())


in_namespaces = pytest.mark.parametrize("rig", ["namespaces"], indirect=True)
in_a_folder = pytest.mark.parametrize("rig", ["folder"], indirect=True)
