"""Watches a back-end, and what jobs there are."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from syne_core.backend.sagemaker.sagemaker_backend import SageMakerBackend
from syne_core.backend.sagemaker.timing import Timing
from syne_core.backend.trial_status import Status, TrialResult

BUSY = (Status.in_progress, Status.stopping)
TIMEOUT = 120.0
#: For the emulator on a busy machine: jobs may take their time to end.
PATIENT = replace(Timing.for_emulator(), close=TIMEOUT)


class Watch:
    """Fetches from a back-end, and keeps what it fetched."""

    def __init__(self, backend: SageMakerBackend) -> None:
        self.backend = backend
        self.results: dict[int, TrialResult] = {}
        self.reports: dict[int, list[dict[str, Any]]] = {}

    def look(self, *trial_ids: int) -> None:
        states, fresh = self.backend.fetch_status_results(list(trial_ids))
        for trial_id, (result, _) in states.items():
            assert isinstance(result, TrialResult)
            self.results[trial_id] = result
        for trial_id, report in fresh:
            self.reports.setdefault(trial_id, []).append(report)

    def until(self, condition: Callable[[], bool], *trial_ids: int) -> None:
        deadline = time.monotonic() + TIMEOUT
        self.look(*trial_ids)
        while not condition():
            assert time.monotonic() < deadline, f"waited in vain: {self.results}"
            self.backend.wait(0.5)
            self.look(*trial_ids)

    def until_ended(self, *trial_ids: int) -> None:
        self.until(lambda: all(self.state(i) not in BUSY for i in trial_ids), *trial_ids)

    def until_epoch(self, epoch: int, *trial_ids: int) -> None:
        self.until(lambda: all((self.epochs(i) or [0])[-1] >= epoch for i in trial_ids), *trial_ids)

    def state(self, trial_id: int) -> str:
        return self.results[trial_id].status

    def epochs(self, trial_id: int) -> list[int]:
        return [report["epoch"] for report in self.reports.get(trial_id, [])]


def job_states(client: Any) -> Counter[str]:
    """How many jobs there are of each status."""
    jobs = client.get_paginator("list_training_jobs").paginate()
    return Counter(job["TrainingJobStatus"] for page in jobs for job in page["TrainingJobSummaries"])


def job_names(client: Any) -> list[str]:
    """The names of all jobs, sorted."""
    jobs = client.get_paginator("list_training_jobs").paginate()
    return sorted(job["TrainingJobName"] for page in jobs for job in page["TrainingJobSummaries"])


def until_none_runs(client: Any) -> None:
    """Until all jobs have ended; those whose script is over need a moment more."""
    deadline = time.monotonic() + TIMEOUT
    while job_states(client)["InProgress"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
