"""Run experiments on this machine: what ``hpo_main.py`` of the local back-end calls."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from benchmarking.commons.choices import BenchmarkDefinitions
from benchmarking.commons.command_line import run_command
from benchmarking.commons.default_baselines import Method
from benchmarking.commons.hpo_main_common import Launch, Launcher, MapMethodArgs, make_scheduler
from benchmarking.commons.launch_flags import LOCAL_FLAGS, ExtraArgs
from benchmarking.commons.relaunch import continue_hint, process_command
from benchmarking.commons.study.experiment import Experiment
from benchmarking.commons.study.gpu_shares import gpu_shares, own_share
from benchmarking.commons.study.plan import StudyPlan
from benchmarking.commons.study.summary import print_plan, print_summary
from syne_core.errors import UsageError
from syne_core.experiment_status import ExperimentState
from syne_core.results_callback import ExtraResultsComposer
from syne_core.tuner_callback import TunerCallback

__all__ = ["ABOUT", "launch", "main", "run_launcher"]

#: What ``--help`` says of launchers of this back-end.
ABOUT = """Run methods on benchmarks, trials as processes on this machine.

Finished experiments are skipped and unfinished ones continued when the same command is run again.
benchmark, method and n_workers may be lists (a,b): all combinations run. Flags that take a value can also
be given as $SYNEBENCH_FLAG, or as keys of a study file; flags come before the environment, that before the
file.

Example: hpo_main.py --experiment_tag first-study --benchmark mlp_digits --num_seeds 3 --n_workers 2
--max_wallclock_time 60s
"""

_SOME_FAILED = 3
_INTERRUPTED = 130


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
    launcher = Launcher(
        "local", methods, benchmark_definitions, extra_args, map_method_args, ABOUT, LOCAL_FLAGS
    )
    if arguments is None:
        return run_launcher(launcher, sys.argv[1:], extra_results, process_command())
    return run_launcher(launcher, arguments, extra_results)


def run_launcher(
    launcher: Launcher,
    words: Sequence[str],
    extra_results: ExtraResultsComposer | None = None,
    command: Sequence[str] | None = None,
) -> int:
    """Run what ``words`` ask ``launcher`` for; the exit code.

    :param command: starts a process with the same command line, as ``--n_parallel`` needs it
    :raises UsageError: listing all mistakes, before anything is started
    """
    resolved = launcher.resolve(words)
    settings = resolved.settings
    plan = StudyPlan.of(list(resolved.experiments), settings.restart)
    run = _LocalRun(resolved, extra_results)
    if settings.run_one is not None:
        return run.as_worker(plan)
    run.say_notes(plan)
    if settings.dry_run:
        print_plan(plan, settings.json, settings.n_parallel)
        return 0
    return run.study(plan, command)


@dataclass(frozen=True)
class _LocalRun:
    """Runs experiments of a launch on this machine."""

    launch: Launch
    extra_results: ExtraResultsComposer | None

    def say_notes(self, plan: StudyPlan) -> None:
        from benchmarking.commons.study.parallel import usable_cores

        n_parallel = self.launch.settings.n_parallel
        notes = list(self.launch.notes)
        trials, cores = plan.most_workers(n_parallel), usable_cores()
        if n_parallel > 1 and trials > cores:
            notes.append(
                f"n_parallel = {n_parallel} experiments may run {trials} trials at a time on {cores} cores; "
                "they will slow each other down"
            )
        for note in notes:
            print(f"Note: {note}", file=sys.stderr)

    def study(self, plan: StudyPlan, command: Sequence[str] | None) -> int:
        from benchmarking.commons.study.parallel import run_study_in_parallel
        from benchmarking.commons.study.run import run_study

        settings = self.launch.settings
        n_parallel = min(settings.n_parallel, len(plan.to_do()))
        shares = self._gpu_shares(plan, max(1, n_parallel))
        try:
            if n_parallel <= 1:
                outcomes = run_study(plan, self.experiment)
            elif command is None:
                raise UsageError("n_parallel needs a command that can be run again; use n_parallel = 1")
            else:
                outcomes = run_study_in_parallel(plan, n_parallel, command, shares)
        except KeyboardInterrupt:
            print(f"Interrupted; {continue_hint(settings)}", file=sys.stderr)
            return _INTERRUPTED
        if settings.json:
            print(json.dumps([outcome.to_json() for outcome in outcomes], indent=2))
        else:
            print_summary(outcomes, settings.experiment_tag)
        failed = [o for o in outcomes if o.state != ExperimentState.finished]
        return _SOME_FAILED if failed else 0

    def _gpu_shares(self, plan: StudyPlan, n_parallel: int) -> list[list[str]] | None:
        settings = self.launch.settings
        n_workers = max((planned.experiment.n_workers for planned in plan.to_do()), default=1)
        return gpu_shares(
            settings.gpus_to_use,
            settings.num_gpus_per_trial,
            n_workers,
            n_parallel,
            settings.oversubscribe_gpus,
        )

    def as_worker(self, plan: StudyPlan) -> int:
        from benchmarking.commons.study.worker import run_worker

        good = run_worker(plan, self.launch.settings.run_one, self.experiment)
        return 0 if good else _SOME_FAILED

    def experiment(self, experiment: Experiment, progress: TunerCallback) -> None:
        """Run ``experiment`` in this process, to its end."""
        from syne_core.backend.local.local_backend import LocalBackend
        from syne_core.results_callback import StoreResultsCallback
        from syne_core.stopping_criterion import StoppingCriterion
        from syne_core.tuner import Tuner

        definition, settings = experiment.definition, self.launch.settings
        backend = LocalBackend(
            str(definition.script),
            delete_checkpoints=settings.delete_checkpoints,
            num_gpus_per_trial=settings.num_gpus_per_trial,
            gpus_to_use=own_share() or settings.gpus_to_use,
            oversubscribe_gpus=settings.oversubscribe_gpus,
            preload=definition.preload,
            price_per_hour=settings.price_per_hour,
        )
        Tuner(
            trial_backend=backend,
            scheduler=make_scheduler(self.launch.methods[experiment.method], experiment),
            stop_criterion=StoppingCriterion(
                max_wallclock_time=experiment.max_wallclock_time,
                max_num_evaluations=experiment.max_num_evaluations,
                max_cost=experiment.max_cost,
            ),
            n_workers=experiment.n_workers,
            max_failures=settings.max_failures,
            tuner_name=experiment.name,
            suffix_tuner_name=False,
            callbacks=[StoreResultsCallback(extra_results_composer=self.extra_results), progress],
            metadata=experiment.metadata(),
            start_jobs_without_delay=False,
            resource_attr=definition.resource_attr,
        ).run()
