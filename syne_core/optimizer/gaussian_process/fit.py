"""Hyperparameters that explain the data best: maximum a posteriori.

The prior is normal in the logarithms, which are also what is optimised: the most probable value of a
positive quantity depends on the variable that it is expressed in, so both must be the same.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from syne_core.optimizer.gaussian_process.cholesky import cholesky_of, inverse_of
from syne_core.optimizer.gaussian_process.kernel import Hyperparameters, TrainingCovariance

__all__ = ["LogPosterior", "fit_hyperparameters", "prior_mean"]

Array = NDArray[np.float64]

# Means and standard deviations of the logarithms. Lengthscales: median 0.5 d^(1/4) in a unit cube.
_LENGTHSCALE_STD = 0.9
_SCALE = (0.0, 1.0)
_NOISE = (np.log(1e-3), 2.0)
_RESOURCE_LENGTHSCALE = (0.0, 0.7)
_BOUNDS_LENGTHSCALE = (np.log(0.02), np.log(50.0))
_BOUNDS_SCALE = (np.log(0.02), np.log(50.0))
_BOUNDS_NOISE = (np.log(1e-6), np.log(1.0))
_WORST = 1e10


def prior_mean(num_groups: int, over_resource: bool) -> Hyperparameters:
    """The hyperparameters to begin with, for ``num_groups`` hyperparameters of the configuration."""
    return Hyperparameters.from_log(_prior(num_groups, over_resource)[0], num_groups)


def _prior(num_groups: int, over_resource: bool) -> tuple[Array, Array]:
    center = np.log(0.5) + 0.25 * np.log(max(num_groups, 1))
    rest = [_SCALE, _NOISE, *([_RESOURCE_LENGTHSCALE] if over_resource else [])]
    means = np.concatenate([np.full(num_groups, center), [mean for mean, _ in rest]])
    stds = np.concatenate([np.full(num_groups, _LENGTHSCALE_STD), [std for _, std in rest]])
    return means, stds


def _bounds(num_groups: int, over_resource: bool) -> list[tuple[float, float]]:
    rest = [_BOUNDS_LENGTHSCALE] if over_resource else []
    return [_BOUNDS_LENGTHSCALE] * num_groups + [_BOUNDS_SCALE, _BOUNDS_NOISE, *rest]


class LogPosterior:
    """Negative logarithm of the posterior density of the hyperparameters, and its gradient.

    The constant mean of the process is not a parameter: it takes its best value (generalised least squares).

    :param rows: inputs, shape (n, columns)
    :param targets: shape (n,), standardised
    :param groups: see ``Kernel``
    """

    def __init__(self, rows: Array, targets: Array, groups: NDArray[np.intp]) -> None:
        self._covariance = TrainingCovariance(rows, groups)
        self._targets = targets
        self.num_groups = self._covariance.num_groups
        self.over_resource = self._covariance.over_resource
        self._means, self._stds = _prior(self.num_groups, self.over_resource)
        self.bounds = _bounds(self.num_groups, self.over_resource)

    def __call__(self, log: Array) -> tuple[float, Array]:
        """Value and gradient at the logarithms of the hyperparameters, as ``to_log`` orders them."""
        at = Hyperparameters.from_log(log, self.num_groups)
        matrix = self._covariance.matrix(at)
        n = len(matrix)
        matrix.flat[:: n + 1] += at.noise
        factor = cholesky_of(matrix)
        if factor is None:
            return _WORST, np.zeros_like(log)
        half_log_det = float(np.log(np.diagonal(factor)).sum())
        inverse = inverse_of(factor)
        row_sums = inverse.sum(axis=1)
        mean = float(row_sums @ self._targets) / float(row_sums.sum())
        residual = self._targets - mean
        solved = inverse @ residual
        inverse -= np.outer(solved, solved)
        away = (log - self._means) / self._stds
        value = 0.5 * float(residual @ solved) + half_log_det + 0.5 * float(away @ away)
        gradient = 0.5 * self._covariance.gradient(inverse) + away / self._stds
        return value, gradient


def fit_hyperparameters(
    rows: Array,
    targets: Array,
    groups: NDArray[np.intp],
    starts: Sequence[Hyperparameters],
    max_iterations: int = 40,
) -> Hyperparameters:
    """The most probable hyperparameters found from ``starts`` by L-BFGS.

    :param rows: inputs, shape (n, columns), n at least 1
    :param targets: shape (n,), standardised
    """
    posterior = LogPosterior(rows, targets, groups)
    low, high = np.array(posterior.bounds).T
    best_value, best = np.inf, np.clip(starts[0].to_log(), low, high)
    for start in starts:
        found = minimize(
            posterior,
            np.clip(start.to_log(), low, high),
            jac=True,
            method="L-BFGS-B",
            bounds=posterior.bounds,
            options={"maxiter": max_iterations, "ftol": 1e-5, "gtol": 1e-3},
        )
        if found.fun < best_value:
            best_value, best = float(found.fun), found.x
    return Hyperparameters.from_log(best, posterior.num_groups)
