"""Launch simulated experiments as SageMaker jobs: what ``launch_remote.py`` of the simulator calls."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NoReturn

from benchmarking.commons.hpo_main_common import Launch, make_scheduler
from benchmarking.commons.hpo_main_simulator import simulator_launcher
from benchmarking.commons.launch_remote_common import RemoteLauncher
from benchmarking.commons.launch_remote_entry import RemoteEntry
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


def launch_remote(*arguments: Any, is_expensive_method: IsExpensive | None = None, **more: Any) -> NoReturn:
    """Launch what the command line of this process asks for, and exit.

    :param arguments: and ``more``: those of ``RemoteEntry.launch_remote``, as of the other back-ends
    :param is_expensive_method: by name, whether each seed of a method gets a job; default: unless it draws
        its configurations at random or from a grid
    """
    _entry(is_expensive_method).launch_remote(*arguments, **more)


def remote_launcher(
    *arguments: Any, is_expensive_method: IsExpensive | None = None, **more: Any
) -> RemoteLauncher:
    """See ``RemoteEntry.remote_launcher``, and ``launch_remote``."""
    return _entry(is_expensive_method).remote_launcher(*arguments, **more)


def _entry(is_expensive: IsExpensive | None) -> RemoteEntry:
    return RemoteEntry(
        simulator_launcher,
        ABOUT,
        REQUIREMENTS,
        shares_job=lambda launch: _sharing(launch, is_expensive),
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
