"""Processes that run experiments on behalf of this one: started, listened to, interrupted, killed.

Each is the launcher's command again with a hidden flag, and the leader of a session, so an interrupt from the
terminal comes here only, and is passed on. Its standard input is a pipe whose end kills it. That its standard
error ends means that it and everything it started have ended.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from benchmarking.commons.study.plan import PlannedExperiment
from benchmarking.commons.study.progress import StudyProgress
from benchmarking.commons.study.run import Outcome, outcome_of
from syne_core.errors import INTERRUPTED
from syne_core.experiment_status import ExperimentState

__all__ = ["Team", "Worker", "one_thread_each"]

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


def one_thread_each(environment: Mapping[str, str]) -> dict[str, str]:
    """``environment`` with one thread for numerical libraries, where the user has not decided."""
    return {**dict.fromkeys(_THREAD_VARIABLES, "1"), **environment}


@dataclass
class Worker:
    """A process, and what it said last."""

    process: subprocess.Popen[bytes]
    unfinished: bytes = b""
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=_KEPT_LINES))

    @property
    def output(self) -> int:
        """Descriptor of its standard error."""
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
        """Wait for its end."""
        self.process.wait()
        for stream in (self.process.stdin, self.process.stderr):
            assert stream is not None
            with contextlib.suppress(BrokenPipeError):
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


class Team(ABC):
    """Workers, and what becomes of them. Subclasses say what they do.

    :param command: starts the launcher with the same plan
    """

    def __init__(
        self, command: Sequence[str], progress: StudyProgress, selector: selectors.BaseSelector
    ) -> None:
        self._command = list(command)
        self._progress = progress
        self._selector = selector
        self._workers: dict[int, Worker] = {}
        self._is_interrupted = False

    def interrupt(self) -> None:
        """End all workers cleanly, or after a while, or a second interrupt, uncleanly."""
        self._is_interrupted = True
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

    @abstractmethod
    def _ended(self, worker: Worker) -> None:
        """``worker`` is gone."""

    def _outcome(self, planned: PlannedExperiment, worker: Worker, trouble: str | None) -> Outcome:
        """What became of ``planned``, which ``worker`` ran until its own end."""
        outcome = outcome_of(planned, trouble, worker.process.pid)
        was_told = self._is_interrupted and worker.process.returncode in (INTERRUPTED, -signal.SIGINT)
        if was_told and outcome.state == ExperimentState.failed:  # before it could note its state
            return replace(outcome, state=ExperimentState.interrupted, reason="")
        return outcome

    def _spawn(
        self,
        make: Callable[[subprocess.Popen[bytes]], Worker],
        words: Sequence[str],
        environment: Mapping[str, str],
        **settings: Any,
    ) -> None:
        """Start the command with ``words``; ``make`` makes the worker of its process."""
        process = subprocess.Popen(
            [*self._command, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**one_thread_each(os.environ), **environment},
            start_new_session=True,
            **settings,
        )
        worker = self._workers[process.pid] = make(process)
        self._hear(worker.output, lambda: self._hear_lines(worker))

    def _hear(self, descriptor: int, react: Callable[[], None]) -> None:
        """Call ``react`` whenever ``descriptor`` has something to say."""
        self._selector.register(descriptor, selectors.EVENT_READ, react)

    def _listen(self, timeout: float | None) -> None:
        for key, _ in self._selector.select(timeout):
            if key.fd in self._selector.get_map():  # an earlier reaction may have ended it
                key.data()

    def _hear_lines(self, worker: Worker) -> None:
        lines = worker.read()
        if lines is None:
            self._end(worker)
        for line in lines or ():
            self._progress.say(line)

    def _end(self, worker: Worker) -> None:
        if self._workers.pop(worker.process.pid, None) is None:  # an interrupt came while this was done
            return
        self._selector.unregister(worker.output)
        worker.close()
        self._ended(worker)

    def _signal(self, number: int) -> None:
        for worker in self._workers.values():
            with contextlib.suppress(ProcessLookupError):
                worker.process.send_signal(number)
