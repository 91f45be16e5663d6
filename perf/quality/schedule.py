"""Carries out the runs that are missing: long-lived workers of each side, a few at a time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perf.machine import REPOSITORY
from perf.quality.curves import CURVES
from perf.quality.problems import PROBLEMS
from perf.quality.rows import Rows

__all__ = ["Task", "carry_out_missing", "missing", "plan"]


@dataclass(frozen=True)
class Task:
    """One run of one side; ``evaluations`` 0 for learning curves, which have a budget of time."""

    side: str
    problem: str
    seed: int
    evaluations: int = 0

    def __str__(self) -> str:
        upto = f" to {self.evaluations}" if self.evaluations else ""
        return f"{self.side} on {self.problem}, seed {self.seed}{upto}"


def plan(
    evaluation_sides: Sequence[str],
    scheduler_sides: Sequence[str],
    seeds: Sequence[int],
    steps: Sequence[int],
) -> Iterator[Task]:
    """All runs in the order of their worth: all sides and problems for a seed, then the next one.

    :param steps: numbers of evaluations; all seeds reach one before any goes on to the next
    """
    for step in steps:
        for seed in seeds:
            for problem in PROBLEMS:
                for side in evaluation_sides:
                    yield Task(side, problem, seed, step)
            if step == steps[0]:
                for problem in CURVES:
                    for side in scheduler_sides:
                        yield Task(side, problem, seed)


def missing(tasks: Iterator[Task], rows: Rows) -> list[Task]:
    """Those of ``tasks`` that ``rows`` do not hold."""
    left = []
    for task in tasks:
        row = rows.get(task.side, task.problem, task.seed)
        if row is None or row.get("evaluations", 0) < task.evaluations:
            left.append(task)
    return left


class _Worker:
    """A process that runs tasks of one side."""

    def __init__(self, python: Path, log: Path) -> None:
        environment = {
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "MKL_NUM_THREADS": "1",
        }
        with open(log, "ab") as sink:
            self._process = subprocess.Popen(
                [str(python), "-m", "perf.quality.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=sink,
                cwd=REPOSITORY,
                env=environment,
                text=True,
            )

    def run(self, task: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(task) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the worker ended with status {self._process.wait()}")
        row: dict[str, Any] = json.loads(line)
        return row

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


class _Slot:
    """Runs tasks one by one; its workers stay, one for each side."""

    def __init__(self, pythons: dict[str, Path], log: Path) -> None:
        self._pythons, self._log = pythons, log
        self._workers: dict[Path, _Worker] = {}

    def run(self, task: dict[str, Any]) -> dict[str, Any]:
        python = self._pythons[task["side"]]
        if python not in self._workers:
            self._workers[python] = _Worker(python, self._log)
        try:
            return self._workers[python].run(task)
        except (RuntimeError, OSError):
            del self._workers[python]
            raise

    def end(self) -> None:
        for worker in self._workers.values():
            worker.end()


def carry_out_missing(
    tasks: list[Task],
    rows: Rows,
    pythons: dict[str, Path],
    n_parallel: int,
    stop_at: float | None = None,
    say: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True),
) -> list[str]:
    """Run ``tasks`` in their order and add their rows.

    :param pythons: the interpreter of each side
    :param stop_at: seconds since 1970 after which no further run is begun
    :return: what failed, and why
    """
    lock = threading.Lock()
    waiting = iter(tasks)
    failed: list[str] = []
    done = 0
    rows.folder.mkdir(parents=True, exist_ok=True)

    def work() -> None:
        nonlocal done
        slot = _Slot(pythons, rows.folder / "workers.log")
        try:
            while stop_at is None or time.time() < stop_at:
                with lock:
                    task = next(waiting, None)
                    if task is None:
                        return
                    known = rows.get(task.side, task.problem, task.seed) or {}
                request = {**task.__dict__, "configs": known.get("configs", [])}
                try:
                    row = slot.run(request)
                except (RuntimeError, OSError, ValueError) as error:
                    with lock:
                        failed.append(f"{task}: {error}")
                        say(f"FAILED {failed[-1]}")
                    continue
                row["cpu_s"] = round(row["cpu_s"] + known.get("cpu_s", 0.0), 2)
                with lock:
                    rows.add(row)
                    done += 1
                    say(f"{time.strftime('%H:%M:%S')} {done}/{len(tasks)} {task}: {row['cpu_s']:.1f} s CPU")
        finally:
            slot.end()

    threads = [threading.Thread(target=work) for _ in range(n_parallel)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed
