"""BoTorch: ``SingleTaskGP`` and ``qLogExpectedImprovement`` as in its tutorials, in double precision."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from botorch.acquisition.logei import qLogExpectedImprovement
from botorch.fit import fit_gpytorch_mll
from botorch.models import SingleTaskGP
from botorch.optim import optimize_acqf
from botorch.sampling.normal import SobolQMCNormalSampler
from gpytorch.mlls import ExactMarginalLogLikelihood
from torch.quasirandom import SobolEngine

from perf.quality.problems import Problem
from perf.quality.space import Config, Parameter

__all__ = ["BoTorchSide", "make"]

INITIAL = 10
RESTARTS, RAW_SAMPLES, MC_SAMPLES = 10, 512, 256
OPTIONS = {"batch_limit": RESTARTS, "maxiter": 200}
torch.set_num_threads(1)


class BoTorchSide:
    """Numbers on the unit cube, categories one-hot; candidates are rounded before the best is chosen.

    Each suggestion depends on the data, the seed and its number only, so a run can be continued exactly.
    """

    def __init__(self, parameters: tuple[Parameter, ...], seed: int) -> None:
        self._parameters, self._seed = parameters, seed
        self._width = sum(len(p.choices) or 1 for p in parameters)
        sobol = SobolEngine(self._width, scramble=True, seed=seed)
        self._initial = sobol.draw(INITIAL, dtype=torch.double)
        self._told: dict[int, tuple[torch.Tensor, float]] = {}
        self._pending: dict[int, torch.Tensor] = {}

    def ask(self, number: int) -> Config:
        point = self._initial[number] if number < INITIAL else self._suggest(number)
        config = self._decode(point)
        self.replay(number, config)
        return config

    def replay(self, number: int, config: Config) -> None:
        self._pending[number] = self._encode(config)

    def tell(self, number: int, config: Config, value: float) -> None:
        self._told[number] = (self._encode(config), value)
        self._pending.pop(number)

    def _suggest(self, number: int) -> torch.Tensor:
        torch.manual_seed(1_000_003 * self._seed + number)
        points = torch.stack([point for point, _ in self._told.values()])
        values = -torch.tensor([[value] for _, value in self._told.values()], dtype=torch.double)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = SingleTaskGP(points, values)
            fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
            acquisition = qLogExpectedImprovement(
                model,
                best_f=values.max(),
                sampler=SobolQMCNormalSampler(torch.Size([MC_SAMPLES])),
                X_pending=torch.stack(list(self._pending.values())) if self._pending else None,
            )
            candidates, _ = optimize_acqf(
                acquisition,
                bounds=torch.tensor([[0.0] * self._width, [1.0] * self._width], dtype=torch.double),
                q=1,
                num_restarts=RESTARTS,
                raw_samples=RAW_SAMPLES,
                options=OPTIONS,
                post_processing_func=self._round if self._is_mixed else None,
            )
        return candidates[0]

    @property
    def _is_mixed(self) -> bool:
        return any(p.kind != "float" for p in self._parameters)

    def _round(self, points: torch.Tensor) -> torch.Tensor:
        flat = points.reshape(-1, self._width)
        rounded = [self._encode(self._decode(point)) for point in flat]
        return torch.stack(rounded).reshape(points.shape)

    def _encode(self, config: Config) -> torch.Tensor:
        cells: list[float] = []
        for p in self._parameters:
            if p.kind == "choice":
                cells += [float(config[p.name] == choice) for choice in p.choices]
            else:
                cells.append(p.to_unit(config[p.name]))
        return torch.tensor(cells, dtype=torch.double)

    def _decode(self, point: torch.Tensor) -> Config:
        cells = point.tolist()
        config: Config = {}
        at = 0
        for p in self._parameters:
            width = len(p.choices) or 1
            mine = cells[at : at + width]
            config[p.name] = p.choices[mine.index(max(mine))] if p.choices else p.from_unit(mine[0])
            at += width
        return config


def make(side: str, problem: Problem, seed: int, start: int) -> Any:
    """As ``perf.quality.sides.make_side``."""
    return BoTorchSide(problem.parameters, seed)
