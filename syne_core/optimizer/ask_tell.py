"""Ask and tell: a scheduler without a tuner, where someone else runs the trials."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from syne_core.backend.trial_status import Status, Trial, TrialResult
from syne_core.errors import UsageError
from syne_core.optimizer.scheduler import SchedulerDecision, TrialScheduler
from syne_core.tuning_status import is_better

__all__ = ["AskTell"]

_AFTER = {
    SchedulerDecision.CONTINUE: Status.in_progress,
    SchedulerDecision.PAUSE: Status.paused,
    SchedulerDecision.STOP: Status.stopped,
}


@dataclass
class _Told:
    """What is known of a trial.

    :param is_through: its script ended, though the scheduler had paused it
    """

    trial: Trial
    source: int | None = None
    state: str = Status.in_progress
    is_through: bool = False
    reports: list[dict[str, Any]] = field(default_factory=list)


class AskTell:
    """Drives a scheduler by hand, and calls its methods in the order that it may rely on.

    ::

        tuner = AskTell(RandomSearch(config_space, metric="loss"))
        while (trial := tuner.ask()) is not None and trial.trial_id < 20:
            tuner.complete(trial, {"loss": train(**trial.config)})
        print(tuner.best_trial)

    With a scheduler that looks at every epoch, ``tell`` each report and heed the decision::

        for epoch in range(first, last + 1):
            if tuner.tell(trial, {"epoch": epoch, "loss": train_epoch()}) != SchedulerDecision.CONTINUE:
                break
        else:
            tuner.complete(trial)

    Any number of trials may run at a time. A trial that was paused may come back from ``ask``, under the same
    id, and should go on where it was.

    :param now: the clock for creation times of trials
    """

    def __init__(self, scheduler: TrialScheduler, now: Callable[[], datetime] = datetime.now) -> None:
        self.scheduler = scheduler
        self._now = now
        self._told: dict[int, _Told] = {}
        self._best: tuple[float, int] | None = None
        asked = getattr(scheduler, "resource_attr", None)
        self._needed = (*scheduler.metric_names(), *([asked] if asked else []))
        mode = scheduler.metric_mode()
        self._metric, self._mode = scheduler.metric_names()[0], mode if isinstance(mode, str) else mode[0]

    def ask(self) -> Trial | None:
        """A trial to run now: a new one, or one to go on with.

        None if there is nothing to do. That may change once running trials have reported; with none
        running, it is the end.
        """
        while True:
            suggestion = self.scheduler.suggest(len(self._told))
            if suggestion is None:
                return None
            if suggestion.spawn_new_trial_id:
                assert suggestion.config is not None  # TrialSuggestion checks it
                return self._start(suggestion.config, suggestion.checkpoint_trial_id)
            assert suggestion.checkpoint_trial_id is not None
            told = self._resume(suggestion.checkpoint_trial_id, suggestion.config)
            if not told.is_through:
                return told.trial
            self._complete(told)  # there is nothing left to run

    def tell(self, trial: Trial, result: dict[str, Any]) -> str:
        """``trial`` reports ``result``; returns a ``SchedulerDecision``, which you must carry out.

        :raises UsageError: ``trial`` is not running, or ``result`` lacks a number that the scheduler needs
        """
        told = self._running(trial)
        for name in self._needed:
            value = result.get(name)
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise UsageError(f"trial {trial.trial_id}: a result needs a number for '{name}': {result!r}")
        told.reports.append(result)
        self._compare(trial.trial_id, result)
        decision = self.scheduler.on_trial_result(told.trial, result)
        if decision not in _AFTER:
            valid = ", ".join(_AFTER)
            name = type(self.scheduler).__name__
            raise UsageError(f"{name}.on_trial_result returned {decision!r}; valid: {valid}")
        told.state = _AFTER[decision]
        if decision != SchedulerDecision.CONTINUE:
            self.scheduler.on_trial_remove(told.trial)
        return decision

    def complete(self, trial: Trial, result: dict[str, Any] | None = None) -> None:
        """``trial`` has ended by itself.

        :param result: its last report, if that was not told yet. If the scheduler wants the trial paused
            at it, the trial counts as complete only when its time to be resumed has come
        :raises UsageError: it is not running, or it never told a result
        """
        if result is not None:
            self.tell(trial, result)
            told = self._known(trial)
        else:
            told = self._running(trial)
            if not told.reports:
                raise UsageError(f"trial {trial.trial_id} told no result: give the last one, or call fail")
        if told.state == Status.in_progress:
            self._complete(told)
        told.is_through = True

    def fail(self, trial: Trial) -> None:
        """``trial`` has failed; it will not be resumed.

        :raises UsageError: it is not running
        """
        told = self._running(trial)
        told.state = Status.failed
        self.scheduler.on_trial_error(told.trial)

    def checkpoint_source(self, trial: Trial) -> int | None:
        """The trial from whose checkpoint ``trial`` is to start, where its scheduler wants that."""
        return self._known(trial).source

    @property
    def trials(self) -> list[TrialResult]:
        """All trials, with their reports and states."""
        return [self._result(told) for told in self._told.values()]

    @property
    def best_trial(self) -> TrialResult | None:
        """The trial with the best report so far, of the first metric; None before any is finite."""
        return None if self._best is None else self._result(self._told[self._best[1]])

    # -- bookkeeping ---------------------------------------------------------------------------

    def _start(self, config: dict[str, Any], source: int | None) -> Trial:
        trial = Trial(len(self._told), config, self._now())
        self._told[trial.trial_id] = _Told(trial, source)
        self.scheduler.on_trial_add(trial)
        return trial

    def _resume(self, trial_id: int, config: dict[str, Any] | None) -> _Told:
        told = self._told[trial_id]
        if config is not None and config != told.trial.config:
            told.trial = Trial(trial_id, config, told.trial.creation_time)
            told.is_through = False
        told.state = Status.in_progress
        return told

    def _complete(self, told: _Told) -> None:
        told.state = Status.completed
        self.scheduler.on_trial_complete(told.trial, told.reports[-1])

    def _compare(self, trial_id: int, result: dict[str, Any]) -> None:
        value = result[self._metric]
        if is_better(value, None if self._best is None else self._best[0], self._mode):
            self._best = (value, trial_id)

    def _known(self, trial: Trial) -> _Told:
        told = self._told.get(trial.trial_id)
        if told is None:
            raise UsageError(f"trial {trial.trial_id} did not come from ask; there are {len(self._told)}")
        return told

    def _running(self, trial: Trial) -> _Told:
        told = self._known(trial)
        if told.state != Status.in_progress:
            raise UsageError(f"trial {trial.trial_id} is not running, but {told.state}")
        return told

    def _result(self, told: _Told) -> TrialResult:
        return told.trial.add_results(list(told.reports), told.state, None)
