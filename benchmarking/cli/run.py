"""``synebench run``: like a launcher script, with every registered method and benchmark."""

from __future__ import annotations

import sys

import click

from benchmarking.commons.benchmark_definitions import real_benchmark_definitions
from benchmarking.commons.default_baselines import METHODS
from benchmarking.commons.hpo_main_common import Launcher
from benchmarking.commons.hpo_main_local import ABOUT, run_launcher
from benchmarking.commons.launch_flags import LOCAL_FLAGS
from benchmarking.commons.relaunch import process_command

__all__ = ["command"]

_PROGRAM = "synebench run"


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> int:
    """Run experiments: methods on benchmarks."""
    sys.argv[0] = _PROGRAM
    about = ABOUT.replace("hpo_main.py", _PROGRAM)
    launcher = Launcher(
        "local",
        METHODS,
        real_benchmark_definitions,
        about=about,
        backend_flags=LOCAL_FLAGS,
        takes_methods_file=True,
        program=_PROGRAM,
    )
    return run_launcher(launcher, arguments, command=process_command())
