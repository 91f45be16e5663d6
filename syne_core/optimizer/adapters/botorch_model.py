"""BoTorch's Gaussian process and acquisition: from points of the unit cube to the next ones to try."""

from __future__ import annotations

import importlib
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from syne_core.errors import MissingDependencyError

__all__ = ["best_points", "botorch_library"]

Points = NDArray[np.float64]

_NUM_RESTARTS = 10
_RAW_SAMPLES = 256


def botorch_library() -> Any:
    """The module ``botorch``.

    :raises MissingDependencyError: it is not installed
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of torch's, at its import
            return importlib.import_module("botorch")
    except ModuleNotFoundError as error:
        if error.name not in ("botorch", "torch"):
            raise
        raise MissingDependencyError("BoTorch", "botorch") from None


def best_points(inputs: Points, values: Points, pending: Points, seed: int) -> Points | None:
    """Local optima of the acquisition function, the best first.

    A ``SingleTaskGP`` with BoTorch's own priors, and ``qLogExpectedImprovement`` (Ament et al. 2023) of one
    point more beside the pending ones. The global random state of torch is left as it was.

    :param inputs: (n, d) points of the unit cube, n >= 2
    :param values: (n,) finite values to minimise, of any size
    :param pending: (m, d) points that are being evaluated, m >= 0
    :param seed: below 2**32; the same arguments give the same points
    :return: (k, d), or None if no model could be fitted
    """
    botorch_library()
    import torch

    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about points that are close to each other, and restarts that failed
        torch.default_generator.manual_seed(seed)
        try:
            return _optimise(inputs, -_moderate(values), pending, seed)
        except (RuntimeError, ValueError, ArithmeticError):
            # BoTorch and its linear algebra raise many errors of their own; these are their bases.
            return None


def _optimise(inputs: Points, rewards: Points, pending: Points, seed: int) -> Points:
    import torch
    from botorch.acquisition.logei import qLogExpectedImprovement
    from botorch.fit import fit_gpytorch_mll
    from botorch.models import SingleTaskGP
    from botorch.models.transforms.outcome import Standardize
    from botorch.optim import optimize_acqf
    from botorch.sampling.normal import SobolQMCNormalSampler
    from gpytorch.mlls import ExactMarginalLogLikelihood

    def tensor(points: Points) -> Any:
        return torch.as_tensor(points, dtype=torch.double)

    dimension = inputs.shape[1]
    model = SingleTaskGP(tensor(inputs), tensor(rewards)[:, None], outcome_transform=Standardize(m=1))
    fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
    acquisition = qLogExpectedImprovement(
        model,
        best_f=float(rewards.max()),
        sampler=SobolQMCNormalSampler(torch.Size([256]), seed=seed),
        X_pending=tensor(pending) if len(pending) else None,
    )
    points, scores = optimize_acqf(
        acquisition,
        bounds=tensor(np.array([[0.0] * dimension, [1.0] * dimension])),
        q=1,
        num_restarts=_NUM_RESTARTS,
        raw_samples=_RAW_SAMPLES,
        return_best_only=False,
    )
    order = torch.argsort(scores.flatten(), descending=True, stable=True)
    found: Points = points.reshape(-1, dimension)[order].detach().numpy()
    return found


def _moderate(values: Points) -> Points:
    """``values``, divided so that neither their squares nor their differences leave the range of floats."""
    largest = float(np.abs(values).max())
    return values if largest == 0.0 else values / largest
