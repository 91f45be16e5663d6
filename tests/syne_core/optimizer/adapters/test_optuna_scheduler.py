"""What Optuna is told and asked, with the real Optuna. Its contract: ``test_all_methods.py``."""

from __future__ import annotations

import json
import logging
import math
from datetime import datetime
from typing import Any

import pytest

from syne_core.backend.trial_status import Trial
from syne_core.config_space import config_key, sample_config, uniform
from syne_core.errors import UnknownNameError, UsageError
from syne_core.optimizer.adapters import OptunaScheduler
from syne_core.optimizer.adapters.optuna_space import OptunaSpace
from syne_core.optimizer.random_streams import RandomStreams
from syne_core.testing import TrialDriver, learning_curve, replay_journal
from syne_core.testing.contract_spaces import ALL_KINDS, SPACE, WIDE_SPACE

optuna = pytest.importorskip("optuna", reason="Optuna is not installed: pip install 'synebench[optuna]'")


LINE: dict[str, Any] = {"x": uniform(0.0, 1.0), "epochs": 9}
COMPLETE, PRUNED, FAIL, RUNNING = (
    getattr(optuna.trial.TrialState, name) for name in ("COMPLETE", "PRUNED", "FAIL", "RUNNING")
)


def start(scheduler: OptunaScheduler, trial_id: int) -> Trial:
    suggestion = scheduler.suggest(trial_id)
    assert suggestion is not None
    assert suggestion.config is not None
    return Trial(trial_id, suggestion.config, datetime(2000, 1, 1))


@pytest.mark.parametrize("space", [ALL_KINDS, WIDE_SPACE], ids=["all kinds", "wide"])
def test_configurations_survive_the_way_to_optuna_and_back(space: dict[str, Any]) -> None:
    translated = OptunaSpace(space)
    for number in range(50):
        config = sample_config(space, RandomStreams(0, "test").generator(number))
        params = translated.to_optuna(config)
        for name, distribution in translated.distributions.items():
            assert distribution._contains(distribution.to_internal_repr(params[name])), name
        assert config_key(translated.from_optuna(params), space) == config_key(config, space)


def test_scales_and_orders_are_told() -> None:
    distributions = OptunaSpace(ALL_KINDS).distributions
    assert {name for name, d in distributions.items() if getattr(d, "log", False)} == {
        "loguniform",
        "lograndint",
    }
    unordered = {n for n, d in distributions.items() if type(d).__name__ == "CategoricalDistribution"}
    assert unordered == {"choice", "choice_of_lists", "choice_of_one"}


@pytest.mark.parametrize("mode", ["min", "max"])
def test_the_study_holds_what_became_of_the_trials(mode: str) -> None:
    scheduler = OptunaScheduler(LINE, "loss", mode=mode, points_to_evaluate=[{"x": 0.25}])
    trials = [start(scheduler, i) for i in range(5)]
    scheduler.on_trial_complete(trials[0], {"loss": 3.0})
    scheduler.on_trial_complete(trials[1], {"loss": 5.0})
    scheduler.on_trial_error(trials[2])
    scheduler.on_trial_complete(trials[3], {"loss": math.nan})
    told = scheduler.study.trials
    assert [t.state for t in told] == [COMPLETE, COMPLETE, FAIL, COMPLETE, RUNNING]
    assert [t.value for t in told] == [3.0, 5.0, None, 5.0 if mode == "min" else 3.0, None]
    assert told[0].params == {"x": 0.25}
    assert scheduler.study.best_value == (3.0 if mode == "min" else 5.0)


def test_a_pruner_stops_a_trial_that_is_worse_than_the_median() -> None:
    options = {"n_startup_trials": 2}
    scheduler = OptunaScheduler(LINE, "loss", pruner="median", pruner_options=options, resource_attr="epoch")
    trials = [start(scheduler, i) for i in range(4)]
    for trial, loss in zip(trials[:3], (3.0, 2.0, 1.0), strict=True):
        for epoch in range(1, 10):
            assert scheduler.on_trial_result(trial, {"epoch": epoch, "loss": loss}) == "CONTINUE"
        scheduler.on_trial_complete(trial, {"epoch": 9, "loss": loss})
    assert scheduler.on_trial_result(trials[3], {"epoch": 1, "loss": 9.0}) == "STOP"
    scheduler.on_trial_remove(trials[3])
    assert scheduler.study.trials[3].state == PRUNED


