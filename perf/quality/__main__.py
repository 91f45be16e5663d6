"""``python -m perf.quality``: carry out the runs that are missing, compare, print and keep the outcome.

Exit status 0 whether or not the promises are kept; 1 if a run failed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from perf.machine import REPOSITORY
from perf.peers import PeerUnavailableError, interpreter
from perf.quality.rows import Rows
from perf.quality.schedule import carry_out_missing, missing, plan
from perf.quality.sides import EVALUATION_SIDES, SCHEDULER_SIDES, peer_of

SEEDS = tuple(range(20))
STEPS = (50, 100)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m perf.quality", description=__doc__)
    parser.add_argument("--peers", action=argparse.BooleanOptionalAction, default=None, help="only theirs")
    parser.add_argument("--minutes", type=float, help="begin no run after so many minutes")
    parser.add_argument("--n_parallel", type=int, default=1, help="runs at a time, one core each")
    parser.add_argument("--rows", type=Path, default=REPOSITORY / "perf" / "results" / "quality")
    return parser.parse_args(arguments)


def _pythons(with_peers: bool) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for side in (*EVALUATION_SIDES, *SCHEDULER_SIDES):
        peer = peer_of(side)
        if peer is None:
            continue
        if with_peers:
            try:
                found[side] = interpreter(peer)
            except PeerUnavailableError as error:
                _say(f"{side} is not measured: {error}")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    given = _parse(arguments)
    rows = Rows(given.rows)
    pythons = _pythons(with_peers=True)
    sides = [side for side in EVALUATION_SIDES if side in pythons]
    schedulers = [side for side in SCHEDULER_SIDES if side in pythons]
    tasks = missing(plan(sides, schedulers, SEEDS, STEPS), rows)
    stop_at = None if given.minutes is None else time.time() + 60 * given.minutes
    _say(f"{len(tasks)} runs are missing")
    failed = carry_out_missing(tasks, rows, pythons, given.n_parallel, stop_at, _say)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
