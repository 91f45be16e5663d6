"""Run experiments on this machine: what ``hpo_main.py`` of the local back-end calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarking.commons.choices import with_script
from benchmarking.commons.hpo_main_common import Launch, Launcher
from benchmarking.commons.launch_entry import LaunchEntry, MakeLauncher
from benchmarking.commons.launch_flags import LOCAL_FLAGS
from benchmarking.commons.launch_run import needed_command, run_launch, run_tuner
from benchmarking.commons.remote.in_job.in_job import job_here
from benchmarking.commons.study.experiment import Experiment
from benchmarking.commons.study.gpu_shares import gpu_shares, own_share
from benchmarking.commons.study.plan import StudyPlan
from syne_core.errors import SOME_FAILED
from syne_core.results_callback import ExtraResultsComposer
from syne_core.tuner_callback import TunerCallback

if TYPE_CHECKING:
    from benchmarking.commons.study.run import Outcome

__all__ = ["ABOUT", "launch", "local_launcher", "main", "run_launcher"]

#: What ``--help`` says of launchers of this back-end.
ABOUT = """Run methods on benchmarks, trials as processes on this machine.

Finished experiments are skipped and unfinished ones continued when the same command is run again.
benchmark, method and n_workers may be lists (a,b): all combinations run. Flags that take a value can also
be given as $SYNEBENCH_FLAG, or as keys of a study file; flags come before the environment, that before the
file.

Example: hpo_main.py --experiment_tag first-study --benchmark mlp_digits --num_seeds 3 --n_workers 2
--max_wallclock_time 60s
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
    local = _LocalRun(resolved, extra_results, command)
    if (job := job_here()) is not None:
        return job.run(resolved.experiments, local.experiment)
    plan = StudyPlan.of(list(resolved.experiments), resolved.settings.restart)
    if resolved.settings.run_one is not None:
        return local.as_worker(plan)
    return run_launch(resolved, plan, local.study, local.notes(plan))


@dataclass(frozen=True)
class _LocalRun:
    """Runs experiments of a launch on this machine."""

    launch: Launch
    extra_results: ExtraResultsComposer | None
    command: Sequence[str] | None

    def notes(self, plan: StudyPlan) -> list[str]:
        from benchmarking.commons.study.parallel import usable_cores

        n_parallel = self.launch.settings.n_parallel
        trials, cores = plan.most_workers(n_parallel), usable_cores()
        if n_parallel == 1 or trials <= cores:
            return []
        return [
            f"n_parallel = {n_parallel} experiments may run {trials} trials at a time on {cores} cores; "
            "they will slow each other down"
        ]

    def study(self, plan: StudyPlan) -> list[Outcome]:
        from benchmarking.commons.study.parallel import run_study_in_parallel
        from benchmarking.commons.study.run import run_study

        n_parallel = min(self.launch.settings.n_parallel, len(plan.to_do()))
        shares = self._gpu_shares(plan, max(1, n_parallel))
        if n_parallel <= 1:
            return run_study(plan, self.experiment)
        return run_study_in_parallel(plan, n_parallel, needed_command(self.command), shares)

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
        return 0 if good else SOME_FAILED

    def experiment(self, experiment: Experiment, progress: TunerCallback) -> None:
        """Run ``experiment`` in this process, to its end."""
        from syne_core.backend.local.local_backend import LocalBackend

        settings = self.launch.settings
        definition = with_script(experiment.benchmark, experiment.definition)
        backend = LocalBackend(
            str(definition.script),
            delete_checkpoints=settings.delete_checkpoints,
            num_gpus_per_trial=settings.num_gpus_per_trial,
            gpus_to_use=own_share() or settings.gpus_to_use,
            oversubscribe_gpus=settings.oversubscribe_gpus,
            preload=definition.preload,
            price_per_hour=settings.price_per_hour,
        )
        job = job_here()
        trials_folder = None if job is None else job.trials_folder
        run_tuner(self.launch, experiment, backend, progress, self.extra_results, trials_folder)


#: Makes launchers of this back-end.
local_launcher = MakeLauncher("local", ABOUT, LOCAL_FLAGS)
_ENTRY = LaunchEntry(local_launcher, run_launcher)
main, launch = _ENTRY.main, _ENTRY.launch
