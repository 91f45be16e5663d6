"""End an experiment when the best trials no longer differ."""

from __future__ import annotations

import statistics

from syne_core.errors import UsageError
from syne_core.tuning_status import TuningStatus

__all__ = ["PlateauStopper"]


class PlateauStopper:
    """A stopping criterion: the incumbent has not changed over the last finished trials.

    The best value is noted whenever a trial has finished; once the last ``num_trials`` of these have a
    standard deviation of at most ``std``, and still do after ``patience`` more finished trials, the
    experiment ends. A continued experiment begins to count again.

    :param metric: name of the metric
    :param std: threshold, in units of the metric
    :param num_trials: how many finished trials are compared
    :param mode: ``"min"`` or ``"max"``
    :param patience: finished trials to wait after the threshold was first met
    :raises UsageError: if an argument makes no sense
    """

    def __init__(
        self, metric: str, std: float = 0.001, num_trials: int = 10, mode: str = "min", patience: int = 0
    ) -> None:
        mistakes = [
            *([f"std must not be negative, is {std}"] if std < 0 else []),
            *([f"num_trials must be at least 2, is {num_trials}"] if num_trials < 2 else []),
            *([f"patience must not be negative, is {patience}"] if patience < 0 else []),
            *([f"mode is '{mode}'; valid: min, max"] if mode not in ("min", "max") else []),
        ]
        if mistakes:
            raise UsageError.joined(f"PlateauStopper: {mistake}" for mistake in mistakes)
        self.metric = metric
        self.std = std
        self.num_trials = num_trials
        self.mode = mode
        self.patience = patience
        self._best: list[float] = []
        self._num_flat = 0
        self._num_seen = 0

    def __call__(self, status: TuningStatus) -> bool:
        """Whether the experiment should end."""
        statistics_so_far = status.overall_metric_statistics
        extremes = statistics_so_far.min_metrics if self.mode == "min" else statistics_so_far.max_metrics
        best = extremes.get(self.metric)
        if best is None:
            return False
        for _ in range(status.num_trials_finished - self._num_seen):
            self._note(best)
        return self._num_flat > self.patience

    def reason(self, status: TuningStatus) -> str | None:
        """Why, in words."""
        return f"{self.metric} has not improved over {self.num_trials + self.patience} trials"

    def _note(self, best: float) -> None:
        """A trial has finished; ``best`` is the best value by then."""
        self._num_seen += 1
        self._best = [*self._best, best][-self.num_trials :]
        is_flat = len(self._best) == self.num_trials and statistics.pstdev(self._best) <= self.std
        self._num_flat = self._num_flat + 1 if is_flat else 0
