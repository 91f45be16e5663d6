"""What schedulers with a searcher share: arguments, new trials, exact resume."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from syne_core.backend.trial_status import Trial
from syne_core.config_space import Domain
from syne_core.errors import UsageError
from syne_core.optimizer.arguments import reject_unknown
from syne_core.optimizer.random_streams import DEFAULT_SEED, check_seed
from syne_core.optimizer.scheduler import TrialScheduler, TrialSuggestion
from syne_core.optimizer.schedulers.resource_levels import find_max_resource
from syne_core.optimizer.schedulers.searchers.searcher import (
    BaseSearcher,
    check_metric_and_mode,
    overridden,
)
from syne_core.optimizer.schedulers.searchers.searcher_factory import searcher_factory

__all__ = ["TrialSchedulerWithSearcher"]


class TrialSchedulerWithSearcher(TrialScheduler):
    """A scheduler whose new configurations come from a searcher.

    Subclasses call ``_connect_searcher`` at the end of their constructor. Resume is as exact as the
    searcher's ``replay`` says.

    :param metric: name of the metric in reports
    :param mode: ``"min"`` or ``"max"``
    :param searcher: name of a searcher, or one that was made by hand
    :param points_to_evaluate: configurations to try first; what they leave out is taken from the middle of
        the space. None: one such configuration, an empty list: none. A searcher made by hand has its own
    :param random_seed: non-negative integer. None: ``DEFAULT_SEED``, so that methods are deterministic
        unless told otherwise
    :param search_options: further arguments of a searcher given by name
    :param max_resource_attr: name of the constant of ``config_space`` that limits the resource of a trial
    :param max_t: largest resource of a trial; default: that constant, or one named ``epochs``, ``max_t`` or
        ``max_epochs``
    :raises ConfigSpaceError: ``config_space`` or ``points_to_evaluate`` are malformed
    :raises UnknownNameError: an unknown argument, searcher or mode
    :raises UsageError: another argument makes no sense
    """

    replay: ClassVar[Literal["exact", "approximate"]] = "exact"

    def __init__(
        self,
        config_space: dict[str, Any],
        *,
        metric: str,
        mode: str = "min",
        searcher: str | BaseSearcher = "random",
        points_to_evaluate: Sequence[Mapping[str, Any]] | None = None,
        random_seed: int | None = None,
        search_options: Mapping[str, Any] | None = None,
        max_resource_attr: str | None = None,
        max_t: int | None = None,
        **unknown: Any,
    ) -> None:
        reject_unknown(unknown, type(self))
        super().__init__(config_space)
        check_metric_and_mode(metric, mode)
        self.metric = metric
        self.mode = mode
        self.resource_attr: str | None = None
        self.rung_levels: list[int] = []
        self.random_seed = DEFAULT_SEED if random_seed is None else check_seed(random_seed)
        self.max_resource_attr = max_resource_attr
        self.max_resource = find_max_resource(config_space, max_resource_attr, max_t)
        self._constants = {k: v for k, v in config_space.items() if not isinstance(v, Domain)}
        self.searcher = self._make_searcher(searcher, points_to_evaluate, search_options)

    @property
    def max_resource_level(self) -> int | None:
        """Largest resource of a trial, None if not known."""
        return self.max_resource.level

    def _make_searcher(
        self,
        searcher: str | BaseSearcher,
        points_to_evaluate: Sequence[Mapping[str, Any]] | None,
        search_options: Mapping[str, Any] | None,
    ) -> BaseSearcher:
        if isinstance(searcher, BaseSearcher):
            if points_to_evaluate is not None or search_options:
                raise UsageError("give points_to_evaluate and search_options to the searcher itself")
            return searcher
        if not isinstance(searcher, str):
            raise UsageError(f"searcher must be a name or a BaseSearcher, not {searcher!r}")
        shared: dict[str, Any] = {
            "metric": self.metric,
            "mode": self.mode,
            "points_to_evaluate": points_to_evaluate,
            "random_seed": self.random_seed,
        }
        options = dict(search_options or {})
        if taken := sorted(set(shared) & set(options)):
            raise UsageError(f"search_options: give {', '.join(taken)} to the scheduler instead")
        return searcher_factory(searcher, self.config_space, **shared, **options)

    def _connect_searcher(self) -> None:
        """Find out which of its methods the searcher cares for, and let it see this scheduler."""
        searcher = self.searcher
        self._hears_all = overridden(searcher, "on_trial_result") is not None
        self._learns = self._hears_all or overridden(searcher, "_update") is not None
        self._register_pending = overridden(searcher, "register_pending")
        self._cleanup_pending = overridden(searcher, "cleanup_pending")
        searcher.configure_scheduler(self)

    # -- new trials ----------------------------------------------------------------------------

    def _suggest(self, trial_id: int) -> TrialSuggestion | None:
        config = self.searcher.get_config(trial_id=str(trial_id))
        if config is None:
            return None
        if len(config) < len(self.config_space):
            config = {**self._constants, **config}
        self._on_start(trial_id, config, None)
        return TrialSuggestion(config=config)

    def _on_start(self, trial_id: int, config: dict[str, Any], state: Mapping[str, Any] | None) -> None:
        """The new trial ``trial_id`` was suggested.

        :param state: in a replay, what ``state()`` was right after
        """

    def state(self) -> dict[str, Any]:
        return {"searcher": self.searcher.state()}

    def replay_suggestion(
        self, trial_id: int, suggestion: TrialSuggestion | None, state: Mapping[str, Any]
    ) -> None:
        if suggestion is None:
            return
        config = suggestion.config
        assert config is not None  # this scheduler only starts trials
        self.searcher.replay_config(str(trial_id), config, state["searcher"])
        self._on_start(trial_id, config, state)

    # -- ends of trials ------------------------------------------------------------------------

    def on_trial_complete(self, trial: Trial, result: dict[str, Any]) -> None:
        self._cleanup(trial)

    def on_trial_remove(self, trial: Trial) -> None:
        self._cleanup(trial)

    def on_trial_error(self, trial: Trial) -> None:
        self.searcher.evaluation_failed(str(trial.trial_id))
        self._cleanup(trial)

    def _cleanup(self, trial: Trial) -> None:
        if self._cleanup_pending is not None:
            self._cleanup_pending(str(trial.trial_id))

    def _tell_searcher(self, trial: Trial, result: dict[str, Any], update: bool) -> None:
        self.searcher.on_trial_result(str(trial.trial_id), trial.config, result=result, update=update)

    # -- for people ----------------------------------------------------------------------------

    def metric_names(self) -> list[str]:
        return [self.metric]

    def metric_mode(self) -> str:
        return self.mode

    def metadata(self) -> dict[str, Any]:
        return {
            **super().metadata(),
            "scheduler_seed": self.random_seed,
            "searcher": type(self.searcher).__name__,
            "max_resource_level": self.max_resource_level,
        }
