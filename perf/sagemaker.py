"""Trials as jobs of the emulator: how long 100 of them take, how late reports are, what calls are made."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perf.environment import measured_environment
from perf.machine import REPOSITORY
from perf.outcome import Outcome, Target, median, quantile
from perf.script import Options, PeerPython, find_peer, run_script

NAME = "sagemaker"
N_WORKERS = 8
_SIDES = REPOSITORY / "perf" / "sides"
_PEER = "syne-tune-0.13.0-aws"
# Of its tuner, in seconds; at its default of 5 it would mostly sleep.
_PEERS_SLEEP_TIME = 0.5
# 100 would take a quarter of an hour.
_PEERS_TRIALS = 16
_NO_TELEMETRY = "SchemaVersion: '1.0'\nSageMaker:\n  PythonSDK:\n    Modules:\n      TelemetryOptOut: true\n"
# Whatever the SDK wants from the internet, it gets no further than this.
_NOWHERE = "http://127.0.0.1:9"


def measure(options: Options) -> Outcome:
    """One experiment a round, each on an emulator of its own; the peer's once, after them."""
    spec = {"n_workers": N_WORKERS, "num_trials": 100, "seconds": 5.0, "reports": 5}
    cold_start = 2.0
    if options.quick:
        spec, cold_start = {**spec, "num_trials": 16, "seconds": 2.0}, 0.5
    ours = _Side("syne_core", Path(sys.executable), _SIDES / "tune_on_sagemaker.py", spec)
    rows = [_row(ours, cold_start, number) for number in range(options.rounds(quick=1, full=2))]
    peer = find_peer(options, _PEER)
    if peer.python is not None:
        script = _SIDES / "tune_on_sagemaker_syne_tune.py"
        fewer = {**spec, "num_trials": _PEERS_TRIALS, "sleep_time": _PEERS_SLEEP_TIME}
        theirs = _Side(_PEER, peer.python, script, fewer)
        rows.append(_row(theirs, cold_start, 0))
    return _outcome(rows, ours, cold_start, peer)


@dataclass(frozen=True)
class _Side:
    """One library: its interpreter, its program, and what it is asked to run."""

    name: str
    python: Path
    script: Path
    spec: dict[str, Any]

    @property
    def command(self) -> str:
        return f"python perf/sides/{self.script.name} '{json.dumps(self.spec)}'"


def _row(side: _Side, cold_start: float, number: int) -> dict[str, Any]:
    spec, noted = side.spec, _tune(side, cold_start)
    ideal = spec["num_trials"] / spec["n_workers"] * (spec["seconds"] + cold_start)
    calls, minutes = noted["calls"], noted["seconds"] / 60
    return {
        "side": side.name,
        "round": number,
        "seconds": noted["seconds"],
        "over_ideal": noted["seconds"] / ideal,
        "completed": noted["completed"],
        "reports": len(noted["latencies"]),
        "latency_median_ms": median(noted["latencies"]) * 1e3,
        "latency_p95_ms": quantile(noted["latencies"], 0.95) * 1e3,
        "looks": noted["looks"],
        "num_calls": sum(calls.values()),
        "s3_listings_per_look": calls.get("ListObjectsV2", 0) / noted["looks"],
        "job_listings_per_minute": calls.get("ListTrainingJobs", 0) / minutes,
        "calls_per_trial": sum(calls.values()) / spec["num_trials"],
        "bundle_objects": noted["bundle_objects"],
        "calls": calls,
    }


def _tune(side: _Side, cold_start: float) -> dict[str, Any]:
    """Run one experiment and return what was noted.

    :raises RuntimeError: if it fails
    """
    from syne_core.emulator import Emulator, EmulatorSettings

    settings = EmulatorSettings(cold_start=cold_start, quotas={"ml.m5.large": N_WORKERS})
    with tempfile.TemporaryDirectory(prefix="synebench-perf-") as folder, Emulator(settings) as emulator:
        out, log, settings_file = (Path(folder) / name for name in ("noted.json", "log", "sdk.yaml"))
        settings_file.write_text(_NO_TELEMETRY)
        environment = measured_environment(
            **emulator.environment(),
            **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), _NOWHERE),
            **dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost"),
            BUCKET=emulator.bucket,
            ROLE=emulator.role_arn,
            SAGEMAKER_USER_CONFIG_OVERRIDE=str(settings_file),
            HOME=folder,
            PYTHONPATH=str(REPOSITORY) if side.name == "syne_core" else "",
            SYNETUNE_FOLDER=str(Path(folder) / "experiments"),
            OMP_NUM_THREADS="1",
            OPENBLAS_NUM_THREADS="1",
        )
        with open(log, "wb") as sink:
            done = subprocess.run(
                [str(side.python), "-W", "ignore", str(side.script), json.dumps(side.spec), str(out)],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=environment,
                timeout=1800.0,
            )
        if done.returncode:
            raise RuntimeError(f"{side.command} failed:\n{log.read_text()[-3000:]}")
        noted: dict[str, Any] = json.loads(out.read_bytes())
        s3 = emulator.client("s3")
        bundles = s3.list_objects_v2(Bucket=emulator.bucket, Prefix="syne-tune/bundles/")
        return {**noted, "bundle_objects": bundles["KeyCount"]}


def _figures(rows: list[dict[str, Any]], side: str) -> dict[str, Any]:
    mine = [row for row in rows if row["side"] == side]
    return {
        name: median([row[name] for row in mine])
        for name, value in mine[0].items()
        if isinstance(value, (int, float)) and name != "round"
    }


def _outcome(rows: list[dict[str, Any]], ours: _Side, cold_start: float, peer: PeerPython) -> Outcome:
    spec, figures, theirs = ours.spec, _figures(rows, ours.name), peer.describe()
    if peer.python is not None:
        theirs.update(_figures(rows, _PEER))
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
        peer=theirs,
        ratio=figures["over_ideal"] / theirs["over_ideal"] if peer.python is not None else None,
        targets=targets,
        warm_up="none: the bundle is uploaded before the clock starts",
        raw=rows,
        commands=(ours.command,),
        notes=(
            "ideal: trials / workers x (time of a trial + time to start an instance)",
            "calls are those of the tuner's process; jobs' own are not in them. Ours: of S3 and SageMaker",
            f"the ratio is that of time over ideal; the peer runs {_PEERS_TRIALS} trials or a few more",
            "a look of the peer is a round of its tuner",
            "the peer's trials print report lines themselves and import nothing, ours import the Reporter",
            "emulator, tuner and all jobs share this machine",
        ),
    )


if __name__ == "__main__":
    run_script(measure)
