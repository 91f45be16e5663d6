"""Compare the methods of a study: a figure to a file, final values as a table, notes on what is missing."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from benchmarking.commons.command_line import run_command

if TYPE_CHECKING:
    from syne_core.experiments import FinalRow, StudyResults

__all__ = [
    "PlotSettings",
    "choice_options",
    "main",
    "plot_options",
    "plot_results",
    "plot_study",
    "print_final_values",
]

Function = TypeVar("Function", bound=Callable[..., Any])

_EXAMPLE = "Example: plot_results.py --experiment_tag tutorial_local --output comparison.png"


@dataclass(frozen=True)
class PlotSettings:
    """What ``plot_options`` reads.

    :param benchmark: names; none means all
    :param method: names; none means all
    :param metric: None means the experiments' own
    """

    output: Path
    benchmark: tuple[str, ...] = ()
    method: tuple[str, ...] = ()
    metric: str | None = None
    mode: str | None = None
    log_y: bool = False
    confidence: float = 0.95
    as_json: bool = False


def _names(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for text in given for name in text.split(",") if name)


def choice_options(function: Function) -> Function:
    """Decorator: options that choose benchmarks, methods and metric, as in ``PlotSettings``."""
    options = [
        click.option(
            "--benchmark", multiple=True, callback=_names, help="only these benchmarks, separated by commas"
        ),
        click.option(
            "--method", multiple=True, callback=_names, help="only these methods, separated by commas"
        ),
        click.option("--metric", help="reported value that counts; default: the benchmark's metric"),
        click.option("--mode", help="min or max, if the metric is not the benchmark's"),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def plot_options(function: Function) -> Function:
    """Decorator: the options of a command that plots, passed on by the names of ``PlotSettings``."""
    options: list[Callable[[Any], Any]] = [
        click.option(
            "-o",
            "--output",
            type=click.Path(path_type=Path, dir_okay=False),
            default=Path("comparison.png"),
            show_default=True,
            help="file to write: .png, .pdf, .svg or .jpg",
        ),
        choice_options,
        click.option("--log_y", "--log-y", is_flag=True, help="logarithmic vertical axis"),
        click.option(
            "--confidence", type=float, default=0.95, show_default=True, help="of the intervals, below 1"
        ),
        click.option("--json", "as_json", is_flag=True, help="print the final values as JSON"),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def plot_study(tag: str, settings: PlotSettings) -> None:
    """Write the figure of the study ``tag``, print its final values, and say what is missing.

    :raises UnknownNameError: no such study, benchmark, method or metric
    :raises ResultsError: nothing to plot
    """
    from syne_core.experiments import final_table, load_study, plot_incumbent, save_figure
    from syne_core.experiments.figure_file import check_figure_path

    check_figure_path(settings.output)
    metric = 0 if settings.metric is None else settings.metric
    study = load_study(
        tag, benchmarks=settings.benchmark, methods=settings.method, metric=metric, mode=settings.mode
    )
    figure = plot_incumbent(study, settings.confidence, settings.log_y)
    output = save_figure(figure, settings.output)
    rows = final_table(study, settings.confidence)
    if settings.as_json:
        print(json.dumps(_as_json(study, rows, output), indent=2))
    else:
        print_final_values(rows, settings.confidence)
    _print_notes(study, output)


@click.command(epilog=_EXAMPLE, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--experiment_tag", "--experiment-tag", required=True, help="name of the study, as given to hpo_main.py"
)
@plot_options
def plot_results(experiment_tag: str, **options: Any) -> None:
    """Draw the incumbents of a study against time, per method, and print the final values.

    Works at any time: experiments that are missing or unfinished are left out or drawn as far as they
    are, and named.
    """
    plot_study(experiment_tag, PlotSettings(**options))


def main() -> NoReturn:
    """What ``plot_results.py`` calls."""
    run_command(_invoke)


def _invoke() -> int:
    words = [word for word in sys.argv[1:] if word != "--debug"]
    try:
        result = plot_results.main(args=words, prog_name=Path(sys.argv[0]).name, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    return result if isinstance(result, int) else 0


def _as_json(study: StudyResults, rows: list[FinalRow], output: Path) -> dict[str, Any]:
    from syne_core.experiments.study_notes import study_notes

    return {
        "tag": study.tag,
        "figure": str(output),
        "final": [row.to_json() for row in rows],
        "notes": study_notes(study),
        "left_out": [
            *({"path": str(b.path), "reason": b.reason} for b in study.broken),
            *(
                {"path": str(folder.path), "reason": "a newer experiment has the same seed"}
                for benchmark in study.benchmarks
                for folder in benchmark.superseded
            ),
        ],
    }


def print_final_values(rows: Sequence[FinalRow], confidence: float = 0.95) -> None:
    """Print ``rows`` as a table.

    :param confidence: of their intervals
    """
    from syne_core.experiments.text_table import print_table

    interval = f"{100 * confidence:g} % INTERVAL"
    columns = ("BENCHMARK", "METHOD", "SEEDS", "METRIC", "MEAN", interval, "BEST", "TRIALS", "TRIALS/H")
    cells = [
        (
            row.benchmark,
            row.setup,
            str(row.seeds) if row.is_provisional or row.ended == row.seeds else f"{row.ended} of {row.seeds}",
            f"{row.metric} ({row.mode})",
            f"{_number(row.mean)}{' so far' if row.is_provisional else ''}",
            "-" if row.lower is None else f"{_number(row.lower)} to {_number(row.upper)}",
            _number(row.best),
            str(row.num_trials),
            _rate(row.trials_per_hour),
        )
        for row in rows
    ]
    print_table(columns, cells, right=("SEEDS", "MEAN", "BEST", "TRIALS", "TRIALS/H"))


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.5g}"


def _rate(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _print_notes(study: StudyResults, output: Path) -> None:
    from syne_core.experiments.study_notes import study_notes

    for note in study_notes(study):
        print(f"Note: {note}", file=sys.stderr)
    print(f"\nWrote {output}", file=sys.stderr)
    print(f"Next:  synebench best {shlex.quote(study.tag)}", file=sys.stderr)
