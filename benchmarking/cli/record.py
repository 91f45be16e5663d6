"""``synebench record``: a study that was really run becomes a tabulated benchmark."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from benchmarking.commons.relaunch import typed_command

if TYPE_CHECKING:
    from syne_core.blackbox.recording import Recording

__all__ = ["command"]

_EPILOG = (
    "Example: synebench record demo --benchmark mlp_digits --output ./mlp_digits_table\n\n"
    "Random search, run once, makes the best table: its trials are whole and spread over the space."
)


def _names(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for text in given for name in text.split(",") if name)


@click.command(epilog=_EPILOG)
@click.argument("tag")
@click.option("--benchmark", multiple=True, callback=_names, help="only these, separated by commas")
@click.option("--method", multiple=True, callback=_names, help="only these, separated by commas")
@click.option(
    "--seed_attribute",
    "--seed-attribute",
    help="constant or hyperparameter that tells repetitions of a configuration apart, such as seed",
)
@click.option(
    "--elapsed_attribute",
    "--elapsed-attribute",
    default="st_worker_time",
    show_default=True,
    help="reported value that holds the seconds since training began",
)
@click.option(
    "--metrics", multiple=True, callback=_names, help="reported values to keep; default: all numbers"
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="folder to write; default: ./TAG-table")
@click.option("--overwrite", is_flag=True, help="replace a table that is there")
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def command(
    tag: str,
    benchmark: tuple[str, ...],
    method: tuple[str, ...],
    seed_attribute: str | None,
    elapsed_attribute: str,
    metrics: tuple[str, ...],
    output: Path | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Turn a study into a table that the simulator answers from: its trials become the rows."""
    from syne_core.blackbox.recording import record_study
    from syne_core.blackbox.table_files import save_blackbox
    from syne_core.experiments.scan import scan_study
    from syne_core.experiments.selection import select_experiments

    folder = output or Path(f"{tag}-table")
    scanned = scan_study(tag)
    recording = record_study(
        select_experiments(scanned.good, benchmark, method),
        seed_attribute=seed_attribute,
        metrics=metrics or None,
        elapsed_attribute=elapsed_attribute,
        name=folder.name,
        command=typed_command(),
    )
    save_blackbox(recording.table, folder, overwrite=overwrite)
    described = _described(recording, folder)
    if as_json:
        print(json.dumps(described, indent=2))
    else:
        _print(described)
    for broken in scanned.broken:
        print(f"Note: {broken} (left out)", file=sys.stderr)
    for note in recording.notes:
        print(f"Note: {note}", file=sys.stderr)
    print(f"\nNext:  add 'blackbox: {folder}' to the benchmark's definition, or", file=sys.stderr)
    print(f"       synebench run --backend simulator --blackbox {folder} ...", file=sys.stderr)


def _described(recording: Recording, folder: Path) -> dict[str, Any]:
    table = recording.table
    return {
        "folder": str(folder),
        "bytes": sum(path.stat().st_size for path in folder.iterdir()),
        "configurations": len(table.configurations),
        "repetitions": table.num_seeds,
        "resource": table.resource_attr,
        "resources": [table.resources[0], table.resources[-1]],
        "metrics": list(table.metric_names),
        "elapsed": table.elapsed_time_attr,
        "hyperparameters": list(table.config_space),
        "trials": recording.kept,
        "left_out": recording.left_out,
        "digest": table.digest(),
    }


def _print(described: dict[str, Any]) -> None:
    first, last = described["resources"]
    rows = {
        "folder": f"{described['folder']} ({described['bytes'] / 1000:.0f} kB)",
        "configurations": f"{described['configurations']} x {described['repetitions']} repetitions",
        "resource": f"{described['resource']} {first} to {last}",
        "metrics": ", ".join(described["metrics"]),
        "time": described["elapsed"],
        "hyperparameters": ", ".join(described["hyperparameters"]),
        "trials": f"{described['trials']} of {described['trials'] + sum(described['left_out'].values())}",
    }
    for name, text in rows.items():
        print(f"{name:16}{text}")
