"""Run several experiments of a plan at once on this machine, each in a process of its own.

Each process runs the launcher's command again, restricted to one experiment (``study/worker.py``). It is
the leader of a session, so an interrupt from the terminal comes here only, and is passed on. That its
standard error ends means that it and all its trials have ended.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from benchmarking.commons.study.gpu_shares import SHARE
from benchmarking.commons.study.plan import Action, PlannedExperiment, StudyPlan
from benchmarking.commons.study.progress import StudyProgress
from benchmarking.commons.study.run import Outcome, outcome_of
from benchmarking.commons.study.worker import RUN_ONE

__all__ = ["one_thread_each", "run_study_in_parallel", "usable_cores"]

_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
#: Seconds that interrupted workers may take: their trials have a grace period too.
_INTERRUPT_GRACE = 20.0
_KEPT_LINES = 20


def run_study_in_parallel(
    plan: StudyPlan,
    n_parallel: int,
    command: Sequence[str],
    gpu_shares: Sequence[Sequence[str]] | None = None,
) -> list[Outcome]:
    """Run what is to be done; outcomes come in the order of the plan.

    :param n_parallel: experiments at once
    :param command: starts the launcher with the same plan
    :param gpu_shares: GPUs of each of the experiments that run at once
    :raises KeyboardInterrupt: after all running experiments were stopped
    """
    with StudyProgress(plan) as progress, selectors.DefaultSelector() as selector:
        for planned in plan.planned:
            if planned.action == Action.skip:
                progress.skipped(planned)
        team = _Team(command, n_parallel, progress, selector, gpu_shares)
        try:
            outcomes = team.run(deque(plan.to_do()))
        except KeyboardInterrupt:
            team.interrupt()
            raise
        finally:
            team.kill()
    return [outcomes.get(id(planned)) or outcome_of(planned) for planned in plan.planned]


def one_thread_each(environment: Mapping[str, str]) -> dict[str, str]:
    """``environment`` with one thread for numerical libraries, where the user has not decided."""
    return {**dict.fromkeys(_THREAD_VARIABLES, "1"), **environment}


def usable_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass
class _Worker:
    planned: PlannedExperiment
    process: subprocess.Popen[bytes]
    gpu_share: str
    unfinished: bytes = b""
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=_KEPT_LINES))

    @property
    def output(self) -> int:
        assert self.process.stderr is not None
        return self.process.stderr.fileno()

    def read(self) -> list[str] | None:
        """New lines that say something; None at the end."""
        data = os.read(self.output, 1 << 16)
        *lines, self.unfinished = (self.unfinished + data).split(b"\n")
        if not data and self.unfinished:
            lines, self.unfinished = [self.unfinished], b""
        elif not data:
            return None
        texts = [text for line in lines if (text := line.decode("utf-8", errors="replace").rstrip())]
        self.lines.extend(texts)
        return texts

    def close(self) -> None:
        self.process.wait()
        for stream in (self.process.stdin, self.process.stderr):
            assert stream is not None
            stream.close()

    def trouble(self) -> str | None:
        """Why the process ended badly."""
        code = self.process.returncode
        if code == 0:
            return None
        how = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
        if not self.lines or code < 0:
            return how
        last = self.lines[-1]
        return last.partition(" failed: ")[2] or last.removeprefix("Error: ")


class _Team:
    """The workers of a study."""

    def __init__(
        self,
        command: Sequence[str],
        size: int,
        progress: StudyProgress,
        selector: selectors.BaseSelector,
        gpu_shares: Sequence[Sequence[str]] | None,
    ) -> None:
        self._command = list(command)
        self._size = size
        self._progress = progress
        self._selector = selector
        self._free_shares = [",".join(share) for share in gpu_shares or [[]] * size]
        self._workers: dict[int, _Worker] = {}
        self._outcomes: dict[int, Outcome] = {}

    def run(self, waiting: deque[PlannedExperiment]) -> dict[int, Outcome]:
        """Run all; outcomes by ``id`` of the planned experiment."""
        while waiting or self._workers:
            while waiting and len(self._workers) < self._size:
                self._start(waiting.popleft())
            self._listen(None)
        return self._outcomes

    def interrupt(self) -> None:
        """End all workers cleanly, or after a while, or a second interrupt, uncleanly."""
        self._signal(signal.SIGINT)
        deadline = time.monotonic() + _INTERRUPT_GRACE
        with contextlib.suppress(KeyboardInterrupt):
            while self._workers and (left := deadline - time.monotonic()) > 0:
                self._listen(left)

    def kill(self) -> None:
        """Kill workers that are left, if any, and wait until their trials are dead too."""
        self._signal(signal.SIGKILL)
        for worker in list(self._workers.values()):
            while worker.read() is not None:
                pass
            self._end(worker)

    def _start(self, planned: PlannedExperiment) -> None:
        share = self._free_shares.pop()
        process = subprocess.Popen(
            [*self._command, RUN_ONE, planned.experiment.id],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**one_thread_each(os.environ), SHARE: share},
            start_new_session=True,
        )
        worker = _Worker(planned, process, share)
        self._workers[process.pid] = worker
        self._selector.register(worker.output, selectors.EVENT_READ, worker)
        self._progress.follow(planned)

    def _listen(self, timeout: float | None) -> None:
        for key, _ in self._selector.select(timeout):
            worker: _Worker = key.data
            lines = worker.read()
            if lines is None:
                self._end(worker)
            for line in lines or ():
                self._progress.say(line)

    def _end(self, worker: _Worker) -> None:
        self._selector.unregister(worker.output)
        worker.close()
        del self._workers[worker.process.pid]
        self._free_shares.append(worker.gpu_share)
        outcome = outcome_of(worker.planned, worker.trouble(), worker.process.pid)
        self._outcomes[id(worker.planned)] = outcome
        self._progress.ended(worker.planned, outcome.state, outcome.reason)

    def _signal(self, number: int) -> None:
        for worker in self._workers.values():
            with contextlib.suppress(ProcessLookupError):
                worker.process.send_signal(number)
