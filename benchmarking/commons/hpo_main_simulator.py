"""Run experiments in simulated time: what ``hpo_main.py`` of the simulator calls."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING

from benchmarking.commons.benchmark_definitions import BenchmarkDefinition
from benchmarking.commons.hpo_main_common import Launch, Launcher
from benchmarking.commons.launch_entry import LaunchEntry, MakeLauncher
from benchmarking.commons.launch_flags import SIMULATOR_FLAGS
from benchmarking.commons.launch_run import needed_command, run_launch, run_tuner
from benchmarking.commons.remote.in_job.in_job import job_here
from benchmarking.commons.study.experiment import Experiment, RunnableBenchmark
from benchmarking.commons.study.followers import duration
from benchmarking.commons.study.plan import Action, StudyPlan
from syne_core.errors import UsageError
from syne_core.results_callback import ExtraResultsComposer
from syne_core.tuner_callback import TunerCallback

if TYPE_CHECKING:
    from benchmarking.commons.study.run import Outcome

__all__ = ["ABOUT", "launch", "main", "run_launcher", "simulator_launcher"]

#: What ``--help`` says of launchers of this back-end.
ABOUT = """Run methods on tabulated benchmarks, in simulated time.

Nothing is trained: a table, made by 'synebench record', or a formula tells what trials would report, and
when. All times are simulated seconds. Finished experiments are skipped when the same command is run again;
unfinished ones start over, which is cheap. benchmark, method and n_workers may be lists (a,b); without
--benchmark, all benchmarks run that can be simulated.

Example: hpo_main.py --experiment_tag simulated --benchmark mlp_digits --num_seeds 10 --n_parallel 2
"""


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
    simulated = _SimulatedRun(resolved, extra_results, command)
    if (job := job_here()) is not None:
        return job.run(resolved.experiments, simulated.experiment, is_simulated=True)
    if resolved.settings.run_many is not None:
        return simulated.as_worker()
    plan = StudyPlan.of(list(resolved.experiments), resolved.settings.restart, resumable=False)
    begun = time.monotonic()
    return run_launch(
        resolved,
        plan,
        simulated.study,
        _notes(plan),
        closing=lambda outcomes: _in_words(outcomes, time.monotonic() - begun),
    )


def _prepare(name: str, definition: BenchmarkDefinition, settings: SimpleNamespace) -> RunnableBenchmark:
    """``definition`` with what answers for it."""
    from benchmarking.commons.benchmark_definitions.simulated_benchmark import simulated_benchmark
    from benchmarking.commons.benchmark_definitions.simulation_settings import SimulationSettings
    from syne_core.backend.simulator.delays import SimulatorDelays

    if settings.blackbox is not None and len(settings.benchmark) > 1:
        raise UsageError(f"--blackbox is for one benchmark, not {len(settings.benchmark)}; say --benchmark")
    delays = ("start", "report", "complete", "stop", "end_after_stop")
    simulation = SimulationSettings(
        blackbox_seed=settings.blackbox_seed,
        support_checkpointing=settings.support_checkpointing,
        count_decision_time=settings.count_decision_time,
        restrict_configurations=settings.restrict_configurations,
        delays=SimulatorDelays(**{delay: getattr(settings, f"delay_{delay}") for delay in delays}),
    )
    try:
        return simulated_benchmark(definition, simulation, settings.blackbox, settings.surrogate)
    except UsageError as error:
        raise UsageError.joined(f"benchmark '{name}': {line}" for line in str(error).splitlines()) from None


@dataclass(frozen=True)
class _SimulatedRun:
    """Runs experiments of a launch in simulated time."""

    launch: Launch
    extra_results: ExtraResultsComposer | None
    command: Sequence[str] | None

    def study(self, plan: StudyPlan) -> list[Outcome]:
        from benchmarking.commons.study.pool import run_study_in_pool
        from benchmarking.commons.study.run import run_study

        n_parallel = min(self.launch.settings.n_parallel, len(plan.to_do()))
        if n_parallel <= 1:
            return run_study(plan, self.experiment, brief=True)
        return run_study_in_pool(plan, n_parallel, needed_command(self.command))

    def as_worker(self) -> int:
        from benchmarking.commons.study.pool_worker import serve_experiments

        serve_experiments(self.launch.experiments, self.launch.settings.run_many, self.experiment)
        return 0

    def experiment(self, experiment: Experiment, progress: TunerCallback) -> None:
        """Run ``experiment`` in this process, to its end."""
        from benchmarking.commons.benchmark_definitions.simulated_benchmark import SimulatedBenchmark
        from syne_core.backend.simulator.simulator_backend import SimulatorBackend

        definition = experiment.definition
        if not isinstance(definition, SimulatedBenchmark):
            raise UsageError(f"benchmark '{experiment.benchmark}' was not prepared for the simulator")
        settings = definition.settings
        backend = SimulatorBackend(
            definition.blackbox,
            seed=experiment.scheduler_seed,
            blackbox_seed=settings.blackbox_seed,
            delays=settings.delays,
            count_decision_time=settings.count_decision_time,
            support_checkpointing=settings.support_checkpointing,
            max_resource_attr=definition.max_resource_attr,
            entry_point=str(definition.script) if definition.script else experiment.benchmark,
        )
        run_tuner(self.launch, experiment, backend, progress, self.extra_results)


def _notes(plan: StudyPlan) -> list[str]:
    again = [p for p in plan.planned if p.action == Action.start_over]
    if not again:
        return []
    first = again[0].experiment
    more = f" and {len(again) - 1} more" if len(again) > 1 else ""
    return [f"{first.method} on {first.benchmark}, seed {first.seed}{more} had not finished: started over"]


def _in_words(outcomes: Sequence[Outcome], seconds: float) -> str | None:
    ran = [outcome for outcome in outcomes if outcome.action != Action.skip]
    simulated = sum(outcome.elapsed for outcome in ran)
    if not ran:
        return None
    count = f"{len(ran)} experiment{'s' if len(ran) > 1 else ''}"
    return f"{count}: {duration(simulated)} of simulated time in {seconds:.1f} s"


#: Makes launchers of this back-end.
simulator_launcher = MakeLauncher("simulator", ABOUT, SIMULATOR_FLAGS, _prepare)
_ENTRY = LaunchEntry(simulator_launcher, run_launcher)
main, launch = _ENTRY.main, _ENTRY.launch
