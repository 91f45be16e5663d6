"""The loop of the tuner: news in, decisions out, free workers filled.

Everything that changes the state of the experiment is appended to the journal before it is acted
on, so that a session that dies anywhere can be replayed.
"""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from syne_core.backend.trial_status import Status, Trial
from syne_core.checkpoint_removal import CheckpointRemoval
from syne_core.errors import ExperimentError, TooManyFailuresError
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

# Seconds of real time.
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
        self.checkpoints = CheckpointRemoval(self.backend, self.scheduler, self.ledger)
        self._ending = past.ending
        self._to_resume = deque(past.to_resume)
        self._next_status = self._next_print = -1.0
        self._only_events_count = self.backend.is_simulated and hasattr(
            tuner.stop_criterion, "max_wallclock_time"
        )
        self._at_loop_start = callbacks.methods("on_loop_start")
        self._at_loop_end = callbacks.methods("on_loop_end")
        self._on_fetch = callbacks.methods("on_fetch_status_results")
        self._on_result = callbacks.methods("on_trial_result")
        self._on_sleep = callbacks.methods("on_tuning_sleep")

    def run(self) -> str:
        """Until the end of the experiment; returns why it ended.

        :raises TooManyFailuresError: if more than ``max_failures`` trials failed
        """
        reason = self._continue_trials()
        while reason is None:
            for method in self._at_loop_start:
                method()
            self._process_news()
            self.checkpoints.ask_scheduler()
            reason = self._stop_reason() or self._start_trials()
            self.record.flush()
            self._report_progress()
            for method in self._at_loop_end:
                method()
            if reason is None:
                self._sleep()
        return reason

    def end_trials(self, reason: str) -> None:
        """End what runs; reports that are still on their way are recorded as late ones."""
        if self._ending is None:
            self.record.append("ending", reason=reason)
            self.record.commit()
        if self.tuner.wait_trial_completion_when_stopping:
            self._let_trials_complete()
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
        self.record.commit()
        self.status.elapsed = self.record.elapsed

    def _let_trials_complete(self) -> None:
        while self.ledger.active:
            self.backend.wait(self._longest_wait())
            self._process_news()
            self.record.flush()
            self.status.elapsed = self.record.elapsed
            self._report_progress()

    def _continue_trials(self) -> str | None:
        """Run what an earlier session left running; a reason to end if that session had one."""
        self.ledger.begin_session()
        for tracked in self.ledger.trials.values():
            self.backend.restore_trial(tracked.trial)
        reason = self._ending or self._stop_reason()
        if reason is None or self.tuner.wait_trial_completion_when_stopping:
            for tracked in list(self.ledger.active.values()):
                if tracked.outcome is None:
                    self._restart(tracked)
        return reason

    def _restart(self, tracked: TrackedTrial) -> None:
        """An earlier session was killed in the middle of anything, also of starting this run."""
        trial_id = tracked.trial.trial_id
        if self._catch_up(tracked):
            logger.info("trial %d: continued from the earlier session", trial_id)
            self.backend.restart_trial(trial_id, None if tracked.num_reports else tracked.source)

    def _stop_reason(self) -> str | None:
        self.status.elapsed = self.record.elapsed
        criterion = self.tuner.stop_criterion
        if not criterion(self.status):
            return None
        explain = getattr(criterion, "reason", None)
        return (explain and explain(self.status)) or "the stopping criterion is met"

    def _longest_wait(self) -> float:
        """Seconds. A simulated back-end returns at the next event, and until then nothing changes that a
        ``StoppingCriterion`` looks at, but for the time; other criteria may look at anything.
        """
        return math.inf if self._only_events_count else self.tuner.sleep_time

    def _sleep(self) -> None:
        left = self._longest_wait()
        if (limit := self.tuner.max_wallclock_time) is not None:
            left = min(left, max(0.0, limit - self.record.elapsed))
        for method in self._on_sleep:
            method(left)
        self.backend.wait(left)

    # -- news from the back-end ----------------------------------------------------------------

    def _process_news(self) -> None:
        states, news = self.backend.fetch_status_results(list(self.ledger.active))
        for method in self._on_fetch:
            method(states, news)
        trials = self.ledger.trials
        for trial_id, report in news:
            self._on_report(trials[trial_id], report)
        for trial_id, (trial, state) in states.items():
            if state not in _BUSY:
                self._on_run_end(trials[trial_id], state, getattr(trial, "failure", None))

    def _on_report(self, tracked: TrackedTrial, report: dict[str, Any]) -> None:
        ledger = self.ledger
        plain = ledger.is_plain(tracked, report)
        if ledger.is_repeat(tracked, report, plain):
            return
        ledger.note(tracked, report)
        status, outcome = tracked.state, tracked.outcome
        notes: dict[str, Any] = {"plain": True} if plain else {}
        if outcome is not None:
            decision, notes["late"] = _decision_of(outcome), True
            if not plain:
                ledger.hold(tracked, report)
        else:
            decision = SchedulerDecision.CONTINUE if plain else ledger.show(tracked, report)
        for method in self._on_result:
            method(tracked.trial, status, report, decision)
        if extra := self.callbacks.extra_results():
            notes["extra"] = extra
        trial_id = tracked.trial.trial_id
        self.record.append_report(trial_id, report, decision, status, notes)
        if outcome is None and decision != SchedulerDecision.CONTINUE:
            self._carry_out(tracked, decision, report)

    def _carry_out(self, tracked: TrackedTrial, decision: str, report: dict[str, Any]) -> None:
        self.record.commit()
        trial_id = tracked.trial.trial_id
        if logger.isEnabledFor(logging.INFO):
            logger.info("trial %d: %s at %s", trial_id, decision, self.tuner.in_words(report))
        if decision == SchedulerDecision.PAUSE:
            self.backend.pause_trial(trial_id, report)
        else:
            self.backend.stop_trial(trial_id, report)

    def _on_run_end(self, tracked: TrackedTrial, state: str, failure: str | None) -> None:
        if tracked.outcome is not None:
            is_through = state == Status.completed and tracked.outcome == Status.paused
            self._end_run(tracked, tracked.outcome, is_through=is_through)
        elif state == Status.completed and tracked.last is not None:
            self._complete(tracked, tracked.last)
        else:
            self._on_failure(tracked, failure or self._failure_in_words(state))

    def _complete(self, tracked: TrackedTrial, last: dict[str, Any]) -> None:
        self._end_run(tracked, Status.completed)
        if logger.isEnabledFor(logging.INFO):
            logger.info("trial %d: completed with %s", tracked.trial.trial_id, self.tuner.in_words(last))
        self.callbacks.call("on_trial_complete", tracked.trial, last)

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

    def _end_run(self, tracked: TrackedTrial, state: str, reason: str = "", is_through: bool = False) -> None:
        trial_id = tracked.trial.trial_id
        self.ledger.end_run(tracked, state, is_through)
        notes = {"is_through": True} if is_through else {}
        self.record.append("end_run", trial=trial_id, state=state, reason=reason, **notes)
        self.record.commit()
        self.checkpoints.on_run_end(tracked)

    # -- free workers --------------------------------------------------------------------------

    def _start_trials(self) -> str | None:
        """Give work to free workers; a reason to end if there is none and never will be."""
        if not self.tuner.asynchronous_scheduling and self.ledger.active:
            return None
        if self._to_resume:
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
            self._start(asked, config, source)
        else:
            assert source is not None
            self._to_resume.append((source, config))
            self._resume_waiting()

    def _start(self, trial_id: int, config: dict[str, Any], source: int | None) -> None:
        trial = self.backend.start_trial(config, source)
        if trial.trial_id != trial_id:
            raise ExperimentError(
                f"the back-end made trial {trial.trial_id} where trial {trial_id} was due: "
                "it has served another tuner; make a new back-end for each"
            )
        self.ledger.add(Trial(trial.trial_id, trial.config, trial.creation_time), source)
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
        self.record.append("resume", trial=trial_id, config=config)
        tracked = self.ledger.resume(trial_id, config)
        if self._catch_up(tracked):
            self.record.commit()
            trial = self.backend.resume_trial(trial_id, config)
            logger.info("trial %d: resumed", trial_id)
            self.callbacks.call("on_resume_trial", trial)

    def _catch_up(self, tracked: TrackedTrial) -> bool:
        """Show the scheduler what arrived late; False if the trial needs no run after that.

        The reports may already take it to its next pause, or to its end.
        """
        while tracked.held:
            decision = self.ledger.show(tracked, tracked.held.popleft())
            self.record.append("redeliver", trial=tracked.trial.trial_id, decision=decision)
            if tracked.outcome is not None:
                self._end_run(tracked, tracked.outcome)
                return False
        if tracked.is_through and tracked.last is not None:
            self._complete(tracked, tracked.last)
            return False
        return True

    # -- progress ------------------------------------------------------------------------------

    def _report_progress(self) -> None:
        now = time.monotonic()  # not the back-end's: a simulated second may take a microsecond
        if now >= self._next_status:
            self._next_status = now + _STATUS_INTERVAL
            self.record.write_status(ExperimentState.running, self.status)
        if now >= self._next_print:
            self._next_print = now + self.tuner.print_update_interval
            logger.info("%s", self.status.in_words())


def _decision_of(outcome: str) -> str:
    return SchedulerDecision.PAUSE if outcome == Status.paused else SchedulerDecision.STOP
