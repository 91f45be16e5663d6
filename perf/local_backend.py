"""Time per trial of the local back-end: trials that report once and exit, 4 workers."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from perf.environment import measured_environment
from perf.outcome import Outcome, Target, median
from perf.script import Options, PeerPython, find_peer, run_script
from perf.side import TRIAL_SCRIPT, Side, tune

PEER = "syne-tune-0.16.0"
NAME = "local_backend"
SLEEP_TIMES = (0.0, 0.01, 0.05, 0.1, 0.5)
N_WORKERS = 4
WARM_UP_TRIALS = 8
TRIAL = {"reports": 1, "interval": 0}
OURS = Side("syne_core", Path(sys.executable))
WARM = Side("syne_core", Path(sys.executable), preload=("syne_core.report",))


def measure(options: Options) -> Outcome:
    """Ours, cold and warm, and the peer's best setting in turns; the bare script as the floor."""
    num_trials = 20 if options.quick else 100
    peer = find_peer(options, PEER)
    rows: list[dict[str, Any]] = []
    sides = [OURS, WARM]
    for side in sides:
        tune(side, _spec(WARM_UP_TRIALS))
    if peer.python is not None:
        tune(Side("syne_tune", peer.python, SLEEP_TIMES[1]), _spec(WARM_UP_TRIALS))
        sides.append(_best_setting(peer.python, options, num_trials, rows))
    for number in range(options.rounds(quick=1, full=5)):
        for side in sides:
            if side is not WARM:
                rows.append(_floor_row(side, num_trials, number))
            rows.append(_tuner_row("measure", side, num_trials, number))
    return _outcome(rows, sides, peer, num_trials)


def _spec(num_trials: int) -> dict[str, Any]:
    return {"n_workers": N_WORKERS, "num_trials": num_trials, "trial": TRIAL}


def _best_setting(python: Path, options: Options, num_trials: int, rows: list[dict[str, Any]]) -> Side:
    """The sleep time with which the peer is fastest; every one gets the same number of rounds."""
    candidates = [Side("syne_tune", python, sleep_time) for sleep_time in SLEEP_TIMES]
    for number in range(1 if options.quick else 3):
        for side in candidates:
            rows.append(_tuner_row("choose", side, num_trials // 2, number))
    return min(candidates, key=lambda side: _per_trial(rows, "choose", side))


def _tuner_row(phase: str, side: Side, num_trials: int, number: int) -> dict[str, Any]:
    noted = tune(side, _spec(num_trials))
    done = noted["num_trials"]
    return {
        "phase": phase,
        "side": side.label,
        "round": number,
        "num_trials": done,
        "ms_per_trial": noted["seconds"] / done * 1e3,
        "tuner_cpu_ms_per_trial": noted["tuner_cpu_s"] / done * 1e3,
        "all_cpu_ms_per_trial": (noted["tuner_cpu_s"] + noted["children_cpu_s"]) / done * 1e3,
    }


def _floor_row(side: Side, num_trials: int, number: int) -> dict[str, Any]:
    """The same script, as often and as many at a time, with nothing around it."""
    given = {"library": side.library, "x": 0.5, **TRIAL}
    words = [word for name, value in given.items() for word in (f"--{name}", str(value))]
    command = [str(side.python), str(TRIAL_SCRIPT), *words]
    # One thread each, as the peer's back-end has it: 4 trials that take 2 cores each are no floor.
    null, environment = subprocess.DEVNULL, measured_environment(OMP_NUM_THREADS="1")

    def run(_: int) -> None:
        subprocess.run(command, stdin=null, stdout=null, check=True, cwd=folder, env=environment)

    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(N_WORKERS) as pool:
        start = time.perf_counter()
        list(pool.map(run, range(num_trials)))
        seconds = time.perf_counter() - start
    return {
        "phase": "floor",
        "side": side.label,
        "round": number,
        "num_trials": num_trials,
        "ms_per_trial": seconds / num_trials * 1e3,
    }


def _per_trial(rows: list[dict[str, Any]], phase: str, side: Side, figure: str = "ms_per_trial") -> float:
    return median([row[figure] for row in rows if (row["phase"], row["side"]) == (phase, side.label)])


def _figures(rows: list[dict[str, Any]], side: Side) -> dict[str, Any]:
    floor = {} if side is WARM else {"ms_per_trial_of_the_bare_script": _per_trial(rows, "floor", side)}
    names = ("ms_per_trial", "tuner_cpu_ms_per_trial", "all_cpu_ms_per_trial")
    return {
        "setting": side.label,
        **{name: _per_trial(rows, "measure", side, name) for name in names},
        **floor,
    }


def _outcome(rows: list[dict[str, Any]], sides: list[Side], peer: PeerPython, num_trials: int) -> Outcome:
    ours, theirs, ratio = _figures(rows, OURS), peer.describe(), None
    ours["warm_start"] = _figures(rows, WARM)
    if peer.python is not None:
        theirs["ms_per_trial_by_sleep_time"] = {
            str(sleep_time): _per_trial(rows, "choose", Side("syne_tune", peer.python, sleep_time))
            for sleep_time in SLEEP_TIMES
        }
        theirs.update(_figures(rows, sides[-1]))
        ratio = ours["ms_per_trial"] / theirs["ms_per_trial"]
    return Outcome(
        name=NAME,
        question="Milliseconds from start to end of an experiment, divided by its trials; "
        f"{N_WORKERS} workers, {num_trials} trials that report once and exit, random search.",
        ours=ours,
        peer=theirs,
        ratio=ratio,
        targets=(Target("ours divided by the peer's at its best sleep_time", 0.2, ratio),),
        warm_up=f"one experiment of {WARM_UP_TRIALS} trials on each side",
        raw=rows,
        commands=tuple(side.command(_spec(num_trials)) for side in sides),
        notes=(
            "a warm start is an option of ours (preload); the ratio is that of ordinary starts",
            "imports and the making of the tuner are outside the clock, on both sides",
        ),
    )


if __name__ == "__main__":
    run_script(measure)
