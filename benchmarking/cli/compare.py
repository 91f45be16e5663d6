"""``synebench compare``: two studies or methods, run by run; or what else differs between them."""

from __future__ import annotations

from typing import Any

import click

from benchmarking.commons.plot_results import choice_options
from syne_core.errors import UsageError

__all__ = ["command"]

_EXAMPLES = """Examples:

\b
  synebench compare main my-branch --fail_if_worse 0.01
  synebench compare demo:RS demo:ASHA
  synebench compare --settings demo:RS-0 demo:ASHA-0
"""


@click.command(epilog=_EXAMPLES)
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@choice_options
@click.option(
    "--fail_if_worse",
    "--fail-if-worse",
    metavar="MARGIN",
    help="exit with 1 if B is shown to be worse, and worse than A by more than this: 0.01 is in units of the "
    "metric, 1% relative to A's mean",
)
@click.option(
    "--fail_if_unsure",
    "--fail-if-unsure",
    is_flag=True,
    help="with --fail_if_worse: also exit with 1 unless it is shown that B is not worse by more than that",
)
@click.option("--margin", help="what still counts as equivalent; default: that of --fail_if_worse, else 1%")
@click.option("--confidence", type=float, default=0.95, show_default=True, help="of the intervals, below 1")
@click.option("--settings", is_flag=True, help="show what differs in settings, code, packages, machine")
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def command(a: str, b: str, settings: bool, as_json: bool, **options: Any) -> int:
    """Compare B with A, paired by benchmark and seed: better, worse, equivalent, or too few seeds to tell.

    A and B are tags: every method that both studies have is compared. TAG:METHOD means one method; with
    --settings, TAG:METHOD-SEED means one experiment.
    """
    if settings:
        from benchmarking.cli.compare_settings import show_settings

        _refuse_with_settings(options)
        show_settings(a, b, options["benchmark"], options["method"], as_json)
        return 0
    from benchmarking.cli.compare_results import CompareSettings, show_comparison

    return show_comparison(a, b, CompareSettings(as_json=as_json, **options))


def _refuse_with_settings(options: dict[str, Any]) -> None:
    given = [name for name in ("metric", "mode", "fail_if_worse", "margin") if options[name] is not None]
    given += ["fail_if_unsure"] if options["fail_if_unsure"] else []
    if given:
        raise UsageError(f"--settings compares no results; leave out {', '.join(f'--{n}' for n in given)}")
