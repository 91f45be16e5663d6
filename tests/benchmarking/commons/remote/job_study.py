"""A user's folder with a launcher, and what it takes to run its experiments as jobs of the emulator."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarking.commons.hpo_main_common import Launch, Launcher
from benchmarking.commons.hpo_main_sagemaker import sagemaker_launcher
from benchmarking.commons.hpo_main_simulator import simulator_launcher
from benchmarking.commons.launch_flags import LOCAL_FLAGS
from benchmarking.commons.python_file import run_python_file
from benchmarking.commons.remote.jobs.experiment_job import (
    ExperimentJob,
    JobHome,
    experiment_job,
    job_document,
    job_document_key,
    job_request,
)
from benchmarking.commons.remote.jobs.study_bundle import study_bundle
from benchmarking.commons.remote.records.markers import StateRecord, read_record, read_states
from syne_core.aws.bundles import upload_bundle
from syne_core.aws.s3_objects import S3Objects
from syne_core.aws.session import AwsSession
from syne_core.emulator import Emulator
from syne_core.paths import ExperimentKeys

SCRIPT = """
import argparse
import os
import time
from syne_core import Reporter

parser = argparse.ArgumentParser()
parser.add_argument("--x", type=float)
parser.add_argument("--epochs", type=int)
parser.add_argument("--st_checkpoint_dir")
args = parser.parse_args()
if os.path.exists(os.path.join(args.st_checkpoint_dir, "epoch")):
    print("found a checkpoint")
with open(os.path.join(args.st_checkpoint_dir, "epoch"), "w") as file:
    file.write("begun")
print("training with", args.x)
report = Reporter()
for epoch in range(1, args.epochs + 1):
    report(epoch=epoch, loss=(args.x - 0.3) ** 2 + 1 / epoch)
    time.sleep({pause})
"""
DEFINITIONS = """
from pathlib import Path
from benchmarking.commons.benchmark_definitions import RealBenchmarkDefinition
from benchmarking.commons.default_baselines import METHODS
from syne_core.config_space import uniform

parabola = RealBenchmarkDefinition(
    script=Path(__file__).parent / "parabola.py",
    config_space={"x": uniform(0, 1), "epochs": 3},
    max_wallclock_time=300,
    n_workers=2,
    metric="loss",
    mode="min",
    max_resource_attr="epochs",
    resource_attr="epoch",
    instance_type="ml.c5.xlarge",
)
definitions = {"parabola": parabola}
methods = {name: METHODS[name] for name in ("RS", "ASHA")}
"""
LAUNCHER = """
from benchmarking.commons.benchmark_definitions import benchmark_definitions
from benchmarking.commons.hpo_main_{backend} import main
from my_benchmarks import definitions, methods

if __name__ == "__main__":
    main(methods, {definitions})
"""


@dataclass(frozen=True)
class JobStudy:
    """Experiments of one command line, to be run as jobs.

    :param entry_point: the launcher
    """

    emulator: Emulator
    entry_point: Path
    launch: Launch
    words: tuple[str, ...]

    @functools.cached_property
    def objects(self) -> S3Objects:
        return S3Objects(AwsSession.resolve(), self.emulator.bucket)

    def job(self, instance_type: str = "ml.c5.xlarge", **more: Any) -> ExperimentJob:
        """One job with all experiments."""
        experiments = self.launch.experiments
        return experiment_job(
            experiments, self.words, instance_type, 600, entry_point=self.entry_point, **more
        )

    def home(self) -> JobHome:
        session = AwsSession.resolve()
        uri = upload_bundle(session, self.emulator.bucket, study_bundle(self.entry_point))
        emulator = self.emulator
        return JobHome(
            *(emulator.region, emulator.bucket, emulator.role_arn, uri, self.entry_point.name),
            command=("python", "launch_remote.py", "--experiment_tag", "in-job"),
        )

    def start(self, attempt: int = 0, **more: Any) -> str:
        """Make the job; its name."""
        job, home = self.job(**more), self.home()
        self.objects.put_json(job_document_key(job, attempt), job_document(job, home, attempt))
        self.emulator.client("sagemaker").create_training_job(**job_request(job, home, attempt).to_api())
        return job.name(attempt)

    def describe(self, name: str) -> dict[str, Any]:
        return dict(self.emulator.client("sagemaker").describe_training_job(TrainingJobName=name))

    def wait_for_end(self, name: str, timeout: float = 400.0) -> dict[str, Any]:
        ended = ("Completed", "Failed", "Stopped")
        wait_until(lambda: self.describe(name)["TrainingJobStatus"] in ended, timeout)
        return self.describe(name)

    def run(self, **more: Any) -> dict[str, Any]:
        return self.wait_for_end(self.start(**more))

    def stop(self, name: str) -> None:
        self.emulator.client("sagemaker").stop_training_job(TrainingJobName=name)

    def log(self, name: str) -> str:
        return "\n".join(self.emulator_log(name))

    def emulator_log(self, name: str) -> list[str]:
        logs = self.emulator.client("logs")
        group = "/aws/sagemaker/TrainingJobs"
        streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=name)["logStreams"]
        events = [
            logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True)
            for stream in streams
        ]
        return [event["message"] for page in events for event in page["events"]]

    def state(self, number: int = 0) -> tuple[str, StateRecord]:
        """State of an experiment as its marker says, and the marker's content."""
        experiment = self.launch.experiments[number]
        client, bucket, id8 = self.emulator.client("s3"), self.emulator.bucket, experiment.id[:8]
        state = read_states(client, bucket, experiment.tag)[id8].state
        record = read_record(client, bucket, experiment.tag, id8, state)
        assert record is not None
        return state, record

    def keys(self, number: int = 0) -> ExperimentKeys:
        return ExperimentKeys(self.launch.experiments[number].name)

    def file(self, name: str, number: int = 0) -> bytes:
        """A file of an experiment's leaf."""
        return self.objects.get(self.keys(number).leaf + name)

    def files(self, number: int = 0) -> set[str]:
        leaf = self.keys(number).leaf
        return {key[len(leaf) :] for key in self.objects.listing(leaf).keys}

    def json(self, name: str, number: int = 0) -> dict[str, Any]:
        return dict(json.loads(self.file(name, number)))


def make_study(
    emulator: Emulator,
    folder: Path,
    words: Sequence[str],
    backend: str = "local",
    pause: float = 0.02,
    script: str = SCRIPT,
) -> JobStudy:
    """Write the user's folder and resolve ``words`` with it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "parabola.py").write_text(script.replace("{pause}", str(pause)))
    (folder / "my_benchmarks.py").write_text(DEFINITIONS)
    entry_point = folder / "hpo_main.py"
    definitions = "benchmark_definitions" if backend == "simulator" else "definitions"
    entry_point.write_text(LAUNCHER.format(backend=backend, definitions=definitions))
    module = run_python_file(folder / "my_benchmarks.py")
    launch = launcher_of(backend, vars(module)).resolve(words, {})
    return JobStudy(emulator, entry_point, launch, tuple(words))


def launcher_of(backend: str, defined: Mapping[str, Any]) -> Launcher:
    if backend == "sagemaker":
        return sagemaker_launcher(defined["methods"], defined["definitions"])
    if backend == "simulator":
        from benchmarking.commons.benchmark_definitions import benchmark_definitions

        return simulator_launcher(defined["methods"], benchmark_definitions)
    return Launcher("local", defined["methods"], defined["definitions"], backend_flags=LOCAL_FLAGS)


def wait_until(condition: Callable[[], bool], timeout: float = 180.0) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
