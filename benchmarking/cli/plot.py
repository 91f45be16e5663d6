"""``synebench plot``: the methods of a study compared, as a figure and a table."""

from __future__ import annotations

from typing import Any

import click

from benchmarking.commons.plot_results import PlotSettings, plot_options, plot_study

__all__ = ["command"]


@click.command(epilog="Example: synebench plot demo --benchmark mlp_digits -o comparison.pdf")
@click.argument("tag")
@plot_options
def command(tag: str, **options: Any) -> None:
    """Plot incumbents against time, per method: mean over seeds, with its confidence interval."""
    plot_study(tag, PlotSettings(**options))
