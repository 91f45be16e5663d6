"""Run experiments on this machine: what ``hpo_main.py`` of the local back-end calls."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

from benchmarking.commons.command_line import run_command
from benchmarking.commons.default_baselines import Method
from benchmarking.commons.hpo_main_common import (
    BenchmarkDefinitions,
    ExtraArgs,
    Launch,
    MapMethodArgs,
    continue_hint,
    make_scheduler,
    resolve_launch,
)
from benchmarking.commons.study.experiment import Experiment
from benchmarking.commons.study.plan import StudyPlan
from benchmarking.commons.study.summary import print_plan, print_summary
from syne_core.experiment_status import ExperimentState
from syne_core.results_callback import ExtraResultsComposer
from syne_core.tuner_callback import TunerCallback

__all__ = ["main"]

_ABOUT = """Run methods on a benchmark, trials as processes on this machine.

Finished experiments are skipped and unfinished ones continued when the same command is run again.

Example: hpo_main.py --experiment_tag first-study --benchmark mlp_digits --num_seeds 3 --n_workers 2
--max_wallclock_time 60
"""

_SOME_FAILED = 3


def main(
    methods: Mapping[str, Method],
    benchmark_definitions: BenchmarkDefinitions,
    extra_args: ExtraArgs | None = None,
    map_method_args: MapMethodArgs | None = None,
    extra_results: ExtraResultsComposer | None = None,
) -> NoReturn:
    """Run what the command line of this process asks for, and exit.

    :param methods: the methods that ``--method`` chooses from
    :param benchmark_definitions: dictionary, or function ``(sagemaker_backend=False)`` that returns it
    :param extra_args: more flags: dictionaries with ``name, type, default, help, required``
    :param map_method_args: ``(flags, method, {}) -> fields of MethodArguments``, from the extra flags
    :param extra_results: adds columns to the results
    """
    run_command(
        lambda: launch(None, methods, benchmark_definitions, extra_args, map_method_args, extra_results)
    )


def launch(
    arguments: Sequence[str] | None,
    methods: Mapping[str, Method],
    benchmark_definitions: BenchmarkDefinitions,
    extra_args: ExtraArgs | None = None,
    map_method_args: MapMethodArgs | None = None,
    extra_results: ExtraResultsComposer | None = None,
) -> int:
    """What ``main`` does, returning the exit code.

    :param arguments: command line; None for that of this process
    :raises UsageError: listing all mistakes, before anything is started
    """
    resolved = resolve_launch(
        "local", methods, benchmark_definitions, extra_args, map_method_args, arguments, _ABOUT
    )
    plan = StudyPlan.of(list(resolved.experiments), resolved.settings.restart)
    if resolved.settings.dry_run:
        print_plan(plan, resolved.settings.json)
        return 0
    return _run(plan, resolved, extra_results)


def _run(plan: StudyPlan, resolved: Launch, extra_results: ExtraResultsComposer | None) -> int:
    from benchmarking.commons.study.run import run_study

    settings = resolved.settings

    def run_experiment(experiment: Experiment, progress: TunerCallback) -> None:
        method = resolved.methods[experiment.method]
        _run_experiment(experiment, method, extra_results, settings.max_failures, progress)

    try:
        outcomes = run_study(plan, run_experiment)
    except KeyboardInterrupt:
        print(f"Interrupted; {continue_hint()}", file=sys.stderr)
        return 130
    if settings.json:
        print(json.dumps([outcome.to_json() for outcome in outcomes], indent=2))
    else:
        print_summary(outcomes, settings.experiment_tag)
    failed = [o for o in outcomes if o.state != ExperimentState.finished]
    return _SOME_FAILED if failed else 0


def _run_experiment(
    experiment: Experiment,
    method: Method,
    extra_results: ExtraResultsComposer | None,
    max_failures: int,
    progress: TunerCallback,
) -> None:
    from syne_core.backend.local.local_backend import LocalBackend
    from syne_core.results_callback import StoreResultsCallback
    from syne_core.stopping_criterion import StoppingCriterion
    from syne_core.tuner import Tuner

    definition = experiment.definition
    Tuner(
        trial_backend=LocalBackend(str(definition.script)),
        scheduler=make_scheduler(method, experiment),
        stop_criterion=StoppingCriterion(
            max_wallclock_time=experiment.max_wallclock_time,
            max_num_evaluations=experiment.max_num_evaluations,
        ),
        n_workers=experiment.n_workers,
        max_failures=max_failures,
        tuner_name=experiment.name,
        suffix_tuner_name=False,
        callbacks=[StoreResultsCallback(extra_results_composer=extra_results), progress],
        metadata=experiment.metadata(),
        start_jobs_without_delay=False,
        resource_attr=definition.resource_attr,
    ).run()
