"""Run the experiments of a plan here, one after the other."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from benchmarking.commons.study.experiment import Experiment
from benchmarking.commons.study.plan import Action, PlannedExperiment, StudyPlan
from benchmarking.commons.study.progress import StudyProgress
from syne_core.errors import ResultsError, SyneError
from syne_core.experiment_status import ExperimentState, read_status
from syne_core.journal import Journal
from syne_core.tuner_callback import TunerCallback

__all__ = ["ExperimentProgress", "Outcome", "RunExperiment", "outcome_of", "run_one", "run_study"]

logger = logging.getLogger(__name__)


class ExperimentProgress(Protocol):
    """Whoever wants to know how experiments of this process get on."""

    def callback(self, planned: PlannedExperiment) -> TunerCallback:
        """What the tuner of ``planned`` reports to."""
        ...

    def failed(self, planned: PlannedExperiment, reason: str) -> None:
        """``planned`` failed."""
        ...


RunExperiment = Callable[[Experiment, TunerCallback], None]

_LOGGED = ("syne_core", "benchmarking")
_NOT_FINISHED = (ExperimentState.failed, ExperimentState.interrupted)


@dataclass(frozen=True)
class Outcome:
    """What became of an experiment: state as in ``status.json``, and what was done for it.

    :param elapsed: seconds on the experiment's clock
    """

    experiment: Experiment
    action: str
    state: str
    reason: str
    best: dict[str, Any] | None
    elapsed: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """As shown by ``--json``."""
        return {
            "name": self.experiment.name,
            "method": self.experiment.method,
            "benchmark": self.experiment.benchmark,
            "seed": self.experiment.seed,
            "n_workers": self.experiment.n_workers,
            "action": self.action,
            "state": self.state,
            "reason": self.reason,
            "best": self.best,
            "elapsed": self.elapsed,
            "folder": str(self.experiment.paths.folder),
        }


def run_study(plan: StudyPlan, run_experiment: RunExperiment, brief: bool = False) -> list[Outcome]:
    """Run what is to be done; a failed experiment does not keep the others from running.

    :param run_experiment: runs one experiment to its end
    :param brief: see ``StudyProgress``
    :raises KeyboardInterrupt: after the running experiment was stopped cleanly
    """
    outcomes = []
    with StudyProgress(plan, brief) as progress:
        for planned in plan.planned:
            if planned.action == Action.skip:
                progress.skipped(planned)
                outcomes.append(outcome_of(planned))
                continue
            trouble = run_one(planned, run_experiment, progress)
            outcomes.append(outcome_of(planned, trouble))
            progress.ended(planned, outcomes[-1].state, outcomes[-1].reason)
    return outcomes


def run_one(
    planned: PlannedExperiment, run_experiment: RunExperiment, progress: ExperimentProgress
) -> str | None:
    """Run one experiment, with its log; why it failed, None if it did not.

    :raises KeyboardInterrupt: after the experiment was stopped cleanly
    """
    experiment = planned.experiment
    handler: logging.Handler | None = None
    try:
        if planned.action in (Action.restart, Action.start_over):
            _remove(experiment)
        handler = _log_to(experiment)
        run_experiment(experiment, progress.callback(planned))
    except SyneError as error:
        logger.error("%s failed: %s", experiment.name, error)
        progress.failed(planned, str(error))
        return str(error)
    except Exception as error:  # a bug in a method or callback ends its experiment, not the study
        logger.exception("%s failed", experiment.name)
        progress.failed(planned, f"see {experiment.paths.log}")
        return f"{type(error).__name__}: {error}"
    finally:
        if handler is not None:
            _stop_log(handler)
    return None


def outcome_of(planned: PlannedExperiment, trouble: str | None = None, pid: int | None = None) -> Outcome:
    """What became of ``planned``.

    :param trouble: what went wrong according to whoever ran it; counts where ``status.json`` does not say
    :param pid: process that ran it; default: this one. A status that another wrote is an old one
    """
    experiment, action = planned.experiment, planned.action
    try:
        status = read_status(experiment.paths.status)
    except ResultsError as error:
        return Outcome(experiment, action, ExperimentState.failed, trouble or str(error), None)
    if status is None:
        return Outcome(experiment, action, ExperimentState.failed, trouble or "it did not start", None)
    says = status.pid == (pid or os.getpid()) and status.state in _NOT_FINISHED
    if trouble is not None and not says:
        return Outcome(experiment, action, ExperimentState.failed, trouble, status.best, status.elapsed)
    return Outcome(experiment, action, status.state, status.reason, status.best, status.elapsed)


def _remove(experiment: Experiment) -> None:
    """Start over; refuses while somebody runs the experiment."""
    Journal(experiment.paths.journal).close()
    shutil.rmtree(experiment.paths.folder)


def _log_to(experiment: Experiment) -> logging.Handler:
    experiment.paths.folder.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(experiment.paths.log, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    for name in _LOGGED:
        logging.getLogger(name).setLevel(logging.INFO)
        logging.getLogger(name).addHandler(handler)
        logging.getLogger(name).propagate = False
    return handler


def _stop_log(handler: logging.Handler) -> None:
    for name in _LOGGED:
        logging.getLogger(name).removeHandler(handler)
    handler.close()
