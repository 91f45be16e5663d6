"""What is to be seen of an experiment that runs: in this process, or in another."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from benchmarking.commons.study.experiment import Experiment
from syne_core.errors import ResultsError
from syne_core.experiment_status import ExperimentState, read_status
from syne_core.tuner_callback import TunerCallback

if TYPE_CHECKING:
    from syne_core.backend.trial_status import Trial
    from syne_core.tuner import Tuner

__all__ = ["Follower", "StatusFollower", "TunerFollower", "duration", "workers"]

_LINE_INTERVAL = 30.0


class Follower(Protocol):
    """Follows one experiment."""

    def columns(self) -> list[str]:
        """Trials, incumbent, time."""
        ...


class TunerFollower(TunerCallback):
    """Follows an experiment of this process.

    :param name: begins each line
    :param say: takes a line
    """

    def __init__(self, name: str, say: Callable[[str], None]) -> None:
        self._name = name
        self._say = say
        self._tuner: Tuner | None = None
        self._next_line = 0.0

    def on_tuning_start(self, tuner: Tuner) -> None:
        self._tuner = tuner
        self._next_line = time.monotonic() + _LINE_INTERVAL
        limit = f", at most {duration(tuner.max_wallclock_time)}" if tuner.max_wallclock_time else ""
        begins = "continues" if tuner.ledger.trials else "begins"
        self._say(f"{self._name} {begins} with {workers(tuner.n_workers)}{limit}; {tuner.tuner_path}")

    def on_loop_end(self) -> None:
        if self._tuner is not None and time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + _LINE_INTERVAL
            self._say(f"{self._name} {self._tuner.tuning_status.in_words()}")

    def on_trial_error(self, trial: Trial, reason: str) -> None:
        self._say(f"{self._name} trial {trial.trial_id} failed: {reason}")

    def columns(self) -> list[str]:
        """See ``Follower``."""
        if self._tuner is None:
            return ["", "", ""]
        status, limit = self._tuner.tuning_status, self._tuner.max_wallclock_time
        best = status.incumbent
        incumbent = f"{best.metric} {best.value:.5g}" if best else ""
        return [_trials(status.trial_counts()), incumbent, _time(self._tuner.elapsed, limit)]


class StatusFollower:
    """Follows an experiment of another process, through its ``status.json``."""

    def __init__(self, experiment: Experiment) -> None:
        self._path = experiment.paths.status
        self._columns = ["", "", ""]

    def columns(self) -> list[str]:
        """See ``Follower``; what was seen last, if the file cannot be read now."""
        try:
            status = read_status(self._path)
        except ResultsError:
            status = None
        if status is not None:
            runs = status.state == ExperimentState.running
            elapsed = status.elapsed + (max(0.0, time.time() - status.updated) if runs else 0.0)
            incumbent = f"{status.best['metric']} {status.best['value']:.5g}" if status.best else ""
            self._columns = [_trials(status.trials), incumbent, _time(elapsed, status.max_wallclock_time)]
        return self._columns


def workers(count: int) -> str:
    """``1 worker``, ``4 workers``."""
    return f"{count} worker" if count == 1 else f"{count} workers"


def duration(seconds: float) -> str:
    """``5 s``, ``3 min 20 s``, ``50 h 4 min``."""
    total = round(seconds)
    hours, minutes, rest = total // 3600, total % 3600 // 60, total % 60
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    if minutes:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{rest} s"


def _trials(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{n} {state}" for state, n in counts.items())


def _time(elapsed: float, limit: float | None) -> str:
    return f"{duration(max(0.0, limit - elapsed))} left" if limit else duration(elapsed)
