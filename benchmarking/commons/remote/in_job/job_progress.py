"""What a job says of the experiments that it runs: to its log, to SageMaker's console, to S3."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from benchmarking.commons.remote.jobs.experiment_job import BEST
from benchmarking.commons.study.followers import TunerFollower
from benchmarking.commons.study.plan import PlannedExperiment
from syne_core.backend.trial_status import Status
from syne_core.report import REPORT_TAG
from syne_core.tuner_callback import TunerCallback

if TYPE_CHECKING:
    from benchmarking.commons.remote.in_job.trial_uploads import TrialUploads
    from syne_core.backend.trial_backend import TrialAndStatusInformation, TrialIdAndResultList
    from syne_core.tuner import Tuner

__all__ = ["JobProgress"]

_BUSY = (Status.in_progress, Status.stopping)
_GOES_ON = (*_BUSY, Status.paused)
#: Seconds between lines for the console, which draws a point a minute.
_METRIC_INTERVAL = 5.0
#: Seconds that the end of an experiment waits for logs; a job that is stopped has 120.
_PATIENCE_S = 45.0


class JobProgress:
    """Follows the experiments of this job; see ``study.run.ExperimentProgress``.

    :param brief: experiments are many and short: say only what became of them
    :param uploads_of: None, or makes what copies the logs of an experiment's trials
    """

    def __init__(self, brief: bool, uploads_of: Callable[[PlannedExperiment], TrialUploads | None]) -> None:
        self._brief = brief
        self._uploads_of = uploads_of

    def callback(self, planned: PlannedExperiment) -> TunerCallback:
        """What the tuner of ``planned`` reports to."""
        if self._brief:
            return _Ending()
        return _Following(_name(planned), self._uploads_of(planned))

    def failed(self, planned: PlannedExperiment, reason: str) -> None:
        """``planned`` failed."""
        self.say(planned, f"failed: {reason}")

    def say(self, planned: PlannedExperiment, text: str) -> None:
        """A line for the log."""
        _say(f"{_name(planned)} {text}")


class _BestSoFar:
    """Prints the best value in a line that SageMaker reads a metric from."""

    def __init__(self) -> None:
        self._tuner: Tuner | None = None
        self._said: float | None = None
        self._next = 0.0

    def start(self, tuner: Tuner) -> None:
        self._tuner = tuner

    def look(self, at_once: bool = False) -> None:
        best = self._tuner.tuning_status.incumbent if self._tuner is not None else None
        now = time.monotonic()
        if best is None or best.value == self._said or (now < self._next and not at_once):
            return
        self._said, self._next = best.value, now + _METRIC_INTERVAL
        print(f"{REPORT_TAG}{json.dumps({BEST + best.metric: best.value})}", flush=True)


class _Ending(TunerCallback):
    """Says the best value at the end."""

    def __init__(self) -> None:
        self._best = _BestSoFar()

    def on_tuning_start(self, tuner: Tuner) -> None:
        self._best.start(tuner)

    def on_tuning_end(self) -> None:
        self._best.look(at_once=True)


class _Following(TunerFollower):
    """Says how the experiment gets on, and takes care of the logs of its trials."""

    def __init__(self, name: str, uploads: TrialUploads | None) -> None:
        super().__init__(name, _say)
        self._uploads = uploads
        self._best = _BestSoFar()

    def on_tuning_start(self, tuner: Tuner) -> None:
        super().on_tuning_start(tuner)
        self._best.start(tuner)
        if self._uploads is not None:
            trials = tuner.ledger.trials.items()
            self._uploads.fetch(number for number, trial in trials if trial.state in _GOES_ON)

    def on_loop_end(self) -> None:
        super().on_loop_end()
        self._best.look()

    def on_fetch_status_results(
        self, trial_status_dict: TrialAndStatusInformation, new_results: TrialIdAndResultList
    ) -> None:
        if self._uploads is not None:
            for trial_id, (_, state) in trial_status_dict.items():
                if state not in _BUSY:
                    self._uploads.ended(trial_id)

    def on_tuning_end(self) -> None:
        self._best.look(at_once=True)
        if self._uploads is not None:
            self._uploads.close(_PATIENCE_S)


def _name(planned: PlannedExperiment) -> str:
    experiment = planned.experiment
    return f"{experiment.method} on {experiment.benchmark}, seed {experiment.seed}:"


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
