"""The scheduler that lets every trial run to its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syne_core.backend.trial_status import Trial
from syne_core.optimizer.scheduler import SchedulerDecision
from syne_core.optimizer.schedulers.scheduler_searcher import TrialSchedulerWithSearcher

__all__ = ["FIFOScheduler"]


class FIFOScheduler(TrialSchedulerWithSearcher):
    """Starts what the searcher proposes, in that order, and never interferes.

    The searcher learns from the last report of a trial.

    :param kwargs: arguments of ``TrialSchedulerWithSearcher``: ``metric`` (needed), ``mode``, ``searcher``,
        ``points_to_evaluate``, ``random_seed``, ``search_options``, ``max_resource_attr``, ``max_t``
    """

    def __init__(self, config_space: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(config_space, **kwargs)
        self._connect_searcher()

    def _on_start(self, trial_id: int, config: dict[str, Any], state: Mapping[str, Any] | None) -> None:
        if self._register_pending is not None:
            self._register_pending(trial_id=str(trial_id), config=config)

    def on_trial_result(self, trial: Trial, result: dict[str, Any]) -> str:
        if self._hears_all:
            self._tell_searcher(trial, result, update=False)
        return SchedulerDecision.CONTINUE

    def on_trial_complete(self, trial: Trial, result: dict[str, Any]) -> None:
        if self._learns and self.metric in result:
            self._tell_searcher(trial, result, update=True)
        super().on_trial_complete(trial, result)
