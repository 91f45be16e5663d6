"""One experiment in a process of its own, on behalf of the process that runs the study.

The two are held together by the worker's standard input, of which the other holds the only writing end:
when that process ends, be it by ``kill -9``, the worker kills itself, and with it go its trials, as with
every tuner that is killed (see ``syne_core.backend.local.process_server``). What the worker has to say
goes to its standard error.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

from benchmarking.commons.study.plan import PlannedExperiment, StudyPlan
from benchmarking.commons.study.progress import StudyProgress
from benchmarking.commons.study.run import RunExperiment, run_one
from syne_core.errors import UsageError

__all__ = ["RUN_ONE", "forget_flag", "run_worker"]

#: The flag that makes a launcher a worker; the experiment's id follows.
RUN_ONE = "--run_one"


def run_worker(plan: StudyPlan, experiment_id: str, run_experiment: RunExperiment) -> bool:
    """Run the experiment with this id; whether that went well.

    :raises UsageError: if the plan has no such experiment
    """
    _die_with_parent()
    # A background process may have been started with interrupts ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    forget_flag(RUN_ONE)
    planned = _planned(plan, experiment_id)
    with StudyProgress(plan) as progress:
        return run_one(planned, run_experiment, progress) is None


def _planned(plan: StudyPlan, experiment_id: str) -> PlannedExperiment:
    for planned in plan.planned:
        if planned.experiment.id == experiment_id:
            return planned
    raise UsageError(
        f"experiment {experiment_id[:8]} no longer follows from this command: "
        "a file has changed since the study began"
    )


def _die_with_parent() -> None:
    def watch() -> None:
        while os.read(0, 1024):
            pass
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, name="parent watch", daemon=True).start()


def forget_flag(flag: str) -> None:
    """Provenance is to show the command that a person would type."""
    for words in (sys.argv, sys.orig_argv):
        if flag in words:
            at = words.index(flag)
            del words[at : at + 2]
