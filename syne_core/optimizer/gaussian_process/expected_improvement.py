"""The logarithm of expected improvement, stable also where improvement is all but impossible.

Ament et al. 2023, "Unexpected improvements to expected improvement for Bayesian optimization".
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfcx, log_ndtr, ndtr

__all__ = ["log_expected_improvement", "log_expected_improvement_with_gradient"]

Array = NDArray[np.float64]

_LOG_SQRT_2PI = 0.5 * np.log(2.0 * np.pi)
_SQRT_HALF_PI = np.sqrt(0.5 * np.pi)
_NEAR, _FAR = 5.0, 100.0


def log_expected_improvement(means: Array, stds: Array, best: Array) -> Array:
    """log EI of minimisation, averaged over fantasies.

    :param means: shape (m, f)
    :param stds: shape (m,)
    :param best: value to improve on in each fantasy, shape (f,)
    :return: shape (m,)
    """
    log_h = _log_h((best - means) / stds[:, None])
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
    z = (best - means) / std
    log_h = _log_h(z)
    density = np.exp(-0.5 * z * z - _LOG_SQRT_2PI - log_h)
    probability = np.exp(log_ndtr(z) - log_h)
    peak = log_h.max()
    shares = np.exp(log_h - peak)
    total = shares.sum()
    value = peak + np.log(total / len(shares)) + np.log(std)
    shares /= total
    gradient = (float(shares @ density) * std_slope - mean_slopes @ (shares * probability)) / std
    return float(value), gradient


def _log_h(z: Array) -> Array:
    """log h, where h(z) = phi(z) + z Phi(z) is EI in units of the standard deviation."""
    log_density = -0.5 * z * z - _LOG_SQRT_2PI
    # h = phi (1 + z Phi / phi), where Phi / phi is Mills' ratio; for large z that ratio overflows.
    near = np.clip(z, -_FAR, _NEAR)
    log_h: Array = log_density + np.log1p(near * _SQRT_HALF_PI * erfcx(near * -np.sqrt(0.5)))
    beyond = z > _NEAR
    if beyond.any():
        log_h[beyond] = np.log(np.exp(log_density[beyond]) + z[beyond] * ndtr(z[beyond]))
    below = z < -_FAR
    if below.any():
        inverse = 1.0 / (z[below] * z[below])
        log_h[below] = log_density[below] + np.log(inverse * (1.0 - inverse * (3.0 - 15.0 * inverse)))
    return log_h
