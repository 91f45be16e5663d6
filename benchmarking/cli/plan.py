"""``synebench plan``: what ``synebench launch`` would do, and what it may cost; needs no account."""

from __future__ import annotations

import click

from benchmarking.cli.launch import run_remotely

__all__ = ["command"]


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> int:
    """Show what a study launched as SageMaker jobs would run and cost."""
    return run_remotely("synebench plan", (*arguments, "--dry_run=1"))
