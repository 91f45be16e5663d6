"""A remote study of 1,000 experiments, seen and collected: status by key names, pull beside ``aws s3 cp``."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perf.environment import measured_environment
from perf.machine import REPOSITORY
from perf.outcome import Outcome, Target, median
from perf.script import Options, run_script

if TYPE_CHECKING:
    from syne_core.emulator import Emulator

NAME = "remote_study"
TAG = "many"
_RUNNING = 4
#: Files of an experiment and their sizes in bytes: those of a small experiment.
_FILES = {"journal.jsonl": 20_000, "metadata.json": 5_000, "results.csv.zip": 6_000, "status.json": 500}
_SYNEBENCH = ("-m", "benchmarking.cli.main")
_PROGRAM = "import time; time.sleep(3600)"


def measure(options: Options) -> Outcome:
    """One study on one emulator; the verbs as processes, as a person would call them."""
    from syne_core.emulator import Emulator, EmulatorSettings

    count, sample = (100, 5) if options.quick else (1000, 40)
    rows: list[dict[str, Any]] = []
    settings = EmulatorSettings(grace=1.0)
    with tempfile.TemporaryDirectory(prefix="synebench-perf-") as folder, Emulator(settings) as emulator:
        keys = _fabricate(emulator, count)
        environment = _environment(emulator, Path(folder))
        for number in range(options.rounds(quick=1, full=3)):
            rows += _round(emulator, environment, number, Path(folder))
        if options.peers:
            rows += _copies(emulator, environment, keys[:sample], Path(folder))
    return _outcome(rows, count, sample)


def _round(
    emulator: Emulator, environment: dict[str, str], number: int, folder: Path
) -> list[dict[str, Any]]:
    root = {**environment, "SYNETUNE_FOLDER": str(folder / f"root-{number}")}
    status = _verb(emulator, root, number, "status", TAG, "--remote", "--json")
    first = _verb(emulator, root, number, "pull", TAG, "--json")
    again = _verb(emulator, root, number, "pull", TAG, "--json")
    again["verb"] = "pull again"
    return [status, first, again]


def _verb(emulator: Emulator, environment: dict[str, str], number: int, *words: str) -> dict[str, Any]:
    """Run a verb and note time, calls, and what it says.

    :raises RuntimeError: if it fails
    """
    before = emulator.calls()
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *_SYNEBENCH, *words],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=600,
    )
    seconds = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(f"synebench {' '.join(words)} failed:\n{done.stderr.decode()[-3000:]}")
    calls = {name: n - before.get(name, 0) for name, n in emulator.calls().items() if n != before.get(name)}
    said = json.loads(done.stdout)
    found = {"counts": said["counts"]} if "counts" in said else {"files": said["files"]}
    return {
        "side": "syne_core",
        "verb": words[0],
        "round": number,
        "seconds": seconds,
        **found,
        "calls": calls,
    }


def _copies(
    emulator: Emulator, environment: dict[str, str], keys: list[str], folder: Path
) -> list[dict[str, Any]]:
    """One ``aws s3 cp`` for each of a sample of files, one after the other."""
    aws = str(Path(sys.executable).with_name("aws"))

    def copy(key: str) -> float:
        words = [aws, "s3", "cp", f"s3://{emulator.bucket}/{key}", str(folder / "copied" / key)]
        began = time.perf_counter()
        subprocess.run(words, env=environment, check=True, capture_output=True, timeout=120)
        return time.perf_counter() - began

    copy(keys[0])
    return [{"side": "aws s3 cp", "verb": "cp", "round": i, "seconds": copy(k)} for i, k in enumerate(keys)]


def _environment(emulator: Emulator, folder: Path) -> dict[str, str]:
    return measured_environment(
        **emulator.environment(),
        HOME=str(folder),
        PYTHONPATH=str(REPOSITORY),
        OMP_NUM_THREADS="1",
        OPENBLAS_NUM_THREADS="1",
    )


def _fabricate(emulator: Emulator, count: int) -> list[str]:
    """Write manifest, markers and results of a study, start the jobs that run; the keys of the results."""
    from benchmarking.commons.remote.records.manifest import Manifest, add_to_manifest
    from syne_core.paths import ExperimentKeys, experiment_job_name

    s3, entries = emulator.client("s3"), [_entry(number) for number in range(count)]
    manifest = Manifest(TAG, ("python", "launch_remote.py"), "local", time.time(), tuple(entries))
    add_to_manifest(s3, emulator.bucket, manifest)
    objects: list[tuple[str, bytes]] = []
    keys = []
    for number, entry in enumerate(entries):
        objects.append(_marker(entry, "running" if number < _RUNNING else "finished"))
        for name, size in _FILES.items():
            keys.append(ExperimentKeys(entry["name"]).leaf + name)
            objects.append((keys[-1], f"{number:08d}".encode() * (size // 8)))
    put: Callable[[tuple[str, bytes]], Any] = lambda one: s3.put_object(  # noqa: E731
        Bucket=emulator.bucket, Key=one[0], Body=one[1]
    )
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(put, objects))
    for entry in entries[:_RUNNING]:
        name = experiment_job_name(TAG, entry["method"], entry["seed"], entry["id"][:8], 0)
        _start_job(emulator, name)
    return keys


def _entry(number: int) -> dict[str, Any]:
    from syne_core.paths import experiment_name

    id8 = f"{number:08x}"
    return {
        "id": id8 * 8,
        "name": experiment_name(TAG, "RS", number, "digits", id8),
        "method": "RS",
        "seed": number,
        "benchmark": "digits",
        "n_workers": 4,
        "max_wallclock_time": 3600.0,
        "instance_type": "ml.c5.xlarge",
        "tuner_instance_type": None,
        "job": {},
    }


def _marker(entry: dict[str, Any], state: str) -> tuple[str, bytes]:
    from syne_core.paths import StudyKeys

    body = {"name": entry["name"], "attempt": 0, "job": "", "time": time.time()}
    return StudyKeys(TAG).marker(entry["id"][:8], state), json.dumps(body).encode()


def _start_job(emulator: Emulator, name: str) -> None:
    emulator.client("sagemaker").create_training_job(
        TrainingJobName=name,
        RoleArn=emulator.role_arn,
        AlgorithmSpecification={
            "TrainingImage": "image",
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["python3", "-c", _PROGRAM],
        },
        OutputDataConfig={"S3OutputPath": f"s3://{emulator.bucket}/output"},
        ResourceConfig={"InstanceType": "ml.c5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 7200},
    )


def _outcome(rows: list[dict[str, Any]], count: int, sample: int) -> Outcome:
    def seconds(verb: str) -> float | None:
        found = [row["seconds"] for row in rows if row["verb"] == verb]
        return median(found) if found else None

    status = next(row for row in rows if row["verb"] == "status")
    pulled = next(row for row in rows if row["verb"] == "pull")
    pull, copy = seconds("pull"), seconds("cp")
    assert pull is not None
    per_file = pull / pulled["files"]
    listings = {name: status["calls"].get(name, 0) for name in ("ListObjectsV2", "ListTrainingJobs")}
    return Outcome(
        name=NAME,
        question=f"Seconds to see how a study of {count} experiments stands, {_RUNNING} of which run, and to "
        f"collect its {pulled['files']} files.",
        ours={
            "status_s": seconds("status"),
            "status_calls": status["calls"],
            "pull_s": pull,
            "pull_s_per_file": per_file,
            "pull_again_s": seconds("pull again"),
            "pull_calls": pulled["calls"],
        },
        peer={"name": "aws s3 cp", "s_per_file": copy, "files": sample}
        if copy is not None
        else {"name": "aws s3 cp", "not_measured": "not asked for (--no_peers)"},
        ratio=None if copy is None else per_file / copy,
        targets=(
            Target("status, seconds", 2.0, seconds("status")),
            Target("status: listings of objects", 1 + count // 1000, listings["ListObjectsV2"]),
            Target("status: listings of jobs", 1, listings["ListTrainingJobs"]),
            Target(
                "pull: time per file over that of aws s3 cp", 0.1, None if copy is None else per_file / copy
            ),
        ),
        warm_up="one aws s3 cp; nothing on our side, every verb is a new process",
        raw=rows,
        commands=(
            f"synebench status {TAG} --remote --json",
            f"synebench pull {TAG} --json",
            "aws s3 cp s3://BUCKET/KEY FILE",
        ),
        notes=(
            f"aws s3 cp is run for {sample} of the files, one after the other, each a process; pull is one "
            "process, whose start is in its time",
            "manifest, markers and files are fabricated; the emulator (its S3 is moto's) shares this machine",
        ),
    )


if __name__ == "__main__":
    run_script(measure)
