"""Schedulers without a tuner: through ``AskTell``, and bare, by their public methods alone."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

import pytest

from syne_core.backend.trial_status import Status, Trial, TrialResult
from syne_core.config_space import randint, uniform
from syne_core.errors import UsageError
from syne_core.optimizer.ask_tell import AskTell
from syne_core.optimizer.baselines import ASHA, GridSearch, RandomSearch
from syne_core.optimizer.scheduler import SchedulerDecision, TrialScheduler, TrialSuggestion
from syne_core.testing import TrialDriver

SPACE = {"x": uniform(0, 1), "epochs": 9}


def _loss(config: dict[str, Any], epoch: int, trial_id: int = 0) -> float:
    return float((config["x"] - 0.3) ** 2 + 1 / epoch)


def _promotion() -> ASHA:
    return ASHA(SPACE, "loss", "epoch", max_resource_attr="epochs", type="promotion", random_seed=4)


class Planned(TrialScheduler):
    """Makes given suggestions and decisions, and notes how trials end."""

    def __init__(self, plan: list[TrialSuggestion | None], decisions: list[str]) -> None:
        super().__init__(SPACE)
        self.plan, self.decisions = plan, decisions
        self.notes: list[tuple[Any, ...]] = []

    def _suggest(self, trial_id: int) -> TrialSuggestion | None:
        self.notes.append(("suggest", trial_id))
        return self.plan.pop(0) if self.plan else None

    def metric_names(self) -> list[str]:
        return ["loss"]

    def on_trial_result(self, trial: Trial, result: dict[str, Any]) -> str:
        return self.decisions.pop(0) if self.decisions else SchedulerDecision.CONTINUE

    def on_trial_complete(self, trial: Trial, result: dict[str, Any]) -> None:
        self.notes.append(("complete", trial.trial_id, result["loss"], trial.config["x"]))

    def on_trial_error(self, trial: Trial) -> None:
        self.notes.append(("error", trial.trial_id))

    def on_trial_remove(self, trial: Trial) -> None:
        self.notes.append(("remove", trial.trial_id))


def _start(x: float, source: int | None = None) -> TrialSuggestion:
    return TrialSuggestion.start_suggestion({"x": x, "epochs": 9}, source)


def test_random_search_by_hand_finds_the_best() -> None:
    tuner = AskTell(RandomSearch(SPACE, "loss", random_seed=1))
    assert tuner.best_trial is None
    losses = []
    for number in range(20):
        trial = tuner.ask()
        assert trial is not None
        assert trial.trial_id == number
        losses.append(_loss(trial.config, 9))
        tuner.complete(trial, {"loss": losses[-1]})
    best = tuner.best_trial
    assert isinstance(best, TrialResult)
    assert best.trial_id == losses.index(min(losses))
    assert best.metrics == [{"loss": min(losses)}]
    assert best.status == Status.completed
    assert [trial.status for trial in tuner.trials] == [Status.completed] * 20


def test_best_is_the_largest_in_mode_max_and_never_one_that_diverged() -> None:
    tuner = AskTell(RandomSearch(SPACE, "score", mode="max"))
    for score in (math.nan, 1.0, math.inf, 3.0, 2.0):
        trial = tuner.ask()
        assert trial is not None
        tuner.complete(trial, {"score": score})
    assert tuner.best_trial is not None
    assert tuner.best_trial.trial_id == 3


def test_nothing_is_left_when_a_grid_is_used_up() -> None:
    tuner = AskTell(GridSearch({"n": randint(1, 3)}, "loss", points_to_evaluate=[]))
    trials = [tuner.ask() for _ in range(5)]
    assert sorted(trial.config["n"] for trial in trials if trial is not None) == [1, 2, 3]
    assert trials[3:] == [None, None]


def test_promoted_trials_come_back_under_the_same_id() -> None:
    tuner = AskTell(_promotion())
    reached: dict[int, int] = {}
    resumed = 0
    for _ in range(30):
        trial = tuner.ask()
        assert trial is not None
        resumed += trial.trial_id in reached
        decision, epoch = SchedulerDecision.CONTINUE, reached.get(trial.trial_id, 0)
        while decision == SchedulerDecision.CONTINUE and epoch < 9:
            epoch += 1
            decision = tuner.tell(trial, {"epoch": epoch, "loss": _loss(trial.config, epoch)})
        reached[trial.trial_id] = epoch
        if decision == SchedulerDecision.CONTINUE:
            tuner.complete(trial)
    assert resumed > 5
    assert sorted(set(reached.values())) == [1, 3, 9]
    assert [len(trial.metrics) for trial in tuner.trials] == list(reached.values())


def test_does_to_the_scheduler_what_the_tuner_does() -> None:
    driver = TrialDriver(_promotion(), _loss, "loss", "epoch", 9, n_workers=1)
    driver.run(30)
    tuner, reached = AskTell(_promotion()), dict.fromkeys(range(30), 0)
    for suggestion in driver.suggestions:
        trial = tuner.ask()
        assert trial is not None
        assert trial.trial_id == (suggestion["asked"] if suggestion["starts"] else suggestion["source"])
        for epoch in range(reached[trial.trial_id] + 1, 10):
            reached[trial.trial_id] = epoch
            if tuner.tell(trial, {"epoch": epoch, "loss": _loss(trial.config, epoch)}) != "CONTINUE":
                break
        else:
            tuner.complete(trial)
    assert {i: n for i, n in reached.items() if n} == driver.reached


def test_trial_that_ended_where_it_was_to_pause_completes_when_it_would_be_resumed() -> None:
    scheduler = Planned([_start(0.1), TrialSuggestion.resume_suggestion(0), _start(0.2)], ["PAUSE"])
    tuner = AskTell(scheduler)
    first = tuner.ask()
    assert first is not None
    tuner.complete(first, {"loss": 5})
    assert tuner.trials[0].status == Status.paused
    second = tuner.ask()
    assert second is not None
    assert second.trial_id == 1
    assert tuner.trials[0].status == Status.completed
    assert scheduler.notes[1:4] == [("remove", 0), ("suggest", 1), ("complete", 0, 5, 0.1)]


def test_resumed_with_another_configuration_it_runs_again() -> None:
    plan = [_start(0.1), TrialSuggestion.resume_suggestion(0, {"x": 0.7, "epochs": 9})]
    scheduler = Planned([*plan], ["PAUSE"])
    tuner = AskTell(scheduler)
    first = tuner.ask()
    assert first is not None
    tuner.complete(first, {"loss": 5})
    again = tuner.ask()
    assert again is not None
    assert (again.trial_id, again.config["x"]) == (0, 0.7)
    tuner.complete(first, {"loss": 4})
    assert scheduler.notes[-1] == ("complete", 0, 4, 0.7)


def test_failures_and_sources_of_checkpoints_are_passed_on() -> None:
    scheduler = Planned([_start(0.1), _start(0.2, source=0)], [])
    now = datetime(2020, 2, 2)
    tuner = AskTell(scheduler, now=lambda: now)
    first, second = tuner.ask(), tuner.ask()
    assert first is not None
    assert second is not None
    assert first.creation_time == now
    assert (tuner.checkpoint_source(first), tuner.checkpoint_source(second)) == (None, 0)
    tuner.fail(second)
    assert scheduler.notes[-1] == ("error", 1)
    assert tuner.trials[1].status == Status.failed


def test_mistakes_are_named() -> None:
    tuner = AskTell(_promotion())
    trial = tuner.ask()
    assert trial is not None
    with pytest.raises(UsageError, match="told no result"):
        tuner.complete(trial)
    for result in ({"loss": 1}, {"epoch": 1}, {"epoch": 1, "loss": "low"}, {"epoch": 1, "loss": True}):
        with pytest.raises(UsageError, match=r"trial 0: a result needs a number for '(loss|epoch)'"):
            tuner.tell(trial, result)
    with pytest.raises(UsageError, match="trial 7 did not come from ask; there are 1"):
        tuner.fail(Trial(7, {}, datetime(2020, 1, 1)))
    assert tuner.tell(trial, {"epoch": 1, "loss": 1}) == SchedulerDecision.PAUSE
    for act in (tuner.complete, tuner.fail):
        with pytest.raises(UsageError, match="trial 0 is not running, but Paused"):
            act(trial)
    strange = AskTell(Planned([_start(0.1)], ["MAYBE"]))
    trial = strange.ask()
    assert trial is not None
    with pytest.raises(UsageError, match="returned 'MAYBE'; valid: CONTINUE, PAUSE, STOP"):
        strange.tell(trial, {"loss": 1})


def test_scheduler_alone_is_driven_by_its_public_methods() -> None:
    """As in a loop of one's own, with four trials in step with each other."""
    scheduler = ASHA(SPACE, "loss", "epoch", max_t=9, type="stopping", random_seed=2)
    running: dict[int, tuple[Trial, int]] = {}
    num_started, ends = 0, {"stopped": 0, "completed": 0}
    while num_started < 20 or running:
        while len(running) < 4 and num_started < 20:
            suggestion = scheduler.suggest(num_started)
            assert suggestion is not None
            assert suggestion.config is not None
            trial = Trial(num_started, suggestion.config, datetime(2020, 1, 1))
            scheduler.on_trial_add(trial)
            running[num_started] = (trial, 0)
            num_started += 1
        for trial_id, (trial, epoch) in list(running.items()):
            result = {"epoch": epoch + 1, "loss": _loss(trial.config, epoch + 1)}
            decision = scheduler.on_trial_result(trial, result)
            running[trial_id] = (trial, epoch + 1)
            if decision == SchedulerDecision.STOP:
                scheduler.on_trial_remove(trial)
                ends["stopped" if epoch + 1 < 9 else "completed"] += 1
                del running[trial_id]
            elif epoch + 1 == 9:
                scheduler.on_trial_complete(trial, result)
                ends["completed"] += 1
                del running[trial_id]
    assert sum(ends.values()) == 20
    assert min(ends.values()) > 0
