"""Runs measuring scripts one by one: ``python -m perf.run_all [NAME ...] [--quick] [--no_peers]``.

Their JSON goes to standard output, whether the targets are met to standard error.
"""

from __future__ import annotations

import argparse
import difflib
import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

SCRIPTS = (
    *("command_start", "report_latency", "local_backend", "warm_start", "ten_thousand_trials"),
    *(
        "simulator",
        "suggestion",
        "mobster",
        "sagemaker",
        "remote_launch",
        "remote_study",
        "loading",
        "report",
        "benchmarks",
    ),
    "interval_coverage",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for; 1 if a script failed. A missed target is shown, but is no failure."""
    names, passed_on = _parse(arguments)
    failed = []
    for name in names:
        print(f"-- {name}", file=sys.stderr)
        command = [sys.executable, "-m", f"perf.{name}", *passed_on]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        if done.returncode:
            failed.append(name)
            continue
        sys.stdout.write(done.stdout.decode())
        sys.stdout.flush()
        for line in _verdicts(json.loads(done.stdout)):
            print(line, file=sys.stderr)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _parse(arguments: Sequence[str] | None) -> tuple[list[str], list[str]]:
    parser = argparse.ArgumentParser(prog="python -m perf.run_all", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"default: all of {', '.join(SCRIPTS)}")
    parser.add_argument("--quick", action="store_true", help="short runs, to see that they work")
    parser.add_argument("--no_peers", action="store_true", help="measure our side only")
    given = parser.parse_args(arguments)
    for name in given.names:
        if name not in SCRIPTS:
            near = difflib.get_close_matches(name, SCRIPTS, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            parser.error(f"there is no script {name}{hint} (there are: {', '.join(SCRIPTS)})")
    passed_on = [f"--{flag}" for flag in ("quick", "no_peers") if getattr(given, flag)]
    return given.names or list(SCRIPTS), passed_on


def _verdicts(outcome: dict[str, Any]) -> list[str]:
    words = {True: "met", False: "MISSED", None: "not measured"}
    lines = [
        f"   {words[target['met']]}: {target['what']}: {target['measured']} (at most {target['at_most']})"
        for target in outcome["targets"]
    ]
    if reason := outcome["peer"].get("not_measured"):
        lines.append(f"   our side only: {reason}")
    return lines


if __name__ == "__main__":
    sys.exit(main())
