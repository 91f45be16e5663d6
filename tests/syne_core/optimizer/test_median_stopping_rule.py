"""The median stopping rule: whom it stops, and what the scheduler that it wraps is told."""

from __future__ import annotations

import math
import statistics
import time
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarking.commons.default_baselines import METHODS, MethodArguments
from syne_core.backend.trial_status import Trial
from syne_core.config_space import uniform
from syne_core.errors import UnknownNameError, UsageError
from syne_core.optimizer.baselines import ASHA, RandomSearch
from syne_core.optimizer.scheduler import SchedulerDecision, TrialScheduler, TrialSuggestion
from syne_core.optimizer.schedulers import MedianStoppingRule
from syne_core.testing import TrialDriver, learning_curve

SPACE = {"x": uniform(0, 1), "epochs": 9}


class Listener(TrialScheduler):
    """Notes what it is told, and decides as it was told to."""

    def __init__(self, mode: str = "min", decision: str = SchedulerDecision.CONTINUE) -> None:
        super().__init__(SPACE)
        self.mode, self.decision = mode, decision
        self.notes: list[tuple[Any, ...]] = []

    def _suggest(self, trial_id: int) -> TrialSuggestion | None:
        return TrialSuggestion.start_suggestion({"x": 0.5, "epochs": 9})

    def metric_names(self) -> list[str]:
        return ["loss", "size"]

    def metric_mode(self) -> str | list[str]:
        return [self.mode, "max"]

    def on_trial_add(self, trial: Trial) -> None:
        self.notes.append(("add", trial.trial_id))

    def on_trial_result(self, trial: Trial, result: dict[str, Any]) -> str:
        self.notes.append(("result", trial.trial_id, result["epoch"]))
        return self.decision

    def on_trial_complete(self, trial: Trial, result: dict[str, Any]) -> None:
        self.notes.append(("complete", trial.trial_id, result["epoch"]))

    def on_trial_error(self, trial: Trial) -> None:
        self.notes.append(("error", trial.trial_id))

    def on_trial_remove(self, trial: Trial) -> None:
        self.notes.append(("remove", trial.trial_id))


def _trial(trial_id: int) -> Trial:
    return Trial(trial_id, {"x": 0.5, "epochs": 9}, datetime(2000, 1, 1))


def _rule(mode: str = "min", **settings: Any) -> MedianStoppingRule:
    return MedianStoppingRule(Listener(mode), "epoch", **settings)


def _tell(rule: MedianStoppingRule, trial_id: int, epoch: float, loss: float) -> str:
    return rule.on_trial_result(_trial(trial_id), {"epoch": epoch, "loss": loss, "size": 1})


def _decisions(rule: MedianStoppingRule, losses: list[float], epoch: float = 1) -> str:
    """One letter for each trial: S if it is stopped at ``epoch``."""
    return "".join(_tell(rule, trial_id, epoch, loss)[0] for trial_id, loss in enumerate(losses))


def test_trials_below_the_median_are_stopped_once_there_are_enough() -> None:
    #                            too few      5th: 3 of 5 are better, 6th: 2 of 6, 7th: 6 of 7
    assert _decisions(_rule(), [9, 1, 2, 3, 4, 2.5, 10]) == "CCCCSCS"


def test_rank_is_exactly_the_share_of_better_ones() -> None:
    assert _decisions(_rule(grace_population=1, rank_cutoff=0.5), [1, 2, 2]) == "CCC", "1 of 2, 1 of 3"
    assert _decisions(_rule(grace_population=1, rank_cutoff=0.49), [1, 2, 2]) == "CSC"
    assert _decisions(_rule(grace_population=1, rank_cutoff=0.0), [3, 3, 2, 4]) == "CCCS"
    assert _decisions(_rule(grace_population=1, rank_cutoff=1.0), [1, 2, 3, 4]) == "CCCC"


def test_larger_is_better_in_mode_max() -> None:
    losses: list[float] = [9, 1, 2, 3, 4, 1.5, 10]
    assert _decisions(_rule("max"), losses) == "CCCCCSC"
    assert _decisions(_rule("max"), [-loss for loss in losses]) == _decisions(_rule(), losses)


def test_reports_within_the_grace_time_stop_nothing_but_count() -> None:
    rule = _rule(grace_time=3, grace_population=2)
    assert _decisions(rule, [1, 2, 3], epoch=2) == "CCC"
    assert _decisions(rule, [1, 2, 3], epoch=3) == "CCS"
    assert _decisions(_rule(grace_time=None, grace_population=2), [1, 2, 3], epoch=-5) == "CCS"


