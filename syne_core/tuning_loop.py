"""The loop of the tuner: news in, decisions out, free workers filled.

Everything that changes the state of the experiment is appended to the journal before it is acted
on, so that a session that dies anywhere can be replayed.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from syne_core.backend.trial_status import Status, Trial
from syne_core.errors import TooManyFailuresError
from syne_core.experiment_record import ExperimentRecord
from syne_core.experiment_status import ExperimentState
from syne_core.optimizer.scheduler import SchedulerDecision, TrialSuggestion
from syne_core.replay import Replayed
from syne_core.trial_ledger import TrackedTrial
from syne_core.tuner_callback import CallbackList

if TYPE_CHECKING:
    from syne_core.tuner import Tuner

__all__ = ["TuningLoop"]

logger = logging.getLogger(__name__)

_STATUS_INTERVAL = 2.0
_DRAIN_TIMEOUT = 30.0
_BUSY = (Status.in_progress, Status.stopping)


class TuningLoop:
    """One session of one experiment.

    :param past: what the replay of earlier sessions found
    """

    def __init__(
        self, tuner: Tuner, record: ExperimentRecord, past: Replayed, callbacks: CallbackList
    ) -> None:
        self.tuner = tuner
        self.record = record
        self.callbacks = callbacks
        self.backend = tuner.trial_backend
        self.scheduler = tuner.scheduler
        self.ledger = tuner.ledger
        self.status = tuner.tuning_status
        self._to_resume = deque(past.to_resume)
        self._next_status = self._next_print = -1.0

    def run(self) -> str:
        """Until the end of the experiment; returns why it ended.

        :raises TooManyFailuresError: if more than ``max_failures`` trials failed
        """
        self._continue_trials()
        while True:
            self.callbacks.call("on_loop_start")
            self._process_news()
            reason = self._stop_reason() or self._start_trials()
            self.record.flush()
            self._report_progress()
            self.callbacks.call("on_loop_end")
            if reason is not None:
                return reason
            self._sleep()

    def end_trials(self) -> None:
        """End what runs; reports that are still on their way are recorded as late ones."""
        if self.tuner.wait_trial_completion_when_stopping:
            while self.ledger.active:
                self.backend.wait(self.tuner.sleep_time)
                self._process_news()
        for tracked in list(self.ledger.active.values()):
            if tracked.outcome is None:
                self.ledger.tell_to_end(tracked, Status.stopped)
        self.backend.stop_all()
        deadline = time.monotonic() + _DRAIN_TIMEOUT
        self._process_news()
        while self.ledger.active and time.monotonic() < deadline:
            self.backend.wait(0.5)
            self._process_news()
        for tracked in list(self.ledger.active.values()):
            logger.warning("trial %d did not end in time", tracked.trial.trial_id)
            self._end_run(tracked, tracked.outcome or Status.stopped)
        self.status.elapsed = self.record.elapsed

    def _continue_trials(self) -> None:
        for tracked in self.ledger.trials.values():
            self.backend.restore_trial(tracked.trial)
        running = [i for i, tracked in self.ledger.active.items() if tracked.outcome is None]
        if running and self._stop_reason() is None:
            logger.info("continuing trials %s of the earlier session", ", ".join(map(str, running)))
            for trial_id in running:
                self.backend.restart_trial(trial_id)

    def _stop_reason(self) -> str | None:
        self.status.elapsed = self.record.elapsed
        criterion = self.tuner.stop_criterion
        if not criterion(self.status):
            return None
        explain = getattr(criterion, "reason", None)
        return (explain and explain(self.status)) or "the stopping criterion is met"

    def _sleep(self) -> None:
        left = self.tuner.sleep_time
        if (limit := self.tuner.max_wallclock_time) is not None:
            left = min(left, max(0.0, limit - self.record.elapsed))
        self.callbacks.call("on_tuning_sleep", left)
        self.backend.wait(left)

    # -- news from the back-end ----------------------------------------------------------------

    def _process_news(self) -> None:
        states, news = self.backend.fetch_status_results(list(self.ledger.active))
        self.callbacks.call("on_fetch_status_results", states, news)
        trials = self.ledger.trials
        for trial_id, report in news:
            self._on_report(trials[trial_id], report)
        for trial_id, (trial, state) in states.items():
            if state not in _BUSY:
                self._on_run_end(trials[trial_id], state, getattr(trial, "failure", None))

    def _on_report(self, tracked: TrackedTrial, report: dict[str, Any]) -> None:
        ledger = self.ledger
        if ledger.is_repeat(tracked, report):
            return
        ledger.note(tracked, report)
        status, outcome = tracked.state, tracked.outcome
        notes: dict[str, Any] = {}
        if outcome is not None:
            decision, notes["late"] = _decision_of(outcome), True
            ledger.hold(tracked, report)
        elif ledger.is_plain(tracked, report):
            decision, notes["plain"] = SchedulerDecision.CONTINUE, True
        else:
            decision = ledger.show(tracked, report)
        self.callbacks.call("on_trial_result", tracked.trial, status, report, decision)
        if extra := self.callbacks.extra_results():
            notes["extra"] = extra
        trial_id = tracked.trial.trial_id
        self.record.append("report", trial=trial_id, report=report, decision=decision, status=status, **notes)
        if outcome is None and decision != SchedulerDecision.CONTINUE:
            self._carry_out(tracked, decision, report)

    def _carry_out(self, tracked: TrackedTrial, decision: str, report: dict[str, Any]) -> None:
        self.record.commit()
        trial_id = tracked.trial.trial_id
        logger.info("trial %d: %s at %s", trial_id, decision, self.tuner.in_words(report))
        if decision == SchedulerDecision.PAUSE:
            self.backend.pause_trial(trial_id, report)
        else:
            self.backend.stop_trial(trial_id, report)

    def _on_run_end(self, tracked: TrackedTrial, state: str, failure: str | None) -> None:
        trial_id = tracked.trial.trial_id
        if tracked.outcome is not None:
            self._end_run(tracked, tracked.outcome)
        elif state == Status.completed and tracked.last is not None:
            self._end_run(tracked, Status.completed)
            logger.info("trial %d: completed with %s", trial_id, self.tuner.in_words(tracked.last))
            self.callbacks.call("on_trial_complete", tracked.trial, tracked.last)
        else:
            self._on_failure(tracked, failure or self._failure_in_words(state))

    def _on_failure(self, tracked: TrackedTrial, reason: str) -> None:
        trial, num_allowed = tracked.trial, self.tuner.max_failures
        self._end_run(tracked, Status.failed, reason)
        logger.warning("trial %d: failed: %s", trial.trial_id, reason)
        self.callbacks.call("on_trial_error", trial, reason)
        if self.status.num_trials_failed > num_allowed:
            raise TooManyFailuresError(
                f"{self.status.num_trials_failed} trials failed, max_failures is {num_allowed}. "
                f"The last, trial {trial.trial_id}: {reason}"
            )

    def _failure_in_words(self, state: str) -> str:
        if state == Status.completed:
            return f"it ended without reporting {', '.join(self.status.metric_names)}"
        return "it was stopped from outside" if state == Status.stopped else "no reason known"

    def _end_run(self, tracked: TrackedTrial, state: str, reason: str = "") -> None:
        self.ledger.end_run(tracked, state)
        self.record.append("end_run", trial=tracked.trial.trial_id, state=state, reason=reason)
        self.record.commit()

    # -- free workers --------------------------------------------------------------------------

    def _start_trials(self) -> str | None:
        """Give work to free workers; a reason to end if there is none and never will be."""
        if not self.tuner.asynchronous_scheduling and self.ledger.active:
            return None
        self._resume_waiting()
        while self._num_busy() < self.tuner.n_workers:
            asked = self.ledger.next_trial_id
            suggestion = self.scheduler.suggest(asked)
            if suggestion is None:
                waiting = self.ledger.active or self._to_resume
                return None if waiting else "the method has nothing left to suggest"
            self._carry_out_suggestion(asked, suggestion)
            if reason := self._stop_reason():
                return reason
        return None

    def _num_busy(self) -> int:
        if self.tuner.start_jobs_without_delay:
            return self.status.num_trials_running + len(self._to_resume)
        waiting_elsewhere = sum(not self.ledger.trials[i].is_active for i, _ in self._to_resume)
        return len(self.ledger.active) + waiting_elsewhere

    def _carry_out_suggestion(self, asked: int, suggestion: TrialSuggestion) -> None:
        starts, source, config = (
            suggestion.spawn_new_trial_id,
            suggestion.checkpoint_trial_id,
            suggestion.config,
        )
        self.record.append(
            "suggest",
            asked=asked,
            kind="start" if starts else "resume",
            source=source,
            config=config,
            state=self.scheduler.state(),
            time=time.time(),
        )
        self.record.commit()
        if starts:
            assert config is not None  # TrialSuggestion checks it
            self._start(config, source)
        else:
            assert source is not None
            self._to_resume.append((source, config))
            self._resume_waiting()

    def _start(self, config: dict[str, Any], checkpoint_of: int | None) -> None:
        trial = self.backend.start_trial(config, checkpoint_of)
        self.ledger.add(Trial(trial.trial_id, trial.config, trial.creation_time))
        logger.info("trial %d: started with %s", trial.trial_id, config)
        self.callbacks.call("on_start_trial", trial)

    def _resume_waiting(self) -> None:
        """Resume the trials that are due; one whose paused run is still ending waits its turn."""
        for _ in range(len(self._to_resume)):
            trial_id, config = self._to_resume.popleft()
            if self.ledger.trials[trial_id].is_active:
                self._to_resume.append((trial_id, config))
            else:
                self._resume(trial_id, config)

    def _resume(self, trial_id: int, config: dict[str, Any] | None) -> None:
        """Show what arrived late; that may already take the trial to its next pause."""
        self.record.append("resume", trial=trial_id, config=config)
        tracked = self.ledger.resume(trial_id, config)
        while tracked.held:
            decision = self.ledger.show(tracked, tracked.held.popleft())
            self.record.append("redeliver", trial=trial_id, decision=decision)
            if decision != SchedulerDecision.CONTINUE:
                self._end_run(tracked, tracked.outcome or Status.stopped)
                return
        self.record.commit()
        trial = self.backend.resume_trial(trial_id, config)
        logger.info("trial %d: resumed", trial_id)
        self.callbacks.call("on_resume_trial", trial)

    # -- progress ------------------------------------------------------------------------------

    def _report_progress(self) -> None:
        now = self.backend.time()
        if now >= self._next_status:
            self._next_status = now + _STATUS_INTERVAL
            self.record.write_status(ExperimentState.running, self.status)
        if now >= self._next_print:
            self._next_print = now + self.tuner.print_update_interval
            logger.info("%s", self.status.in_words())


def _decision_of(outcome: str) -> str:
    return SchedulerDecision.PAUSE if outcome == Status.paused else SchedulerDecision.STOP
