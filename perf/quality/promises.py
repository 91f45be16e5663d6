"""From rows to verdicts: the three promises of PROTOCOL.md."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any

from perf.quality.comparison import ALPHA, Comparison, adjusted, paired, signed_rank
from perf.quality.curves import CURVES
from perf.quality.problems import PROBLEMS
from perf.quality.rows import Rows

__all__ = ["BETTER", "NOT_INFERIOR", "NOT_WORSE", "final_regret", "judge", "medians", "simple_regret"]

NOT_WORSE = "BO not significantly worse"
BETTER = "MOBSTER better than ASHA"
NOT_INFERIOR = "MOBSTER not inferior"
MARGIN = 1.5
_BO_FLOOR, _CURVE_FLOOR = 1e-6, 1e-4
_PEERS = ("botorch_qlogei", "optuna_gp")


def simple_regret(row: dict[str, Any] | None, evaluations: int) -> float | None:
    """Smallest regret of the first ``evaluations`` trials to end; None if there were fewer."""
    if row is None or len(row["regrets"]) < evaluations:
        return None
    regrets: list[float] = row["regrets"][:evaluations]
    return min(regrets)


def final_regret(row: dict[str, Any] | None) -> float | None:
    """Noise-free regret of the best report when the budget was spent."""
    if row is None:
        return None
    loss: float = row["steps"][-1][1]
    return loss - CURVES[row["problem"]].optimum


def judge(rows: Rows, seeds: Sequence[int], steps: Sequence[int]) -> list[dict[str, Any]]:
    """All comparisons, each with its adjusted p and verdict: ``kept``, ``BROKEN`` or ``not measured``.

    Where seeds are missing, the verdict so far is in parentheses.
    """
    not_worse = [
        _compare_evaluations(rows, name, peer, step, seeds)
        for name in PROBLEMS
        for step in steps
        for peer in _PEERS
    ]
    better = [_compare_curves(rows, name, "asha", BETTER, seeds) for name in CURVES]
    not_inferior = [_compare_curves(rows, name, "syne_tune_mobster", NOT_INFERIOR, seeds) for name in CURVES]
    pooled = [_pooled(rows, "asha", BETTER, seeds), _pooled(rows, "syne_tune_mobster", NOT_INFERIOR, seeds)]
    return [
        *_with_verdicts(not_worse, shown_if_small="BROKEN", shown_else="kept"),
        *_with_verdicts(better, shown_if_small="kept", shown_else="BROKEN"),
        *_with_verdicts(not_inferior, shown_if_small="kept", shown_else="BROKEN"),
        *(entry for one in pooled for entry in _with_verdicts([one], "kept", "BROKEN")),
    ]


def medians(rows: Rows, sides: Sequence[str], seeds: Sequence[int], steps: Sequence[int]) -> dict[str, Any]:
    """Median regrets by problem, side and number of evaluations, with the number of seeds behind each."""
    found: dict[str, Any] = {}
    for name in (*PROBLEMS, *CURVES):
        for side in sides:
            for step in steps if name in PROBLEMS else (None,):
                values = list(_regrets(rows, side, name, step, seeds).values())
                if values:
                    key = "end" if step is None else str(step)
                    cell = {"median": statistics.median(values), "num_seeds": len(values)}
                    found.setdefault(name, {}).setdefault(side, {})[key] = cell
    return found


def _regrets(rows: Rows, side: str, problem: str, step: int | None, seeds: Sequence[int]) -> dict[int, float]:
    found = {}
    for seed in seeds:
        row = rows.get(side, problem, seed)
        regret = final_regret(row) if step is None else simple_regret(row, step)
        if regret is not None:
            found[seed] = regret
    return found


def _compare_evaluations(rows: Rows, name: str, peer: str, step: int, seeds: Sequence[int]) -> Comparison:
    ours, theirs = (_regrets(rows, side, name, step, seeds) for side in ("ours_bo", peer))
    both, logs = paired(ours, theirs, _BO_FLOOR * PROBLEMS[name].scale)
    p = signed_rank(logs, "greater") if both else None
    opposite = signed_rank(logs, "less") if both else None
    return Comparison(
        NOT_WORSE, name, peer, step, both,
        tuple(ours[s] for s in both), tuple(theirs[s] for s in both), len(seeds), p, opposite,
    )  # fmt: skip


def _compare_curves(rows: Rows, name: str, peer: str, promise: str, seeds: Sequence[int]) -> Comparison:
    ours, theirs = (_regrets(rows, side, name, None, seeds) for side in ("ours_mobster", peer))
    both, logs = paired(ours, theirs, _CURVE_FLOOR)
    p = signed_rank([log - _margin(promise) for log in logs], "less") if both else None
    return Comparison(
        promise, name, peer, None, both,
        tuple(ours[s] for s in both), tuple(theirs[s] for s in both), len(seeds), p,
    )  # fmt: skip


def _pooled(rows: Rows, peer: str, promise: str, seeds: Sequence[int]) -> Comparison:
    """The mean over problems of each seed; regrets shown are geometric means."""
    ours = {name: _regrets(rows, "ours_mobster", name, None, seeds) for name in CURVES}
    theirs = {name: _regrets(rows, peer, name, None, seeds) for name in CURVES}
    both = tuple(s for s in seeds if all(s in ours[name] and s in theirs[name] for name in CURVES))
    means = [
        tuple(10 ** statistics.fmean(math.log10(max(side[n][s], _CURVE_FLOOR)) for n in CURVES) for s in both)
        for side in (ours, theirs)
    ]
    logs = [math.log10(a / b) - _margin(promise) for a, b in zip(*means, strict=True)]
    p = signed_rank(logs, "less") if both else None
    return Comparison(promise, "mean of all", peer, None, both, means[0], means[1], len(seeds), p)


def _margin(promise: str) -> float:
    return math.log10(MARGIN) if promise == NOT_INFERIOR else 0.0


def _with_verdicts(
    comparisons: Sequence[Comparison], shown_if_small: str, shown_else: str
) -> list[dict[str, Any]]:
    entries = []
    opposites = adjusted(comparisons, "p_opposite")
    for one, p, opposite in zip(comparisons, adjusted(comparisons), opposites, strict=True):
        verdict = "not measured" if p is None else shown_if_small if p < ALPHA else shown_else
        if p is not None and not one.is_complete:
            verdict = f"incomplete ({verdict} so far)"
        entries.append({**one.to_json(), "p_holm": p, "p_opposite_holm": opposite, "verdict": verdict})
    return entries
