"""The report on a study of many experiments: how long it takes, how large the page is."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from perf.environment import measured_environment
from perf.machine import REPOSITORY
from perf.outcome import Outcome, Target, median
from perf.script import Options, run_script
from perf.sides.result_folders import TAG, make_older, write_study

NAME = "report"
_REPORTS = 1000
_FORMATS = ("html", "md", "json")


def measure(options: Options) -> Outcome:
    """The verb as a process, as a person would call it; the first of a round finds no index."""
    count = 50 if options.quick else 1000
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="synebench-perf-") as name:
        folder = Path(name)
        write_study(folder / "root", count, _REPORTS)
        make_older(folder / "root")
        for number in range(options.rounds(quick=1, full=3)):
            rows.append(_report(folder, number, "html", "cold"))
            rows += [_report(folder, number, file_format, "warm") for file_format in _FORMATS]
    return _outcome(rows, count)


def _report(folder: Path, number: int, file_format: str, index: str) -> dict[str, Any]:
    """One report; the index of a round is a folder of its own.

    :raises RuntimeError: the verb fails
    """
    output = folder / f"report.{file_format}"
    environment = measured_environment(
        SYNETUNE_FOLDER=str(folder / "root"),
        SYNEBENCH_INDEX=str(folder / f"index-{number}"),
        PYTHONPATH=str(REPOSITORY),
        OMP_NUM_THREADS="1",
        OPENBLAS_NUM_THREADS="1",
    )
    command = [sys.executable, "-m", "benchmarking.cli.main", "report", TAG, "-o", str(output)]
    began = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - began
        said.seek(0)
        if process.returncode:
            raise RuntimeError(f"{' '.join(command)} failed:\n{said.read().decode()[-3000:]}")
    return {
        "side": "syne_core",
        "format": file_format,
        "index": index,
        "round": number,
        "seconds": seconds,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_bytes": usage.ru_maxrss * 1024,
        "bytes": output.stat().st_size,
    }


def _outcome(rows: list[dict[str, Any]], count: int) -> Outcome:
    def of(file_format: str, index: str, key: str) -> float:
        return median([row[key] for row in rows if (row["format"], row["index"]) == (file_format, index)])

    ours: dict[str, Any] = {}
    for file_format, index in (("html", "cold"), *((name, "warm") for name in _FORMATS)):
        for key in ("seconds", "cpu_seconds"):
            ours[f"{file_format}_{index}_{key}"] = of(file_format, index, key)
    ours |= {f"{name}_megabytes": of(name, "warm", "bytes") / 1e6 for name in _FORMATS}
    ours["peak_megabytes"] = max(row["peak_bytes"] for row in rows) / 1e6
    return Outcome(
        name=NAME,
        question=f"Seconds and megabytes of the report on {count} experiments of {_REPORTS} reports.",
        ours=ours,
        peer={"name": "none", "not_measured": "no peer writes such a report"},
        ratio=None,
        targets=(
            Target("page, warm index: seconds", 20.0, ours["html_warm_seconds"]),
            Target("page, no index: seconds", 20.0, ours["html_cold_seconds"]),
            Target("page: megabytes", 6.0, ours["html_megabytes"]),
        ),
        warm_up="the cold report of a round makes the index of its warm ones; starting Python counts",
        raw=rows,
        commands=tuple(f"synebench report {TAG} -o report.{name}" for name in _FORMATS),
        notes=(
            "cold means without index; the files themselves may be in the page cache",
            "folders are made by perf/sides/result_folders.py, seeded",
        ),
    )


if __name__ == "__main__":
    run_script(measure)
