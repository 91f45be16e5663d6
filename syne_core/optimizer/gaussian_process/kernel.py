"""The covariance function: Matern-5/2 over configurations, and over (configuration, resource).

Without resource: ``k(x, x') = s m(x, x')``. With resource r: ``k = s m(x, x') m_r(r, r')``. m is the
Matern-5/2 correlation with a lengthscale for each hyperparameter (Rasmussen and Williams 2006, section 4.2;
automatic relevance determination), m_r the same in one dimension.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Hyperparameters", "Kernel", "TrainingCovariance"]

Array = NDArray[np.float64]

_SQRT5 = np.sqrt(5.0)


@dataclass(frozen=True)
class Hyperparameters:
    """Parameters of the Gaussian process, all positive.

    :param lengthscales: one per hyperparameter, shape (groups,)
    :param scale: variance s of the function over configurations
    :param noise: variance of the observation noise
    :param resource_lengthscale: of m_r; None: there is no resource
    """

    lengthscales: Array
    scale: float
    noise: float
    resource_lengthscale: float | None = None

    def to_log(self) -> Array:
        """Logarithms in the order lengthscales, scale, noise (, resource_lengthscale)."""
        return np.log(self.to_list())

    def to_list(self) -> list[float]:
        """All values, for JSON; unlike logarithms these come back bit by bit."""
        rest = [] if self.resource_lengthscale is None else [self.resource_lengthscale]
        return [*self.lengthscales.tolist(), self.scale, self.noise, *rest]

    @classmethod
    def from_list(cls, values: Sequence[float], num_groups: int) -> Hyperparameters:
        """The inverse of ``to_list``."""
        return cls(np.array(values[:num_groups]), *values[num_groups:])

    @classmethod
    def from_log(cls, log: Array, num_groups: int) -> Hyperparameters:
        """The inverse of ``to_log``."""
        return cls.from_list(np.exp(log).tolist(), num_groups)


class Kernel:
    """Covariances between rows of features.

    A row is the features of a configuration, followed by the position of the resource in [0, 1] if there is
    one.

    :param groups: number of the lengthscale of each feature, shape (columns,)
    """

    def __init__(self, groups: NDArray[np.intp], hyperparameters: Hyperparameters) -> None:
        self.hyperparameters = hyperparameters
        self._inverse = 1.0 / hyperparameters.lengthscales[groups]
        self._columns = len(groups)
        self._over_resource = hyperparameters.resource_lengthscale is not None
        self.variance = hyperparameters.scale

    def scaled(self, rows: Array) -> Array:
        """``rows`` in units of the lengthscales, as ``between`` wants them."""
        scaled: Array = rows.copy()
        scaled[:, : self._columns] *= self._inverse
        if self.hyperparameters.resource_lengthscale is not None:
            scaled[:, -1] /= self.hyperparameters.resource_lengthscale
        return scaled

    def between(self, a: Array, b: Array) -> Array:
        """Covariances, shape (len(a), len(b)), of scaled rows."""
        d = self._columns
        values = _matern(_distances(a[:, :d], b[:, :d]))
        values *= self.hyperparameters.scale
        if self._over_resource:
            values *= _matern(np.abs(a[:, -1:] - b[:, -1]))
        return values

    def at_point(self, point: Array, rows: Array) -> tuple[Array, Array]:
        """Covariances of one scaled row with others, and their gradient in its features.

        :return: shapes (len(rows),) and (len(rows), columns); the gradient is in unscaled features
        """
        d = self._columns
        difference = point[:d] - rows[:, :d]
        root = _SQRT5 * np.sqrt(np.einsum("ij,ij->i", difference, difference))
        decay = self.hyperparameters.scale * np.exp(-root)
        values = decay * (1.0 + root + root * root / 3.0)
        slope = (-5.0 / 3.0) * decay * (1.0 + root)
        if self._over_resource:
            over_resource = _matern(np.abs(point[-1] - rows[:, -1]))
            values *= over_resource
            slope *= over_resource
        return values, slope[:, None] * difference * self._inverse


class TrainingCovariance:
    """The covariance matrix of the training rows as a function of the hyperparameters, with gradients.

    :param rows: shape (n, columns), or (n, columns + 1) with the resource in the last column
    :param groups: number of the lengthscale of each feature, shape (columns,)
    """

    def __init__(self, rows: Array, groups: NDArray[np.intp]) -> None:
        self._features = np.ascontiguousarray(rows[:, : len(groups)])
        self._groups = groups
        self.num_groups = int(groups.max()) + 1 if len(groups) else 0
        self.over_resource = rows.shape[1] > len(groups)
        # There are few rungs, so the correlations between them are looked up.
        levels, self._level = np.unique(rows[:, -1], return_inverse=True)
        self._gaps = np.abs(levels[:, None] - levels) if self.over_resource else None

    def matrix(self, hyperparameters: Hyperparameters) -> Array:
        """Covariances without noise, shape (n, n)."""
        self._at = hyperparameters
        scaled = self._features / hyperparameters.lengthscales[self._groups]
        root = _SQRT5 * _distances(scaled, scaled)
        self._scaled = scaled
        self._decay = np.exp(-root)
        self._linear = self._decay * (1.0 + root)
        over_features = self._linear + self._decay * (root * root) / 3.0
        self._over_features = over_features
        values: Array = hyperparameters.scale * over_features
        if self._gaps is None:
            return values
        self._over_resource = self._looked_up(_matern(self._gaps / hyperparameters.resource_lengthscale))
        values *= self._over_resource
        return values

    def gradient(self, weights: Array) -> Array:
        """``sum(weights * dK / dlog(parameter))`` for each parameter, noise included, at the last ``matrix``.

        :param weights: symmetric, shape (n, n)
        :return: in the order of ``Hyperparameters.to_log``
        """
        at = self._at
        noise = at.noise * np.trace(weights)
        shared = weights if self._gaps is None else weights * self._over_resource
        scale = at.scale * np.vdot(shared, self._over_features)
        slope = shared * self._linear
        slope *= at.scale * 5.0 / 3.0
        per_column = 2.0 * (
            slope.sum(axis=1) @ (self._scaled * self._scaled)
            - np.einsum("ij,ij->j", self._scaled, slope @ self._scaled)
        )
        lengthscales = np.bincount(self._groups, per_column, self.num_groups)
        if self._gaps is None:
            return np.concatenate([lengthscales, [scale, noise]])
        slopes = self._looked_up(_slope_in_log(self._gaps / at.resource_lengthscale))
        resource = at.scale * np.vdot(weights * self._over_features, slopes)
        return np.concatenate([lengthscales, [scale, noise, resource]])

    def _looked_up(self, between_levels: Array) -> Array:
        return between_levels[self._level][:, self._level]


def _matern(distance: Array) -> Array:
    """Matern-5/2 correlation at scaled distances."""
    root = _SQRT5 * distance
    values: Array = np.exp(-root) * (1.0 + root + root * root / 3.0)
    return values


def _slope_in_log(distance: Array) -> Array:
    """Derivative of ``matern`` by the logarithm of the lengthscale."""
    root = _SQRT5 * distance
    values: Array = np.exp(-root) * (1.0 + root) * root * root / 3.0
    return values


def _distances(a: Array, b: Array) -> Array:
    """Euclidean distances between rows, shape (len(a), len(b))."""
    squared = np.einsum("ij,ij->i", a, a)[:, None] + np.einsum("ij,ij->i", b, b) - 2.0 * (a @ b.T)
    if a is b:
        np.fill_diagonal(squared, 0.0)
    distances: Array = np.sqrt(np.maximum(squared, 0.0, out=squared), out=squared)
    return distances
