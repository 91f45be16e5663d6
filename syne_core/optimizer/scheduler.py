"""The contract of a scheduler: what decides which configurations run, and for how long."""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from syne_core.backend.trial_status import Trial
from syne_core.config_space import check_config_space

__all__ = ["SchedulerDecision", "TrialScheduler", "TrialSuggestion"]


class SchedulerDecision:
    """What becomes of a trial that reported: it goes on, is paused, or is stopped for good."""

    CONTINUE = "CONTINUE"
    PAUSE = "PAUSE"
    STOP = "STOP"


@dataclass(frozen=True)
class TrialSuggestion:
    """Start a new trial, or resume a paused one.

    :param spawn_new_trial_id: True: a new trial; False: resume ``checkpoint_trial_id``
    :param checkpoint_trial_id: trial whose checkpoint a new trial starts from, or the one to resume
    :param config: configuration of a new trial; for a resumed one, None keeps its own
    """

    spawn_new_trial_id: bool = True
    checkpoint_trial_id: int | None = None
    config: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        if self.spawn_new_trial_id and self.config is None:
            raise ValueError("a new trial needs a configuration")
        if not self.spawn_new_trial_id and self.checkpoint_trial_id is None:
            raise ValueError("to resume a trial, checkpoint_trial_id must be given")

    @staticmethod
    def start_suggestion(config: dict[str, Any], checkpoint_trial_id: int | None = None) -> TrialSuggestion:
        """A new trial, from the checkpoint of another one if given."""
        return TrialSuggestion(True, checkpoint_trial_id, config)

    @staticmethod
    def resume_suggestion(trial_id: int, config: dict[str, Any] | None = None) -> TrialSuggestion:
        """Resume the paused trial ``trial_id``, with its own configuration unless one is given."""
        return TrialSuggestion(False, trial_id, config)


class TrialScheduler(ABC):  # noqa: B024 - Syne Tune's schedulers override suggest or _suggest, either will do
    """Decides which configurations run and which trials go on.

    The tuner calls, for one trial: ``suggest``, ``on_trial_add`` (new trials), ``on_trial_result``
    for every report that holds the metric, then exactly one of ``on_trial_complete``,
    ``on_trial_error``, or ``on_trial_remove`` (after it decided PAUSE or STOP). Reports arrive in the
    order in which a trial made them; those of different trials interleave in any order. A metric
    that is not finite means that the trial diverged; it must rank worst and never raise.

    A scheduler must be deterministic given its seed and the calls it receives, read no clock, and
    keep no global state. To be resumable exactly it overrides ``state`` and ``replay_suggestion``
    and sets ``replay = "exact"``: then the same prefix of a journal gives the same next suggestion.
    The default replays by asking again, which is right for schedulers whose suggestions depend
    on nothing but the calls they received, in that order.

    :param config_space: domains and constants by name
    :raises ConfigSpaceError: if ``config_space`` is malformed
    """

    replay: ClassVar[Literal["exact", "approximate"]] = "approximate"

    def __init__(self, config_space: dict[str, Any]) -> None:
        check_config_space(config_space)
        self.config_space = config_space

    def suggest(self, trial_id: int) -> TrialSuggestion | None:
        """What a free worker should do; None if there is nothing to do (now, or ever).

        A call that returns None must leave the scheduler as it was: such calls are not recorded.

        :param trial_id: the id that a new trial would get
        """
        return self._suggest(trial_id)

    def _suggest(self, trial_id: int) -> TrialSuggestion | None:
        raise NotImplementedError(f"{type(self).__name__} must override suggest")

    def state(self) -> dict[str, Any]:
        """What the next suggestion needs besides the calls received so far; JSON.

        The tuner stores it with every suggestion and hands it to ``replay_suggestion``.
        """
        return {}

    def replay_suggestion(
        self, trial_id: int, suggestion: TrialSuggestion | None, state: Mapping[str, Any]
    ) -> None:
        """Take note that ``suggest(trial_id)`` once returned ``suggestion``; compute nothing.

        :param state: what ``state()`` returned right after
        """
        self.suggest(trial_id)

    def on_trial_add(self, trial: Trial) -> None:
        """A new trial was started from a suggestion."""

    def on_trial_result(self, trial: Trial, result: dict[str, Any]) -> str:
        """``trial`` reported ``result``; returns a ``SchedulerDecision``."""
        return SchedulerDecision.CONTINUE

    def on_trial_complete(self, trial: Trial, result: dict[str, Any]) -> None:
        """``trial`` ended by itself; ``result`` is its last report, passed to ``on_trial_result`` before."""

    def on_trial_error(self, trial: Trial) -> None:
        """``trial`` failed."""

    def on_trial_remove(self, trial: Trial) -> None:
        """``trial`` was paused or stopped, as this scheduler decided."""

    def trials_checkpoints_can_be_removed(self) -> list[int]:
        """Paused trials that will certainly never be resumed, each returned once.

        Those that were told to stop, completed or failed need not be named. Asked only where checkpoints
        are to be deleted.
        """
        return []

    def metric_names(self) -> list[str]:
        """Names of the metrics that reports must hold."""
        raise NotImplementedError(f"{type(self).__name__} must override metric_names")

    def metric_mode(self) -> str | list[str]:
        """``"min"`` or ``"max"``, or one of them for each metric."""
        return "min"

    def metadata(self) -> dict[str, Any]:
        """What is stored with the results; JSON once ``config_space`` is encoded."""
        return {
            "metric_names": self.metric_names(),
            "metric_mode": self.metric_mode(),
            "scheduler_name": type(self).__name__,
            "config_space": self.config_space,
        }

    def is_multiobjective_scheduler(self) -> bool:
        """Whether there are several metrics."""
        return False
