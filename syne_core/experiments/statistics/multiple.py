"""Several tests at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["holm"]


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """P-values adjusted by the step-down method of Holm (Scandinavian Journal of Statistics 6, 1979).

    Rejecting where the adjusted value is at most alpha keeps the probability of any false rejection below
    alpha, however the tests depend on each other.

    :param p_values: shape (n,); NaN stands for a test that was not made, and stays NaN
    :returns: shape (n,)
    """
    given = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full(given.shape, np.nan)
    made = np.flatnonzero(~np.isnan(given))
    order = made[np.argsort(given[made], kind="stable")]
    factors = np.arange(order.size, 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(given[order] * factors), 1.0)
    return adjusted
