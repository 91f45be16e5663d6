"""Benchmarks made of formulas, for tests of the simulator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from syne_core.blackbox import Blackbox, LearningCurve
from syne_core.errors import BlackboxError
from syne_core.testing.backend_contract import contract_loss

Curve = Callable[[Mapping[str, Any], int], LearningCurve]


class FormulaBlackbox(Blackbox):
    """Answers with ``curve(config, seed)``; metric ``loss``, resource ``epoch``, time ``elapsed``."""

    def __init__(
        self, curve: Curve, space: Mapping[str, Any], max_epochs: int = 9, num_seeds: int = 1
    ) -> None:
        self._curve = curve
        self.config_space = dict(space)
        self.resource_attr = "epoch"
        self.resources = tuple(range(1, max_epochs + 1))
        self.metric_names = ("loss",)
        self.elapsed_time_attr = "elapsed"
        self.num_seeds = num_seeds

    def curve(self, config: Mapping[str, Any], seed: int = 0) -> LearningCurve:
        return self._curve(config, seed)


def steady(losses: list[float], seconds_per_epoch: float, failure: str | None = None) -> LearningCurve:
    """A curve whose epochs take the same time each."""
    epochs = range(1, len(losses) + 1)
    return LearningCurve(
        tuple(epochs), [epoch * seconds_per_epoch for epoch in epochs], {"loss": losses}, failure
    )


def contract_curve(config: Mapping[str, Any], seed: int) -> LearningCurve:
    """What ``CONTRACT_SCRIPT`` does: it reports, then sleeps."""
    if not isinstance(config["text"], str):
        raise BlackboxError("text must be text")
    fails = config["fail_after"] if 0 < config["fail_after"] <= config["epochs"] else None
    epochs = range(1, (fails or config["epochs"]) + 1)
    return LearningCurve(
        tuple(epochs),
        [(epoch - 1) * config["pace"] for epoch in epochs],
        {"loss": [contract_loss(dict(config), epoch) for epoch in epochs]},
        failure=None if fails is None else "failing on purpose",
    )
