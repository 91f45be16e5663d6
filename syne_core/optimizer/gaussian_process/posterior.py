"""The Gaussian process given the data, and what is to be expected of evaluations that are still running."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.linalg.lapack import dtrtrs

from syne_core.optimizer.gaussian_process.cholesky import cholesky_of, inverse_of
from syne_core.optimizer.gaussian_process.kernel import Hyperparameters, Kernel

__all__ = ["Posterior"]

Array = NDArray[np.float64]

# Numbers in a block of covariances: what fits into the processor's cache.
_BLOCK = 2**16
_JITTERS = (0.0, 1e-8, 1e-6, 1e-4, 1e-2)


class Posterior:
    """Predictions at new rows.

    Pending rows are taken into account by fantasies (Snoek et al. 2012): values are drawn for them from the
    joint posterior, and predictions given each draw are returned side by side. All share one variance, since
    that does not depend on the values.

    :param rows: inputs, shape (n, columns), n at least 1
    :param targets: shape (n,), standardised
    :param pending: inputs whose targets are not known yet, shape (p, columns)
    :param num_fantasies: draws, if there are pending rows
    :param rng: draws them
    :ivar num_fantasies: f, the number of values per prediction; 1 without pending rows
    """

    def __init__(
        self,
        rows: Array,
        targets: Array,
        groups: NDArray[np.intp],
        hyperparameters: Hyperparameters,
        pending: Array | None = None,
        num_fantasies: int = 1,
        rng: Generator | None = None,
    ) -> None:
        self.kernel = Kernel(groups, hyperparameters)
        self.rows = rows if pending is None else np.vstack([rows, pending])
        self._scaled = self.kernel.scaled(self.rows)
        matrix = self.kernel.between(self._scaled, self._scaled)
        factor = _cholesky(matrix, hyperparameters.noise)
        n = len(targets)
        ones = dtrtrs(factor[:n, :n], np.ones(n), lower=1)[0]
        solved = dtrtrs(factor[:n, :n], targets, lower=1)[0]
        self.mean = float(ones @ solved) / float(ones @ ones)
        whitened = (solved - self.mean * ones)[:, None]
        if len(self.rows) > n:
            assert rng is not None  # fantasies need it
            # In whitened coordinates the joint posterior of what is pending is standard normal.
            drawn = _spread(rng, len(self.rows) - n, num_fantasies)
            whitened = np.vstack([np.repeat(whitened, num_fantasies, axis=1), drawn])
        self.num_fantasies = whitened.shape[1]
        self._weights = solve_triangular(factor, whitened, lower=True, trans="T")
        self._inverse = inverse_of(factor)

    def predict(self, rows: Array) -> tuple[Array, Array]:
        """Means, shape (m, f), and standard deviations, shape (m,), of the function at ``rows``."""
        size = max(1, _BLOCK // len(self.rows))
        blocks = [self._predict_block(rows[at : at + size]) for at in range(0, len(rows), size)]
        means, stds = zip(*blocks, strict=True)
        return np.concatenate(means), np.concatenate(stds)

    def _predict_block(self, rows: Array) -> tuple[Array, Array]:
        cross = self.kernel.between(self.kernel.scaled(rows), self._scaled)
        explained = np.einsum("ij,ij->i", cross @ self._inverse, cross)
        return self.mean + cross @ self._weights, self._std(explained)

    def means(self, rows: Array) -> Array:
        """Means alone, shape (m, f)."""
        cross = self.kernel.between(self.kernel.scaled(rows), self._scaled)
        return self.mean + cross @ self._weights

    def predict_at(self, row: Array) -> tuple[Array, float, Array, Array]:
        """Prediction at one row with gradients in its features.

        :return: means (f,), standard deviation, gradients of the means (columns, f) and of the standard
            deviation (columns,)
        """
        cross, slopes = self.kernel.at_point(self.kernel.scaled(row[None])[0], self._scaled)
        solved = self._inverse @ cross
        std = float(self._std(np.array(cross @ solved)))
        return (
            self.mean + cross @ self._weights,
            std,
            slopes.T @ self._weights,
            -(slopes.T @ solved) / std,
        )

    def _std(self, explained: Array) -> Array:
        variance: Array = np.sqrt(np.maximum(self.kernel.variance - explained, 1e-12))
        return variance


def _cholesky(matrix: Array, noise: float) -> Array:
    """Lower factor of ``matrix`` plus noise, with as little jitter as it takes."""
    n = len(matrix)
    diagonal = matrix.diagonal().copy()
    for jitter in _JITTERS:
        matrix.flat[:: n + 1] = diagonal + noise + jitter * diagonal
        factor = cholesky_of(matrix)
        if factor is not None:
            return factor
    raise np.linalg.LinAlgError("a covariance matrix is not positive definite")  # pragma: no cover


def _spread(rng: Generator, size: int, count: int) -> Array:
    """Standard normal draws, shape (size, count), antithetic so that their mean is 0."""
    half = rng.standard_normal((size, (count + 1) // 2))
    return np.hstack([half, -half])[:, :count]
