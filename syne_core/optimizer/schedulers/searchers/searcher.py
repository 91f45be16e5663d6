"""The contract of a searcher: what proposes configurations."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from syne_core.config_space import check_config_space
from syne_core.errors import UnknownNameError, UsageError
from syne_core.optimizer.random_streams import DEFAULT_SEED, check_seed
from syne_core.optimizer.schedulers.searchers.initial_points import impute_points_to_evaluate

if TYPE_CHECKING:
    from syne_core.optimizer.scheduler import TrialScheduler

__all__ = ["BaseSearcher", "check_metric_and_mode", "overridden"]


class BaseSearcher(ABC):
    """Proposes configurations; a scheduler owns one and tells it of reports.

    Subclasses override ``get_config``, which returns the initial configurations first, and of the other
    methods those they need: a scheduler does not call what is not overridden. Trials are named by text, as
    in Syne Tune. For exact resume they also override ``state`` and ``replay_config`` and set ``replay``.

    :param config_space: domains and constants by name
    :param metric: name of the metric in reports
    :param points_to_evaluate: configurations to try first, see ``impute_points_to_evaluate``
    :param mode: ``"min"`` or ``"max"``
    :param random_seed: non-negative integer; None: always the same
    :raises ConfigSpaceError: ``config_space`` or ``points_to_evaluate`` are malformed
    :raises UsageError: another argument makes no sense
    """

    replay: ClassVar[Literal["exact", "approximate"]] = "approximate"

    def __init__(
        self,
        config_space: dict[str, Any],
        metric: str,
        points_to_evaluate: Sequence[Mapping[str, Any]] | None = None,
        mode: str = "min",
        random_seed: int | None = None,
    ) -> None:
        check_config_space(config_space)
        check_metric_and_mode(metric, mode)
        self.config_space = config_space
        self.metric = metric
        self.mode = mode
        self.random_seed = DEFAULT_SEED if random_seed is None else check_seed(random_seed)
        self._points_to_evaluate = impute_points_to_evaluate(points_to_evaluate, config_space)
        self._num_initial = 0

    def configure_scheduler(self, scheduler: TrialScheduler) -> None:
        """Called once, when ``scheduler`` is complete, before anything else."""

    def _next_initial_config(self) -> dict[str, Any] | None:
        """The next of ``points_to_evaluate``, None once all were returned."""
        if self._num_initial >= len(self._points_to_evaluate):
            return None
        self._num_initial += 1
        return self._points_to_evaluate[self._num_initial - 1]

    @abstractmethod
    def get_config(self, trial_id: str) -> dict[str, Any] | None:
        """A configuration for the new trial ``trial_id``; None if there is none left, which changes nothing.

        Constants may be left out.
        """

    def state(self) -> dict[str, Any]:
        """What the next ``get_config`` needs besides the calls received so far; JSON."""
        return {"num_initial": self._num_initial}

    def replay_config(self, trial_id: str, config: dict[str, Any], state: Mapping[str, Any]) -> None:
        """Take note that ``get_config(trial_id)`` once returned ``config``.

        :param state: what ``state()`` returned right after
        """
        self.get_config(trial_id=trial_id)

    def on_trial_result(
        self, trial_id: str, config: dict[str, Any], result: dict[str, Any], update: bool
    ) -> None:
        """A trial reported ``result``.

        :param update: whether it is one to learn from: at a rung level, or a trial's last
        """
        if update:
            self._update(trial_id, config, result)

    def _update(self, trial_id: str, config: dict[str, Any], result: dict[str, Any]) -> None:
        """Learn from ``result``."""

    def register_pending(
        self, trial_id: str, config: dict[str, Any] | None = None, milestone: int | None = None
    ) -> None:
        """A trial is running, and will report at resource ``milestone`` (None: when it ends)."""

    def cleanup_pending(self, trial_id: str) -> None:
        """A trial ended or was paused: nothing of it is pending any more."""

    def evaluation_failed(self, trial_id: str) -> None:
        """A trial failed."""

    def remove_case(self, trial_id: str, **kwargs: Any) -> None:
        """Forget a report that was learned from."""


def overridden(searcher: BaseSearcher, name: str) -> Callable[..., Any] | None:
    """Method ``name`` of ``searcher``, or None if it is the base class's own, which does nothing."""
    if getattr(type(searcher), name) is getattr(BaseSearcher, name):
        return None
    method: Callable[..., Any] = getattr(searcher, name)
    return method


def check_metric_and_mode(metric: Any, mode: Any) -> None:
    """Check what every method needs to know of the metric.

    :raises UsageError: ``metric`` is no name, or ``mode`` neither ``"min"`` nor ``"max"``
    """
    if not isinstance(metric, str) or not metric:
        raise UsageError(f"metric must be the name of a metric, not {metric!r}")
    if mode not in ("min", "max"):
        raise UnknownNameError("mode", str(mode), ("min", "max"))