def test_hyperband_decides_alike_in_every_run() -> None:
    def run() -> list[Any]:
        scheduler = OptunaScheduler(SPACE, "loss", pruner="hyperband", resource_attr="epoch", random_seed=1)
        driver = TrialDriver(scheduler, learning_curve(SPACE), "loss", "epoch", 9)
        driver.run(30)
        return driver.decisions

    first = run()
    assert first == run()
    assert any("STOP" in event for event in first)


def test_a_sampler_and_a_pruner_made_by_hand_are_used() -> None:
    sampler, pruner = optuna.samplers.RandomSampler(seed=3), optuna.pruners.ThresholdPruner(upper=1.0)
    scheduler = OptunaScheduler(LINE, "loss", sampler=sampler, pruner=pruner, resource_attr="epoch")
    assert scheduler.study.sampler is sampler
    assert scheduler.metadata()["sampler"] == "RandomSampler"
    trial = start(scheduler, 0)
    assert scheduler.on_trial_result(trial, {"epoch": 1, "loss": 0.5}) == "CONTINUE"
    assert scheduler.on_trial_result(trial, {"epoch": 2, "loss": 1.5}) == "STOP"


def test_tpe_finds_more_than_random_search() -> None:
    def best(sampler: str) -> float:
        found = []
        for seed in range(5):
            scheduler = OptunaScheduler(SPACE, "loss", sampler=sampler, random_seed=seed)
            driver = TrialDriver(scheduler, learning_curve(SPACE), "loss", "epoch", 9)
            driver.run(60)
            found.append(min(e["report"]["loss"] for e in driver.journal if e["event"] == "complete"))
        return sum(found) / len(found)

    assert best("tpe") < best("random")


@pytest.mark.parametrize("sampler", ["tpe", "cmaes"])
def test_resume_asks_again_and_so_goes_on_alike(sampler: str) -> None:
    def make() -> OptunaScheduler:
        return OptunaScheduler(SPACE, "loss", sampler=sampler, random_seed=2)

    driver = TrialDriver(make(), learning_curve(SPACE), "loss", "epoch", 3, fails_at={4: 2})
    driver.run(25)
    scheduler = make()
    journal = json.loads(json.dumps(driver.journal))
    last = max(i for i, event in enumerate(journal) if event["event"] == "suggest")
    replay_journal(journal[:last], scheduler)
    assert start(scheduler, journal[last]["asked"]).config == journal[last]["config"]


def test_optuna_stays_quiet_and_its_logging_as_it_was(capfd: pytest.CaptureFixture[str]) -> None:
    level = logging.getLogger("optuna").level
    for sampler in ("tpe", "cmaes", "qmc"):
        scheduler = OptunaScheduler(SPACE, "loss", sampler=sampler)
        TrialDriver(scheduler, learning_curve(SPACE), "loss", "epoch", 2).run(25)
    assert capfd.readouterr() == ("", "")
    assert logging.getLogger("optuna").level == level


def test_mistakes_name_what_is_valid() -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown Optuna sampler 'tpee'. Did you mean 'tpe'"):
        OptunaScheduler(LINE, "loss", sampler="tpee")
    with pytest.raises(UnknownNameError, match=r"Unknown Optuna pruner 'medain'. Did you mean 'median'"):
        OptunaScheduler(LINE, "loss", pruner="medain", resource_attr="epoch")
    with pytest.raises(UnknownNameError, match="constant_lair"):
        OptunaScheduler(LINE, "loss", sampler_options={"constant_lair": True})
    with pytest.raises(UsageError, match="needs resource_attr"):
        OptunaScheduler(LINE, "loss", pruner="median")
    with pytest.raises(UsageError, match="sampelr"):
        OptunaScheduler(LINE, "loss", sampelr="tpe")
