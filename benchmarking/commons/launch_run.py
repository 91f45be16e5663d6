"""From a resolved launch to its results, on any back-end: what is said, run, and summed up."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from benchmarking.commons.hpo_main_common import Launch, make_scheduler
from benchmarking.commons.relaunch import continue_hint
from benchmarking.commons.study.experiment import Experiment
from benchmarking.commons.study.plan import StudyPlan
from benchmarking.commons.study.summary import print_plan, print_summary
from syne_core.errors import INTERRUPTED, SOME_FAILED, UsageError
from syne_core.experiment_status import ExperimentState
from syne_core.results_callback import ExtraResultsComposer
from syne_core.tuner_callback import TunerCallback

if TYPE_CHECKING:
    from benchmarking.commons.study.run import Outcome
    from syne_core.backend.trial_backend import TrialBackend

__all__ = ["needed_command", "run_launch", "run_tuner", "settings_json"]

_NOT_KEPT = frozenset(
    {"debug", "dry_run", "json", "n_parallel", "restart", "run_many", "run_one", "study", "yes"}
)


def run_launch(
    launch: Launch,
    plan: StudyPlan,
    run: Callable[[StudyPlan], list[Outcome]],
    notes: Iterable[str] = (),
    closing: Callable[[list[Outcome]], str | None] = lambda outcomes: None,
) -> int:
    """Say what the user should know, run ``plan`` unless this is a dry run, sum up; the exit code.

    :param run: runs the plan; raises KeyboardInterrupt after it has stopped cleanly
    :param notes: those of the back-end
    :param closing: what is to be said after the summary
    """
    settings = launch.settings
    for note in (*launch.notes, *notes):
        print(f"Note: {note}", file=sys.stderr)
    if settings.dry_run:
        print_plan(plan, settings.json, settings.n_parallel)
        return 0
    try:
        outcomes = run(plan)
    except KeyboardInterrupt:
        print(f"Interrupted; {continue_hint(settings)}", file=sys.stderr)
        return INTERRUPTED
    if settings.json:
        print(json.dumps([outcome.to_json() for outcome in outcomes], indent=2))
    else:
        print_summary(outcomes, settings.experiment_tag, closing(outcomes))
    failed = [o for o in outcomes if o.state != ExperimentState.finished]
    return SOME_FAILED if failed else 0


def run_tuner(
    launch: Launch,
    experiment: Experiment,
    backend: TrialBackend,
    progress: TunerCallback,
    extra_results: ExtraResultsComposer | None,
    trials_folder: Path | None = None,
) -> None:
    """Run ``experiment`` on ``backend`` in this process, to its end.

    :param trials_folder: for the folders of trials, instead of the experiment's own
    """
    from benchmarking.commons.remote.in_job.in_job import job_metadata
    from syne_core.results_callback import StoreResultsCallback
    from syne_core.stopping_criterion import StoppingCriterion
    from syne_core.tuner import Tuner

    Tuner(
        trial_backend=backend,
        scheduler=make_scheduler(launch.methods[experiment.method], experiment),
        stop_criterion=StoppingCriterion(
            max_wallclock_time=experiment.max_wallclock_time,
            max_num_evaluations=experiment.max_num_evaluations,
            max_cost=experiment.max_cost,
        ),
        n_workers=experiment.n_workers,
        max_failures=launch.settings.max_failures,
        tuner_name=experiment.name,
        suffix_tuner_name=False,
        callbacks=[StoreResultsCallback(extra_results_composer=extra_results), progress],
        metadata={
            **experiment.metadata(),
            "settings": settings_json(launch.settings),
            **job_metadata(experiment),
        },
        start_jobs_without_delay=getattr(launch.settings, "start_jobs_without_delay", False),
        resource_attr=experiment.definition.resource_attr,
        trial_backend_path=None if trials_folder is None else str(trials_folder),
    ).run()


def settings_json(settings: SimpleNamespace) -> dict[str, Any]:
    """All flags as they were settled, by name, but for those that say how to run and not what."""
    return {name: _json(value) for name, value in vars(settings).items() if name not in _NOT_KEPT}


def _json(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [_json(one) for one in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def needed_command(command: Sequence[str] | None) -> Sequence[str]:
    """``command``, which starts a process with the same command line.

    :raises UsageError: there is none
    """
    if command is None:
        raise UsageError("n_parallel needs a command that can be run again; use n_parallel = 1")
    return command
