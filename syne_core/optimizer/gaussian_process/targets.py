"""Targets as a Gaussian process likes them: standardised, without extremes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["standardise"]

Array = NDArray[np.float64]


# Rows that differ by less in every feature are neighbours.
_NEAR = 0.1


def standardise(values: Array, rows: Array) -> Array:
    """Targets of mean 0 and standard deviation 1, of values that are to be minimised.

    Values that are not finite (diverged trials) take the worst finite one. A long tail of poor values is
    pulled in, since it would drown the differences between good ones: distances above the median grow only
    logarithmically beyond what the good half spans. That half is one of the space and not of the sample, so
    neighbours share a vote: a search that has gathered in a basin would otherwise take the basin for the good
    half and stretch what little differs there, until nothing outside of it seems worth a try.

    :param values: shape (n,)
    :param rows: where they were observed, features in [0, 1], shape (n, columns)
    :return: shape (n,), finite; zeros if all values are equal
    """
    finite = np.isfinite(values)
    if not finite.any():
        return np.zeros(len(values))
    known = values[finite]
    scale = np.abs(known).max()
    if scale > 0:  # squares of extreme values must not overflow
        known = known / scale
    filled = np.full(len(values), known.max())
    filled[finite] = known
    squeezed = _squeeze(filled, _votes(rows))
    centred = squeezed - squeezed.mean()
    spread = centred.std()
    return centred / spread if spread > 1e-12 * max(1.0, np.abs(squeezed).max()) else np.zeros(len(values))


def _squeeze(values: Array, votes: Array) -> Array:
    median = _median(values, votes)
    unit = median - values.min()
    if unit <= 0:
        return values
    above = np.maximum(values - median, 0.0) / unit
    squeezed: Array = np.minimum(values, median) + unit * np.log1p(above)
    return squeezed


def _votes(rows: Array) -> Array:
    """One for a row without neighbours, 1 / k for one of k neighbours (itself counted), shape (n,)."""
    near = np.ones((len(rows), len(rows)), dtype=bool)
    for column in rows.T:
        near &= np.abs(column[:, None] - column) < _NEAR
    votes: Array = 1.0 / near.sum(axis=1)
    return votes


def _median(values: Array, weights: Array) -> float:
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    middle = [np.searchsorted(reached, reached[-1] / 2, side) for side in ("left", "right")]
    return float(values[order][middle].mean())
