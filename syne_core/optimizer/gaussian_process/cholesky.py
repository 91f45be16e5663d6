"""Cholesky factors, by LAPACK without SciPy's checks, which cost more than small matrices do."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dpotrf, dpotri

__all__ = ["cholesky_of", "inverse_of"]

Array = NDArray[np.float64]


def cholesky_of(matrix: Array) -> Array | None:
    """The lower factor of a symmetric matrix, zeros above; None if it is not positive definite."""
    factor, failed = dpotrf(matrix, lower=1, clean=1)
    return None if failed else np.asarray(factor)


def inverse_of(factor: Array) -> Array:
    """The inverse of the matrix with lower factor ``factor``, whose upper part must be zeros."""
    half = dpotri(factor, lower=1)[0]
    inverse = half + half.T
    inverse.flat[:: len(inverse) + 1] *= 0.5
    return np.asarray(inverse)
