"""Asynchronous successive halving (ASHA) and Hyperband: poor trials end early."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from syne_core.backend.trial_status import Trial
from syne_core.errors import UnknownNameError, UsageError
from syne_core.optimizer.scheduler import SchedulerDecision, TrialSuggestion
from syne_core.optimizer.schedulers.brackets import BracketSampler
from syne_core.optimizer.schedulers.hyperband_promotion import PromotionRungSystem
from syne_core.optimizer.schedulers.hyperband_stopping import StoppingRungSystem
from syne_core.optimizer.schedulers.resource_levels import compute_rung_levels, positive_integer
from syne_core.optimizer.schedulers.rung_system import RungSystem, RungTrial
from syne_core.optimizer.schedulers.scheduler_searcher import TrialSchedulerWithSearcher

__all__ = ["RUNG_SYSTEMS", "HyperbandScheduler"]

#: Values of ``type``.
RUNG_SYSTEMS: dict[str, type[RungSystem]] = {
    "stopping": StoppingRungSystem,
    "promotion": PromotionRungSystem,
}


class HyperbandScheduler(TrialSchedulerWithSearcher):
    """Compares trials when they reach a rung, and spends no more on those that are poor.

    At a rung at resource r, below one at r', a trial must be within the best r / r' of all that reached it
    (linearly interpolated quantile). ``type="stopping"``: it is stopped otherwise. ``type="promotion"``: it
    is always paused, and resumed from its checkpoint once a worker is free and it is the best of those
    within; a resumed trial keeps its configuration, so scripts are paused at rungs and need not know them.

    At ``max_t`` a trial is stopped, unless the constant ``max_resource_attr`` says that it ends there by
    itself. A diverged trial ranks worst. The searcher learns from reports at rungs and at ``max_t``.

    :param resource_attr: name of the resource in reports; counts from 1 and grows
    :param grace_period: the lowest rung
    :param reduction_factor: ratio of neighbouring rungs, at least 2; default 3
    :param rung_increment: distance of neighbouring rungs, instead of ``reduction_factor``
    :param rung_levels: the rungs, instead of the three above
    :param brackets: number of brackets; a new trial in bracket s skips the s lowest rungs. The bracket is
        drawn with the frequencies of Hyperband; all compete on the same rungs. At most one more than rungs
    :param type: ``"stopping"`` or ``"promotion"``
    :param kwargs: further arguments of ``TrialSchedulerWithSearcher``; the largest resource must be known
        from ``max_resource_attr`` or ``max_t``
    :raises UsageError: also if rungs or brackets make no sense
    """

    resource_attr: str

    def __init__(
        self,
        config_space: dict[str, Any],
        *,
        resource_attr: str = "epoch",
        grace_period: int = 1,
        reduction_factor: float | None = None,
        rung_increment: int | None = None,
        rung_levels: Sequence[int] | None = None,
        brackets: int = 1,
        type: str = "stopping",
        **kwargs: Any,
    ) -> None:
        super().__init__(config_space, **kwargs)
        if not isinstance(resource_attr, str) or not resource_attr:
            raise UsageError(f"resource_attr must be the name of the resource, not {resource_attr!r}")
        if type not in RUNG_SYSTEMS:
            raise UnknownNameError("type", str(type), RUNG_SYSTEMS)
        max_t = self._known_max_resource()
        self.resource_attr = resource_attr
        self.type = type
        self.rung_levels = compute_rung_levels(
            max_t, grace_period, reduction_factor, rung_increment, rung_levels
        )
        levels = [*self.rung_levels, max_t]
        self._brackets = BracketSampler(levels, positive_integer("brackets", brackets), self.random_seed)
        self._rungs = RUNG_SYSTEMS[type](self.rung_levels, max_t, not self.max_resource.script_ends_there)
        self._trials: dict[int, RungTrial] = {}
        self._last_bracket = 0
        self._sign = 1.0 if self.mode == "min" else -1.0
        self._connect_searcher()
        # Rungs below its bracket are no milestones of a trial, but worth learning from.
        self._learns_below = self._hears_all or (self._learns and self.num_brackets > 1)

    def _known_max_resource(self) -> int:
        level = self.max_resource.level
        if level is None:
            raise UsageError(
                "the largest resource of a trial is not known: give max_t, or max_resource_attr, the name of "
                "the constant in config_space that limits it"
            )
        return level

    @property
    def num_brackets(self) -> int:
        """Number of brackets, which may be fewer than asked for."""
        return self._brackets.num_brackets

    # -- suggestions ---------------------------------------------------------------------------

    def _suggest(self, trial_id: int) -> TrialSuggestion | None:
        promoted = self._rungs.next_promotion()
        if promoted is None:
            return super()._suggest(trial_id)
        self._resume(promoted)
        return TrialSuggestion.resume_suggestion(promoted.trial_id)

    def replay_suggestion(
        self, trial_id: int, suggestion: TrialSuggestion | None, state: Mapping[str, Any]
    ) -> None:
        if suggestion is not None and not suggestion.spawn_new_trial_id:
            assert suggestion.checkpoint_trial_id is not None  # TrialSuggestion checks it
            self._resume(self._trials[suggestion.checkpoint_trial_id])
        else:
            super().replay_suggestion(trial_id, suggestion, state)

    def state(self) -> dict[str, Any]:
        return {**super().state(), "bracket": self._last_bracket}

    def _on_start(self, trial_id: int, config: dict[str, Any], state: Mapping[str, Any] | None) -> None:
        bracket = self._brackets.bracket_of(len(self._trials)) if state is None else state["bracket"]
        self._last_bracket = bracket
        trial = self._trials[trial_id] = self._rungs.start(trial_id, bracket)
        if self._register_pending is not None:
            self._register_pending(trial_id=str(trial_id), config=config, milestone=int(trial.milestone))

    def _resume(self, trial: RungTrial) -> None:
        self._rungs.resume(trial)
        if self._register_pending is not None:
            self._register_pending(trial_id=str(trial.trial_id), milestone=int(trial.milestone))

    # -- reports -------------------------------------------------------------------------------

    def on_trial_result(self, trial: Trial, result: dict[str, Any]) -> str:
        standing = self._trials[trial.trial_id]
        resource = result[self.resource_attr]
        if resource < standing.milestone:
            if self._learns_below:
                self._tell_below_milestone(trial, standing, result, resource)
            return SchedulerDecision.CONTINUE
        if standing.decision != SchedulerDecision.CONTINUE:
            return standing.decision  # a late report
        if math.isnan(resource):
            return SchedulerDecision.CONTINUE
        return self._on_milestone(trial, standing, result, resource)

    def _on_milestone(
        self, trial: Trial, standing: RungTrial, result: dict[str, Any], resource: float
    ) -> str:
        decision = self._rungs.report(standing, resource, self._value(result[self.metric]))
        if self._learns:
            standing.learned = resource
            self._tell_searcher(trial, result, update=True)
        goes_on = decision == SchedulerDecision.CONTINUE and standing.milestone < math.inf
        if goes_on and self._register_pending is not None:
            milestone = int(standing.milestone)
            self._register_pending(trial_id=str(trial.trial_id), config=trial.config, milestone=milestone)
        return decision

    def _tell_below_milestone(
        self, trial: Trial, standing: RungTrial, result: dict[str, Any], resource: float
    ) -> None:
        # A trial without checkpoints reports again what it reported before it was paused.
        update = resource > standing.learned and resource in self.rung_levels
        if update:
            standing.learned = resource
        if update or self._hears_all:
            self._tell_searcher(trial, result, update=update)

    def _value(self, metric: float) -> float:
        """``metric`` so that less is better, and infinity if it is not finite."""
        try:
            value = self._sign * float(metric)
        except OverflowError:  # an int beyond all floats
            return math.inf
        return value if math.isfinite(value) else math.inf

    def on_trial_complete(self, trial: Trial, result: dict[str, Any]) -> None:
        self._rungs.end(self._trials[trial.trial_id])
        super().on_trial_complete(trial, result)

    def on_trial_error(self, trial: Trial) -> None:
        self._rungs.end(self._trials[trial.trial_id])
        super().on_trial_error(trial)

    def trials_checkpoints_can_be_removed(self) -> list[int]:
        return self._rungs.take_hopeless()

    def metadata(self) -> dict[str, Any]:
        return {
            **super().metadata(),
            "resource_attr": self.resource_attr,
            "scheduler_type": self.type,
            "rung_levels": self.rung_levels,
            "num_brackets": self.num_brackets,
        }
