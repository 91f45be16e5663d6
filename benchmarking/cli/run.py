"""``synebench run``: like a launcher script, with every registered method and benchmark."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from benchmarking.commons.benchmark_definitions import benchmark_definitions
from benchmarking.commons.default_baselines import METHODS
from benchmarking.commons.hpo_main_common import Launcher
from benchmarking.commons.launch_entry import MakeLauncher
from benchmarking.commons.launch_flags import ALL_FLAGS, BACKEND_FLAG
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
    backend = read_settings(ALL_FLAGS, arguments, os.environ).values.backend or "local"
    module = import_module(f"benchmarking.commons.hpo_main_{backend}")
    launcher = _launcher(getattr(module, f"{backend}_launcher"))
    code: int = module.run_launcher(launcher, arguments, command=process_command())
    return code


def _launcher(make: MakeLauncher) -> Launcher:
    """That of a launcher script, but for every registered method and benchmark."""
    program = _PROGRAM if make.backend == "local" else f"{_PROGRAM} --backend {make.backend}"
    return make(
        METHODS,
        benchmark_definitions,
        about=make.about.replace("hpo_main.py", program),
        backend_flags=(*make.flags, BACKEND_FLAG),
        takes_methods_file=True,
        program=program,
    )
