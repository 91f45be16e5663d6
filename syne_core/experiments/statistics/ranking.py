"""Ranks of several methods over blocks: Friedman's test, critical differences, ranks over time.

A block is what all methods were run on alike: a seed, or a benchmark and a seed. Demsar, "Statistical
comparisons of classifiers over multiple data sets", Journal of Machine Learning Research 7, 2006.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from syne_core.errors import UsageError
from syne_core.experiments.incumbent import StepCurve
from syne_core.experiments.statistics.intervals import significance_level

__all__ = ["FriedmanResult", "block_ranks", "critical_difference", "friedman", "ranks_over_time"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class FriedmanResult:
    """Ranks over the blocks in which all methods have a value.

    :param statistic: chi-squared, corrected for ties; NaN for fewer than three methods or two blocks
    :param p: that there is no difference at all; likewise
    :param mean_ranks: of each method, 1 is best, ties share; NaN without blocks
    :param critical_difference: mean ranks further apart differ significantly (Nemenyi); NaN without blocks
    :param cliques: groups of two or more methods, as positions from best to worst, that cannot be told apart
        and that no larger group holds
    :param blocks: number of blocks that count
    """

    statistic: float
    p: float
    mean_ranks: tuple[float, ...]
    critical_difference: float
    cliques: tuple[tuple[int, ...], ...]
    blocks: int


def friedman(table: ArrayLike, mode: str, confidence: float = 0.95) -> FriedmanResult:
    """Friedman's test and what follows from the mean ranks.

    :param table: shape (blocks, methods); blocks with a value that is NaN are passed over, infinite ones rank
    :param mode: ``"min"`` if small values are good, ``"max"`` if large ones are
    :param confidence: of the critical difference, for all pairs together
    :raises UsageError: bad ``mode`` or ``confidence``, or ``table`` has no two dimensions
    """
    alpha = significance_level(confidence)
    values = np.asarray(table, dtype=np.float64)
    if values.ndim != 2:
        raise UsageError(f"ranks need a table of blocks and methods; this has shape {values.shape}")
    methods = values.shape[1]
    ranks = block_ranks(values[~np.isnan(values).any(axis=1)], mode)
    blocks = ranks.shape[0]
    if not blocks or not methods:
        return FriedmanResult(math.nan, math.nan, (math.nan,) * methods, math.nan, (), blocks)
    means = ranks.mean(axis=0)
    statistic, p = _chi_squared(ranks)
    difference = critical_difference(methods, blocks, alpha)
    return FriedmanResult(
        statistic, p, tuple(means.tolist()), difference, _cliques(means, difference), blocks
    )


def block_ranks(values: ArrayLike, mode: str) -> Floats:
    """Ranks within each row, 1 for the best, ties share the mean of theirs; shape as ``values``.

    :raises UsageError: bad ``mode``
    """
    from scipy.stats import rankdata

    if mode not in ("min", "max"):
        raise UsageError(f"mode must be min or max, not {mode!r}")
    table = np.asarray(values, dtype=np.float64)
    if not table.size:
        return np.empty(table.shape)
    return np.asarray(rankdata(-table if mode == "max" else table, axis=1), dtype=np.float64)


def critical_difference(methods: int, blocks: int, alpha: float = 0.05) -> float:
    """Nemenyi's: by how much mean ranks of any two of ``methods`` must differ; NaN for fewer than two."""
    from scipy.stats import studentized_range

    if methods < 2 or blocks < 1:
        return math.nan
    quantile = float(studentized_range.ppf(1 - alpha, methods, np.inf)) / math.sqrt(2)
    return quantile * math.sqrt(methods * (methods + 1) / (6 * blocks))


def ranks_over_time(
    curves: Sequence[Sequence[StepCurve | None]], times: ArrayLike, mode: str
) -> tuple[Floats, NDArray[np.int64]]:
    """Mean rank of each method at each of ``times``, over the blocks that are known there for all methods.

    A method that has reported nothing yet ranks last.

    :param curves: for each method, a curve for each block, None where it is missing
    :param times: shape (t,), seconds
    :param mode: ``"min"`` or ``"max"``
    :returns: ranks of shape (methods, t), NaN where no block is known; number of blocks, shape (t,)
    :raises UsageError: bad ``mode``, or methods have different numbers of blocks
    """
    wanted = np.asarray(times, dtype=np.float64)
    counts = {len(of_method) for of_method in curves}
    if len(counts) > 1:
        raise UsageError(f"methods need a curve, or None, for each block; they have {sorted(counts)}")
    blocks = counts.pop() if counts else 0
    table = np.full((len(curves), blocks, wanted.size), np.nan)
    for of_method, rows in zip(curves, table, strict=True):
        for curve, row in zip(of_method, rows, strict=True):
            if curve is not None:
                row[:] = _ranked_values(curve, wanted, mode)
    known = ~np.isnan(table).any(axis=0)
    number = known.sum(axis=0)
    ranks = block_ranks(table.reshape(len(curves), blocks * wanted.size).T, mode).T.reshape(table.shape)
    total = np.where(known, ranks, 0.0).sum(axis=1)
    means = np.where(number > 0, total / np.maximum(number, 1), np.nan)
    return means, number.astype(np.int64)


def _ranked_values(curve: StepCurve, times: Floats, mode: str) -> Floats:
    """Like ``curve.at``, but the worst before the first value, and NaN only after the curve is known."""
    worst = -np.inf if mode == "max" else np.inf
    values = np.where(np.isnan(curve.at(times)), worst, curve.at(times))
    return np.where(times <= curve.known_until, values, np.nan)


def _chi_squared(ranks: Floats) -> tuple[float, float]:
    from scipy.stats import friedmanchisquare

    blocks, methods = ranks.shape
    if methods < 3 or blocks < 2:
        return math.nan, math.nan
    if (ranks == ranks[:, :1]).all():  # all tied, everywhere
        return 0.0, 1.0
    found = friedmanchisquare(*ranks.T)
    return float(found.statistic), float(found.pvalue)


def _cliques(means: Floats, difference: float) -> tuple[tuple[int, ...], ...]:
    """Runs, in the order of ranks, from the first to the last within the critical difference."""
    order = np.argsort(means, kind="stable")
    ordered = means[order]
    cliques: list[tuple[int, ...]] = []
    reached = 0
    for start, first in enumerate(ordered):
        end = int(np.searchsorted(ordered, first + difference, side="right"))
        if end - start > 1 and end > reached:
            cliques.append(tuple(order[start:end].tolist()))
            reached = end
    return tuple(cliques)
