"""The trials of ``synebench doctor --aws``: one runs, one is paused and resumed, one is stopped."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from syne_core.backend.trial_status import Status
from syne_core.errors import SyneError

if TYPE_CHECKING:
    from syne_core.backend.sagemaker.sagemaker_backend import SageMakerBackend

__all__ = ["EPOCHS", "HOLD_AFTER", "CheckupTrials", "TrialGivenUpError"]

#: Reports of a trial, and after how many of them those that are to be told to end wait for that.
EPOCHS, HOLD_AFTER = 4, 2


class TrialGivenUpError(SyneError):
    """A trial did not do what it was expected to; the message says what, and how its job stands."""


class CheckupTrials:
    """Starts trials, and waits for what they do.

    :param timeout: seconds for each thing that is waited for
    :ivar reports: of each trial, in the order made
    """

    def __init__(self, backend: SageMakerBackend, timeout: float) -> None:
        self._backend, self._timeout = backend, timeout
        self._failures: dict[int, str | None] = {}
        self._status: dict[int, str] = {}
        self.reports: dict[int, list[dict[str, Any]]] = {}

    def start(self, holds: bool) -> int:
        """Start a trial; returns its id.

        :param holds: it waits to be told to end
        """
        config = {"epochs": EPOCHS, "hold_after": HOLD_AFTER if holds else 0, "hold_s": 2 * self._timeout}
        trial_id = self._backend.start_trial(config).trial_id
        self.reports[trial_id] = []
        return trial_id

    def until_reports(self, trial_id: int, count: int) -> None:
        """Wait for reports.

        :raises TrialGivenUpError: it ended with fewer, or time is up
        """
        what = "a report" if count == 1 else f"{count} reports"
        self._until(lambda: len(self.reports[trial_id]) >= count, trial_id, what)

    def until_status(self, trial_id: int, status: str) -> None:
        """Wait until it is in a state.

        :raises TrialGivenUpError: it ended otherwise, or time is up
        """
        self._until(lambda: self._status[trial_id] == status, trial_id, f"it to be {status}")

    def _until(self, is_there: Callable[[], bool], trial_id: int, what: str) -> None:
        deadline = self._backend.time() + self._timeout
        while True:
            self._look()
            if is_there():
                return
            name, status = self._backend.job_name(trial_id) or "a job", self._status[trial_id]
            if status not in (Status.in_progress, Status.stopping):
                reason = (self._failures[trial_id] or "no reason given").removeprefix(f"{name}: ")
                raise TrialGivenUpError(f"{name} ended as {status}: {reason}")
            if self._backend.time() > deadline:
                waited = f"waited {self._timeout:g} s for {what} in vain"
                raise TrialGivenUpError(f"{name}: {waited}; {self._stands(name)}")
            self._backend.wait(min(1.0, self._timeout / 10))

    def _look(self) -> None:
        states, fresh = self._backend.fetch_status_results(list(self.reports))
        for trial_id, (trial, status) in states.items():
            self._status[trial_id] = status
            self._failures[trial_id] = getattr(trial, "failure", None)
        for trial_id, report in fresh:
            self.reports[trial_id].append(report)

    def _stands(self, name: str) -> str:
        from syne_core.aws.client_errors import clear_errors
        from syne_core.aws.job_states import TrainingJobs

        with clear_errors(f"describe {name}"):
            state = TrainingJobs(self._backend.session).describe(name)
        if state is None:
            return "SageMaker had no instance for it (quota, capacity)"
        return f"it is {state.status} ({state.secondary or 'no more is known'}); --timeout gives it more"
