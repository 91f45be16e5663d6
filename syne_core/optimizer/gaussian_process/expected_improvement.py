"""The logarithm of expected improvement, stable also where improvement is all but impossible.

Ament et al. 2023, "Unexpected improvements to expected improvement for Bayesian optimization".
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfcx, ndtr

__all__ = ["log_expected_improvement", "log_expected_improvement_with_gradient"]

Array = NDArray[np.float64]

_LOG_SQRT_2PI = 0.5 * np.log(2.0 * np.pi)
_SQRT_HALF_PI = np.sqrt(0.5 * np.pi)


def log_expected_improvement(means: Array, stds: Array, best: Array) -> Array:
    """log EI of minimisation, averaged over fantasies.

    :param means: shape (m, f)
    :param stds: shape (m,)
    :param best: value to improve on in each fantasy, shape (f,)
    :return: shape (m,)
    """
    log_h = _log_h((best - means) / stds[:, None])[0]
    peak = log_h.max(axis=1)
    averaged: Array = peak + np.log(np.exp(log_h - peak[:, None]).mean(axis=1)) + np.log(stds)
    return averaged


def log_expected_improvement_with_gradient(
    means: Array, std: float, best: Array, mean_slopes: Array, std_slope: Array
) -> tuple[float, Array]:
    """The same at one point, with its gradient.

    :param means: shape (f,)
    :param best: shape (f,)
    :param mean_slopes: gradients of the means, shape (columns, f)
    :param std_slope: gradient of ``std``, shape (columns,)
    """
    log_h, density, probability = _log_h((best - means) / std)
    peak = log_h.max()
    shares = np.exp(log_h - peak)
    total = shares.sum()
    value = peak + np.log(total / len(shares)) + np.log(std)
    shares /= total
    gradient = (float(shares @ density) * std_slope - mean_slopes @ (shares * probability)) / std
    return float(value), gradient


def _log_h(z: Array) -> tuple[Array, Array, Array]:
    """log h, phi / h and Phi / h, where h(z) = phi(z) + z Phi(z) is EI in units of the standard deviation."""
    low = z < -1.0
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        density = np.exp(-0.5 * z * z - _LOG_SQRT_2PI)
        probability = ndtr(z)
        h = density + z * probability
        # Below -1: h = phi (1 + z Phi / phi), where Phi / phi is Mills' ratio.
        mills = _SQRT_HALF_PI * erfcx(-z * np.sqrt(0.5))
        inverse = 1.0 / (z * z)
        far = inverse * (1.0 - inverse * (3.0 - 15.0 * inverse))
        rest = np.where(z < -100.0, far, 1.0 + z * mills)
        log_h = np.where(low, -0.5 * z * z - _LOG_SQRT_2PI + np.log(rest), np.log(h))
        return log_h, np.where(low, 1.0 / rest, density / h), np.where(low, mills / rest, probability / h)
