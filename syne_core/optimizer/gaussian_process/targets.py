"""Targets as a Gaussian process likes them: standardised, without extremes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["standardise"]

Array = NDArray[np.float64]


def standardise(values: Array) -> Array:
    """Targets of mean 0 and standard deviation 1, of values that are to be minimised.

    Values that are not finite (diverged trials) take the worst finite one. A long tail of poor values is
    pulled in, since it would drown the differences between good ones: distances above the median grow only
    logarithmically beyond what the good half spans.

    :param values: shape (n,)
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
    squeezed = _squeeze(filled)
    centred = squeezed - squeezed.mean()
    spread = centred.std()
    return centred / spread if spread > 1e-12 * max(1.0, np.abs(squeezed).max()) else np.zeros(len(values))


def _squeeze(values: Array) -> Array:
    median = np.median(values)
    unit = median - values.min()
    if unit <= 0:
        return values
    above = np.maximum(values - median, 0.0) / unit
    squeezed: Array = np.minimum(values, median) + unit * np.log1p(above)
    return squeezed
