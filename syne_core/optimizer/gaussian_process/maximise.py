"""Where the acquisition function is largest: random search, then gradients, then single changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.optimize import minimize

from syne_core.optimizer.gaussian_process.expected_improvement import (
    log_expected_improvement,
    log_expected_improvement_with_gradient,
)
from syne_core.optimizer.gaussian_process.features import FeatureMap
from syne_core.optimizer.gaussian_process.posterior import Posterior

__all__ = ["Acquisition", "rank_candidates"]

Array = NDArray[np.float64]

_NUM_STARTS = 4
_NUM_ANCHORS = 4
# Standard deviations of the steps away from the best points known, relative to the unit interval.
_STEPS = (0.2, 0.05, 0.01)
_MAX_ITERATIONS = 30
# Starts of the gradient search are at least so far apart, in some feature.
_APART = 0.05


@dataclass(frozen=True)
class Acquisition:
    """log EI of features, at one resource.

    :param best: value to improve on in each fantasy, shape (f,)
    :param resource: position of the resource, None if the process is over configurations alone
    """

    posterior: Posterior
    best: Array
    resource: float | None = None

    def rows(self, features: Array) -> Array:
        """``features``, shape (m, columns), as rows of the process."""
        if self.resource is None:
            return features
        return np.hstack([features, np.full((len(features), 1), self.resource)])

    def __call__(self, features: Array) -> Array:
        """Values at ``features``, shape (m, columns) -> (m,)."""
        means, stds = self.posterior.predict(self.rows(features))
        return log_expected_improvement(means, stds, self.best)

    def with_gradient(self, features: Array) -> tuple[float, Array]:
        """Value and gradient at one point, shape (columns,)."""
        means, std, mean_slopes, std_slope = self.posterior.predict_at(self.rows(features[None])[0])
        return log_expected_improvement_with_gradient(means, std, self.best, mean_slopes, std_slope)


def rank_candidates(
    acquisition: Acquisition, features: FeatureMap, anchors: Array, num_random: int, rng: Generator
) -> Array:
    """Features of promising configurations, the best first; all are those of valid configurations.

    :param anchors: features of the best configurations known, the best first, shape (a, columns)
    :param num_random: number of random candidates
    :return: shape (m, columns)
    """
    candidates = features.snap(_candidates(features, anchors[:_NUM_ANCHORS], num_random, rng))
    values = acquisition(candidates)
    order = np.argsort(-values, kind="stable")
    starts = _far_apart(candidates[order], _NUM_STARTS)
    climbed = [_improve(acquisition, features, start) for start in starts]
    found = np.array([point for point, _ in climbed])
    heights = np.array([height for _, height in climbed])
    best_first = found[np.argsort(-heights, kind="stable")]
    return np.vstack([best_first, candidates[order]])


def _candidates(features: FeatureMap, anchors: Array, num_random: int, rng: Generator) -> Array:
    everywhere = features.from_units(rng.random((num_random, features.num_groups)))
    near = [_near(features, anchor, step, num_random // 20, rng) for anchor in anchors for step in _STEPS]
    return np.vstack([everywhere, *near])


def _near(features: FeatureMap, anchor: Array, step: float, count: int, rng: Generator) -> Array:
    """Points that differ from ``anchor`` in a few hyperparameters."""
    elsewhere = features.from_units(rng.random((count, features.num_groups)))
    moved = np.clip(anchor + step * rng.standard_normal((count, features.num_columns)), 0.0, 1.0)
    changed = rng.random((count, features.num_groups)) < max(0.3, 1.0 / features.num_groups)
    target = np.where(features.smooth, moved, elsewhere)
    return np.where(changed[:, features.groups], target, anchor)


def _far_apart(points: Array, count: int) -> Array:
    """The first ``count`` of ``points`` that are not close to one taken before."""
    taken: list[Array] = []
    for point in points:
        if all(np.abs(point - other).max() > _APART for other in taken):
            taken.append(point)
            if len(taken) == count:
                break
    return np.array(taken)


def _improve(acquisition: Acquisition, features: FeatureMap, start: Array) -> tuple[Array, float]:
    """A valid point near ``start`` that is a local optimum, also against single discrete changes."""
    point = features.snap(_climb(acquisition.with_gradient, start, features.smooth)[None])[0]
    height = float(acquisition(point[None])[0])
    if features.is_continuous:
        return point, height
    for _ in range(3):
        neighbours = features.neighbours(point)
        heights = acquisition(neighbours)
        best = int(np.argmax(heights))
        if heights[best] <= height:
            break
        point, height = neighbours[best], float(heights[best])
    return point, height


def _climb(
    function: Callable[[Array], tuple[float, Array]], start: Array, smooth: NDArray[np.bool_]
) -> Array:
    """Follow the gradient in the smooth features, within the unit cube."""
    if not smooth.any():
        return start
    point: Array = start.copy()

    def negative(values: Array) -> tuple[float, Array]:
        point[smooth] = values
        value, gradient = function(point)
        return -value, -gradient[smooth]

    found = minimize(
        negative,
        start[smooth],
        jac=True,
        method="L-BFGS-B",
        bounds=[(0.0, 1.0)] * int(smooth.sum()),
        options={"maxiter": _MAX_ITERATIONS, "ftol": 1e-9, "gtol": 1e-5},
    )
    point[smooth] = found.x
    return point
