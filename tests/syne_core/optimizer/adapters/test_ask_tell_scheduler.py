"""An optimiser of one's own as a scheduler."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import pytest

from syne_core.backend.trial_status import Trial
from syne_core.config_space import choice, randint, sample_config, uniform
from syne_core.errors import ExperimentError, UsageError
from syne_core.optimizer.adapters import AskTellScheduler
from syne_core.optimizer.scheduler import TrialScheduler
from syne_core.testing import SchedulerContract, TrialDriver, learning_curve, replay_journal

SPACE: dict[str, Any] = {"x": uniform(0.0, 1.0), "n": randint(1, 5), "epochs": 3}
NO_TIME = datetime(2000, 1, 1)


class Climber:
    """Changes half of the best configuration so far."""

    def __init__(self, space: Mapping[str, Any], seed: int) -> None:
        self.space, self.rng = space, random.Random(seed)
        self.best: tuple[float, dict[str, Any]] = (math.inf, {})

    def ask(self) -> dict[str, Any]:
        moved = sample_config(self.space, self.rng)
        return {k: v if self.rng.random() < 0.5 else self.best[1].get(k, v) for k, v in moved.items()}

    def tell(self, config: dict[str, Any], value: float) -> None:
        self.best = min(self.best, (value, config), key=lambda pair: pair[0])


class Scripted:
    """Asks for given configurations, and notes all that it is told."""

    def __init__(self, *configs: dict[str, Any] | None) -> None:
        self._configs: Iterator[dict[str, Any] | None] = iter(configs)
        self.told: list[tuple[dict[str, Any], float]] = []

    def ask(self) -> dict[str, Any] | None:
        return next(self._configs, None)

    def tell(self, config: dict[str, Any], value: float) -> None:
        self.told.append((config, value))


class TestClimber(SchedulerContract):
    def make_scheduler(self, config_space: dict[str, Any], seed: int, mode: str) -> TrialScheduler:
        climber = Climber(config_space, seed)
        return AskTellScheduler(config_space, self.metric, climber, mode=mode, random_seed=seed)


def start(scheduler: AskTellScheduler, trial_id: int) -> Trial:
    suggestion = scheduler.suggest(trial_id)
    assert suggestion is not None
    assert suggestion.config is not None
    return Trial(trial_id, suggestion.config, NO_TIME)


def points(*xs: float) -> list[dict[str, Any]]:
    return [{"x": x, "n": 1} for x in xs]


@pytest.mark.parametrize(("mode", "told"), [("min", 0.25), ("max", -0.25)])
def test_told_values_are_to_be_minimised_whatever_the_mode(mode: str, told: float) -> None:
    optimiser = Scripted(*points(0.5))
    scheduler = AskTellScheduler(SPACE, "loss", optimiser, mode=mode)
    scheduler.on_trial_complete(start(scheduler, 0), {"loss": 0.25})
    assert optimiser.told == [({"x": 0.5, "n": 1}, told)]


def test_tell_receives_the_object_that_ask_returned() -> None:
    (asked,) = points(0.5)
    optimiser = Scripted(asked)
    scheduler = AskTellScheduler(SPACE, "loss", optimiser)
    trial = start(scheduler, 0)
    assert trial.config == {"x": 0.5, "n": 1, "epochs": 3}
    trial.config["x"] = 7.0  # whatever the trial does to it
    scheduler.on_trial_complete(trial, {"loss": 1.0})
    assert optimiser.told[0][0] is asked
    assert asked == {"x": 0.5, "n": 1}


def test_ends_when_ask_returns_none() -> None:
    scheduler = AskTellScheduler(SPACE, "loss", Scripted(*points(0.5)))
    start(scheduler, 0)
    assert scheduler.suggest(1) is None


def test_optimiser_that_wants_more_is_given_it() -> None:
    class Curious(Scripted):
        def ask(self, trial_id: int, pending: list[dict[str, Any]]) -> dict[str, Any] | None:  # type: ignore[override]
            asked.append((trial_id, [config["x"] for config in pending]))
            return super().ask()

        def tell(self, config: dict[str, Any], value: float, trial_id: int) -> None:  # type: ignore[override]
            told.append((trial_id, value))

    asked: list[Any] = []
    told: list[Any] = []
    scheduler = AskTellScheduler(SPACE, "loss", Curious(*points(0.1, 0.2, 0.3)))
    first, _ = start(scheduler, 0), start(scheduler, 1)
    scheduler.on_trial_complete(first, {"loss": 4.0})
    start(scheduler, 2)
    assert asked == [(0, []), (1, [0.1]), (2, [0.2])]
    assert told == [(0, 4.0)]


@pytest.mark.parametrize("how", ["fails", "diverges"])
@pytest.mark.parametrize(("setting", "expected"), [("worst", [3.0]), ("nothing", []), (100.0, [100.0])])
def test_what_is_told_of_trials_without_a_value_is_chosen(
    how: str, setting: Any, expected: list[float]
) -> None:
    optimiser = Scripted(*points(0.1, 0.2, 0.3))
    argument = "failed" if how == "fails" else "diverged"
    scheduler = AskTellScheduler(SPACE, "loss", optimiser, **{argument: setting})
    good, better, bad = (start(scheduler, i) for i in range(3))
    scheduler.on_trial_complete(good, {"loss": 3.0})
    scheduler.on_trial_complete(better, {"loss": 2.0})
    if how == "fails":
        scheduler.on_trial_error(bad)
    else:
        scheduler.on_trial_complete(bad, {"loss": math.inf})
    assert [value for _, value in optimiser.told[2:]] == expected


@pytest.mark.parametrize("mode", ["min", "max"])
def test_a_diverged_trial_is_told_once_there_is_a_worst_value(mode: str) -> None:
    optimiser = Scripted(*points(0.1, 0.2))
    scheduler = AskTellScheduler(SPACE, "loss", optimiser, mode=mode)
    bad, good = start(scheduler, 0), start(scheduler, 1)
    scheduler.on_trial_complete(bad, {"loss": math.nan})
    assert optimiser.told == []
    scheduler.on_trial_complete(good, {"loss": 2.0})
    assert [config["x"] for config, _ in optimiser.told] == [0.2, 0.1]
    assert len({value for _, value in optimiser.told}) == 1


def test_points_to_evaluate_come_first_and_are_told_too() -> None:
    optimiser = Scripted(*points(0.1))
    scheduler = AskTellScheduler(SPACE, "loss", optimiser, points_to_evaluate=[{"x": 0.9}])
    first, second = start(scheduler, 0), start(scheduler, 1)
    assert (first.config["x"], second.config["x"]) == (0.9, 0.1)
    scheduler.on_trial_complete(first, {"loss": 1.0})
    assert optimiser.told == [({"x": 0.9, "n": 3}, 1.0)]


def test_a_repetition_is_not_run_again_unless_that_is_wanted() -> None:
    again = points(0.1, 0.1, 0.1, 0.1, 0.1)
    scheduler = AskTellScheduler(SPACE, "loss", Scripted(*again))
    assert start(scheduler, 0).config["x"] == 0.1
    assert start(scheduler, 1).config["x"] != 0.1, "three repetitions in a row: a random one instead"
    scheduler = AskTellScheduler(SPACE, "loss", Scripted(*again), allow_duplicates=True)
    assert [start(scheduler, i).config["x"] for i in range(3)] == [0.1] * 3


def test_a_finite_space_ends_though_the_optimiser_repeats_itself_for_ever() -> None:
    class Stubborn:
        def ask(self) -> dict[str, Any]:
            return {"c": "a"}

        def tell(self, config: dict[str, Any], value: float) -> None:
            """Learns nothing."""

    scheduler = AskTellScheduler({"c": choice(["a", "b", "d"])}, "loss", Stubborn())
    assert {start(scheduler, i).config["c"] for i in range(3)} == {"a", "b", "d"}
    assert scheduler.suggest(3) is None


def test_whole_floats_will_do_for_integers() -> None:
    scheduler = AskTellScheduler(SPACE, "loss", Scripted({"x": 0.5, "n": 4.0}))
    config = start(scheduler, 0).config
    assert config["n"] == 4
    assert type(config["n"]) is int


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"x": 1.5, "n": 1}, "x: 1.5 is not in uniform"),
        ({"x": 0.5, "n": 2.5}, "n: 2.5 is not in randint"),
        ({"x": 0.5}, "n: missing"),
        ({"x": 0.5, "n": 1, "m": 1}, "m: not in the space"),
    ],
)
def test_a_proposal_outside_of_the_space_is_named(config: dict[str, Any], says: str) -> None:
    scheduler = AskTellScheduler(SPACE, "loss", Scripted(config))
    with pytest.raises(ExperimentError, match=says):
        scheduler.suggest(0)


def test_mistakes_are_named_at_once() -> None:
    with pytest.raises(UsageError, match="has no ask"):
        AskTellScheduler(SPACE, "loss", object())
    with pytest.raises(UsageError, match="failed must be 'worst', 'nothing' or a number, not 'best'"):
        AskTellScheduler(SPACE, "loss", Scripted(), failed="best")
    with pytest.raises(UsageError, match="expected a configuration"):
        AskTellScheduler(SPACE, "loss", Scripted(3)).suggest(0)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="allow_duplicate"):
        AskTellScheduler(SPACE, "loss", Scripted(), allow_duplicate=True)


def test_a_deterministic_optimiser_is_resumed_as_if_nothing_had_happened() -> None:
    def make() -> AskTellScheduler:
        return AskTellScheduler(SPACE, "loss", Climber(SPACE, 5))

    driver = TrialDriver(make(), learning_curve(SPACE), "loss", "epoch", 3, order=1, fails_at={3: 2})
    driver.run(20)
    journal = json.loads(json.dumps(driver.journal))
    for length, event in enumerate(journal):
        if event["event"] == "suggest":
            scheduler = make()
            replay_journal(journal[:length], scheduler)
            suggestion = scheduler.suggest(event["asked"])
            assert suggestion is not None
            assert suggestion.config == event["config"]


def test_the_record_is_followed_where_the_optimiser_answers_something_else() -> None:
    optimiser = Scripted(*points(0.1, 0.2))
    scheduler = AskTellScheduler(SPACE, "loss", optimiser)
    recorded = {"x": 0.7, "n": 2, "epochs": 3}
    journal = [
        {"event": "suggest", "asked": 0, "starts": True, "source": None, "config": recorded, "state": {}},
        {"event": "complete", "trial": 0, "report": {"loss": 1.0, "epoch": 3}},
    ]
    replay_journal(journal, scheduler)
    assert optimiser.told == [({"x": 0.7, "n": 2}, 1.0)]
    assert start(scheduler, 1).config["x"] == 0.2
