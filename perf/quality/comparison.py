"""The statistics of PROTOCOL.md: paired by seed, one-sided, adjusted for their number."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy import stats

__all__ = ["ALPHA", "Comparison", "adjusted", "holm", "paired", "signed_rank"]

ALPHA = 0.05


@dataclass(frozen=True)
class Comparison:
    """One promise on one problem.

    :param seeds: the seeds that both sides have finished
    :param ours: regrets, in the order of ``seeds``
    :param peer: the other side's
    :param wanted: how many seeds a complete comparison has
    :param p: of the one-sided test that decides the promise, None without rows
    :param p_opposite: of the test in the other direction, where one is shown
    """

    promise: str
    problem: str
    against: str
    evaluations: int | None
    seeds: tuple[int, ...]
    ours: tuple[float, ...]
    peer: tuple[float, ...]
    wanted: int
    p: float | None
    p_opposite: float | None = None

    @property
    def is_complete(self) -> bool:
        """Whether all seeds are there."""
        return len(self.seeds) >= self.wanted

    def to_json(self) -> dict[str, Any]:
        """What is kept, without the verdict, which needs all comparisons."""
        smaller = sum(a < b for a, b in zip(self.ours, self.peer, strict=True))
        larger = sum(a > b for a, b in zip(self.ours, self.peer, strict=True))
        return {
            "promise": self.promise,
            "problem": self.problem,
            "against": self.against,
            "evaluations": self.evaluations,
            "num_seeds": len(self.seeds),
            "complete": self.is_complete,
            "median_ours": statistics.median(self.ours) if self.ours else None,
            "median_peer": statistics.median(self.peer) if self.peer else None,
            "ours_better": smaller,
            "ours_worse": larger,
            "p": self.p,
            "p_opposite": self.p_opposite,
        }


def signed_rank(differences: Sequence[float], alternative: Literal["greater", "less"]) -> float:
    """p of Wilcoxon's signed-rank test that the median difference is ``greater`` or ``less`` than 0.

    Zeros are split between the signs; if all are zero, 1. Exact up to 50 differences without ties and
    zeros, else the normal approximation (SciPy's ``auto``).
    """
    values = np.asarray(differences, dtype=float)
    if not len(values) or not np.any(values):
        return 1.0
    return float(stats.wilcoxon(values, zero_method="zsplit", alternative=alternative).pvalue)


def holm(values: Sequence[float]) -> list[float]:
    """``values`` adjusted by Holm's step-down method, in the same order."""
    order = sorted(range(len(values)), key=lambda i: values[i])
    adjusted_values = [1.0] * len(values)
    largest = 0.0
    for rank, i in enumerate(order):
        largest = max(largest, min(1.0, (len(values) - rank) * values[i]))
        adjusted_values[i] = largest
    return adjusted_values


def adjusted(comparisons: Sequence[Comparison], name: str = "p") -> list[float | None]:
    """Field ``name`` of each, adjusted over those that have it."""
    known = [(i, getattr(c, name)) for i, c in enumerate(comparisons) if getattr(c, name) is not None]
    found: list[float | None] = [None] * len(comparisons)
    for (i, _), value in zip(known, holm([p for _, p in known]), strict=True):
        found[i] = value
    return found


def paired(
    ours: Mapping[int, float], peer: Mapping[int, float], floor: float
) -> tuple[tuple[int, ...], list[float]]:
    """Seeds that both have, and log10 ours - log10 peer for them, regrets below ``floor`` raised to it."""
    seeds = tuple(sorted(ours.keys() & peer.keys()))
    logs = [math.log10(max(ours[s], floor)) - math.log10(max(peer[s], floor)) for s in seeds]
    return seeds, logs
