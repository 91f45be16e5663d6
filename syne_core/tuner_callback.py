"""Callbacks: how others follow an experiment without being in its loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from syne_core.backend.trial_status import Trial

if TYPE_CHECKING:
    from syne_core.backend.trial_backend import TrialAndStatusInformation, TrialIdAndResultList
    from syne_core.tuner import Tuner

__all__ = ["CallbackList", "TunerCallback"]


class TunerCallback:
    """Override what you need; the tuner calls nothing else.

    An exception in a callback ends the experiment: trials are stopped, results kept.
    """

    def on_tuning_start(self, tuner: Tuner) -> None:
        """Before the first loop; earlier sessions have been replayed."""

    def on_tuning_end(self) -> None:
        """After the last loop, also after a failure."""

    def on_loop_start(self) -> None:
        """At the start of every loop."""

    def on_loop_end(self) -> None:
        """At the end of every loop."""

    def on_fetch_status_results(
        self, trial_status_dict: TrialAndStatusInformation, new_results: TrialIdAndResultList
    ) -> None:
        """After the back-end was asked for news."""

    def on_trial_result(self, trial: Trial, status: str, result: dict[str, Any], decision: str) -> None:
        """A trial reported, and the scheduler decided."""

    def extra_results(self) -> dict[str, Any]:
        """Columns to add to the row of the report that ``on_trial_result`` was just called with."""
        return {}

    def on_trial_complete(self, trial: Trial, result: dict[str, Any]) -> None:
        """A trial ended by itself; ``result`` is its last report."""

    def on_trial_error(self, trial: Trial, reason: str) -> None:
        """A trial failed; ``reason`` is a line or a few."""

    def on_tuning_sleep(self, sleep_time: float) -> None:
        """Before the tuner waits, at most ``sleep_time`` seconds."""

    def on_start_trial(self, trial: Trial) -> None:
        """A trial was started."""

    def on_resume_trial(self, trial: Trial) -> None:
        """A paused trial was resumed."""


class CallbackList:
    """Calls the hooks of several callbacks, and of each only those that it overrides."""

    def __init__(self, callbacks: list[TunerCallback]) -> None:
        hooks = [name for name in vars(TunerCallback) if not name.startswith("_")]
        self._methods = {name: _overriding(callbacks, name) for name in hooks}
        self._extra = self._methods["extra_results"]

    def call(self, hook: str, *arguments: Any) -> None:
        """Call ``hook`` of every callback that has one of its own."""
        for method in self._methods[hook]:
            method(*arguments)

    def methods(self, hook: str) -> list[Callable[..., Any]]:
        """What ``call`` calls, for those who call it after every report."""
        return self._methods[hook]

    def extra_results(self) -> dict[str, Any]:
        """The extra columns of all callbacks together."""
        merged: dict[str, Any] = {}
        for method in self._extra:
            if more := method():
                merged.update(more)
        return merged


def _overriding(callbacks: list[TunerCallback], hook: str) -> list[Callable[..., Any]]:
    default = getattr(TunerCallback, hook)
    return [getattr(cb, hook) for cb in callbacks if getattr(type(cb), hook, default) is not default]
