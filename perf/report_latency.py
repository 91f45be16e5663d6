"""From report to decision: 8 trials that report every 50 ms; and what an idle tuner costs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from perf.outcome import Outcome, Target, median, quantile
from perf.script import Options, PeerPython, find_peer, run_script
from perf.side import Side, tune

PEER = "syne-tune-0.16.0"
NAME = "report_latency"
SLEEP_TIMES = (0.0, 0.01, 0.05, 0.1, 0.5)
N_WORKERS = 8
INTERVAL = 0.05
WARM_UP_REPORTS = 10
# Eight processes that import the peer at once need some seconds of two cores.
START_AFTER = 8.0
OURS = Side("syne_core", Path(sys.executable))


def measure(options: Options) -> Outcome:
    """Ours and the peer's best setting in turns, first with busy trials, then with silent ones."""
    num_reports = 40 if options.quick else 200
    peer = find_peer(options, PEER)
    rows: list[dict[str, Any]] = []
    sides = [OURS]
    if peer.python is not None:
        sides.append(_best_setting(peer.python, options, num_reports // 2, rows))
    for number in range(options.rounds(quick=1, full=5)):
        rows += [_busy_row("measure", side, num_reports, number) for side in sides]
    for number in range(1 if options.quick else 3):
        rows += [_silent_row(side, 2.0 if options.quick else 5.0, number) for side in sides]
    return _outcome(rows, sides, peer, num_reports)


def _spec(num_reports: int, interval: float) -> dict[str, Any]:
    trial = {"reports": num_reports, "interval": interval}
    return {"n_workers": N_WORKERS, "num_trials": N_WORKERS, "start_after": START_AFTER, "trial": trial}


def _best_setting(python: Path, options: Options, num_reports: int, rows: list[dict[str, Any]]) -> Side:
    """The sleep time with which the peer decides soonest, by the median."""
    candidates = [Side("syne_tune", python, sleep_time) for sleep_time in SLEEP_TIMES]
    for number in range(1 if options.quick else 2):
        rows += [_busy_row("choose", side, num_reports, number) for side in candidates]
    return min(candidates, key=lambda side: _typical(rows, "choose", side, "median_ms"))


def _busy_row(phase: str, side: Side, num_reports: int, number: int) -> dict[str, Any]:
    noted = tune(side, _spec(num_reports, INTERVAL))
    decided, reported, cpu, trial_ids = noted["reports"]
    first = _all_warm(trial_ids)
    latencies = [
        (after - before) * 1e3 for after, before in zip(decided[first:], reported[first:], strict=True)
    ]
    return {
        "phase": phase,
        "side": side.label,
        "round": number,
        "num_reports": len(latencies),
        "median_ms": median(latencies),
        "p95_ms": quantile(latencies, 0.95),
        "max_ms": max(latencies),
        "tuner_cpu_share": (cpu[-1] - cpu[first]) / (decided[-1] - decided[first]),
    }


def _all_warm(trial_ids: list[float]) -> int:
    """Index of the report with which every trial has left its first reports behind."""
    counts = dict.fromkeys(trial_ids, 0)
    for index, trial_id in enumerate(trial_ids):
        counts[trial_id] += 1
        if min(counts.values()) >= WARM_UP_REPORTS:
            return index + 1
    raise RuntimeError(f"a trial made fewer than {WARM_UP_REPORTS} reports")


def _silent_row(side: Side, silence: float, number: int) -> dict[str, Any]:
    """Two reports of each trial with silence between: CPU of the tuner while nobody speaks."""
    noted = tune(side, _spec(2, silence))
    decided, _, cpu, _ = noted["reports"]
    start, end = N_WORKERS - 1, N_WORKERS  # the last of the first reports, the first of the second
    return {
        "phase": "silent",
        "side": side.label,
        "round": number,
        "seconds": decided[end] - decided[start],
        "tuner_cpu_share": (cpu[end] - cpu[start]) / (decided[end] - decided[start]),
    }


def _typical(rows: list[dict[str, Any]], phase: str, side: Side, figure: str) -> float:
    return median([row[figure] for row in rows if (row["phase"], row["side"]) == (phase, side.label)])


def _figures(rows: list[dict[str, Any]], side: Side) -> dict[str, Any]:
    busy = ("median_ms", "p95_ms", "max_ms", "tuner_cpu_share")
    return {
        "setting": side.label,
        **{figure: _typical(rows, "measure", side, figure) for figure in busy},
        "tuner_cpu_share_when_trials_are_silent": _typical(rows, "silent", side, "tuner_cpu_share"),
    }


def _outcome(rows: list[dict[str, Any]], sides: list[Side], peer: PeerPython, num_reports: int) -> Outcome:
    ours, theirs, ratio = _figures(rows, OURS), peer.describe(), None
    if peer.python is not None:
        theirs["by_sleep_time"] = {
            str(sleep_time): {
                figure: _typical(rows, "choose", Side("syne_tune", peer.python, sleep_time), figure)
                for figure in ("median_ms", "tuner_cpu_share")
            }
            for sleep_time in SLEEP_TIMES
        }
        theirs.update(_figures(rows, sides[1]))
        ratio = ours["median_ms"] / theirs["median_ms"]
    return Outcome(
        name=NAME,
        question="Milliseconds from st_worker_timestamp in a report to the tuner's decision on it; "
        f"{N_WORKERS} trials, each reporting every {INTERVAL * 1e3:.0f} ms, {num_reports} times.",
        ours=ours,
        peer=theirs,
        ratio=ratio,
        targets=(Target("median, ms", 20.0, ours["median_ms"]),),
        warm_up=f"in every round {START_AFTER:.0f} s for all trials to start, and all reports until each "
        f"trial has made {WARM_UP_REPORTS}",
        raw=rows,
        commands=tuple(side.command(_spec(num_reports, INTERVAL)) for side in sides),
        notes=(
            "figures are medians over rounds; each round has its own median, 95th percentile and maximum",
            "a share of 1 is one core; for our side the process server's is not in it",
        ),
    )


if __name__ == "__main__":
    run_script(measure)
