"""Launching 1,000 experiments as jobs: plan, calls, memory, pace; and 20 jobs where the quota is 4."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perf.environment import measured_environment
from perf.machine import REPOSITORY
from perf.outcome import Outcome, Target, median
from perf.script import Options, run_script
from perf.sides.telling_jobs import TellingJobs

NAME = "remote_launch"
_SCRIPT = "benchmarking/nursery/launch_local/launch_remote.py"
#: ``CreateTrainingJob`` a second, and at once: what an account may be allowed.
_RATE, _BURST = 4.0, 20
_QUOTA, _JOBS, _COLD_START, _SECONDS = 4, 20, 1.0, 6.0
_TYPE = "ml.c5.4xlarge"


def measure(options: Options) -> Outcome:
    """Processes of the launcher script, as a person would call it; the emulator is in this one."""
    count = 60 if options.quick else 1000
    rounds = options.rounds(quick=1, full=3)
    rows = [_planned(count, number) for number in range(rounds)]
    rows.append(_launched("throttle", count, TellingJobs(), throttle={"CreateTrainingJob": (_RATE, _BURST)}))
    seconds = 1.0 if options.quick else _SECONDS
    limits = {"quotas": {_TYPE: _QUOTA}, "cold_start": _COLD_START}
    rows += [_launched("quota", _JOBS, TellingJobs(seconds), **limits) for _ in range(rounds)]
    return _outcome(rows, count, _JOBS / _QUOTA * (seconds + _COLD_START))


def _words(count: int) -> list[str]:
    study = ("--experiment_tag", "many", "--benchmark", "mlp_digits", "--method", "RS")
    return [sys.executable, _SCRIPT, *study, "--num_seeds", str(count)]


def _planned(count: int, number: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="synebench-perf-") as folder:
        process = _process([*_words(count), "--dry_run", "--json"], folder, {})
    if len(json.loads(process.out)["experiments"]) != count:
        raise RuntimeError("not all experiments are in the plan")
    return {"what": "plan", "round": number, **process.figures}


def _launched(what: str, count: int, jobs: TellingJobs, **settings: Any) -> dict[str, Any]:
    """Launch and wait until all have ended."""
    from syne_core.emulator import Emulator, EmulatorSettings

    with (
        tempfile.TemporaryDirectory(prefix="synebench-perf-") as folder,
        Emulator(EmulatorSettings(**settings), start_jobs=jobs) as emulator,
    ):
        jobs.emulator = emulator
        process = _process([*_words(count), "--wait", "--json"], folder, emulator.environment())
        calls = emulator.calls()
        listed = emulator.client("s3").list_objects_v2(
            Bucket=emulator.bucket, Prefix="syne-tune/bundles/", Delimiter="/"
        )
    states = [row["state"] for row in json.loads(process.out)]
    return {
        "what": what,
        **process.figures,
        "finished": states.count("finished"),
        "lost": count - len(jobs.runs),
        "run_twice": sum(n > 1 for n in jobs.runs.values()),
        "most_at_once": jobs.most,
        "makespan_s": jobs.times[-1] - jobs.times[0],
        "created_per_experiment": calls["CreateTrainingJob"] / count,
        "bundles": len(listed.get("CommonPrefixes", ())),
        "calls": calls,
    }


@dataclass(frozen=True)
class _Ended:
    """A process that has ended.

    :param cpu: seconds of CPU
    :param peak_mb: the most memory that it had
    """

    out: str
    seconds: float
    cpu: float
    peak_mb: float

    @property
    def figures(self) -> dict[str, float]:
        return {"seconds": self.seconds, "cpu_s": self.cpu, "peak_mb": self.peak_mb}


def _process(words: list[str], folder: str, variables: dict[str, str]) -> _Ended:
    """Run a command to its end.

    :raises RuntimeError: if it fails
    """
    environment = measured_environment(
        **variables,
        HOME=folder,
        SYNETUNE_FOLDER=str(Path(folder) / "experiments"),
        PYTHONPATH=str(REPOSITORY),
        OMP_NUM_THREADS="1",
        OPENBLAS_NUM_THREADS="1",
    )
    out, log = Path(folder) / "out", Path(folder) / "log"
    began = time.perf_counter()
    with open(out, "wb") as stdout, open(log, "wb") as stderr:
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, cwd=REPOSITORY, env=environment
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - began
    if process.returncode:
        raise RuntimeError(f"{' '.join(words[1:])} failed:\n{log.read_text()[-3000:]}")
    return _Ended(out.read_text(), seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def _outcome(rows: list[dict[str, Any]], count: int, ideal: float) -> Outcome:
    plan = median([row["seconds"] for row in rows if row["what"] == "plan"])
    many = next(row for row in rows if row["what"] == "throttle")
    few = [row for row in rows if row["what"] == "quota"]
    allowed = max(0.0, count - _BURST) / _RATE
    makespan = (median([row["makespan_s"] for row in few]) + _COLD_START) / ideal
    at_once = max(row["most_at_once"] for row in few)
    wrong = sum(row["lost"] + row["run_twice"] for row in (many, *few))
    return Outcome(
        name=NAME,
        question=f"Seconds to plan {count} experiments; calls, memory and time of their launch where "
        f"{_RATE:g} CreateTrainingJob a second are allowed; {_JOBS} jobs where {_QUOTA} instances are.",
        ours={
            "plan_s": plan,
            "plan_cpu_s": median([row["cpu_s"] for row in rows if row["what"] == "plan"]),
            "launch_s": many["seconds"],
            "launch_over_what_the_throttle_allows": many["seconds"] / allowed,
            "created_per_experiment": many["created_per_experiment"],
            "driver_peak_mb": many["peak_mb"],
            "quota_over_ideal": makespan,
            "quota_s": median([row["seconds"] for row in few]),
            "quota_most_at_once": at_once,
        },
        peer={"name": "none", "not_measured": "Syne Tune launches one job after the other and has no queue"},
        ratio=None,
        targets=(
            Target("plan, seconds", 2.0, plan),
            Target("bundles uploaded", 1, many["bundles"]),
            Target("CreateTrainingJob per experiment", 1.1, many["created_per_experiment"]),
            Target("launch: time over what the throttle allows", 1.25, many["seconds"] / allowed),
            Target("memory of the driver, MB", 300.0, many["peak_mb"]),
            Target(f"quota {_QUOTA}: jobs at a time", _QUOTA, at_once),
            Target(f"quota {_QUOTA}: makespan over ideal", 1.15, makespan),
            Target("experiments lost or run twice", 0, wrong),
        ),
        warm_up="nothing; every launch is a new process, whose start is in its time",
        raw=rows,
        commands=(
            f"python {_SCRIPT} --experiment_tag many --benchmark mlp_digits --method RS --num_seeds {count} "
            "--dry_run --json",
            "the same with --wait --json instead of --dry_run",
        ),
        notes=(
            "jobs are threads of the emulator that only write the markers of their experiments",
            f"ideal makespan: {_JOBS}/{_QUOTA} times a job's time and its cold start of {_COLD_START:g} s",
            "makespan: from the first job's creation to the last one's end; quota_s has the start of the "
            "driver and the upload of the bundle in it too",
            "the emulator (its S3 is moto's) shares this machine",
        ),
    )


if __name__ == "__main__":
    run_script(measure)
