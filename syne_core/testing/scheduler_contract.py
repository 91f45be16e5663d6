"""What every scheduler must do, as tests to inherit::

class TestMyScheduler(SchedulerContract):
    def make_scheduler(self, config_space, seed, mode):
        return MyScheduler(config_space, metric=self.metric, mode=mode, random_seed=seed)

"""

from __future__ import annotations

import json
import math
import random
from datetime import datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syne_core.backend.trial_status import Trial
from syne_core.config_space import config_key, config_mistakes, config_space_to_json_dict
from syne_core.optimizer.scheduler import SchedulerDecision, TrialScheduler
from syne_core.testing.contract_spaces import (
    ALL_KINDS,
    CONSTANTS,
    EXTREMES,
    FINITE_SIZE,
    FINITE_SPACE,
    MAX_RESOURCE,
    SINGLE,
    SPACE,
    WIDE_SPACE,
)
from syne_core.testing.trial_driver import Curve, TrialDriver, learning_curve, replay_journal

__all__ = ["SchedulerContract"]


class SchedulerContract:
    """Drives a scheduler over a synthetic learning-curve problem, in memory.

    Subclasses, named ``Test...``, override ``make_scheduler`` and, where they differ, the attributes.
    """

    #: Names in reports.
    metric: str = "loss"
    resource_attr: str = "epoch"
    #: Whether a configuration may be suggested for a second trial.
    repeats_configs: bool = False
    #: Number of suggestions in most tests; fewer for methods that need long for one.
    num_suggestions: int = 40
    #: Number of random interleavings; fewer for the same reason.
    num_interleavings: int = 15

    def make_scheduler(self, config_space: dict[str, Any], seed: int, mode: str) -> TrialScheduler:
        """The scheduler under test, for ``metric``, ``resource_attr`` and the maximum in ``epochs``."""
        raise NotImplementedError("a contract test class must say which scheduler it tests")

    def drive(
        self,
        seed: int = 0,
        space: dict[str, Any] = SPACE,
        mode: str = "min",
        curve: Curve | None = None,
        max_suggestions: int | None = None,
        **driver_arguments: Any,
    ) -> TrialDriver:
        """Run an experiment and return what happened."""
        driver = TrialDriver(
            self.make_scheduler(space, seed, mode),
            curve or learning_curve(space),
            self.metric,
            self.resource_attr,
            MAX_RESOURCE,
            **driver_arguments,
        )
        driver.run(max_suggestions or self.num_suggestions)
        return driver

    # -- configurations ------------------------------------------------------------------------

    @pytest.mark.parametrize("n_workers", [1, 32])
    def test_suggests_valid_configurations_with_all_constants(self, n_workers: int) -> None:
        driver = self.drive(n_workers=n_workers)
        assert len(driver.suggestions) == self.num_suggestions
        for trial in driver.trials.values():
            assert config_mistakes(trial.config, SPACE) == []
            assert {name: trial.config.get(name) for name in CONSTANTS} == CONSTANTS

    @pytest.mark.parametrize("space", [ALL_KINDS, WIDE_SPACE], ids=["all kinds", "wide"])
    def test_every_kind_of_domain_and_bounds_far_apart_will_do(self, space: dict[str, Any]) -> None:
        driver = self.drive(space=space)
        assert len(driver.suggestions) == self.num_suggestions
        for trial in driver.trials.values():
            assert config_mistakes(trial.config, space) == []

    @pytest.mark.parametrize("kind", SINGLE)
    def test_one_hyperparameter_is_enough(self, kind: str) -> None:
        space = {"x": SINGLE[kind], **CONSTANTS}
        driver = self.drive(space=space, max_suggestions=min(self.num_suggestions, 20))
        assert len(driver.suggestions) >= 5  # of a grid, there may be no more
        assert all(config_mistakes(trial.config, space) == [] for trial in driver.trials.values())

    def test_suggestions_without_news_between_them_differ(self) -> None:
        """What is pending is not suggested again."""
        if self.repeats_configs:
            pytest.skip("this scheduler may repeat configurations")
        driver = self.drive()
        first = len(driver.trials)
        for trial_id in range(first, first + 8):
            suggestion = driver.scheduler.suggest(trial_id)
            if suggestion is not None and suggestion.spawn_new_trial_id:
                assert suggestion.config is not None
                trial = driver.trials[trial_id] = Trial(trial_id, suggestion.config, datetime(2000, 1, 1))
                driver.scheduler.on_trial_add(trial)
        keys = {config_key(trial.config, SPACE) for trial in driver.trials.values()}
        assert len(keys) == len(driver.trials)

    def test_what_a_trial_does_to_its_configuration_stays_there(self) -> None:
        scheduler = self.make_scheduler(SPACE, 0, "min")
        first = scheduler.suggest(0)
        assert first is not None
        assert first.config is not None
        first.config["layers"].append(3)
        second = scheduler.suggest(1)
        assert second is not None
        assert second.config is not None
        assert second.config["layers"] == [1, 2] == SPACE["layers"]

    def test_finite_space_is_used_up_and_then_nothing_is_suggested(self) -> None:
        if self.repeats_configs:
            pytest.skip("this scheduler may repeat configurations")
        driver = self.drive(space=FINITE_SPACE, max_suggestions=1000)
        keys = {config_key(trial.config, FINITE_SPACE) for trial in driver.trials.values()}
        assert len(keys) == len(driver.trials) == FINITE_SIZE
        assert driver.scheduler.suggest(FINITE_SIZE) is None
        assert driver.scheduler.suggest(FINITE_SIZE) is None

    def test_paused_trials_are_still_resumed_when_the_space_is_used_up(self) -> None:
        if self.repeats_configs:
            pytest.skip("this scheduler may repeat configurations")
        # So many workers that all of it runs before the first trial can be resumed.
        driver = self.drive(space=FINITE_SPACE, max_suggestions=1000, n_workers=32)
        if all(event.get("decision") != SchedulerDecision.PAUSE for event in driver.journal):
            pytest.skip("this scheduler does not pause trials")
        last_start = max(i for i, event in enumerate(driver.journal) if event.get("starts"))
        assert any(event.get("starts") is False for event in driver.journal[last_start:])

    # -- determinism ---------------------------------------------------------------------------

    def test_same_seed_and_calls_give_the_same_experiment(self) -> None:
        assert self.drive(seed=7).journal == self.drive(seed=7).journal

    def test_other_seeds_give_other_configurations(self) -> None:
        runs = [self.drive(seed=seed, max_suggestions=8) for seed in (1, 2)]
        assert runs[0].decisions != runs[1].decisions

    def test_leaves_global_random_state_alone(self) -> None:
        random.seed(5)
        np.random.seed(5)
        before = random.getstate(), repr(np.random.get_state())
        self.drive()
        assert (random.getstate(), repr(np.random.get_state())) == before

    def test_does_not_depend_on_global_random_state(self) -> None:
        random.seed(1)
        np.random.seed(1)
        first = self.drive().journal
        random.seed(2)
        np.random.seed(2)
        assert self.drive().journal == first

    # -- metrics -------------------------------------------------------------------------------

    @pytest.mark.parametrize("n_workers", [1, 4])
    def test_maximising_is_minimising_the_negative(self, n_workers: int) -> None:
        curve = learning_curve(SPACE)
        lowest = self.drive(n_workers=n_workers)
        highest = self.drive(mode="max", curve=lambda *a: -curve(*a), n_workers=n_workers)
        assert highest.decisions == lowest.decisions

    @pytest.mark.parametrize("mode", ["min", "max"])
    def test_all_that_is_not_finite_counts_the_same(self, mode: str) -> None:
        curve = learning_curve(SPACE)

        def decisions(bad: float) -> list[Any]:
            driver = self.drive(mode=mode, curve=lambda c, r, i: bad if i % 3 == 1 else curve(c, r, i))
            return driver.decisions

        runs = [decisions(bad) for bad in (math.nan, math.inf, -math.inf)]
        assert runs[0] == runs[1] == runs[2]

    def test_goes_on_if_every_trial_diverges(self) -> None:
        driver = self.drive(curve=lambda *_: math.nan)
        assert len(driver.suggestions) == self.num_suggestions

    @pytest.mark.parametrize("mode", ["min", "max"])
    def test_metrics_of_any_size_will_do(self, mode: str) -> None:
        curve = learning_curve(SPACE)

        def extreme(config: dict[str, Any], resource: int, trial_id: int) -> float:
            return EXTREMES[trial_id % len(EXTREMES)] * curve(config, resource, trial_id)

        driver = self.drive(mode=mode, curve=extreme)
        assert len(driver.suggestions) == self.num_suggestions
        assert all(config_mistakes(trial.config, SPACE) == [] for trial in driver.trials.values())

    @pytest.mark.parametrize("constant", [0.0, -3.5, 1e300])
    def test_constant_metric_will_do(self, constant: float) -> None:
        driver = self.drive(curve=lambda *_: constant)
        assert len(driver.suggestions) == self.num_suggestions

    # -- failures ------------------------------------------------------------------------------

    def test_failed_trials_are_not_resumed_and_others_go_on(self) -> None:
        fails_at = {trial_id: 1 + trial_id % 5 for trial_id in range(0, 60, 2)}
        driver = self.drive(fails_at=fails_at)
        assert len(driver.suggestions) == self.num_suggestions
        failed: set[int] = set()
        for event in driver.journal:
            if event["event"] == "error":
                failed.add(event["trial"])
            elif event["event"] == "suggest":
                assert event["source"] not in failed
        assert failed

    # -- resume --------------------------------------------------------------------------------

    @pytest.mark.parametrize("space", [SPACE, FINITE_SPACE], ids=["infinite", "finite"])
    @pytest.mark.parametrize("n_workers", [1, 4, 32])
    def test_every_prefix_of_the_journal_leads_to_the_same_next_suggestion(
        self, space: dict[str, Any], n_workers: int
    ) -> None:
        if self.make_scheduler(space, 0, "min").replay != "exact":
            pytest.skip("this scheduler is resumed approximately")
        curve = learning_curve(space)
        driver = self.drive(
            seed=3,
            space=space,
            curve=lambda c, r, i: math.nan if i % 7 == 5 else curve(c, r, i),
            n_workers=n_workers,
            order=0,
            fails_at={4: 2, 9: 5},
        )
        journal = json.loads(json.dumps(driver.journal))
        for length, event in enumerate(journal):
            if event["event"] == "suggest":
                self._check_next_suggestion(space, journal[:length], event)

    def _check_next_suggestion(
        self, space: dict[str, Any], prefix: list[dict[str, Any]], recorded: dict[str, Any]
    ) -> None:
        scheduler = self.make_scheduler(space, 3, "min")
        replay_journal(prefix, scheduler)
        suggestion = scheduler.suggest(recorded["asked"])
        assert suggestion is not None
        assert suggestion.spawn_new_trial_id == recorded["starts"]
        assert suggestion.checkpoint_trial_id == recorded["source"]
        assert json.loads(json.dumps(suggestion.config)) == recorded["config"]
        assert json.loads(json.dumps(scheduler.state())) == recorded["state"]

    def test_replay_of_a_whole_experiment_has_nothing_left_to_suggest(self) -> None:
        if self.repeats_configs or self.make_scheduler(SPACE, 0, "min").replay != "exact":
            pytest.skip("this scheduler may repeat configurations, or is resumed approximately")
        driver = self.drive(space=FINITE_SPACE, max_suggestions=1000)
        scheduler = self.make_scheduler(FINITE_SPACE, 0, "min")
        replay_journal(json.loads(json.dumps(driver.journal)), scheduler)
        assert scheduler.suggest(FINITE_SIZE) is None

    def test_resumed_experiment_goes_on_with_something_new(self) -> None:
        """Also where resume is approximate."""
        driver = self.drive(seed=3, order=0, fails_at={2: 1})
        scheduler = self.make_scheduler(SPACE, 3, "min")
        journal = json.loads(json.dumps(driver.journal))
        replay_journal(journal, scheduler, strict=scheduler.replay == "exact")
        suggestion = scheduler.suggest(len(driver.trials))
        assert suggestion is not None
        if suggestion.spawn_new_trial_id:
            assert suggestion.config is not None
            assert config_mistakes(suggestion.config, SPACE) == []
            keys = {config_key(trial.config, SPACE) for trial in driver.trials.values()}
            assert self.repeats_configs or config_key(suggestion.config, SPACE) not in keys

    # -- whatever the order --------------------------------------------------------------------

    def test_any_interleaving_keeps_the_rules(self) -> None:
        @settings(max_examples=self.num_interleavings, derandomize=True, deadline=None, database=None)
        @given(
            seed=st.integers(0, 2**31 - 1),
            order=st.integers(0, 1000),
            n_workers=st.integers(1, 12),
            fails_at=st.dictionaries(st.integers(0, 20), st.integers(1, MAX_RESOURCE), max_size=4),
            diverged=st.sets(st.integers(0, 20), max_size=4),
        )
        def check(**drawn: Any) -> None:
            self._check_interleaving(**drawn)

        check()

    def _check_interleaving(
        self, seed: int, order: int, n_workers: int, fails_at: dict[int, int], diverged: set[int]
    ) -> None:
        curve = learning_curve(FINITE_SPACE)
        driver = self.drive(
            seed=seed,
            space=FINITE_SPACE,
            curve=lambda c, r, i: math.nan if i in diverged else curve(c, r, i),
            n_workers=n_workers,
            order=order,
            fails_at=fails_at,
        )
        self._check_decisions(driver)
        for trial in driver.trials.values():
            assert config_mistakes(trial.config, FINITE_SPACE) == []

    def _check_decisions(self, driver: TrialDriver) -> None:
        """Decisions are known ones, and only paused trials are resumed."""
        standing: dict[int, str] = {}
        for event in driver.journal:
            if event["event"] == "report":
                standing[event["trial"]] = event["decision"]
                assert event["decision"] in ("CONTINUE", "PAUSE", "STOP")
            elif event["event"] in ("error", "complete"):
                standing[event["trial"]] = "ended"
            elif event["event"] == "suggest" and not event["starts"]:
                assert standing[event["source"]] == SchedulerDecision.PAUSE
                standing[event["source"]] = SchedulerDecision.CONTINUE

    # -- for people ----------------------------------------------------------------------------

    def test_metadata_is_json_and_names_what_is_optimised(self) -> None:
        scheduler = self.make_scheduler(SPACE, 0, "max")
        metadata = dict(scheduler.metadata())
        metadata["config_space"] = config_space_to_json_dict(metadata["config_space"])
        assert json.loads(json.dumps(metadata)) == metadata
        assert metadata["metric_names"] == [self.metric] == scheduler.metric_names()
        assert metadata["metric_mode"] == "max" == scheduler.metric_mode()
        assert metadata["scheduler_name"] == type(scheduler).__name__
