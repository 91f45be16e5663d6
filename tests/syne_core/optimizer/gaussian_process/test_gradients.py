"""Every analytic gradient against finite differences."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.special import log_ndtr

from syne_core.optimizer.gaussian_process.expected_improvement import (
    log_expected_improvement,
    log_expected_improvement_with_gradient,
)
from syne_core.optimizer.gaussian_process.fit import LogPosterior, prior_mean
from syne_core.optimizer.gaussian_process.maximise import Acquisition
from syne_core.optimizer.gaussian_process.posterior import Posterior

Array = NDArray[np.float64]

# Two columns of one hyperparameter, then one each: as with one-hot encoded categories.
GROUPS = np.array([0, 0, 1, 2])


def numerical(function: Callable[[Array], float], at: Array, step: float = 1e-6) -> Array:
    moves = np.eye(len(at)) * step
    return np.array([(function(at + move) - function(at - move)) / (2 * step) for move in moves])


def data(over_resource: bool, n: int = 25) -> tuple[Array, Array]:
    rng = np.random.default_rng(3)
    rows = rng.random((n, len(GROUPS)))
    targets = np.sin(5 * rows[:, 0]) + rows[:, 3] ** 2 + 0.1 * rng.standard_normal(n)
    if over_resource:
        resource = rng.choice([0.0, 0.33, 0.67, 1.0], n)
        rows = np.column_stack([rows, resource])
        targets += np.exp(-3 * resource)
    return rows, (targets - targets.mean()) / targets.std()


@pytest.mark.parametrize("over_resource", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_gradient_of_the_marginal_likelihood(over_resource: bool, seed: int) -> None:
    rows, targets = data(over_resource)
    posterior = LogPosterior(rows, targets, GROUPS)
    center = prior_mean(3, over_resource).to_log()
    at = center + 0.7 * np.random.default_rng(seed).standard_normal(len(center))
    expected = numerical(lambda log: posterior(log)[0], at, 1e-5)
    np.testing.assert_allclose(posterior(at)[1], expected, rtol=2e-5, atol=2e-5)


def acquisition(over_resource: bool, pending: bool, noise: float = 1e-2) -> Acquisition:
    rows, targets = data(over_resource)
    fitted = prior_mean(3, over_resource)
    fitted = type(fitted)(fitted.lengthscales, 1.3, noise, 0.8 if over_resource else None)
    waiting = np.random.default_rng(5).random((3, rows.shape[1])) if pending else None
    process = Posterior(rows, targets, GROUPS, fitted, waiting, 6, np.random.default_rng(0))
    best = process.means(rows).min(axis=0)
    return Acquisition(process, best, 0.67 if over_resource else None)


@pytest.mark.parametrize("over_resource", [False, True])
@pytest.mark.parametrize("pending", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_gradient_of_log_expected_improvement(over_resource: bool, pending: bool, seed: int) -> None:
    function = acquisition(over_resource, pending)
    at = np.random.default_rng(seed).random(len(GROUPS))
    value, gradient = function.with_gradient(at)
    assert value == pytest.approx(float(function(at[None])[0]), abs=1e-8)
    expected = numerical(lambda x: float(function(x[None])[0]), at)
    np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("z", [-1e4, -300.0, -100.0001, -99.9999, -30.0, -5.0, 0.0, 4.9999, 5.0001, 40.0])
def test_log_expected_improvement_is_right_from_certain_loss_to_certain_gain(z: float) -> None:
    # h(z) = phi(z) times the integral of t exp(t z - t^2 / 2) over t > 0; below zero, t in units of 1 / |z|.
    unit = 1.0 / max(1.0, -z)
    shift = max(0.0, z) ** 2 / 2  # keeps the exponential within floats
    end, peak = (60.0 + z, [z]) if z > 0 else (60.0, None)

    def integrand(u: float) -> float:
        return float(u * unit * np.exp(u * unit * z - (u * unit) ** 2 / 2 - shift))

    integral, _ = quad(integrand, 0, end, points=peak, epsabs=0, epsrel=1e-11, limit=500)
    log_phi = -z * z / 2 - 0.5 * np.log(2 * np.pi)
    exact = log_phi + np.log(integral * unit) + shift
    value = float(log_expected_improvement(np.array([[-z]]), np.ones(1), np.zeros(1))[0])
    assert value == pytest.approx(exact, rel=1e-9)
    _, gradient = log_expected_improvement_with_gradient(
        np.array([-z]), 1.0, np.zeros(1), np.array([[1.0]]), np.zeros(1)
    )
    assert gradient[0] == pytest.approx(-np.exp(log_ndtr(z) - exact), rel=1e-6), "-Phi / h"


def test_the_branches_of_log_expected_improvement_meet() -> None:
    for border in (-100.0, 5.0):
        around = np.array([[-border - 1e-9], [-border + 1e-9]])
        below, above = log_expected_improvement(around, np.ones(2), np.zeros(1))
        assert below == pytest.approx(above, rel=1e-9)
