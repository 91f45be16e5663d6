"""Run the experiments of a plan here, one after the other."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarking.commons.study.experiment import Experiment
from benchmarking.commons.study.plan import Action, PlannedExperiment, StudyPlan
from benchmarking.commons.study.progress import StudyProgress
from syne_core.errors import SyneError
from syne_core.experiment_status import ExperimentState, read_status
from syne_core.journal import Journal
from syne_core.tuner_callback import TunerCallback

__all__ = ["Outcome", "run_study"]

logger = logging.getLogger(__name__)

RunExperiment = Callable[[Experiment, TunerCallback], None]

_LOGGED = ("syne_core", "benchmarking")


@dataclass(frozen=True)
class Outcome:
    """What became of an experiment: state as in ``status.json``, and what was done for it."""

    experiment: Experiment
    action: str
    state: str
    reason: str
    best: dict[str, Any] | None

    def to_json(self) -> dict[str, Any]:
        """As shown by ``--json``."""
        return {
            "name": self.experiment.name,
            "method": self.experiment.method,
            "benchmark": self.experiment.benchmark,
            "seed": self.experiment.seed,
            "action": self.action,
            "state": self.state,
            "reason": self.reason,
            "best": self.best,
            "folder": str(self.experiment.paths.folder),
        }


def run_study(plan: StudyPlan, run_experiment: RunExperiment) -> list[Outcome]:
    """Run what is to be done; a failed experiment does not keep the others from running.

    :param run_experiment: runs one experiment to its end
    :raises KeyboardInterrupt: after the running experiment was stopped cleanly
    """
    outcomes = []
    with StudyProgress(plan) as progress:
        for planned in plan.planned:
            if planned.action != Action.skip:
                _run_one(planned, run_experiment, progress)
            outcomes.append(_outcome(planned))
            progress.ended(planned, outcomes[-1].state, outcomes[-1].reason)
    return outcomes


def _run_one(planned: PlannedExperiment, run_experiment: RunExperiment, progress: StudyProgress) -> None:
    experiment = planned.experiment
    if planned.action == Action.restart:
        _remove(experiment)
    experiment.paths.folder.mkdir(parents=True, exist_ok=True)
    handler = _log_to(experiment)
    try:
        run_experiment(experiment, progress.callback(planned))
    except SyneError as error:
        logger.error("%s failed: %s", experiment.name, error)
        progress.failed(planned, str(error))
    except Exception:  # a bug in a method or callback ends its experiment, not the study
        logger.exception("%s failed", experiment.name)
        progress.failed(planned, f"see {experiment.paths.log}")
    finally:
        for name in _LOGGED:
            logging.getLogger(name).removeHandler(handler)
        handler.close()


def _remove(experiment: Experiment) -> None:
    """Start over; refuses while somebody runs the experiment."""
    Journal(experiment.paths.journal).close()
    shutil.rmtree(experiment.paths.folder)


def _log_to(experiment: Experiment) -> logging.Handler:
    handler = logging.FileHandler(experiment.paths.log, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    for name in _LOGGED:
        logging.getLogger(name).setLevel(logging.INFO)
        logging.getLogger(name).addHandler(handler)
        logging.getLogger(name).propagate = False
    return handler


def _outcome(planned: PlannedExperiment) -> Outcome:
    status = read_status(planned.experiment.paths.status)
    if status is None:
        return Outcome(planned.experiment, planned.action, ExperimentState.failed, "it did not start", None)
    return Outcome(planned.experiment, planned.action, status.state, status.reason, status.best)
