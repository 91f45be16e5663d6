"""``synebench launch``: like a remote launcher script, with every registered method and benchmark."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import click

from benchmarking.commons.benchmark_definitions import benchmark_definitions
from benchmarking.commons.default_baselines import METHODS
from benchmarking.commons.hpo_main_common import Launcher
from benchmarking.commons.launch_entry import MakeLauncher
from benchmarking.commons.launch_flags import ALL_FLAGS, BACKEND_FLAG
from benchmarking.commons.launch_remote_common import RemoteLauncher, run_remote_launcher
from benchmarking.commons.settings import read_settings

__all__ = ["command", "run_remotely"]

#: What runs in the jobs: ``synebench run`` as a script, in a folder of its own, which travels.
ENTRY_POINT = Path(__file__).with_name("in_job") / "hpo_main.py"


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> int:
    """Launch experiments as SageMaker jobs."""
    return run_remotely("synebench launch", arguments)


def run_remotely(program: str, words: Sequence[str]) -> int:
    """Plan or launch what ``words`` ask for; the exit code.

    :param program: how the command is called, for ``--help``
    :raises UsageError: listing all mistakes
    """
    sys.argv[0] = program
    backend = read_settings(ALL_FLAGS, words, os.environ).values.backend or "local"
    return run_remote_launcher(_launcher(backend, program), words)


def _launcher(backend: str, program: str) -> RemoteLauncher:
    module = import_module(f"benchmarking.commons.launch_remote_{backend}")
    launcher: RemoteLauncher = module.remote_launcher(_inside(backend, program), ENTRY_POINT)
    return replace(launcher, about=launcher.about.replace("launch_remote.py", program))


def _inside(backend: str, program: str) -> Launcher:
    module = import_module(f"benchmarking.commons.hpo_main_{backend}")
    make: MakeLauncher = getattr(module, f"{backend}_launcher")
    flags = (*make.flags, BACKEND_FLAG)
    return make(METHODS, benchmark_definitions, backend_flags=flags, takes_methods_file=True, program=program)