def test_trials_are_compared_at_the_same_resource_only() -> None:
    rule = _rule(grace_population=2)
    assert _decisions(rule, [1, 1, 1], epoch=5) == "CCC"
    assert _tell(rule, 7, 4, 99.0) == SchedulerDecision.CONTINUE
    assert _tell(rule, 7, 5, 99.0) == SchedulerDecision.STOP


def test_running_average_forgives_one_poor_report_and_remembers_many() -> None:
    for average, decision in ((True, "CONTINUE"), (False, "STOP")):
        rule = _rule(grace_population=3, grace_time=3, running_average=average)
        for trial_id in (0, 1):
            for epoch in (1, 2, 3):
                _tell(rule, trial_id, epoch, 2.0)
        _tell(rule, 2, 1, 0.0)
        _tell(rule, 2, 2, 0.0)
        assert _tell(rule, 2, 3, 5.0) == decision  # on average 5 / 3


@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 10**400])
def test_what_is_not_finite_ranks_worst_and_stays_so(mode: str, bad: float) -> None:
    rule = _rule(mode, grace_population=3)
    for trial_id in range(3):
        _tell(rule, trial_id, 1, 1.0)
        _tell(rule, trial_id, 2, 1.0)
    assert _tell(rule, 3, 1, bad) == SchedulerDecision.STOP
    rule.grace_time = 2
    assert _tell(rule, 4, 1, bad) == SchedulerDecision.CONTINUE
    best = -9.0 if mode == "min" else 9.0
    assert _tell(rule, 4, 2, best) == SchedulerDecision.STOP, "its average holds what was not finite"


def test_diverged_trials_are_stopped_also_among_their_kind() -> None:
    assert _decisions(_rule(grace_population=3), [math.nan] * 4) == "CCSS"


def test_averages_of_huge_numbers_do_not_overflow() -> None:
    rule = _rule(grace_population=1)
    for epoch in range(1, 9):
        assert _tell(rule, 0, epoch, 1.7e308) == SchedulerDecision.CONTINUE


@given(
    curves=st.lists(st.lists(st.floats(-100, 100), min_size=4, max_size=4), min_size=1, max_size=12),
    population=st.integers(1, 6),
    cutoff=st.floats(0, 1),
)
def test_agrees_with_the_rule_written_out(curves: list[list[float]], population: int, cutoff: float) -> None:
    rule = _rule(grace_population=population, rank_cutoff=cutoff, running_average=False)
    seen: dict[int, list[float]] = {}
    for trial_id, curve in enumerate(curves):
        for epoch, loss in enumerate(curve, 1):
            before = seen.setdefault(epoch, [])
            share = sum(other < loss for other in before) / (len(before) + 1)
            before.append(loss)
            poor = len(before) >= population and share > cutoff
            if abs(share - cutoff) > 1e-9:
                assert (_tell(rule, trial_id, epoch, loss) == "STOP") == poor
            else:
                _tell(rule, trial_id, epoch, loss)


def test_resource_that_is_no_number_stops_nothing() -> None:
    rule = _rule(grace_population=1)
    assert _decisions(rule, [1, 2, 3, 4], epoch=math.nan) == "CCCC"


# -- the scheduler underneath ------------------------------------------------------------------


def test_wrapped_scheduler_hears_all_and_sees_a_stopped_trial_complete() -> None:
    rule = _rule(grace_population=1)
    listener = rule.scheduler
    assert isinstance(listener, Listener)
    for trial_id, loss in enumerate((1.0, 5.0)):
        rule.on_trial_add(_trial(trial_id))
        _tell(rule, trial_id, 1, loss)
    assert _tell(rule, 2, 1, 9.0) == SchedulerDecision.STOP
    rule.on_trial_remove(_trial(2))
    rule.on_trial_error(_trial(1))
    rule.on_trial_complete(_trial(0), {"epoch": 1, "loss": 1.0})
    assert listener.notes == [
        ("add", 0),
        ("result", 0, 1),
        ("add", 1),
        ("result", 1, 1),
        ("result", 2, 1),
        ("complete", 2, 1),
        ("error", 1),
        ("complete", 0, 1),
    ]


@pytest.mark.parametrize("decision", [SchedulerDecision.PAUSE, SchedulerDecision.STOP])
def test_decisions_of_the_wrapped_scheduler_hold(decision: str) -> None:
    listener = Listener(decision=decision)
    rule = MedianStoppingRule(listener, "epoch", grace_population=1)
    assert [_tell(rule, i, 1, loss) for i, loss in enumerate((1.0, 2.0, 9.0))] == [decision] * 3
    rule.on_trial_remove(_trial(2))
    assert listener.notes[-1] == ("remove", 2)


