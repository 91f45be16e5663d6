"""Runs what is missing of the comparison in PROTOCOL.md, and judges: ``python -m perf.quality``.

Finished runs are kept in ``results/quality`` and never run again, so it can be stopped and continued. Our own
runs are made anew each time, since the code may have changed. The outcome is printed as JSON and kept as
``results/quality.json``. A promise that is not kept is no failure of the command; a run that breaks is.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from perf.machine import REPOSITORY, describe_machine, versions_in
from perf.outcome import rounded
from perf.peers import PeerUnavailableError, interpreter
from perf.quality.promises import judge, medians
from perf.quality.rows import Rows
from perf.quality.schedule import Task, carry_out_missing, missing, plan
from perf.quality.sides import EVALUATION_SIDES, SCHEDULER_SIDES, peer_of
from perf.quality.table import as_markdown

RESULTS = REPOSITORY / "perf" / "results"
_PACKAGES = ("botorch", "gpytorch", "optuna", "syne-tune", "torch", "numpy", "scipy")


@dataclass(frozen=True)
class Extent:
    """How much is run; the full extent is that of the protocol."""

    seeds: tuple[int, ...] = tuple(range(20))
    steps: tuple[int, ...] = (50, 100)


_QUICK = Extent((1000,), (12,))


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m perf.quality", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one seed, 12 evaluations: does it work?")
    parser.add_argument("--peers", action="store_true", help="run the peers only, and do not judge")
    parser.add_argument("--no_peers", action="store_true", help="run no peer; judge by the rows there are")
    parser.add_argument("--no_runs", action="store_true", help="run nothing, judge only")
    parser.add_argument("--only", action="append", metavar="SIDE", help="run this side only; repeatable")
    parser.add_argument("--minutes", type=float, help="begin no run after so many minutes")
    parser.add_argument("--n_parallel", type=int, default=1, help="runs at a time, one core each")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder for rows and outcome")
    given = parser.parse_args(arguments)
    if given.peers and (given.no_peers or given.no_runs):
        parser.error("--peers runs the peers only: it goes with neither --no_peers nor --no_runs")
    for side in given.only or ():
        if side not in (known := (*EVALUATION_SIDES, *SCHEDULER_SIDES)):
            parser.error(f"--only {side}: there is no such side; there are {', '.join(known)}")
    if given.n_parallel < 1:
        parser.error(f"--n_parallel must be at least 1, is {given.n_parallel}")
    return given


def _pythons(with_ours: bool, with_peers: bool) -> tuple[dict[str, Path], dict[str, str]]:
    """The interpreters of the sides to run, and why others are not."""
    found: dict[str, Path] = {}
    absent: dict[str, str] = {}
    for side in (*EVALUATION_SIDES, *SCHEDULER_SIDES):
        peer = peer_of(side)
        if peer is None and with_ours:
            found[side] = Path(sys.executable)
        elif peer is not None and with_peers:
            try:
                found[side] = interpreter(peer)
            except PeerUnavailableError:
                absent[side] = f"the environment of {peer} could not be made (python -m perf.peers says why)"
    return found, absent


def _tasks(extent: Extent, pythons: dict[str, Path], rows: Rows) -> list[Task]:
    peers = {side for side in pythons if peer_of(side) is not None}
    own = [side for side in pythons if side not in peers]
    # Ours take seconds, so theirs need no steps.
    ours = plan(_of(EVALUATION_SIDES, own), _of(SCHEDULER_SIDES, own), extent.seeds, extent.steps[-1:])
    theirs = plan(_of(EVALUATION_SIDES, peers), _of(SCHEDULER_SIDES, peers), extent.seeds, extent.steps)
    return [*ours, *missing(theirs, rows)]


def _of(sides: Sequence[str], wanted: Sequence[str] | set[str]) -> list[str]:
    return [side for side in sides if side in wanted]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and judge; 1 if a run failed."""
    given = _parse(arguments)
    extent = _QUICK if given.quick else Extent()
    rows = Rows(given.results / ("quality.quick" if given.quick else "quality"))
    pythons, absent = _pythons(
        not given.peers and not given.no_runs, not given.no_peers and not given.no_runs
    )
    if given.only:
        pythons = {side: python for side, python in pythons.items() if side in given.only}
    tasks = _tasks(extent, pythons, rows)
    stop_at = None if given.minutes is None else time.time() + 60 * given.minutes
    _say(f"{len(tasks)} runs to make")
    failed = carry_out_missing(tasks, rows, pythons, given.n_parallel, stop_at, _say)
    rows.compact(pythons, extent.steps[-1])
    if not given.peers:
        _report(_outcome(rows, extent, pythons, absent, failed, given.quick), given.results, given.quick)
    return 1 if failed else 0


def _outcome(
    rows: Rows,
    extent: Extent,
    pythons: dict[str, Path],
    absent: dict[str, str],
    failed: list[str],
    quick: bool,
) -> dict[str, Any]:
    sides = (*EVALUATION_SIDES, *SCHEDULER_SIDES)
    packages = {peer_of(s): versions_in(p, _PACKAGES) for s, p in pythons.items() if peer_of(s)}
    found: dict[str, Any] = rounded(
        {
            "name": "quality",
            "measured": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "quick": quick,
            "protocol": "perf/quality/PROTOCOL.md",
            "comparisons": judge(rows, extent.seeds, extent.steps),
            "median_regrets": medians(rows, sides, extent.seeds, extent.steps),
            "cpu_seconds": {side: rows.cpu_seconds(side) for side in sides},
            "not_measured": absent,
            "failed": failed,
            "packages_of_peers": packages,
            "rows": "results/quality/SIDE.jsonl.gz",
            "machine": describe_machine(),
        }
    )
    return found


def _report(outcome: dict[str, Any], folder: Path, quick: bool) -> None:
    text = json.dumps(outcome, indent=2)
    (folder / f"quality{'.quick' if quick else ''}.json").write_text(text + "\n")
    print(text)
    _say(as_markdown(outcome))


if __name__ == "__main__":
    sys.exit(main())
