"""Carries out the runs that are missing: long-lived workers of each side, a few at a time."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from perf.machine import REPOSITORY
from perf.quality.curves import CURVES
from perf.quality.problems import PROBLEMS
from perf.quality.rows import Rows
from perf.quality.sides import peer_of

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
    """All runs in the order of their worth: learning curves; then for each step one side after the other.

    Within a side all problems of a seed come before the next seed, so that a stop leaves balanced data.

    :param evaluation_sides: cheap ones first
    :param steps: numbers of evaluations; all seeds of all sides reach one before any goes on to the next
    """
    for seed in seeds:
        for problem in CURVES:
            for side in scheduler_sides:
                yield Task(side, problem, seed)
    for step in steps:
        for side in evaluation_sides:
            for seed in seeds:
                for problem in PROBLEMS:
                    yield Task(side, problem, seed, step)


def missing(tasks: Iterator[Task], rows: Rows) -> list[Task]:
    """Those of ``tasks`` that ``rows`` do not hold."""
    left = []
    for task in tasks:
        row = rows.get(task.side, task.problem, task.seed)
        if row is None or row.get("evaluations", 0) < task.evaluations:
            left.append(task)
    return left


def _begun(task: Task, rows: Rows) -> dict[str, Any]:
    """What an earlier session did of a peer's run; ours are made anew."""
    row = rows.get(task.side, task.problem, task.seed) if peer_of(task.side) else None
    return row or {}


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
        # Leaving the process's own context closes its pipes, which ends the worker, and waits for it.
        with suppress(BrokenPipeError), self._process:
            pass


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
            self._workers.pop(python).end()
            raise

    def end(self) -> None:
        for worker in self._workers.values():
            worker.end()


class _Crew:
    """What the slots share."""

    def __init__(
        self, tasks: list[Task], rows: Rows, stop_at: float | None, say: Callable[[str], None]
    ) -> None:
        self.failed: list[str] = []
        self._waiting, self._total, self._done = iter(tasks), len(tasks), 0
        self._rows, self._stop_at, self._say = rows, stop_at, say
        self._lock = threading.Lock()

    def work(self, slot: _Slot) -> None:
        """Run tasks until there are none left, or the time is over."""
        try:
            while (task := self._next()) is not None:
                self._run(slot, task)
        finally:
            slot.end()

    def _next(self) -> Task | None:
        if self._stop_at is not None and time.time() >= self._stop_at:
            return None
        with self._lock:
            return next(self._waiting, None)

    def _run(self, slot: _Slot, task: Task) -> None:
        begun = _begun(task, self._rows)
        try:
            row = slot.run({**asdict(task), "configs": begun.get("configs", [])})
        except (RuntimeError, OSError, ValueError) as error:
            with self._lock:
                self.failed.append(f"{task}: {error}")
                self._say(f"FAILED {self.failed[-1]}")
            return
        row["cpu_s"] = round(row["cpu_s"] + begun.get("cpu_s", 0.0), 2)
        with self._lock:
            self._rows.add(row)
            self._done += 1
            clock = time.strftime("%H:%M:%S")
            self._say(f"{clock} {self._done}/{self._total} {task}: {row['cpu_s']:.1f} s CPU")


def carry_out_missing(
    tasks: list[Task],
    rows: Rows,
    pythons: dict[str, Path],
    n_parallel: int,
    stop_at: float | None,
    say: Callable[[str], None],
) -> list[str]:
    """Run ``tasks`` in their order and add their rows.

    :param pythons: the interpreter of each side
    :param stop_at: seconds since 1970 after which no further run is begun
    :param say: is told of each run
    :return: what failed, and why
    """
    rows.folder.mkdir(parents=True, exist_ok=True)
    crew = _Crew(tasks, rows, stop_at, say)
    slots = [_Slot(pythons, rows.folder / "workers.log") for _ in range(n_parallel)]
    threads = [threading.Thread(target=crew.work, args=(slot,)) for slot in slots]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return crew.failed
