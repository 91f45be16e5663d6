"""Arguments of schedulers: defaults, and mistakes that are named."""

from __future__ import annotations

from typing import Any

import pytest

from syne_core.config_space import randint, uniform
from syne_core.errors import ConfigSpaceError, UnknownNameError, UsageError
from syne_core.optimizer.baselines import (
    ASHA,
    MOBSTER,
    BayesianOptimization,
    GridSearch,
    RandomSearch,
    baselines_dict,
)
from syne_core.optimizer.random_streams import DEFAULT_SEED
from syne_core.optimizer.scheduler import TrialScheduler
from syne_core.optimizer.schedulers import FIFOScheduler, HyperbandScheduler
from syne_core.optimizer.schedulers.searchers import RandomSearcher

SPACE = {"x": uniform(0, 1), "epochs": 27}


def _first_configs(scheduler: TrialScheduler, n: int = 5) -> list[Any]:
    suggestions = [scheduler.suggest(i) for i in range(n)]
    return [suggestion and suggestion.config for suggestion in suggestions]


def test_random_search_is_fifo_with_the_random_searcher() -> None:
    scheduler = RandomSearch(SPACE, "loss")
    assert isinstance(scheduler, FIFOScheduler)
    assert isinstance(scheduler.searcher, RandomSearcher)
    assert (scheduler.metric, scheduler.mode) == ("loss", "min")
    assert (scheduler.resource_attr, scheduler.max_resource_level, scheduler.rung_levels) == (None, 27, [])


def test_asha_stops_by_default_and_knows_its_rungs() -> None:
    scheduler = ASHA(SPACE, "loss", "epoch", max_resource_attr="epochs")
    assert isinstance(scheduler, HyperbandScheduler)
    assert (scheduler.type, scheduler.resource_attr, scheduler.num_brackets) == ("stopping", "epoch", 1)
    assert (scheduler.max_resource_level, scheduler.rung_levels) == (27, [1, 3, 9])
    metadata = scheduler.metadata()
    assert metadata["scheduler_name"] == "ASHA"
    assert metadata["rung_levels"] == [1, 3, 9]


def test_baselines_are_listed_by_syne_tunes_names() -> None:
    assert baselines_dict == {
        "Random Search": RandomSearch,
        "Grid Search": GridSearch,
        "Bayesian Optimization": BayesianOptimization,
        "ASHA": ASHA,
        "MOBSTER": MOBSTER,
    }


def test_first_configuration_is_the_default_one() -> None:
    assert _first_configs(RandomSearch(SPACE, "loss"), 1) == [{"x": 0.5, "epochs": 27}]
    points = [{"x": 0.25}, {"x": 0.75}]
    scheduler = RandomSearch(SPACE, "loss", points_to_evaluate=points)
    assert [c["x"] for c in _first_configs(scheduler, 2)] == [0.25, 0.75]


def test_without_a_seed_methods_are_deterministic() -> None:
    unseeded = _first_configs(RandomSearch(SPACE, "loss"))
    assert unseeded == _first_configs(RandomSearch(SPACE, "loss", random_seed=None))
    assert unseeded == _first_configs(RandomSearch(SPACE, "loss", random_seed=DEFAULT_SEED))
    assert unseeded != _first_configs(RandomSearch(SPACE, "loss", random_seed=0))


def test_methods_with_the_same_seed_draw_the_same_configurations() -> None:
    # Comparisons of methods are paired.
    asha = ASHA(SPACE, "loss", "epoch", random_seed=8)
    assert _first_configs(asha) == _first_configs(RandomSearch(SPACE, "loss", random_seed=8))


def test_search_options_reach_the_searcher() -> None:
    options = {"restrict_configurations": [{"x": 0.125}]}
    assert _first_configs(RandomSearch(SPACE, "loss", search_options=options), 2) == [
        {"x": 0.125, "epochs": 27},
        None,
    ]