def test_metric_and_its_mode_can_be_chosen() -> None:
    rule = MedianStoppingRule(Listener(), "epoch", metric="size", grace_population=1)
    assert (rule.metric, rule.mode) == ("size", "max")
    decisions = [
        rule.on_trial_result(_trial(i), {"epoch": 1, "loss": 0, "size": size})
        for i, size in enumerate((5, 6, 1))
    ]
    assert decisions == ["CONTINUE", "CONTINUE", "STOP"]


def test_approximate_replay_of_the_wrapped_scheduler_is_not_hidden() -> None:
    assert _rule().replay == "approximate"
    assert MedianStoppingRule(RandomSearch(SPACE, "loss"), "epoch").replay == "exact"


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"metric": "los"}, UnknownNameError, "metric 'los'.*mean 'loss'"),
        ({"resource_attr": ""}, UsageError, "resource_attr must be the name"),
        ({"grace_time": "1"}, UsageError, "grace_time must be a number, not '1'"),
        ({"grace_population": 0}, UsageError, "grace_population must be a positive integer"),
        ({"rank_cutoff": 1.5}, UsageError, "rank_cutoff must be a number from 0 to 1, not 1.5"),
        ({"rank_cutoff": math.nan}, UsageError, "rank_cutoff"),
        ({"scheduler": "random"}, UsageError, "needs a scheduler to wrap"),
    ],
)
def test_mistakes_are_named(settings: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        MedianStoppingRule(**{"scheduler": Listener(), "resource_attr": "epoch", **settings})


# -- as a whole --------------------------------------------------------------------------------


def _final_losses(scheduler: TrialScheduler) -> tuple[int, list[float]]:
    curve = learning_curve(SPACE)
    driver = TrialDriver(scheduler, curve, "loss", "epoch", 9, n_workers=1)
    driver.run(40)
    return sum(driver.reached.values()), [curve(t.config, 9, i) for i, t in driver.trials.items()]


def test_saves_epochs_and_keeps_good_trials_running() -> None:
    plain, losses = _final_losses(RandomSearch(SPACE, "loss", random_seed=3))
    spent, same = _final_losses(MedianStoppingRule(RandomSearch(SPACE, "loss", random_seed=3), "epoch"))
    assert losses == same, "the rule does not touch what is proposed"
    assert plain == 40 * 9
    assert spent < 0.75 * plain
    scheduler = MedianStoppingRule(RandomSearch(SPACE, "loss", random_seed=3), "epoch")
    driver = TrialDriver(scheduler, learning_curve(SPACE), "loss", "epoch", 9, n_workers=1)
    driver.run(40)
    completed = [losses[i] for i, epochs in driver.reached.items() if epochs == 9]
    stopped = [losses[i] for i, epochs in driver.reached.items() if epochs < 9]
    assert statistics.median(completed) < statistics.median(stopped)
    assert min(losses) in completed


def test_a_trial_that_waits_for_promotion_is_judged_by_its_whole_curve() -> None:
    settings = {"max_resource_attr": "epochs", "type": "promotion"}
    rule = MedianStoppingRule(ASHA(SPACE, "loss", "epoch", **settings), "epoch", grace_population=1)
    for trial_id, loss in enumerate((1.0, 2.0)):
        suggestion = rule.suggest(trial_id)
        assert suggestion is not None
        assert suggestion.spawn_new_trial_id
        rule.on_trial_add(_trial(trial_id))
        assert rule.on_trial_result(_trial(trial_id), {"epoch": 1, "loss": loss}) == "PAUSE"
        rule.on_trial_remove(_trial(trial_id))
    promoted = rule.suggest(2)
    assert promoted == TrialSuggestion.resume_suggestion(0)
    rule.on_trial_result(_trial(0), {"epoch": 2, "loss": 3.0})
    assert rule._values[2] == [2.0], "the average over both runs"


def test_a_report_costs_microseconds_among_many_trials() -> None:
    rule = MedianStoppingRule(RandomSearch(SPACE, "loss"), "epoch")
    trials = [_trial(i) for i in range(20_000)]
    start = time.process_time()
    for number, trial in enumerate(trials):
        rule.on_trial_result(trial, {"epoch": 1, "loss": float(number * 7919 % 20_011)})
    assert time.process_time() - start < 2.0, "100 us each; a few are usual"


def test_method_is_random_search_with_the_rule() -> None:
    arguments = MethodArguments(SPACE, "loss", "max", 5, "epoch", "epochs")
    scheduler = METHODS["MSR"](arguments)
    assert isinstance(scheduler, MedianStoppingRule)
    assert (scheduler.metric_mode(), scheduler.resource_attr) == ("max", "epoch")
    reference = METHODS["RS"](arguments)
    assert [scheduler.suggest(i) for i in range(4)] == [reference.suggest(i) for i in range(4)]
    with pytest.raises(UsageError, match="resource_attr"):
        METHODS["MSR"](MethodArguments(SPACE, "loss", "max", 5))
