"""10,000 real trials, 8 workers: does the tuner stay as small and as quick as it began?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from perf.outcome import Outcome, Target
from perf.script import Options, run_script
from perf.side import Side, tune

NAME = "ten_thousand_trials"
N_WORKERS = 8
NUM_TRIALS, QUICK_NUM_TRIALS = 10_000, 500
NUM_WINDOWS = 10
MEGABYTE = 1e6
OURS = Side("syne_core", Path(sys.executable))


def measure(options: Options) -> Outcome:
    """One experiment; its trials in ten windows, the first and the last compared."""
    num_trials = QUICK_NUM_TRIALS if options.quick else NUM_TRIALS
    noted = tune(OURS, _spec(num_trials), timeout=7200.0)
    rows = _windows(noted["completions"], num_trials // NUM_WINDOWS)
    return _outcome(noted, rows)


def _spec(num_trials: int) -> dict[str, Any]:
    trial = {"reports": 1, "interval": 0}
    return {"n_workers": N_WORKERS, "num_trials": num_trials, "trial": trial}


def _windows(completions: list[list[float]], size: int) -> list[dict[str, Any]]:
    ended, cpu, resident = completions
    rows = []
    for start in range(0, len(ended) - size + 1, size):
        last = start + size - 1
        rows.append(
            {
                "trials": f"{start}-{last}",
                "ms_per_trial": (ended[last] - ended[start]) / (size - 1) * 1e3,
                "tuner_cpu_ms_per_trial": (cpu[last] - cpu[start]) / (size - 1) * 1e3,
                "longest_gap_ms": max(ended[i + 1] - ended[i] for i in range(start, last)) * 1e3,
                "rss_mb": resident[last] / MEGABYTE,
            }
        )
    return rows


def _outcome(noted: dict[str, Any], rows: list[dict[str, Any]]) -> Outcome:
    first, last = rows[0], rows[-1]
    slowdown = last["ms_per_trial"] / first["ms_per_trial"]
    peak = noted["peak_rss_bytes"] / MEGABYTE
    ours = {
        "peak_rss_mb": peak,
        "rss_growth_kb_per_trial": (last["rss_mb"] - first["rss_mb"]) * 1e3 / (noted["num_trials"] * 0.9),
        "ms_per_trial": noted["seconds"] / noted["num_trials"] * 1e3,
        "ms_per_trial_first_tenth": first["ms_per_trial"],
        "ms_per_trial_last_tenth": last["ms_per_trial"],
        "last_over_first": slowdown,
        "tuner_cpu_last_over_first": last["tuner_cpu_ms_per_trial"] / first["tuner_cpu_ms_per_trial"],
        "longest_gap_ms": max(row["longest_gap_ms"] for row in rows),
        "journal_mb": noted["journal_bytes"] / MEGABYTE,
        "journal_records": noted["journal_records"],
        "results_mb": noted["results_bytes"] / MEGABYTE,
        "write_results_s": noted["write_results_s"],
        "open_files_at_the_end": noted["open_files"],
        "seconds": noted["seconds"],
    }
    return Outcome(
        name=NAME,
        question=f"Memory of the tuner and time per trial over {noted['num_trials']} trials that report "
        f"once and exit; {N_WORKERS} workers.",
        ours=ours,
        peer={"not_measured": "it would take it more than an hour, see local_backend; this is about growth"},
        ratio=None,
        targets=(
            Target("peak resident memory of the tuner, MB", 300.0, peak),
            Target("time per trial, last tenth over first tenth", 1.1, slowdown),
        ),
        warm_up="none: the first window is compared with the last",
        raw=rows,
        commands=(OURS.command(_spec(noted["num_trials"])),),
    )


if __name__ == "__main__":
    run_script(measure)
