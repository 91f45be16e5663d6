"""Who is stopped, paused, promoted: by hand, and against plain re-implementations of the rules."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syne_core.backend.trial_status import Trial
from syne_core.config_space import uniform
from syne_core.optimizer.scheduler import TrialSuggestion
from syne_core.optimizer.schedulers import HyperbandScheduler
from syne_core.testing import TrialDriver

SPACE = {"x": uniform(0, 1), "epochs": 9}


def _scheduler(**arguments: Any) -> HyperbandScheduler:
    return HyperbandScheduler(SPACE, **{"metric": "loss", "max_resource_attr": "epochs", **arguments})


class _ByHand:
    """A scheduler whose trials report what a test says."""

    def __init__(self, **arguments: Any) -> None:
        self.scheduler = _scheduler(**arguments)
        self.trials: list[Trial] = []

    def start(self) -> int:
        suggestion = self.scheduler.suggest(len(self.trials))
        assert suggestion is not None
        assert suggestion.spawn_new_trial_id
        assert suggestion.config is not None
        trial = Trial(len(self.trials), suggestion.config, None)  # type: ignore[arg-type]
        self.trials.append(trial)
        self.scheduler.on_trial_add(trial)
        return trial.trial_id

    def report(self, trial_id: int, epoch: float, loss: float) -> str:
        trial = self.trials[trial_id]
        decision = self.scheduler.on_trial_result(trial, {"epoch": epoch, "loss": loss})
        if decision != "CONTINUE":
            self.scheduler.on_trial_remove(trial)
        return decision

    def start_and_report(self, epoch: float, *losses: float) -> list[str]:
        return [self.report(self.start(), epoch, loss) for loss in losses]

    def resumed(self) -> int | None:
        """The trial that a free worker resumes; None if it starts a new one."""
        suggestion = self.scheduler.suggest(len(self.trials))
        assert suggestion is not None
        if suggestion.spawn_new_trial_id:
            trial = Trial(len(self.trials), suggestion.config, None)  # type: ignore[arg-type]
            self.trials.append(trial)
            self.scheduler.on_trial_add(trial)
            return None
        assert suggestion.config is None
        return suggestion.checkpoint_trial_id


# -- stopping, by hand -------------------------------------------------------------------------


def test_stopping_at_the_first_rung() -> None:
    run = _ByHand(type="stopping")
    assert run.scheduler.rung_levels == [1, 3]
    losses = (0.5, 0.6, 0.4, 0.45, 0.41, 0.39, 0.43)
    expected = ["CONTINUE", "STOP", "CONTINUE", "CONTINUE", "CONTINUE", "CONTINUE", "STOP"]
    assert run.start_and_report(1, *losses) == expected


def test_stopping_compares_within_one_rung_only() -> None:
    run = _ByHand(type="stopping")
    run.start_and_report(1, 0.5, 0.4)
    assert [run.report(0, 2, 0.9), run.report(0, 3, 0.9)] == ["CONTINUE", "CONTINUE"]  # first at 3
    assert run.report(1, 3, 0.95) == "STOP"  # worse than trial 0 at 3


def test_stopping_maximises_where_asked() -> None:
    run = _ByHand(type="stopping", mode="max")
    assert run.start_and_report(1, 0.5, 0.6, 0.4) == ["CONTINUE", "CONTINUE", "STOP"]


def test_report_between_rungs_decides_nothing() -> None:
    run = _ByHand(type="stopping")
    run.start_and_report(1, 0.5, 0.4)
    assert run.report(0, 2, math.inf) == "CONTINUE"
    assert run.report(1, 2.9, math.nan) == "CONTINUE"


def test_report_that_skips_rungs_enters_the_highest_reached_only() -> None:
    run = _ByHand(type="stopping")
    assert run.start_and_report(4, 0.5) == ["CONTINUE"]
    assert run.start_and_report(1, 0.9) == ["CONTINUE"]  # the first at rung 1
    assert run.report(1, 3, 0.6) == "STOP"  # the second at rung 3
    assert run.report(0, 5, 9.9) == "CONTINUE"  # next is 9


def test_report_at_or_below_a_recorded_level_is_ignored() -> None:
    run = _ByHand(type="stopping")
    run.start_and_report(1, 0.5, 0.4)
    assert [run.report(1, epoch, 9.9) for epoch in (1, 0, -5, 1)] == ["CONTINUE"] * 4
    # Had those counted, 0.45 would be good.
    assert run.start_and_report(1, 0.45) == ["STOP"]


def test_late_report_gets_the_old_decision_and_does_not_count() -> None:
    run = _ByHand(type="stopping")
    run.start_and_report(1, 0.4, 0.5)
    assert [run.report(1, 1, 0.0), run.report(1, 2, 0.0), run.report(1, 9, 0.0)] == ["STOP"] * 3
    assert run.start_and_report(1, 0.3) == ["CONTINUE"]


def test_resource_that_is_not_a_number_decides_nothing() -> None:
    run = _ByHand(type="promotion")
    assert run.start_and_report(math.nan, 0.4) == ["CONTINUE"]
    assert run.report(0, 1, 0.4) == "PAUSE"


def test_infinite_resource_is_the_end() -> None:
    assert _ByHand(type="promotion", max_t=9, max_resource_attr=None).start_and_report(math.inf, 0.4) == [
        "STOP"
    ]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, -(10**400)])
@pytest.mark.parametrize("mode", ["min", "max"])
def test_diverged_trial_is_stopped_unless_alone(mode: str, bad: float) -> None:
    run = _ByHand(type="stopping", mode=mode)
    assert run.start_and_report(1, bad, bad) == ["CONTINUE", "STOP"]
    assert run.report(0, 3, bad) == "CONTINUE"
    # In the rung at 1 there are two diverged ones: any finite value is better.
    assert run.start_and_report(1, 1e300 if mode == "min" else -1e300) == ["CONTINUE"]


# -- promotion, by hand ------------------------------------------------------------------------


def test_promotion_pauses_at_every_rung_and_resumes_the_best() -> None:
    run = _ByHand(type="promotion")
    assert run.start_and_report(1, 0.5) == ["PAUSE"]
    assert run.resumed() is None  # a single entry is not promoted: trial 1 is new
    assert run.report(1, 1, 0.4) == "PAUSE"
    assert run.resumed() == 1  # of 2 entries the better one
    assert run.resumed() is None  # trial 2
    assert [run.report(1, 2, 0.3), run.report(1, 3, 0.2)] == ["CONTINUE", "PAUSE"]
    assert run.report(2, 1, 0.3) == "PAUSE"
    assert run.resumed() == 2
    assert run.report(2, 3, 0.1) == "PAUSE"
    assert run.resumed() == 2  # the top rung comes first
    assert [run.report(2, epoch, 0.1) for epoch in range(4, 10)] == ["CONTINUE"] * 6


def test_fourth_entry_allows_a_second_promotion() -> None:
    run = _ByHand(type="promotion")
    assert run.start_and_report(1, 0.4) == ["PAUSE"]
    assert run.resumed() is None
    run.report(1, 1, 0.5)
    assert run.resumed() == 0
    assert run.resumed() is None
    run.report(2, 1, 0.6)
    assert run.resumed() is None  # 0.5 is not within 1/3 of three
    run.report(3, 1, 0.7)
    assert run.resumed() == 1  # but of four


def test_promoted_trials_still_count_in_the_quantile() -> None:
    run = _ByHand(type="promotion")
    run.start_and_report(1, 0.1)
    run.resumed()
    run.report(1, 1, 0.2)
    assert run.resumed() == 0
    # If trial 0 no longer counted, 0.2 would be best of two.
    run.resumed()
    run.report(2, 1, 0.3)
    assert run.resumed() is None


def test_equal_trials_are_promoted_in_the_order_of_arrival() -> None:
    run = _ByHand(type="promotion")
    first, second, third = run.start(), run.start(), run.start()
    for trial_id in (third, first, second):
        run.report(trial_id, 1, 0.5)
    assert [run.resumed(), run.resumed(), run.resumed()] == [third, first, second]


def test_diverged_trials_are_never_promoted() -> None:
    run = _ByHand(type="promotion")
    ids = [run.start() for _ in range(6)]
    for trial_id in ids[:5]:
        assert run.report(trial_id, 1, math.nan) == "PAUSE"
    run.report(ids[5], 1, 1e9)
    assert run.resumed() == ids[5]
    assert run.resumed() is None


def test_trial_that_failed_after_its_promotion_is_not_promoted_again() -> None:
    run = _ByHand(type="promotion")
    a, b = run.start(), run.start()
    run.report(a, 1, 0.1)
    run.report(b, 1, 0.2)
    assert run.resumed() == a
    run.scheduler.on_trial_error(run.trials[a])
    assert [run.resumed() for _ in range(3)] == [None] * 3


def test_paused_trial_that_turns_out_to_have_failed_is_not_promoted() -> None:
    run = _ByHand(type="promotion")
    a, b = run.start(), run.start()
    run.report(a, 1, 0.1)
    run.report(b, 1, 0.2)
    run.scheduler.on_trial_error(run.trials[a])
    assert run.resumed() is None  # b is not within the quantile


def test_trial_that_skipped_rungs_waits_at_the_highest_reached() -> None:
    run = _ByHand(type="promotion")
    a, b = run.start(), run.start()
    assert [run.report(a, 4, 0.1), run.report(b, 3, 0.2)] == ["PAUSE", "PAUSE"]
    assert run.resumed() == a
    assert [run.report(a, 5, 0.1), run.report(a, 8, 0.1), run.report(a, 9, 0.1)] == ["CONTINUE"] * 3
    assert run.resumed() is None


def test_late_reports_of_a_paused_trial_count_once_it_is_resumed() -> None:
    run = _ByHand(type="promotion")
    a, b = run.start(), run.start()
    run.report(a, 1, 0.1)
    run.report(b, 1, 0.2)
    assert run.report(a, 2, 0.1) == "PAUSE"  # late
    assert run.resumed() == a
    assert [run.report(a, 2, 0.1), run.report(a, 3, 0.1)] == ["CONTINUE", "PAUSE"]


def test_resumed_trial_that_starts_from_scratch_goes_on_to_the_next_rung() -> None:
    run = _ByHand(type="promotion")
    a, b = run.start(), run.start()
    run.report(a, 1, 0.1)
    run.report(b, 1, 0.2)
    assert run.resumed() == a
    assert [run.report(a, e, 0.1) for e in (1, 2, 3)] == ["CONTINUE", "CONTINUE", "PAUSE"]


# -- the end -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "decision"),
    [
        ({"max_resource_attr": "epochs"}, "CONTINUE"),
        ({"max_resource_attr": None}, "CONTINUE"),  # found under its usual name
        ({"max_resource_attr": None, "max_t": 9}, "STOP"),
        ({"max_resource_attr": "epochs", "max_t": 4}, "STOP"),
        ({"max_resource_attr": "epochs", "max_t": 9}, "CONTINUE"),
    ],
)
@pytest.mark.parametrize("kind", ["stopping", "promotion"])
def test_trial_is_stopped_at_the_end_unless_its_script_ends_there(
    kind: str, arguments: dict[str, Any], decision: str
) -> None:
    run = _ByHand(type=kind, **arguments)
    assert run.start_and_report(9, 0.5) == [decision]
    assert run.report(0, 10, 0.4) == decision


def test_last_rung_leads_to_the_largest_resource() -> None:
    run = _ByHand(type="promotion", rung_levels=[2], max_t=5, max_resource_attr=None)
    a, b = run.start(), run.start()
    assert [run.report(a, 2, 0.1), run.report(b, 2, 0.2)] == ["PAUSE", "PAUSE"]
    assert run.resumed() == a
    assert [run.report(a, 3, 0.1), run.report(a, 4, 0.1)] == ["CONTINUE", "CONTINUE"]
    assert run.report(a, 5, 0.1) == "STOP"


# -- brackets ----------------------------------------------------------------------------------


def test_first_decision_of_a_trial_is_at_the_rung_of_its_bracket() -> None:
    scheduler = _scheduler(type="promotion", brackets=3, random_seed=2)
    assert scheduler.num_brackets == 3
    first_levels = [1, 3, 9]
    seen = set()
    for trial_id in range(40):
        suggestion = scheduler.suggest(trial_id)
        assert suggestion is not None
        assert suggestion.config is not None  # new, as nothing is promoted of what diverged
        bracket = scheduler.state()["bracket"]
        seen.add(bracket)
        trial = Trial(trial_id, suggestion.config, None)  # type: ignore[arg-type]
        reports = [{"epoch": epoch, "loss": math.nan} for epoch in range(1, 10)]
        decisions = [scheduler.on_trial_result(trial, report) for report in reports]
        assert decisions.count("CONTINUE") == first_levels[bracket] - (bracket < 2)
        assert set(decisions[first_levels[bracket] :]) <= {"PAUSE"}
    assert seen == {0, 1, 2}


def test_brackets_compete_on_the_same_rungs() -> None:
    run = _ByHand(type="stopping", brackets=2, random_seed=0)
    brackets: list[int] = []
    while set(brackets) != {0, 1}:
        run.start()
        brackets.append(run.scheduler.state()["bracket"])
    low, high = brackets.index(0), brackets.index(1)
    assert [run.report(low, 1, 0.5), run.report(low, 3, 0.5)] == ["CONTINUE", "CONTINUE"]
    assert [run.report(high, 1, 9.9), run.report(high, 3, 0.6)] == ["CONTINUE", "STOP"]


def test_recorded_bracket_wins_in_a_replay() -> None:
    config = {"x": 0.5, "epochs": 9}
    for bracket, level in ((0, 1), (1, 3)):
        scheduler = _scheduler(type="promotion", brackets=3)
        state = {**scheduler.state(), "bracket": bracket}
        scheduler.replay_suggestion(0, TrialSuggestion(config=config), state)
        trial = Trial(0, config, None)  # type: ignore[arg-type]
        decisions = [scheduler.on_trial_result(trial, {"epoch": e, "loss": 1.0}) for e in (1, 2, 3)]
        assert decisions.index("PAUSE") + 1 == level
        assert scheduler.state()["bracket"] == bracket


# -- against plain re-implementations ----------------------------------------------------------


class _PlainRungs:
    """The rules, written as they are stated: lists, searched from end to end, and numpy.quantile."""

    def __init__(self, levels: list[int], max_t: int) -> None:
        self.levels, self.above = levels, [*levels[1:], max_t]
        self.entries: dict[int, list[dict[str, Any]]] = {level: [] for level in levels}

    def enter(self, level: int, trial_id: int, value: float) -> None:
        self.entries[level].append({"trial": trial_id, "value": value, "waits": True})

    def within(self, level: int, value: float) -> bool:
        values = [entry["value"] for entry in self.entries[level]]
        quantile = level / self.above[self.levels.index(level)]
        # A diverged value ranks behind all others; 1e9 does too, and can be interpolated.
        cutoff = np.quantile(np.minimum(values, 1e9), quantile)
        return bool(math.isfinite(value) and value <= cutoff + 1e-6)

    def promote(self) -> int | None:
        for level in reversed(self.levels):
            waiting = [e for e in self.entries[level] if e["waits"]]
            if len(self.entries[level]) < 2 or not waiting:
                continue
            best = min(waiting, key=lambda entry: entry["value"])
            if self.within(level, best["value"]):
                best["waits"] = False
                return int(best["trial"])
        return None


def _drive(kind: str, seed: int, n_workers: int, spread: int, max_t: int) -> tuple[TrialDriver, list[int]]:
    """An experiment with integer losses that have many ties, and some diverged trials."""
    space = {"x": uniform(0, 1), "epochs": max_t}
    scheduler = HyperbandScheduler(
        space, metric="loss", type=kind, max_resource_attr="epochs", reduction_factor=2
    )

    def loss(config: dict[str, Any], resource: int, trial_id: int) -> float:
        value = random.Random(f"{seed}-{trial_id}-{resource}").randrange(spread)
        return math.nan if trial_id % 10 == 7 else float(value)

    driver = TrialDriver(scheduler, loss, "loss", "epoch", max_t, n_workers, order=seed)
    driver.run(120)
    return driver, scheduler.rung_levels


def _finite_or_inf(value: float) -> float:
    return value if math.isfinite(value) else math.inf


cases = given(
    seed=st.integers(0, 10**6),
    n_workers=st.integers(1, 9),
    spread=st.sampled_from([2, 10, 1000]),
    max_t=st.sampled_from([5, 8, 16, 20]),
)


@settings(max_examples=20)
@cases
def test_stopping_agrees_with_the_plain_rules(seed: int, n_workers: int, spread: int, max_t: int) -> None:
    driver, levels = _drive("stopping", seed, n_workers, spread, max_t)
    plain = _PlainRungs(levels, max_t)
    num_decided = 0
    for event in driver.journal:
        if event["event"] != "report":
            assert event.get("starts") is not False
            continue
        level, value = event["report"]["epoch"], _finite_or_inf(event["report"]["loss"])
        expected = "CONTINUE"
        if level in levels:
            plain.enter(level, event["trial"], value)
            alone = len(plain.entries[level]) < 2
            expected = "CONTINUE" if alone or plain.within(level, value) else "STOP"
            num_decided += 1
        assert event["decision"] == expected
    assert num_decided >= 120


@settings(max_examples=20)
@cases
def test_promotion_agrees_with_the_plain_rules(seed: int, n_workers: int, spread: int, max_t: int) -> None:
    driver, levels = _drive("promotion", seed, n_workers, spread, max_t)
    plain = _PlainRungs(levels, max_t)
    num_resumed = 0
    for event in driver.journal:
        if event["event"] == "suggest":
            expected = plain.promote()
            assert event["starts"] == (expected is None)
            assert event["source"] == expected
            num_resumed += expected is not None
        elif event["event"] == "report":
            level = event["report"]["epoch"]
            assert event["decision"] == ("PAUSE" if level in levels else "CONTINUE")
            if level in levels:
                plain.enter(level, event["trial"], _finite_or_inf(event["report"]["loss"]))
    assert num_resumed > 20
