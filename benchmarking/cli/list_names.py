"""``synebench list``: what there is to choose from."""

from __future__ import annotations

import json
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
    for row in rows:
        if extra := row.pop("extra", ""):
            row["needs"] = f"[needs synebench[{extra}]]"
    for row in rows:
        print("  ".join(f"{value!s:24}" if key == "name" else str(value) for key, value in row.items()))


def _print_schema() -> None:
    from benchmarking.commons.study_schema import study_schema

    print(json.dumps(study_schema(), indent=2))


def _benchmarks() -> list[dict[str, Any]]:
    from benchmarking.commons.benchmark_definitions import real_benchmark_definitions

    return [
        {
            "name": name,
            "metric": f"{definition.metric} ({definition.mode})",
            "n_workers": f"{definition.n_workers} workers",
            "max_wallclock_time": f"{definition.max_wallclock_time:g} s",
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
