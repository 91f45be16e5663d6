"""``synebench doctor``: is this benchmark's script fit for tuning?"""

from __future__ import annotations

import json
import shlex
import sys

import click

__all__ = ["command"]

_SIGNS = {"good": "ok  ", "warning": "note", "bad": "BAD "}


@click.command(epilog="Example: synebench doctor --benchmark mlp_digits")
@click.option("--benchmark", required=True, help="name of a benchmark, or a definition file")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=600.0,
    show_default=True,
    help="seconds for each of two trials",
)
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def command(benchmark: str, timeout: float, as_json: bool) -> int:
    """Run one short trial, and one with a pause, and say what is wrong with the script."""
    from benchmarking.commons.benchmark_definitions import real_benchmark_definitions
    from benchmarking.commons.checkup import check_benchmark
    from benchmarking.commons.choices import pick_benchmark

    definition = pick_benchmark(benchmark, real_benchmark_definitions)
    print(f"Training {definition.script} for a few epochs, twice ...", file=sys.stderr)
    findings = check_benchmark(definition, timeout)
    if as_json:
        print(json.dumps([finding.to_json() for finding in findings], indent=2))
    else:
        for finding in findings:
            print(f"{_SIGNS[finding.level]}  {finding.what}")
    is_fit = all(finding.level != "bad" for finding in findings)
    if is_fit:
        shown = shlex.quote(benchmark)
        print(f"\nNext:  synebench run --experiment_tag TAG --benchmark {shown}", file=sys.stderr)
    return 0 if is_fit else 1
