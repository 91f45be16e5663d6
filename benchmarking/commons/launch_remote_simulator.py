"""Launch simulated experiments as SageMaker jobs: what ``launch_remote.py`` of the simulator calls."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NoReturn

from benchmarking.commons.choices import BenchmarkDefinitions
from benchmarking.commons.command_line import run_command
from benchmarking.commons.default_baselines import Method
from benchmarking.commons.hpo_main_common import Launch, Launcher, MapMethodArgs, make_scheduler
from benchmarking.commons.hpo_main_simulator import simulator_launcher
from benchmarking.commons.launch_flags import ExtraArgs
from benchmarking.commons.launch_remote_common import RemoteLauncher, run_remote_launcher
from benchmarking.commons.study.experiment import Experiment

__all__ = ["ABOUT", "REQUIREMENTS", "IsExpensive", "launch_remote", "remote_launcher"]

#: Whether the experiments of a method take long even in simulated time, so that each seed gets a job.
IsExpensive = Callable[[str], bool]

#: What ``--help`` says of launchers of this back-end.
ABOUT = """Launch simulated experiments as SageMaker jobs: one for each method, one for each seed of methods
that fit models.

Returns when all are submitted. The same command again starts what is missing, adopts what runs, skips what
is finished. --dry_run shows what would be launched and what it may cost, without an account. Where
AWS_ENDPOINT_URL names an emulator (synebench emulator), jobs run on this machine and cost nothing.

Example: launch_remote.py --experiment_tag simulated --benchmark mlp_digits --num_seeds 30
"""
#: The file beside the entry point that says what the jobs need.
REQUIREMENTS = ("requirements-synetune.txt",)


def launch_remote(
    entry_point: Path,
    methods: Mapping[str, Method],
    benchmark_definitions: BenchmarkDefinitions,
    extra_args: ExtraArgs | None = None,
    source_dependencies: Sequence[str | Path] | None = None,
    map_method_args: MapMethodArgs | None = None,
    is_expensive_method: IsExpensive | None = None,
) -> NoReturn:
    """Launch what the command line of this process asks for, and exit.

    :param entry_point: the ``hpo_main.py`` that runs in the jobs; its folder travels, with ``benchmarking``
        and ``syne_core``
    :param methods: those of that file
    :param benchmark_definitions: those of that file
    :param extra_args: those of that file
    :param source_dependencies: more folders that it needs; imported by their names
    :param map_method_args: that of that file
    :param is_expensive_method: by name, whether each seed of a method gets a job; default: unless it draws
        its configurations at random or from a grid
    """
    inside = simulator_launcher(
        methods, benchmark_definitions, extra_args=extra_args, map_method_args=map_method_args
    )
    launcher = remote_launcher(inside, entry_point, source_dependencies, is_expensive_method)
    run_command(lambda: run_remote_launcher(launcher, sys.argv[1:]))


def remote_launcher(
    inside: Launcher,
    entry_point: Path,
    source_dependencies: Sequence[str | Path] | None = None,
    is_expensive_method: IsExpensive | None = None,
) -> RemoteLauncher:
    """The remote launcher of this back-end.

    :param inside: the launcher that runs in the jobs
    """
    return RemoteLauncher(
        inside,
        Path(entry_point),
        REQUIREMENTS,
        with_scripts=False,
        source_dependencies=[Path(folder) for folder in source_dependencies or ()],
        shares_job=lambda launch: _sharing(launch, is_expensive_method),
        about=ABOUT,
    )


def _sharing(launch: Launch, is_expensive: IsExpensive | None) -> Callable[[Experiment], object]:
    """Experiments of a method share a job, those of an expensive one if they have the seed in common."""
    first = {experiment.method: experiment for experiment in reversed(launch.experiments)}

    @cache
    def is_costly(method: str) -> bool:
        if is_expensive is not None:
            return is_expensive(method)
        return not _draws_blindly(make_scheduler(launch.methods[method], first[method]))

    return lambda one: (one.method, one.seed if is_costly(one.method) else None)


def _draws_blindly(scheduler: object) -> bool:
    from syne_core.optimizer.schedulers.searchers.grid_searcher import GridSearcher
    from syne_core.optimizer.schedulers.searchers.random_searcher import RandomSearcher

    inner = getattr(scheduler, "scheduler", scheduler)
    return isinstance(getattr(inner, "searcher", None), (RandomSearcher, GridSearcher))
