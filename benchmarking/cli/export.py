"""``synebench export``: the results of studies for other programs."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import click

from benchmarking.commons.plot_results import choice_options

__all__ = ["command"]


@click.command(epilog="Example: synebench export demo -o demo.csv")
@click.argument("tags", metavar="TAG [TAG ...]", nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="file to write: .csv, .csv.gz, .parquet; .db or .journal for Optuna",
)
@choice_options
@click.option("--json", "as_json", is_flag=True, help="print what was written as JSON")
def command(
    tags: tuple[str, ...],
    output: Path,
    benchmark: tuple[str, ...],
    method: tuple[str, ...],
    metric: str | None,
    mode: str | None,
    as_json: bool,
) -> None:
    """Write the reports of studies as a table, or their experiments as studies of Optuna.

    A table has a row for each report. For Optuna, each experiment becomes a study in a SQLite database
    (.db, .sqlite3) or a journal file (.journal), which optuna-dashboard opens.
    """
    from syne_core.experiments import load_studies
    from syne_core.experiments.export import check_export_path, export_study
    from syne_core.experiments.study_notes import left_out_notes

    ending = check_export_path(output)
    study = load_studies(
        tags, benchmarks=benchmark, methods=method, metric=0 if metric is None else metric, mode=mode
    )
    experiments = sum(len(one.seeds) for one in study.benchmarks)
    count = export_study(study, output, _progress())
    for note in left_out_notes(study):
        print(f"Note: {note}", file=sys.stderr)
    is_table = ending in (".csv", ".csv.gz", ".parquet")
    if as_json:
        written = {"file": str(output), "experiments": experiments, "rows" if is_table else "trials": count}
        print(json.dumps(written, indent=2))
    else:
        print(f"{output}: {count} {'reports' if is_table else 'trials'} of {experiments} experiments")
    print(f"\nNext:  {_next(output, ending)}", file=sys.stderr)


def _next(output: Path, ending: str) -> str:
    name = shlex.quote(str(output))
    if ending in (".db", ".sqlite3"):
        return f"optuna-dashboard {shlex.quote(f'sqlite:///{output}')}"
    if ending == ".journal":
        return f"optuna-dashboard {name}"
    reader = "read_parquet" if ending == ".parquet" else "read_csv"
    return f"python -c 'import pandas, sys; print(pandas.{reader}(sys.argv[1]).describe())' {name}"


def _progress() -> Callable[[int, int], None] | None:
    """A line that counts, on a terminal only."""
    if not sys.stderr.isatty():
        return None

    def show(done: int, total: int) -> None:
        print(f"\r{done} of {total} experiments", end="" if done < total else "\n", file=sys.stderr)

    return show