def test_searcher_made_by_hand_keeps_its_own_settings() -> None:
    searcher = RandomSearcher(SPACE, "loss", [{"x": 0.125}], random_seed=3)
    scheduler = FIFOScheduler(SPACE, searcher=searcher, metric="loss", random_seed=99)
    assert scheduler.searcher is searcher
    same = RandomSearch(SPACE, "loss", points_to_evaluate=[{"x": 0.125}], random_seed=3)
    assert _first_configs(scheduler) == _first_configs(same)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: FIFOScheduler(SPACE), TypeError, "metric"),
        (lambda: RandomSearch(SPACE, "loss", modes="max"), UnknownNameError, "RandomSearch 'modes'.*'mode'"),
        (
            lambda: ASHA(SPACE, "loss", "epoch", reduction=3),
            UnknownNameError,
            "argument of ASHA 'reduction'.*mean 'reduction_factor'",
        ),
        (
            lambda: ASHA(SPACE, "loss", "epoch", reduction=3, bracket=2),
            UsageError,
            "(?s)'reduction'.*\n.*'bracket'.*mean 'brackets'",
        ),
        (lambda: RandomSearch(SPACE, "loss", mode="maximize"), UnknownNameError, "mode 'maximize'.*'max'"),
        (lambda: RandomSearch(SPACE, ""), UsageError, "metric must be the name"),
        (lambda: RandomSearch(SPACE, "loss", random_seed=-1), UsageError, "random_seed must be"),
        (lambda: RandomSearch(SPACE, "loss", searcher="bayesopt"), UsageError, "RandomSearch has searcher"),
        (
            lambda: FIFOScheduler(SPACE, metric="loss", searcher="rand"),
            UnknownNameError,
            "searcher 'rand'.*mean 'random'",
        ),
        (lambda: FIFOScheduler(SPACE, metric="loss", searcher=3), UsageError, "a name or a BaseSearcher"),
        (
            lambda: FIFOScheduler(
                SPACE, metric="loss", searcher=RandomSearcher(SPACE, "loss"), points_to_evaluate=[]
            ),
            UsageError,
            "to the searcher itself",
        ),
        (
            lambda: RandomSearch(SPACE, "loss", search_options={"allow_duplicate": True}),
            UnknownNameError,
            "RandomSearcher 'allow_duplicate'.*mean 'allow_duplicates'",
        ),
        (
            lambda: RandomSearch(SPACE, "loss", search_options={"random_seed": 3}),
            UsageError,
            "give random_seed to the scheduler",
        ),
        (lambda: RandomSearch(SPACE, "loss", points_to_evaluate=[{"x": 7}]), ConfigSpaceError, "x: 7 is not"),
        (lambda: RandomSearch({"st_x": 1}, "loss"), ConfigSpaceError, "st_x"),
        (lambda: RandomSearch(SPACE, "loss", max_resource_attr="epoch"), UnknownNameError, "'epochs'"),
        (lambda: ASHA({"x": uniform(0, 1)}, "loss", "epoch"), UsageError, "give max_t, or max_resource_attr"),
        (lambda: ASHA(SPACE, "loss", ""), UsageError, "resource_attr must be the name"),
        (
            lambda: ASHA(SPACE, "loss", "epoch", type="promote"),
            UnknownNameError,
            "type 'promote'.*'promotion'",
        ),
        (lambda: ASHA(SPACE, "loss", "epoch", brackets=0), UsageError, "brackets must be a positive"),
        (lambda: ASHA({**SPACE, "epochs": 1}, "loss", "epoch"), UsageError, "grace_period must be below"),
        (
            lambda: ASHA({"x": uniform(0, 1), "n": randint(1, 9)}, "loss", "epoch", max_resource_attr="n"),
            UsageError,
            "give max_t",
        ),
    ],
)
def test_mistakes_are_named(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()


def test_debug_log_of_syne_tunes_launchers_is_accepted() -> None:
    space = {"x": uniform(0, 1)}
    quiet = RandomSearch(space, metric="loss", random_seed=1, search_options={"debug_log": False})
    usual = RandomSearch(space, metric="loss", random_seed=1)
    assert quiet.suggest(0) == usual.suggest(0)
