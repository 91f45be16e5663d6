"""Plans and outcomes of studies, printed for people or as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from benchmarking.commons.study.followers import duration
from benchmarking.commons.study.plan import Action, StudyPlan

if TYPE_CHECKING:
    from benchmarking.commons.study.run import Outcome

__all__ = ["print_plan", "print_summary"]


def print_plan(plan: StudyPlan, as_json: bool, n_parallel: int = 1) -> None:
    """What would run.

    :param n_parallel: experiments at once
    """
    if as_json:
        print(json.dumps([planned.to_json() for planned in plan.planned], indent=2, default=str))
        return
    rows = [("ACTION", "METHOD", "BENCHMARK", "SEED", "WORKERS", "TIME", "FOLDER")]
    for planned in plan.planned:
        one = planned.experiment
        time = duration(one.max_wallclock_time)
        name = (planned.action, one.method, one.benchmark, str(one.seed), str(one.n_workers), time, one.name)
        rows.append(name)
    _print_table(rows)
    count = len(plan.to_do())
    skipped = len(plan.planned) - count
    note = f", {skipped} finished before" if skipped else ""
    at_once = f", {n_parallel} at once" if n_parallel > 1 else ""
    time = duration(plan.max_seconds(n_parallel))
    print(f"{count} to run{at_once}{note}; at most {time}. Nothing was started.", file=sys.stderr)


def print_summary(outcomes: list[Outcome], tag: str, closing: str | None = None) -> None:
    """What became of each experiment, and what to do next.

    :param closing: what else is to be said
    """
    rows = [("METHOD", "BENCHMARK", "SEED", "WORKERS", "STATE", "BEST", "FOLDER")]
    for outcome in outcomes:
        one, best = outcome.experiment, outcome.best
        value = f"{best['metric']} {best['value']:.6g}" if best else "-"
        state = "finished before" if outcome.action == Action.skip else outcome.state
        names = (one.method, one.benchmark, str(one.seed), str(one.n_workers))
        rows.append((*names, state, value, str(one.paths.folder)))
    _print_table(rows)
    for outcome in outcomes:
        if outcome.state != "finished":
            print(f"{outcome.experiment.name}: {outcome.state}: {outcome.reason}", file=sys.stderr)
    if closing is not None:
        print(closing, file=sys.stderr)
    print(f"\nNext:  synebench plot {tag}   synebench best {tag}   synebench status {tag}", file=sys.stderr)


def _print_table(rows: Sequence[tuple[str, ...]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
