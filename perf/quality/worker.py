"""Runs single tasks under the Python of a side: a task as JSON on each line of standard input, a row out.

A task: ``side``, ``problem``, ``seed``, ``evaluations`` (Bayesian optimisation only) and ``configs`` of an
earlier session. Starting a library takes seconds, so one worker runs many tasks.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from typing import Any

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

__all__ = ["carry_out"]


def carry_out(task: Mapping[str, Any]) -> dict[str, Any]:
    """The row that ``task`` asks for: what it was, what was found, and the CPU seconds it took here."""
    from perf.quality.curves import CURVES
    from perf.quality.loop import run_curves, run_evaluations
    from perf.quality.problems import PROBLEMS
    from perf.quality.sides import make_side

    name, seed = task["problem"], task["seed"]
    row = {key: task[key] for key in ("side", "problem", "seed")}
    before = time.process_time()
    if name in CURVES:
        row |= run_curves(make_side(task["side"], CURVES[name], seed), CURVES[name], seed)
        row["steps"] = [[round(now, 3), round(loss, 7)] for now, loss in row["steps"]]
    else:
        problem, recorded = PROBLEMS[name], task.get("configs") or []
        side = make_side(task["side"], problem, seed, len(recorded))
        configs, values = run_evaluations(side, problem, seed, task["evaluations"], recorded)
        regrets = [float(f"{value - problem.optimum:.6g}") for value in values]
        row |= {"evaluations": len(values), "regrets": regrets, "configs": configs}
    row["cpu_s"] = round(time.process_time() - before, 2)
    return row


def main() -> None:
    """Carry out tasks until standard input ends."""
    # Libraries print; rows must stay alone on their stream.
    rows, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        print(json.dumps(carry_out(json.loads(line))), file=rows, flush=True)


if __name__ == "__main__":
    main()
