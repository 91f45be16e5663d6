"""CPU time of one suggestion of Bayesian optimisation, beside BoTorch; and our memory."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from perf.measured_process import noted_by
from perf.outcome import Outcome, Target, median
from perf.script import Options, find_peer, run_script

NAME = "suggestion"
SIZES = {20: 1 / 20, 100: 1 / 15, 300: 1 / 5}
SUGGESTIONS, QUICK_SUGGESTIONS = 5, 1
ROUNDS, QUICK_ROUNDS = 3, 1
MEGABYTE = 1e6
_COMMAND = """-m perf.sides.suggest '{{"side": "{}", "n": 100, "suggestions": 5}}' OUTPUT"""
# Refit for every suggestion, as the peer does; by itself ours refits less often once it knows much.
ALWAYS_REFIT = {"opt_skip_init_length": 10**6}


def measure(options: Options) -> Outcome:
    """Sides take turns at each size; each in a process of its own."""
    peer = find_peer(options, "botorch")
    python = Path(sys.executable)
    sides: list[tuple[str, Path, dict[str, Any]]] = [
        ("ours, refitted", python, {"side": "ours_bo", "options": ALWAYS_REFIT}),
        ("ours, as it is", python, {"side": "ours_bo"}),
    ]
    if peer.python is not None:
        sides.append(("botorch", peer.python, {"side": "botorch_qlogei"}))
    suggestions = QUICK_SUGGESTIONS if options.quick else SUGGESTIONS
    rows = []
    for turn in range(options.rounds(QUICK_ROUNDS, ROUNDS)):
        for n in SIZES:
            for label, chosen, spec in sides:
                found = noted_by(chosen, "suggest", {**spec, "n": n, "suggestions": suggestions})
                rows.append({"round": turn, "side": label, "n": n, **found})
    return _outcome(rows, peer.describe(), suggestions)


def _outcome(rows: list[dict[str, Any]], peer: dict[str, Any], suggestions: int) -> Outcome:
    ours = {f"n_{n}_ms": _ms(rows, "ours, refitted", n) for n in SIZES}
    ours |= {f"n_{n}_first_ms": _first_ms(rows, "ours, refitted", n) for n in SIZES}
    ours |= {f"n_{n}_as_it_is_ms": _ms(rows, "ours, as it is", n) for n in SIZES}
    peak = max(row["peak_rss_bytes"] for row in rows if row["side"].startswith("ours")) / MEGABYTE
    theirs = {n: _ms(rows, "botorch", n) for n in SIZES}
    for n, value in theirs.items():
        if value is not None:
            peer[f"n_{n}_ms"] = value
    ratios = {n: None if theirs[n] is None else ours[f"n_{n}_ms"] / theirs[n] for n in SIZES}  # type: ignore[operator]
    ratio_targets = [
        Target(f"CPU time of a suggestion over BoTorch's, N = {n}", limit, ratios[n])
        for n, limit in SIZES.items()
    ]
    return Outcome(
        name=NAME,
        question="CPU milliseconds of one suggestion with refit: 9 hyperparameters, floats, integers and "
        f"categories, N evaluations known, 4 pending; {suggestions} in a row in each of the rounds.",
        ours={**ours, "peak_rss_mb": peak},
        peer=peer,
        ratio=ratios[300],
        targets=(*ratio_targets, Target("peak resident memory of our process, MB", 150.0, peak)),
        warm_up="the first suggestion of each process, which imports modules; for ours it is shown as "
        "n_N_first_ms, since it also fits without a fit to start from",
        raw=rows,
        commands=(
            f"python {_COMMAND.format('ours_bo')}",
            f"PEER/bin/python {_COMMAND.format('botorch_qlogei')}",
        ),
        notes=(
            "'ours, as it is' skips refits when little has changed, as in a real experiment: beyond 100 "
            "values the hyperparameters are fitted anew once their number has grown by 5 %.",
        ),
    )


def _ms(rows: list[dict[str, Any]], side: str, n: int) -> float | None:
    values = [value for row in rows if (row["side"], row["n"]) == (side, n) for value in row["ms"]]
    return median(values) if values else None


def _first_ms(rows: list[dict[str, Any]], side: str, n: int) -> float:
    return median([row["first_ms"] for row in rows if (row["side"], row["n"]) == (side, n)])


if __name__ == "__main__":
    run_script(measure)
