"""Trials as jobs of the emulator: how long 100 of them take, how late reports are, what calls are made."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from perf.environment import measured_environment
from perf.machine import REPOSITORY
from perf.outcome import Outcome, Target, median, quantile
from perf.script import Options, run_script

NAME = "sagemaker"
N_WORKERS = 8
_SIDE = REPOSITORY / "perf" / "sides" / "sagemaker.py"
_PEER = {"name": "syne-tune-0.13.0", "not_measured": "its SageMaker back-end is not measured here yet"}


def measure(options: Options) -> Outcome:
    """One experiment a round, each on an emulator of its own."""
    spec = {"n_workers": N_WORKERS, "num_trials": 100, "seconds": 5.0, "reports": 5}
    cold_start = 2.0
    if options.quick:
        spec, cold_start = {**spec, "num_trials": 16, "seconds": 2.0}, 0.5
    rows = [_row(spec, cold_start, number) for number in range(options.rounds(quick=1, full=2))]
    return _outcome(rows, spec, cold_start)


def _row(spec: dict[str, Any], cold_start: float, number: int) -> dict[str, Any]:
    noted = _tune(spec, cold_start)
    ideal = spec["num_trials"] / spec["n_workers"] * (spec["seconds"] + cold_start)
    calls, minutes = noted["calls"], noted["seconds"] / 60
    return {
        "round": number,
        "seconds": noted["seconds"],
        "over_ideal": noted["seconds"] / ideal,
        "completed": noted["completed"],
        "reports": len(noted["latencies"]),
        "latency_median_ms": median(noted["latencies"]) * 1e3,
        "latency_p95_ms": quantile(noted["latencies"], 0.95) * 1e3,
        "looks": noted["looks"],
        "s3_listings_per_look": calls.get("ListObjectsV2", 0) / noted["looks"],
        "job_listings_per_minute": calls.get("ListTrainingJobs", 0) / minutes,
        "calls_per_trial": sum(calls.values()) / spec["num_trials"],
        "bundle_objects": noted["bundle_objects"],
        "calls": calls,
    }


def _tune(spec: dict[str, Any], cold_start: float) -> dict[str, Any]:
    """Run one experiment and return what was noted.

    :raises RuntimeError: if it fails
    """
    from syne_core.emulator import Emulator, EmulatorSettings

    settings = EmulatorSettings(cold_start=cold_start, quotas={"ml.m5.large": N_WORKERS})
    with tempfile.TemporaryDirectory(prefix="synebench-perf-") as folder, Emulator(settings) as emulator:
        out, log = Path(folder) / "noted.json", Path(folder) / "log"
        environment = measured_environment(
            **emulator.environment(),
            PYTHONPATH=str(REPOSITORY),
            SYNETUNE_FOLDER=str(Path(folder) / "experiments"),
            OMP_NUM_THREADS="1",
            OPENBLAS_NUM_THREADS="1",
        )
        with open(log, "wb") as sink:
            done = subprocess.run(
                [sys.executable, str(_SIDE), json.dumps(spec), str(out)],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=environment,
                timeout=1800.0,
            )
        if done.returncode:
            raise RuntimeError(f"{_command(spec)} failed:\n{log.read_text()[-3000:]}")
        noted: dict[str, Any] = json.loads(out.read_bytes())
        s3 = emulator.client("s3")
        bundles = s3.list_objects_v2(Bucket=emulator.bucket, Prefix="syne-tune/bundles/")
        return {**noted, "bundle_objects": bundles["KeyCount"]}


def _command(spec: dict[str, Any]) -> str:
    return f"python perf/sides/sagemaker.py '{json.dumps(spec)}'"


def _outcome(rows: list[dict[str, Any]], spec: dict[str, Any], cold_start: float) -> Outcome:
    figures = {
        name: median([row[name] for row in rows])
        for name, value in rows[0].items()
        if isinstance(value, (int, float)) and name != "round"
    }
    targets = (
        Target("run time over the ideal", 1.3, figures["over_ideal"]),
        Target("report to tuner, median, ms", 300.0, figures["latency_median_ms"]),
        Target("S3 listings per look", 1.0, figures["s3_listings_per_look"]),
        Target("ListTrainingJobs per minute", 2.0, figures["job_listings_per_minute"]),
        Target("objects uploaded as bundles (runner, source)", 2.0, figures["bundle_objects"]),
    )
    return Outcome(
        name=NAME,
        question=f"{spec['num_trials']} trials of {spec['seconds']:g} s on {spec['n_workers']} workers, "
        f"as jobs of the emulator, whose instances take {cold_start:g} s to start.",
        ours=figures,
        peer=dict(_PEER),
        ratio=None,
        targets=targets,
        warm_up="none: the bundle is uploaded before the clock starts",
        raw=rows,
        commands=(_command(spec),),
        notes=(
            "ideal: trials / workers x (time of a trial + time to start an instance)",
            "calls are those of the tuner's process; jobs' own are not in them",
            "emulator, tuner and all jobs share this machine",
        ),
    )


if __name__ == "__main__":
    run_script(measure)
