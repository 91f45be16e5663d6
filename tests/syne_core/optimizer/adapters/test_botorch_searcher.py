"""BoTorch as a searcher. Its contract: ``test_all_methods.py``."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from syne_core.config_space import choice, config_key, ordinal, sample_config, uniform
from syne_core.errors import UnknownNameError, UsageError
from syne_core.optimizer.adapters.botorch_searcher import BoTorch, _Encoding
from syne_core.optimizer.random_streams import RandomStreams
from syne_core.testing import TrialDriver, replay_journal
from syne_core.testing.contract_spaces import ALL_KINDS

SQUARE: dict[str, Any] = {"x": uniform(0.0, 1.0), "y": uniform(0.0, 1.0), "epochs": 1}


def test_configurations_survive_the_way_to_a_point_and_back() -> None:
    encoding = _Encoding(ALL_KINDS)
    for number in range(50):
        config = sample_config(ALL_KINDS, RandomStreams(0, "test").generator(number))
        (point,) = encoding.encode([config])
        assert ((point >= 0) & (point <= 1)).all()
        assert config_key(encoding.decode(point), ALL_KINDS) == config_key(config, ALL_KINDS)


def test_three_or_more_categories_without_order_have_a_coordinate_each() -> None:
    space = {"c": choice(["a", "b", "d"]), "two": choice([0, 1]), "o": ordinal(["s", "m", "l"]), "k": 1}
    points = _Encoding(space).encode([{"c": "b", "two": 1, "o": "l"}])
    np.testing.assert_allclose(points, [[0.0, 1.0, 0.0, 0.75, 5 / 6]])


@pytest.mark.long
class TestWithBoTorch:
    @pytest.fixture(autouse=True)
    def _needs_botorch(self) -> None:
        pytest.importorskip("botorch", reason="BoTorch is not installed: pip install 'synebench[botorch]'")

    def drive(self, scheduler: BoTorch, num_suggestions: int) -> TrialDriver:
        driver = TrialDriver(
            scheduler,
            lambda config, *_: float((config["x"] - 0.3) ** 2 + (config["y"] - 0.8) ** 2),
            "loss",
            "epoch",
            1,
        )
        driver.run(num_suggestions)
        return driver

    def test_finds_the_optimum_of_a_parabola(self) -> None:
        driver = self.drive(BoTorch(SQUARE, "loss", random_seed=1), 18)
        assert min(e["report"]["loss"] for e in driver.journal if e["event"] == "report") < 1e-3

    def test_resume_computes_nothing_and_goes_on_alike(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from syne_core.optimizer.adapters import botorch_searcher

        journal = json.loads(json.dumps(self.drive(BoTorch(SQUARE, "loss"), 10).journal))
        last = max(i for i, event in enumerate(journal) if event["event"] == "suggest")
        scheduler = BoTorch(SQUARE, "loss")
        with monkeypatch.context() as patch:
            patch.setattr(botorch_searcher, "best_points", None)
            replay_journal(journal[:last], scheduler)
        suggestion = scheduler.suggest(journal[last]["asked"])
        assert suggestion is not None
        assert suggestion.config == journal[last]["config"]

    def test_torch_keeps_its_global_random_state(self) -> None:
        import torch

        before = torch.get_rng_state().clone()
        self.drive(BoTorch(SQUARE, "loss"), 8)
        assert torch.equal(torch.get_rng_state(), before)

    def test_mistakes_are_named(self) -> None:
        with pytest.raises(UnknownNameError, match="num_init_randon"):
            BoTorch(SQUARE, "loss", search_options={"num_init_randon": 3})
        with pytest.raises(UsageError, match="num_init_random must be 0 or more"):
            BoTorch(SQUARE, "loss", search_options={"num_init_random": -1})
