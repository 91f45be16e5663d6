from __future__ import annotations

from typing import Any

import pytest

from syne_core.config_space import uniform
from syne_core.errors import UsageError
from syne_core.optimizer.schedulers.searchers.bayesopt_searcher import BayesianOptimizationSearcher
from syne_core.optimizer.schedulers.searchers.random_searcher import RandomSearcher

SPACE = {"x": uniform(0, 1), "y": uniform(0, 1)}


class _Rungs:
    """As much of a scheduler as makes a process over resources."""

    resource_attr = "epoch"
    max_resource_level = 9


def _proposed(searcher: Any, count: int) -> list[dict[str, Any]]:
    configs = []
    for number in range(count):
        config = searcher.get_config(str(number))
        configs.append(config)
        value = (config["x"] - 0.3) ** 2 + config["y"]
        searcher.on_trial_result(str(number), config, {"loss": value, "epoch": 1}, update=True)
    return configs


def _random_turns(searcher: BayesianOptimizationSearcher, count: int) -> list[int]:
    """Numbers of the configurations that random search proposes too."""
    random = _proposed(RandomSearcher(SPACE, "loss", random_seed=3), count)
    return [number for number, config in enumerate(_proposed(searcher, count)) if config == random[number]]


def _searcher(**options: Any) -> BayesianOptimizationSearcher:
    return BayesianOptimizationSearcher(SPACE, "loss", random_seed=3, num_init_candidates=50, **options)


def test_without_rungs_only_the_first_configurations_are_random() -> None:
    assert _random_turns(_searcher(), 16) == [0, 1, 2]


def test_with_rungs_every_fourth_configuration_is_random() -> None:
    searcher = _searcher()
    searcher.configure_scheduler(_Rungs())  # type: ignore[arg-type]
    assert _random_turns(searcher, 16) == [0, 1, 2, 3, 7, 11, 15]


@pytest.mark.parametrize(
    ("share", "turns"), [(0.0, [0, 1, 2]), (0.4, [0, 1, 2, 4, 7, 9]), (1, list(range(10)))]
)
def test_random_configurations_are_spread_evenly(share: float, turns: list[int]) -> None:
    searcher = _searcher(random_fraction=share)
    searcher.configure_scheduler(_Rungs())  # type: ignore[arg-type]
    assert _random_turns(searcher, 10) == turns


@pytest.mark.parametrize("share", [-0.1, 1.1, "much", True, float("nan")])
def test_a_share_that_is_none_is_refused(share: Any) -> None:
    with pytest.raises(UsageError, match="random_fraction must be a number from 0 to 1"):
        _searcher(random_fraction=share)
