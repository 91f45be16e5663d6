"""The command line of ``plot_results.py`` scripts that draw with ``ComparativeResults``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click

from benchmarking.commons.command_line import run_command
from benchmarking.commons.plot_results import print_final_values

__all__ = ["Compare", "main"]

#: From tag, benchmark (None: the only one), number of seeds and file to what ``ComparativeResults.plot``
#: returns, with the figure written to the file.
Compare = Callable[[str, "str | None", int, str], dict[str, Any]]


def main(compare: Compare) -> NoReturn:
    """Read the command line, write the figure, print the final values, and say what is missing."""
    run_command(lambda: _invoke(compare))


def _invoke(compare: Compare) -> int:
    words = [word for word in sys.argv[1:] if word != "--debug"]
    try:
        result = _command(compare).main(words, prog_name=Path(sys.argv[0]).name, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    return result if isinstance(result, int) else 0


def _command(compare: Compare) -> click.Command:
    @click.command(
        help=compare.__doc__,
        epilog="Example: plot_results.py --experiment_tag tmlr-10 --output comparison.png",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    @click.option("--experiment_tag", "--experiment-tag", required=True, help="name of the study")
    @click.option("--benchmark", help="benchmark to plot; may be left out if the study has only one")
    @click.option(
        "--num_seeds",
        "--num-seeds",
        type=click.IntRange(1),
        default=5,
        show_default=True,
        help="seeds that there should be; the figure says where there are others",
    )
    @click.option(
        "-o",
        "--output",
        type=click.Path(dir_okay=False),
        default="comparison.png",
        show_default=True,
        help="file to write: .png, .pdf, .svg or .jpg",
    )
    def command(experiment_tag: str, benchmark: str | None, num_seeds: int, output: str) -> None:
        _run(compare, experiment_tag, benchmark, num_seeds, output)

    return command


def _run(compare: Compare, tag: str, benchmark: str | None, num_seeds: int, output: str) -> None:
    from syne_core.experiments import final_table, load_study

    drawn = compare(tag, benchmark, num_seeds, output)
    study = load_study(tag, benchmarks=[] if benchmark is None else [benchmark])
    print_final_values(final_table(study))
    for note in drawn["notes"]:
        print(f"Note: {note}", file=sys.stderr)
    print(f"\nWrote {output}", file=sys.stderr)
