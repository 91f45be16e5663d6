"""What the remote launchers of all back-ends share: from a command line to experiments that are jobs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

from benchmarking.commons.benchmark_definitions import BenchmarkDefinition, RealBenchmarkDefinition
from benchmarking.commons.data_channel import check_reads_dataset
from benchmarking.commons.hpo_main_common import Launch, Launcher
from benchmarking.commons.launch_flags import REMOTE_FLAGS
from benchmarking.commons.remote.jobs.job_words import JobWords, Luggage
from benchmarking.commons.remote.jobs.study_bundle import job_requirements, project_folders
from benchmarking.commons.remote.launching import Order, carry_out
from benchmarking.commons.remote.planning.account_plan import ask_account
from benchmarking.commons.remote.planning.cost_plan import refuse_above_caps
from benchmarking.commons.remote.planning.gpu_check import check_gpus
from benchmarking.commons.remote.planning.plan_text import print_remote_plan
from benchmarking.commons.remote.planning.remote_plan import RemotePlan
from benchmarking.commons.settings import read_settings
from benchmarking.commons.study.experiment import Experiment, RunnableBenchmark
from syne_core.errors import UsageError
from syne_core.paths import s3_tag

__all__ = [
    "RemoteLaunch",
    "RemoteLauncher",
    "requirements_files",
    "resolve_remote",
    "run_remote_launcher",
]


@dataclass(frozen=True)
class RemoteLauncher:
    """What a ``launch_remote.py`` offers.

    :param inside: the launcher that runs in jobs, the one of ``entry_point``
    :param entry_point: the user's ``hpo_main.py``; its folder travels to the jobs
    :param requirements: files beside it whose union the jobs install
    :param with_scripts: the benchmarks' own ``requirements.txt`` are part of the union
    :param source_dependencies: folders that travel along, importable by their names
    :param shares_job: experiments for which this gives the same share a job; default: each has its own
    :param about: what ``--help`` says first
    """

    inside: Launcher
    entry_point: Path
    requirements: Sequence[str]
    with_scripts: bool
    source_dependencies: Sequence[Path] = ()
    shares_job: Callable[[Launch], Callable[[Experiment], object]] | None = None
    about: str = ""

    @property
    def outside(self) -> Launcher:
        """The launcher that reads the command line: the flags of jobs and of their driver."""
        known = {flag.name for flag in self.inside.backend_flags}
        more = [flag for flag in REMOTE_FLAGS if flag.name not in known]
        flags = (*self.inside.backend_flags, *more)
        return replace(self.inside, backend_flags=flags, about=self.about, prepare=self._prepare)

    def _prepare(
        self, name: str, definition: BenchmarkDefinition, settings: SimpleNamespace
    ) -> RunnableBenchmark:
        """As in the job, but on the instances that the flags ask for; they are no part of the identity."""
        ready = self.inside.prepare(name, definition, settings)
        check_reads_dataset(name, ready, settings)
        if settings.instance_type is None or not isinstance(ready, RealBenchmarkDefinition):
            return ready
        return replace(ready, instance_type=settings.instance_type)


@dataclass(frozen=True)
class RemoteLaunch:
    """A command line, resolved: what is to be done, and what travels to the jobs.

    :param requirements: text of the union
    :param words: writes the command lines of the jobs
    """

    launch: Launch
    launcher: RemoteLauncher
    plan: RemotePlan
    requirements: str
    words: JobWords
    shares_job: Callable[[Experiment], object]

    @property
    def luggage(self) -> Luggage:
        """The folders that travel."""
        return self.words.luggage

    def plan_with(self, states: Mapping[str, str]) -> RemotePlan:
        """The plan, given what S3 says."""
        return RemotePlan.of(self.launch.experiments, self.launch.settings, states, self.shares_job)


def run_remote_launcher(launcher: RemoteLauncher, words: Sequence[str]) -> int:
    """Plan, or launch, what ``words`` ask for; the exit code.

    :raises UsageError: listing all mistakes, before anything is started
    :raises AwsSetupError: AWS cannot be used as it is set up
    :raises RefusedError: the user does not want to spend the money, or a budget or quota forbids it
    """
    remote = resolve_remote(launcher, words)
    settings = remote.launch.settings
    for note in (*remote.launch.notes, *_notes(settings.experiment_tag)):
        print(f"Note: {note}", file=sys.stderr)
    if settings.dry_run:
        return _show_plan(remote)
    return carry_out(
        Order(
            settings,
            launcher.inside.backend,
            remote.plan,
            remote.plan_with,
            remote.words,
            launcher.entry_point.absolute(),
            requirements_files(launcher, remote.launch),
        )
    )


def _show_plan(remote: RemoteLaunch) -> int:
    settings, plan, account = remote.launch.settings, remote.plan, None
    if settings.check_quota:
        account = ask_account(settings, [planned.footprint for planned in plan.planned])
        plan = remote.plan_with(account.states)
    cost = plan.cost()
    print_remote_plan(plan, cost, account, settings.json)
    refuse_above_caps(cost, settings.study_max_cost, settings.study_max_hours)
    return 0


def resolve_remote(
    launcher: RemoteLauncher, words: Sequence[str], environment: Mapping[str, str] = os.environ
) -> RemoteLaunch:
    """What ``words`` ask for; nothing is read beyond this machine.

    :raises UsageError: that lists all mistakes
    """
    outside = launcher.outside
    launch = outside.resolve(words, environment)
    given = read_settings(outside.flags(), words, environment).given
    luggage = _luggage(launcher)
    job_words = JobWords(launcher.inside.flags(), given, {}, luggage)
    job_words.take_along()
    _check_scripts(launch, luggage)
    if launcher.inside.backend == "local":
        check_gpus(launch.experiments, launch.settings)
    shares_job = _sharing(launcher, launch, job_words)
    plan = RemotePlan.of(launch.experiments, launch.settings, None, shares_job)
    union = job_requirements(requirements_files(launcher, launch))
    return RemoteLaunch(launch, launcher, plan, union, job_words, shares_job)


def requirements_files(launcher: RemoteLauncher, launch: Launch) -> list[Path]:
    """The files whose union the jobs install: the launcher's, then the benchmarks'. They may be missing."""
    files = [launcher.entry_point.parent / name for name in launcher.requirements]
    if launcher.with_scripts:
        files += [script.parent / "requirements.txt" for script in _scripts(launch)]
    return files


def _luggage(launcher: RemoteLauncher) -> Luggage:
    if not launcher.entry_point.is_file():
        raise UsageError(f"entry_point {launcher.entry_point} does not exist")
    luggage = Luggage(launcher.entry_point.absolute().parent)
    for folder in (*project_folders(), *launcher.source_dependencies):
        luggage.add(Path(folder))
    return luggage


def _check_scripts(launch: Launch, luggage: Luggage) -> None:
    """A script that does not travel would be missed in the job, when money has been spent."""
    mistakes = [
        f"training script {script} does not travel to the jobs: put it below {luggage.launcher_folder}, or "
        "name its folder in source_dependencies"
        for script in _scripts(launch)
        if not luggage.holds(script)
    ]
    if mistakes:
        raise UsageError.joined(mistakes)


def _scripts(launch: Launch) -> list[Path]:
    definitions = (e.definition for e in launch.experiments)
    scripts = (d.script for d in definitions if isinstance(d, RealBenchmarkDefinition))
    return list(dict.fromkeys(scripts))


def _sharing(launcher: RemoteLauncher, launch: Launch, words: JobWords) -> Callable[[Experiment], object]:
    if launcher.shares_job is None:
        return id
    key = launcher.shares_job(launch)
    if not words.names_files:
        return key
    # A job is told one definition file at most: a comma in a path separates nothing.
    return lambda experiment: (key(experiment), experiment.benchmark)


def _notes(tag: str) -> list[str]:
    return [] if s3_tag(tag) == tag else [f"in S3 and in names of jobs, {tag} is called {s3_tag(tag)}"]
