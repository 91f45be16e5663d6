"""Trials per CPU second of the simulator: 4 workers, 27 epochs a trial, random search and ASHA."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perf.environment import measured_environment
from perf.machine import REPOSITORY
from perf.outcome import Outcome, Target, median
from perf.script import Options, PeerPython, find_peer, run_script

PEER = "syne-tune-0.16.0"
NAME = "simulator"
METHODS = ("random", "asha")
N_WORKERS = 4
#: The peer's time per trial is to be at least this many times ours.
AT_LEAST = {"random": 10, "asha": 20}
MANY_OVER_FEW = 11
_SIMULATE = REPOSITORY / "perf" / "sides" / "simulate.py"
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Side:
    """A library, and how its table is looked up: see ``perf/sides/simulate.py``."""

    library: str
    python: Path
    lookup: str

    @property
    def label(self) -> str:
        """What its rows are called."""
        return f"{self.library}, {self.lookup}"

    def spec(self, method: str, num_trials: int) -> dict[str, Any]:
        """The argument of the side's script."""
        given = {"method": method, "num_trials": num_trials, "n_workers": N_WORKERS}
        return {"library": self.library, "lookup": self.lookup, **given}

    def command(self, method: str, num_trials: int) -> str:
        """The command line, for a reader: without the folders of this machine."""
        python = "python" if self.library == "syne_core" else "PEER/bin/python"
        return f"{python} perf/sides/simulate.py '{json.dumps(self.spec(method, num_trials))}'"


OURS = Side("syne_core", Path(sys.executable), "table")


def measure(options: Options) -> Outcome:
    """Ours and the peer's two ways of looking up a table in turns; then ours with few and many trials."""
    num_trials = 100 if options.quick else 2000
    few, many = (50, 500) if options.quick else (1000, 10_000)
    peer = find_peer(options, PEER)
    sides = [OURS]
    if peer.python is not None:
        sides += [Side("syne_tune", peer.python, lookup) for lookup in ("table", "direct")]
    for side in sides:
        for method in METHODS:
            _simulate(side, method, 20)
    rows: list[dict[str, Any]] = []
    # Ours take a thirtieth of the peer's time, so that noise tells more: three of them a round.
    turns = sides if options.quick else [OURS, OURS, *sides]
    for number in range(options.rounds(quick=1, full=3)):
        for method in METHODS:
            rows += [_row("compare", side, method, num_trials, number) for side in turns]
    for number in range(options.rounds(quick=1, full=3)):
        for method in METHODS:
            rows += [_row("scale", OURS, method, count, number) for count in (few, many)]
    return _outcome(rows, sides, peer, num_trials, (few, many))


def _simulate(side: Side, method: str, num_trials: int) -> dict[str, Any]:
    """Run one experiment and return what was noted.

    :raises RuntimeError: if it fails
    """
    with tempfile.TemporaryDirectory(prefix="synebench-perf-") as folder:
        out, log = Path(folder) / "noted.json", Path(folder) / "log"
        path = {"PYTHONPATH": str(REPOSITORY)} if side.library == "syne_core" else {}
        experiments = str(Path(folder) / "experiments")
        with open(log, "wb") as sink:
            done = subprocess.run(
                [str(side.python), str(_SIMULATE), json.dumps(side.spec(method, num_trials)), str(out)],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=measured_environment(SYNETUNE_FOLDER=experiments, **_ONE_THREAD, **path),
                timeout=1800.0,
            )
        if done.returncode:
            raise RuntimeError(f"{side.command(method, num_trials)} failed:\n{log.read_text()[-3000:]}")
        noted: dict[str, Any] = json.loads(out.read_bytes())
        return noted


def _row(phase: str, side: Side, method: str, num_trials: int, number: int) -> dict[str, Any]:
    noted = _simulate(side, method, num_trials)
    return {
        "phase": phase,
        "side": side.label,
        "method": method,
        "round": number,
        "num_trials": num_trials,
        "num_reports": noted["num_reports"],
        "cpu_s": noted["cpu_s"],
        "seconds": noted["seconds"],
        "trials_per_cpu_s": num_trials / noted["cpu_s"],
        "us_per_report": noted["cpu_s"] / noted["num_reports"] * 1e6,
        "peak_rss_mb": noted["peak_rss_bytes"] / 2**20,
    }


def _median(rows: list[dict[str, Any]], figure: str, **wanted: Any) -> float:
    return median([row[figure] for row in rows if wanted.items() <= row.items()])


def _figures(rows: list[dict[str, Any]], side: Side) -> dict[str, Any]:
    names = ("trials_per_cpu_s", "cpu_s", "us_per_report", "num_reports", "peak_rss_mb")
    return {
        method: {name: _median(rows, name, phase="compare", side=side.label, method=method) for name in names}
        for method in METHODS
    }


def _scaling(rows: list[dict[str, Any]], few: int, many: int) -> dict[str, Any]:
    found = {}
    for method in METHODS:
        cpu = [
            _median(rows, "cpu_s", phase="scale", method=method, num_trials=count) for count in (few, many)
        ]
        peak = _median(rows, "peak_rss_mb", phase="scale", method=method, num_trials=many)
        found[method] = {
            f"cpu_s_of_{few}_trials": cpu[0],
            f"cpu_s_of_{many}_trials": cpu[1],
            "many_over_few": cpu[1] / cpu[0],
            f"peak_rss_mb_of_{many}_trials": peak,
        }
    return found


def _outcome(
    rows: list[dict[str, Any]], sides: list[Side], peer: PeerPython, num_trials: int, counts: tuple[int, int]
) -> Outcome:
    ours, theirs = _figures(rows, OURS), peer.describe()
    scaling = _scaling(rows, *counts)
    times: dict[str, float | None] = dict.fromkeys(METHODS)
    for side in sides[1:]:
        theirs[side.lookup] = _figures(rows, side)
    for method in METHODS if sides[1:] else ():
        best = max(theirs[side.lookup][method]["trials_per_cpu_s"] for side in sides[1:])
        times[method] = best / ours[method]["trials_per_cpu_s"]
    few, many = counts
    targets = [
        *[
            Target(f"{method}: our CPU time over the peer's best", 1 / AT_LEAST[method], times[method])
            for method in METHODS
        ],
        *[
            Target(
                f"{method}: CPU time of {many} trials over that of {few}",
                MANY_OVER_FEW,
                scaling[method]["many_over_few"],
            )
            for method in METHODS
        ],
    ]
    return Outcome(
        name=NAME,
        question=f"CPU seconds from start to end of a simulated experiment of {num_trials} trials; "
        f"{N_WORKERS} workers, at most 27 epochs a trial, results stored.",
        ours={**ours, "scaling": scaling},
        peer=theirs,
        ratio=times["random"],
        targets=tuple(targets),
        warm_up="one experiment of 20 trials for each side and method",
        raw=rows,
        commands=tuple(side.command(method, num_trials) for side in sides for method in METHODS),
        notes=(
            "the ratio is that of random search; that of ASHA is a target of its own",
            "the peer's best of two: its own class of tables, or a blackbox that computes the row's number",
            "imports, the making of table, its digest and tuner are outside the clock, on both sides",
            "ASHA decides differently in detail on the two sides: num_reports says how much was trained",
        ),
    )


if __name__ == "__main__":
    run_script(measure)
