"""Launch experiments as SageMaker jobs whose trials are jobs as well: what ``launch_remote.py`` calls."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from benchmarking.commons.choices import BenchmarkDefinitions
from benchmarking.commons.command_line import run_command
from benchmarking.commons.default_baselines import Method
from benchmarking.commons.hpo_main_common import Launcher, MapMethodArgs
from benchmarking.commons.hpo_main_sagemaker import sagemaker_launcher
from benchmarking.commons.launch_flags import ExtraArgs
from benchmarking.commons.launch_remote_common import RemoteLauncher, run_remote_launcher

__all__ = ["ABOUT", "REQUIREMENTS", "launch_remote", "remote_launcher"]

#: What ``--help`` says of launchers of this back-end.
ABOUT = """Launch experiments as SageMaker jobs. In each runs a tuner; its trials are jobs as well.

The tuner's instance is a cheap one (--tuner_instance_type); those of trials are the benchmark's.
Returns when all are submitted. The same command again starts what is missing, adopts what runs, skips what
is finished. --dry_run shows what would be launched and what it may cost, without an account. Where
AWS_ENDPOINT_URL names an emulator (synebench emulator), jobs run on this machine and cost nothing.

Example: launch_remote.py --experiment_tag tutorial-sagemaker --benchmark resnet_cifar10 --num_seeds 5
"""
#: The file beside the entry point that says what the tuner's job needs; trials bring their own.
REQUIREMENTS = ("requirements.txt", "requirements-synetune.txt")


def launch_remote(
    entry_point: Path,
    methods: Mapping[str, Method],
    benchmark_definitions: BenchmarkDefinitions,
    extra_args: ExtraArgs | None = None,
    source_dependencies: Sequence[str | Path] | None = None,
    map_method_args: MapMethodArgs | None = None,
) -> NoReturn:
    """Launch what the command line of this process asks for, and exit.

    :param entry_point: the ``hpo_main.py`` that runs in the jobs; its folder travels, with ``benchmarking``
        and ``syne_core``
    :param methods: those of that file
    :param benchmark_definitions: those of that file
    :param extra_args: those of that file
    :param source_dependencies: more folders that it needs; imported by their names
    :param map_method_args: that of that file
    """
    inside = sagemaker_launcher(
        methods, benchmark_definitions, extra_args=extra_args, map_method_args=map_method_args
    )
    launcher = remote_launcher(inside, entry_point, source_dependencies)
    run_command(lambda: run_remote_launcher(launcher, sys.argv[1:]))


def remote_launcher(
    inside: Launcher, entry_point: Path, source_dependencies: Sequence[str | Path] | None = None
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
        about=ABOUT,
    )
