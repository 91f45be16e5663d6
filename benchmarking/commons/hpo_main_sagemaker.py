"""Run experiments whose trials are SageMaker jobs: what ``hpo_main.py`` of that back-end calls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from benchmarking.commons.benchmark_definitions import BenchmarkDefinition, RealBenchmarkDefinition
from benchmarking.commons.choices import with_script
from benchmarking.commons.data_channel import check_data_is_there, check_reads_dataset
from benchmarking.commons.hpo_main_common import Launch, Launcher
from benchmarking.commons.launch_entry import LaunchEntry, MakeLauncher
from benchmarking.commons.launch_flags import SAGEMAKER_FLAGS
from benchmarking.commons.launch_run import needed_command, run_launch, run_tuner
from benchmarking.commons.remote.in_job.in_job import job_here
from benchmarking.commons.spending import Spending, agree_to_spend
from benchmarking.commons.study.experiment import Experiment
from benchmarking.commons.study.plan import StudyPlan
from benchmarking.commons.trial_jobs import sagemaker_backend, trial_job
from syne_core.errors import SOME_FAILED
from syne_core.results_callback import ExtraResultsComposer
from syne_core.tuner_callback import TunerCallback

if TYPE_CHECKING:
    from benchmarking.commons.study.run import Outcome
    from syne_core.aws.session import AwsSession

__all__ = ["ABOUT", "launch", "main", "run_launcher", "sagemaker_launcher"]

#: What ``--help`` says of launchers of this back-end.
ABOUT = """Run methods on benchmarks, each trial as a SageMaker training job.

The tuner runs here and starts the jobs; Ctrl-C stops them. Finished experiments are skipped and unfinished
ones continued when the same command is run again. benchmark, method and n_workers may be lists (a,b): all
combinations run. Where AWS_ENDPOINT_URL names an emulator (synebench emulator), jobs run on this machine and
cost nothing.

Example: hpo_main.py --experiment_tag tutorial-sagemaker --benchmark mlp_digits --method ASHA --num_seeds 1
--warm_pool 1
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
    :raises AwsSetupError: AWS cannot be used as it is set up
    :raises RefusedError: the user does not want to spend the money
    """
    resolved = launcher.resolve(words)
    jobs = _SageMakerRun(resolved, extra_results, command)
    if (job := job_here()) is not None:
        return job.run(resolved.experiments, jobs.experiment)
    plan = StudyPlan.of(list(resolved.experiments), resolved.settings.restart)
    if resolved.settings.run_one is not None:
        return jobs.as_worker(plan)
    return run_launch(resolved, plan, jobs.study)


def _prepare(
    name: str, definition: BenchmarkDefinition, settings: SimpleNamespace
) -> RealBenchmarkDefinition:
    """A definition that has a script, and whose job can be described; on the instances that flags ask for."""
    found = with_script(name, definition)
    ready = replace(
        found,
        instance_type=settings.instance_type or found.instance_type,
        instance_count=settings.instance_count or found.instance_count,
    )
    check_reads_dataset(name, ready, settings)
    trial_job(ready, settings, ready.max_wallclock_time)
    return ready


@dataclass(frozen=True)
class _SageMakerRun:
    """Runs experiments of a launch; their trials are SageMaker jobs."""

    launch: Launch
    extra_results: ExtraResultsComposer | None
    command: Sequence[str] | None

    @cached_property
    def session(self) -> AwsSession:
        from syne_core.aws.session import AwsSession

        return AwsSession.resolve(self.launch.settings.region)

    def study(self, plan: StudyPlan) -> list[Outcome]:
        from benchmarking.commons.study.parallel import run_study_in_parallel
        from benchmarking.commons.study.run import run_study

        to_do = [planned.experiment for planned in plan.to_do()]
        n_parallel = min(self.launch.settings.n_parallel, len(to_do))
        command = needed_command(self.command) if n_parallel > 1 else ()
        if to_do:
            self._check(to_do)
            agree_to_spend(self.session, self._spendings(to_do), self.launch.settings.yes)
        if n_parallel <= 1:
            return run_study(plan, self.experiment)
        return run_study_in_parallel(plan, n_parallel, command, None)

    def _check(self, experiments: Sequence[Experiment]) -> None:
        """Find out now what would stop all trials of a benchmark from being started."""
        check_data_is_there(self.session, self.launch.settings)
        for experiment in {e.benchmark: e for e in experiments}.values():
            backend = self._backend(experiment)
            backend.set_path(tuner_name=experiment.name)
            try:
                backend.check()
            finally:
                backend.close()

    def _spendings(self, experiments: Sequence[Experiment]) -> Iterator[Spending]:
        for experiment in experiments:
            job = self._backend(experiment).description
            count = job.instance_count * experiment.n_workers
            yield Spending(job.instance_type, count, experiment.max_wallclock_time)

    def _backend(self, experiment: Experiment) -> Any:
        definition = with_script(experiment.benchmark, experiment.definition)
        settings = self.launch.settings
        return sagemaker_backend(definition, settings, experiment.max_wallclock_time, self.session)

    def as_worker(self, plan: StudyPlan) -> int:
        from benchmarking.commons.study.worker import run_worker

        good = run_worker(plan, self.launch.settings.run_one, self.experiment)
        return 0 if good else SOME_FAILED

    def experiment(self, experiment: Experiment, progress: TunerCallback) -> None:
        """Run ``experiment`` in this process, to its end."""
        run_tuner(self.launch, experiment, self._backend(experiment), progress, self.extra_results)


#: Makes launchers of this back-end.
sagemaker_launcher = MakeLauncher("sagemaker", ABOUT, SAGEMAKER_FLAGS, _prepare)
_ENTRY = LaunchEntry(sagemaker_launcher, run_launcher)
main, launch = _ENTRY.main, _ENTRY.launch
