"""``synebench list``: what there is to choose from."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import click

__all__ = ["command"]


@click.command(epilog="Example: synebench list benchmarks")
@click.argument("what", type=click.Choice(["benchmarks", "methods", "schema"]))
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def command(what: str, as_json: bool) -> None:
    """List benchmarks or methods, or print the JSON schema of study files."""
    if what == "schema":
        _print_schema()
        return
    rows = _benchmarks() if what == "benchmarks" else _methods()
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    _print_table([(_benchmark_cells if what == "benchmarks" else _method_cells)(row) for row in rows])
    flags = "--benchmark NAME --method RS" if what == "benchmarks" else "--benchmark mlp_digits --method NAME"
    print(f"\nNext:  synebench run --experiment_tag TAG {flags}", file=sys.stderr)


def _benchmark_cells(row: dict[str, Any]) -> list[str]:
    from benchmarking.commons.study.followers import duration, workers

    time = duration(row["max_wallclock_time"])
    metric = f"{row['metric']} ({row['mode']})"
    return [row["name"], metric, workers(row["n_workers"]), time, row["instance_type"]]


def _method_cells(row: dict[str, Any]) -> list[str]:
    needs = [f"[needs synebench[{row['extra']}]]"] if row["extra"] else []
    return ["  ".join([f"{row['name']:24}", row["description"], *needs])]


def _print_table(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _print_schema() -> None:
    from benchmarking.commons.study_schema import study_schema

    print(json.dumps(study_schema(), indent=2))


def _benchmarks() -> list[dict[str, Any]]:
    from benchmarking.commons.benchmark_definitions import real_benchmark_definitions

    return [
        {
            "name": name,
            "metric": definition.metric,
            "mode": definition.mode,
            "n_workers": definition.n_workers,
            "max_wallclock_time": definition.max_wallclock_time,
            "instance_type": definition.instance_type,
        }
        for name, definition in real_benchmark_definitions().items()
    ]


def _methods() -> list[dict[str, Any]]:
    from benchmarking.commons.default_baselines import METHODS

    return [
        {
            "name": name,
            "description": next(iter((method.__doc__ or "").strip().splitlines()), ""),
            "extra": METHODS.extras.get(name, ""),
        }
        for name, method in METHODS.loaded().items()
    ]
