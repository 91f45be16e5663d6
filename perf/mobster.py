"""CPU time of one MOBSTER experiment of 200 trials on the simulator."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from perf.measured_process import noted_by
from perf.outcome import Outcome, Target, median
from perf.script import Options, run_script

NAME = "mobster"
NUM_TRIALS, QUICK_NUM_TRIALS = 200, 20
ROUNDS, QUICK_ROUNDS = 3, 1
BLACKBOX = "curves-power"
MEGABYTE = 1e6


def measure(options: Options) -> Outcome:
    """One experiment for each seed, each in a process of its own."""
    num_trials = QUICK_NUM_TRIALS if options.quick else NUM_TRIALS
    seeds = range(options.rounds(QUICK_ROUNDS, ROUNDS))
    rows = [
        {"seed": seed, **noted_by(Path(sys.executable), "mobster", _spec(num_trials, seed))} for seed in seeds
    ]
    cpu = median([row["cpu_s"] for row in rows])
    return Outcome(
        name=NAME,
        question=f"CPU seconds of a MOBSTER experiment (promotion) of {num_trials} trials, 4 workers, on the "
        f"simulator with {BLACKBOX}, results stored as always.",
        ours={
            "cpu_s": cpu,
            "cpu_s_slowest": max(row["cpu_s"] for row in rows),
            "trials_that_reported": min(row["trials_that_reported"] for row in rows),
            "max_resource": rows[0]["max_resource"],
            "reports": median([row["reports"] for row in rows]),
            "peak_rss_mb": max(row["peak_rss_bytes"] for row in rows) / MEGABYTE,
        },
        peer={"not_measured": "the promise is an absolute one; perf.quality compares with Syne Tune 0.13"},
        ratio=None,
        targets=(Target(f"CPU seconds of {num_trials} trials of MOBSTER, median", 20.0, cpu),),
        warm_up="none; importing the modules does not count",
        raw=rows,
        commands=(f"python -m perf.sides.mobster '{json.dumps(_spec(num_trials, 0))}' OUTPUT",),
    )


def _spec(num_trials: int, seed: int) -> dict[str, Any]:
    return {"num_trials": num_trials, "n_workers": 4, "blackbox": BLACKBOX, "seed": seed}


if __name__ == "__main__":
    run_script(measure)
