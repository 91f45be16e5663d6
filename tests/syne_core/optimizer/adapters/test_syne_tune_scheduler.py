"""Schedulers of Syne Tune 0.16, with the real ones. Their contract: ``test_all_methods.py``."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

import pytest

from syne_core.backend.trial_status import Trial
from syne_core.config_space import uniform
from syne_core.errors import ExperimentError, UnknownNameError, UsageError
from syne_core.optimizer.adapters import SyneTuneScheduler
from syne_core.optimizer.adapters.syne_tune_library import SCHEDULERS, known_faults

# Warnings of its dependencies, and its own, which it does not silence.
pytestmark = pytest.mark.filterwarnings("ignore")

LINE: dict[str, Any] = {"x": uniform(0.0, 1.0), "epochs": 9}
ASHA: dict[str, Any] = {"scheduler": "ASHA", "resource_attr": "epoch", "max_resource_attr": "epochs"}


def start(scheduler: SyneTuneScheduler, trial_id: int) -> Trial:
    suggestion = scheduler.suggest(trial_id)
    assert suggestion is not None
    assert suggestion.config is not None
    trial = Trial(trial_id, suggestion.config, datetime(2000, 1, 1))
    scheduler.on_trial_add(trial)
    return trial


def test_every_scheduler_has_its_known_faults_named() -> None:
    assert all(known_faults(name) for name in SCHEDULERS)
    assert "random search" in known_faults("BOTorch")[0]
    assert "global random state" in known_faults("ASHA")[0]


@pytest.mark.long
class TestWithSyneTune:
    @pytest.fixture(autouse=True)
    def _needs_syne_tune(self) -> None:
        reason = "Syne Tune is not installed: pip install 'synebench[syne-tune]'"
        pytest.importorskip("syne_tune", reason=reason)

    def test_known_faults_are_in_the_log_and_in_the_metadata(self, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.WARNING):
            scheduler = SyneTuneScheduler(LINE, "loss", **ASHA)
        assert scheduler.metadata()["method_notes"] == known_faults("ASHA")
        assert known_faults("ASHA")[0] in caplog.text
        assert scheduler.metadata()["library"] == "syne-tune 0.16.0"

    def test_its_botorch_still_pairs_configurations_with_objectives_of_others(self) -> None:
        """If this fails, the fault is mended, and the note about it is wrong."""
        pytest.importorskip("botorch", reason="BoTorch is not installed: pip install 'synebench[botorch]'")
        scheduler = SyneTuneScheduler(LINE, "loss", scheduler="BOTorch")
        trials = [start(scheduler, trial_id) for trial_id in range(2)]
        for trial in reversed(trials):  # the second trial completes first
            report = {"loss": trial.config["x"]}
            scheduler.on_trial_result(trial, report)
            scheduler.on_trial_complete(trial, report)
        searcher = scheduler.scheduler.searcher
        configs = [config["x"] for config in searcher._configs_with_results()]
        assert sorted(searcher.objectives()) == pytest.approx(sorted(configs))
        assert list(searcher.objectives()) != pytest.approx(configs)

    def test_importing_it_does_not_set_up_logging(self) -> None:
        handlers = logging.getLogger().handlers[:]
        SyneTuneScheduler(LINE, "loss", **ASHA)
        assert logging.getLogger().handlers == handlers

    def test_it_is_told_of_points_to_evaluate_as_of_its_own(self) -> None:
        scheduler = SyneTuneScheduler(LINE, "loss", scheduler="BORE", points_to_evaluate=[{"x": 0.25}])
        trial = start(scheduler, 0)
        assert trial.config == {"x": 0.25, "epochs": 9}
        scheduler.on_trial_complete(trial, {"loss": 1.0})

    def test_asha_stops_the_worse_of_two(self) -> None:
        scheduler = SyneTuneScheduler(LINE, "loss", **ASHA)
        good, bad = start(scheduler, 0), start(scheduler, 1)
        assert scheduler.on_trial_result(good, {"epoch": 1, "loss": 1.0}) == "CONTINUE"
        assert scheduler.on_trial_result(bad, {"epoch": 1, "loss": 2.0}) == "STOP"
        scheduler.on_trial_remove(bad)

    def test_a_scheduler_may_be_made_by_a_function(self) -> None:
        def make(config_space: dict[str, Any], random_seed: int) -> Any:
            from syne_tune.optimizer.baselines import RandomSearch

            return RandomSearch(config_space, metrics=["loss"], random_seed=random_seed)

        scheduler = SyneTuneScheduler(LINE, "loss", scheduler=make, random_seed=3)
        by_name = SyneTuneScheduler(LINE, "loss", scheduler="RandomSearch", random_seed=3)
        assert [start(scheduler, i).config for i in range(3)] == [start(by_name, i).config for i in range(3)]

    def test_what_goes_wrong_inside_is_said_in_a_line(self, monkeypatch: pytest.MonkeyPatch) -> None:
        scheduler = SyneTuneScheduler(LINE, "loss", scheduler="RandomSearch", points_to_evaluate=[])
        monkeypatch.setattr(scheduler.scheduler, "suggest", lambda: 1 / 0)
        with pytest.raises(ExperimentError, match="RandomSearch failed in suggest: ZeroDivisionError"):
            scheduler.suggest(0)

    def test_mistakes_are_named(self) -> None:
        with pytest.raises(UnknownNameError, match="Did you mean 'ASHA'"):
            SyneTuneScheduler(LINE, "loss", scheduler="AHSA")
        with pytest.raises(UsageError, match="needs resource_attr, and max_resource_attr or max_t"):
            SyneTuneScheduler(LINE, "loss", scheduler="ASHA")
        with pytest.raises(UnknownNameError, match="bracket"):
            SyneTuneScheduler(LINE, "loss", **ASHA, scheduler_options={"bracket": 2})
