"""``synebench run``: like a launcher script, with every registered method and benchmark."""

from __future__ import annotations

import sys

import click

from benchmarking.commons.benchmark_definitions import real_benchmark_definitions
from benchmarking.commons.default_baselines import METHODS
from benchmarking.commons.hpo_main_local import launch

__all__ = ["command"]


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> int:
    """Run experiments: methods on a benchmark."""
    sys.argv[0] = "synebench run"
    return launch(arguments, METHODS, real_benchmark_definitions)
