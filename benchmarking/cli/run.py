"""``synebench run``: like a launcher script, with every registered method and benchmark."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from benchmarking.commons import hpo_main_local
from benchmarking.commons.benchmark_definitions import benchmark_definitions
from benchmarking.commons.default_baselines import METHODS
from benchmarking.commons.flags import Flag
from benchmarking.commons.hpo_main_common import Launcher
from benchmarking.commons.launch_flags import (
    ALL_FLAGS,
    BACKEND_FLAG,
    LOCAL_FLAGS,
    SAGEMAKER_FLAGS,
    SIMULATOR_FLAGS,
)
from benchmarking.commons.relaunch import process_command
from benchmarking.commons.settings import read_settings

__all__ = ["command", "run_words"]

_PROGRAM = "synebench run"


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> int:
    """Run experiments: methods on benchmarks."""
    sys.argv[0] = _PROGRAM
    return run_words(arguments)


def run_words(arguments: Sequence[str] | None = None) -> int:
    """Run what ``arguments`` ask for; the exit code.

    :param arguments: command line; None for that of this process
    :raises UsageError: listing all mistakes, before anything is started
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    backend = _backend(arguments)
    if backend == "simulator":
        return _simulate(arguments)
    if backend == "sagemaker":
        return _run_on_sagemaker(arguments)
    launcher = Launcher(
        "local",
        METHODS,
        benchmark_definitions,
        about=hpo_main_local.ABOUT.replace("hpo_main.py", _PROGRAM),
        backend_flags=(*LOCAL_FLAGS, BACKEND_FLAG),
        takes_methods_file=True,
        program=_PROGRAM,
    )
    return hpo_main_local.run_launcher(launcher, arguments, command=process_command())


def _simulate(arguments: Sequence[str]) -> int:
    from benchmarking.commons import hpo_main_simulator

    launcher = hpo_main_simulator.simulator_launcher(
        METHODS, benchmark_definitions, **_fields("simulator", hpo_main_simulator.ABOUT, SIMULATOR_FLAGS)
    )
    return hpo_main_simulator.run_launcher(launcher, arguments, command=process_command())


def _run_on_sagemaker(arguments: Sequence[str]) -> int:
    from benchmarking.commons import hpo_main_sagemaker

    launcher = hpo_main_sagemaker.sagemaker_launcher(
        METHODS, benchmark_definitions, **_fields("sagemaker", hpo_main_sagemaker.ABOUT, SAGEMAKER_FLAGS)
    )
    return hpo_main_sagemaker.run_launcher(launcher, arguments, command=process_command())


def _fields(backend: str, about: str, flags: Sequence[Flag]) -> dict[str, Any]:
    """How the launcher of ``backend`` differs from a launcher script."""
    program = f"{_PROGRAM} --backend {backend}"
    return {
        "about": about.replace("hpo_main.py", program),
        "backend_flags": (*flags, BACKEND_FLAG),
        "takes_methods_file": True,
        "program": program,
    }


def _backend(arguments: Sequence[str]) -> str | None:
    """The back-end that flags, environment or study file name; mistakes are found when all is read."""
    backend: str | None = read_settings(ALL_FLAGS, arguments, os.environ).values.backend
    return backend
