"""Drives a scheduler as the tuner does, but in memory, in no time, and in an order that is given."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from syne_core.backend.trial_status import Trial
from syne_core.config_space import encode_config
from syne_core.optimizer.scheduler import SchedulerDecision, TrialScheduler, TrialSuggestion

__all__ = ["Curve", "TrialDriver", "learning_curve", "replay_journal"]

#: ``(config, resource, trial_id) -> metric``.
Curve = Callable[[dict[str, Any], int, int], float]

_NO_TIME = datetime(2000, 1, 1)


def learning_curve(config_space: Mapping[str, Any]) -> Curve:
    """A smooth problem to minimise: losses in (0, 1) that fall with the resource, to a floor that depends on
    the configuration; curves cross. A function of configuration and resource alone."""

    def loss(config: dict[str, Any], resource: int, trial_id: int) -> float:
        units = encode_config(config, config_space) or [0.5]
        floor = sum((u - 0.3) ** 2 for u in units) / len(units)
        speed = 0.3 + units[0]
        return float(0.05 + floor + 0.4 * resource**-speed)

    return loss


class TrialDriver:
    """Runs trials with a scheduler; each reports at resources 1, 2, ... and ends at ``max_resource``.

    :param n_workers: trials at a time
    :param order: seed of the order in which running trials report; None: in turn
    :param fails_at: resource at which a trial fails instead of reporting, by trial id
    """

    def __init__(
        self,
        scheduler: TrialScheduler,
        curve: Curve,
        metric: str,
        resource_attr: str,
        max_resource: int,
        n_workers: int = 4,
        order: int | None = None,
        fails_at: Mapping[int, int] | None = None,
    ) -> None:
        self.scheduler = scheduler
        self.trials: dict[int, Trial] = {}
        #: Resource that each trial has reached.
        self.reached: dict[int, int] = {}
        #: All that happened: suggestions (with the scheduler's state), reports, ends of trials. JSON.
        self.journal: list[dict[str, Any]] = []
        self._curve, self._metric, self._resource_attr = curve, metric, resource_attr
        self._max_resource, self._n_workers = max_resource, n_workers
        self._order = None if order is None else random.Random(order)
        self._fails_at = fails_at or {}
        self._running: list[int] = []

    def run(self, max_suggestions: int) -> None:
        """Until nothing is left to do, or ``max_suggestions`` were made and what they started has ended."""
        while True:
            while len(self._running) < self._n_workers and len(self.suggestions) < max_suggestions:
                if not self._start_one():
                    break
            if not self._running:
                return
            self._advance(0 if self._order is None else self._order.randrange(len(self._running)))

    @property
    def suggestions(self) -> list[dict[str, Any]]:
        """The suggestions in the journal."""
        return [event for event in self.journal if event["event"] == "suggest"]

    @property
    def decisions(self) -> list[Any]:
        """All that the scheduler decided, in order, without the metrics it was told."""
        keys = ("event", "trial", "decision", "source", "config")
        return [[event.get(key) for key in keys] for event in self.journal]

    def _start_one(self) -> bool:
        asked = len(self.trials)
        suggestion = self.scheduler.suggest(asked)
        if suggestion is None:
            return False
        self.journal.append(
            {
                "event": "suggest",
                "asked": asked,
                "starts": suggestion.spawn_new_trial_id,
                "source": suggestion.checkpoint_trial_id,
                "config": suggestion.config,
                "state": self.scheduler.state(),
            }
        )
        if suggestion.spawn_new_trial_id:
            assert suggestion.config is not None
            self.trials[asked] = Trial(asked, suggestion.config, _NO_TIME)
            self.reached[asked] = 0
            self.scheduler.on_trial_add(self.trials[asked])
            self._running.append(asked)
        else:
            assert suggestion.checkpoint_trial_id in self.trials, "resumed a trial that does not exist"
            assert suggestion.checkpoint_trial_id not in self._running, "resumed a trial that runs"
            self._running.append(suggestion.checkpoint_trial_id)
        return True

    def _advance(self, position: int) -> None:
        """Let a running trial make its next report."""
        trial_id = self._running.pop(position)
        trial, resource = self.trials[trial_id], self.reached[trial_id] + 1
        if self._fails_at.get(trial_id) == resource:
            self.journal.append({"event": "error", "trial": trial_id})
            self.scheduler.on_trial_error(trial)
            return
        self.reached[trial_id] = resource
        report = {self._resource_attr: resource, self._metric: self._curve(trial.config, resource, trial_id)}
        decision = self.scheduler.on_trial_result(trial, report)
        self.journal.append({"event": "report", "trial": trial_id, "report": report, "decision": decision})
        if decision != SchedulerDecision.CONTINUE:
            self.journal.append({"event": "remove", "trial": trial_id})
            self.scheduler.on_trial_remove(trial)
        elif resource == self._max_resource:
            self.journal.append({"event": "complete", "trial": trial_id, "report": report})
            self.scheduler.on_trial_complete(trial, report)
        else:
            self._running.append(trial_id)


def replay_journal(
    journal: Iterable[Mapping[str, Any]], scheduler: TrialScheduler, strict: bool = True
) -> None:
    """Bring a fresh ``scheduler`` to where the one that wrote ``journal`` was, as a resumed tuner does.

    :param strict: whether it must decide as recorded; the record is followed in any case
    """
    trials: dict[int, Trial] = {}
    for event in journal:
        if event["event"] == "suggest":
            suggestion = TrialSuggestion(event["starts"], event["source"], event["config"])
            scheduler.replay_suggestion(event["asked"], suggestion, event["state"])
            if suggestion.config is not None and event["starts"]:
                trials[event["asked"]] = Trial(event["asked"], suggestion.config, _NO_TIME)
                scheduler.on_trial_add(trials[event["asked"]])
            continue
        trial = trials[event["trial"]]
        if event["event"] == "report":
            decision = scheduler.on_trial_result(trial, dict(event["report"]))
            assert decision == event["decision"] or not strict, f"replay decides {decision} at {event}"
        elif event["event"] == "complete":
            scheduler.on_trial_complete(trial, dict(event["report"]))
        elif event["event"] == "error":
            scheduler.on_trial_error(trial)
        else:
            scheduler.on_trial_remove(trial)
