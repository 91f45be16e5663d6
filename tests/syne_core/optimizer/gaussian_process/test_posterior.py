from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from syne_core.optimizer.gaussian_process.fit import fit_hyperparameters, prior_mean
from syne_core.optimizer.gaussian_process.kernel import Hyperparameters, TrainingCovariance
from syne_core.optimizer.gaussian_process.posterior import Posterior
from syne_core.optimizer.gaussian_process.targets import standardise

Array = NDArray[np.float64]
GROUPS = np.arange(2)


def _fitted(noise: float) -> Hyperparameters:
    return Hyperparameters(np.array([0.4, 0.6]), 1.5, noise)


def _textbook(rows: Array, targets: Array, new: Array, at: Hyperparameters) -> tuple[Array, Array]:
    """Equations 2.25 and 2.26 of Rasmussen and Williams 2006, with the best constant mean."""

    def k(a: Array, b: Array) -> Array:
        gaps = (a[:, None] - b[None]) / at.lengthscales
        r = np.sqrt(5.0 * (gaps**2).sum(axis=2))
        return np.asarray(at.scale * (1 + r + r * r / 3) * np.exp(-r))

    inverse = np.linalg.inv(k(rows, rows) + at.noise * np.eye(len(rows)))
    mean = inverse.sum(axis=0) @ targets / inverse.sum()
    cross = k(new, rows)
    variance = at.scale - np.einsum("ij,jk,ik->i", cross, inverse, cross)
    return mean + cross @ inverse @ (targets - mean), np.sqrt(variance)


def test_predictions_are_those_of_the_textbook() -> None:
    rng = np.random.default_rng(0)
    rows, targets, new = rng.random((12, 2)), rng.standard_normal(12), rng.random((700, 2))
    means, stds = Posterior(rows, targets, GROUPS, _fitted(0.01)).predict(new)
    expected_means, expected_stds = _textbook(rows, targets, new, _fitted(0.01))
    np.testing.assert_allclose(means[:, 0], expected_means, atol=1e-9)
    np.testing.assert_allclose(stds, expected_stds, atol=1e-7)


def test_fantasies_average_to_the_prediction_and_lower_the_uncertainty() -> None:
    rng = np.random.default_rng(1)
    rows, targets, pending = rng.random((10, 2)), rng.standard_normal(10), rng.random((3, 2))
    at = _fitted(1e-3)
    plain = Posterior(rows, targets, GROUPS, at)
    waiting = Posterior(rows, targets, GROUPS, at, pending, 8, np.random.default_rng(2))
    assert waiting.num_fantasies == 8
    new = np.vstack([pending, rng.random((5, 2))])
    before_means, before = plain.predict(new)
    means, stds = waiting.predict(new)
    np.testing.assert_allclose(means.mean(axis=1), before_means[:, 0], atol=1e-8)
    assert (stds <= before + 1e-9).all()
    assert (stds[:3] < 0.25 * before[:3]).all(), "what is pending will be known"
    spread = means[:3].std(axis=1)
    assert (spread > 0.05 * before[:3]).all(), "but it is not known yet"


@pytest.mark.parametrize("scale", [0.0, 1e-12, 1.0])
def test_many_duplicates_and_points_close_together_do_no_harm(scale: float) -> None:
    rng = np.random.default_rng(4)
    rows = np.repeat(rng.random((1, 2)), 60, axis=0) + scale * 1e-9 * rng.standard_normal((60, 2))
    targets = standardise(rng.standard_normal(60))
    fitted = fit_hyperparameters(rows, targets, GROUPS, [prior_mean(2, False)])
    means, stds = Posterior(rows, targets, GROUPS, Hyperparameters(fitted.lengthscales, 1.0, 1e-12)).predict(
        rng.random((5, 2))
    )
    assert np.isfinite(means).all()
    assert (stds > 0).all()


def test_a_single_observation_is_enough() -> None:
    fitted = fit_hyperparameters(np.array([[0.5, 0.5]]), np.zeros(1), GROUPS, [prior_mean(2, False)])
    means, stds = Posterior(np.array([[0.5, 0.5]]), np.zeros(1), GROUPS, fitted).predict(np.eye(2))
    assert np.isfinite(means).all()
    assert np.isfinite(stds).all()


def test_hyperparameters_are_recovered() -> None:
    rng = np.random.default_rng(7)
    rows = rng.random((150, 2))
    truth = Hyperparameters(np.array([0.2, 3.0]), 1.0, 0.01)
    matrix = TrainingCovariance(rows, GROUPS).matrix(truth) + truth.noise * np.eye(150)
    targets = np.linalg.cholesky(matrix) @ rng.standard_normal(150)
    fitted = fit_hyperparameters(rows, standardise(targets) * targets.std(), GROUPS, [prior_mean(2, False)])
    assert 0.1 < fitted.lengthscales[0] < 0.4
    assert fitted.lengthscales[1] > 1.0


def test_fit_is_better_than_its_starts_and_within_bounds() -> None:
    rng = np.random.default_rng(8)
    rows = rng.random((30, 2))
    targets = standardise(np.sin(9 * rows[:, 0]))
    start = prior_mean(2, False)
    fitted = fit_hyperparameters(rows, targets, GROUPS, [start])
    assert fitted.lengthscales[0] < fitted.lengthscales[1], "the second hyperparameter does not matter"
    assert 1e-6 <= fitted.noise <= 1.0
