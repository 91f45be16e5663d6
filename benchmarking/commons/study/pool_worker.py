"""A process that runs simulated experiments, one after the other, as it is told.

Lines on its standard input say what: ``ID ACTION``, or the end. Answers, JSON, go to the pipe that
``RUN_MANY`` names, so that whatever methods print does no harm. When the standard input ends without a
word, the process that runs the study is dead, and this one kills itself.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from queue import SimpleQueue

from benchmarking.commons.study.experiment import Experiment
from benchmarking.commons.study.plan import PlannedExperiment
from benchmarking.commons.study.run import RunExperiment, run_one
from benchmarking.commons.study.worker import forget_flag
from syne_core.tuner_callback import TunerCallback

__all__ = ["END", "READY", "RUN_MANY", "serve_experiments"]

#: The flag that makes a launcher such a process; the descriptor of its pipe follows.
RUN_MANY = "--run_many"
END = "end"
READY = "ready"


def serve_experiments(experiments: Sequence[Experiment], answers: int, run_experiment: RunExperiment) -> None:
    """Run those of ``experiments`` that are asked for.

    :param answers: descriptor to write to
    """
    by_id = {experiment.id: experiment for experiment in experiments}
    orders: SimpleQueue[str] = SimpleQueue()
    threading.Thread(target=_hear, args=(orders,), name="parent watch", daemon=True).start()
    # A background process may have been started with interrupts ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    forget_flag(RUN_MANY)
    _answer(answers, {"state": READY})
    for order in _until_end(orders):
        name, _, action = order.partition(" ")
        if name not in by_id:
            _answer(answers, {"trouble": f"experiment {name[:8]} no longer follows from this command"})
            continue
        trouble = run_one(PlannedExperiment(by_id[name], action), run_experiment, _Silence())
        _answer(answers, {"trouble": trouble})


class _Silence:
    """Whoever runs the study says what happens."""

    def callback(self, planned: PlannedExperiment) -> TunerCallback:
        """See ``ExperimentProgress``."""
        return TunerCallback()

    def failed(self, planned: PlannedExperiment, reason: str) -> None:
        """See ``ExperimentProgress``."""


def _hear(orders: SimpleQueue[str]) -> None:
    for line in sys.stdin:
        orders.put(line.strip())
        if line.strip() == END:
            return
    os.kill(os.getpid(), signal.SIGKILL)


def _until_end(orders: SimpleQueue[str]) -> Iterator[str]:
    return iter(orders.get, END)


def _answer(descriptor: int, answer: dict[str, str | None]) -> None:
    os.write(descriptor, (json.dumps(answer) + "\n").encode())
