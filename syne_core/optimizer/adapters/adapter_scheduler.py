"""What schedulers over other libraries' optimisers share."""

from __future__ import annotations

import copy
import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from syne_core.backend.trial_status import Trial
from syne_core.config_space import config_key, config_mistakes, config_space_size
from syne_core.errors import ExperimentError
from syne_core.optimizer.arguments import reject_unknown
from syne_core.optimizer.random_streams import DEFAULT_SEED, RandomStreams, check_seed
from syne_core.optimizer.scheduler import TrialScheduler, TrialSuggestion
from syne_core.optimizer.schedulers.searchers.initial_points import impute_points_to_evaluate
from syne_core.optimizer.schedulers.searchers.searcher import check_metric_and_mode
from syne_core.optimizer.schedulers.searchers.unseen_configs import UnseenConfigs

__all__ = ["AdapterScheduler"]

# Proposals in a row that were tried already, after which a configuration is drawn at random instead.
_MOST_REPEATS = 3


class AdapterScheduler(TrialScheduler):
    """A scheduler whose configurations come from somebody else's optimiser.

    Subclasses say how to ask it (``_propose``), how to tell it (``_tell``, ``_fail``), and what to do where
    it is not followed: ``_adopt`` (a configuration runs that it did not propose) and ``_discard`` (what it
    proposed does not run). This class sees to the rest, alike for all libraries:

    - The first configurations are ``points_to_evaluate``, as for our own methods.
    - A configuration is tried once: one that was tried before is discarded, and after three in a row a
      random one is taken. So a finite space comes to an end.
    - A trial that diverged counts as the worst finite value so far. If there is none yet, the optimiser is
      told once there is.

    Resume is approximate: the optimiser is asked again, and where it answers something else than was
    recorded, the record is followed.

    :param metric: name of the metric in reports
    :param mode: ``"min"`` or ``"max"``
    :param random_seed: non-negative integer. None: ``DEFAULT_SEED``
    :param points_to_evaluate: as for our own methods; None: the middle of the space
    :param allow_duplicates: take what the library proposes, even if it was tried before
    :raises ConfigSpaceError: ``config_space`` or ``points_to_evaluate`` are malformed
    :raises UsageError: another argument makes no sense, or is unknown
    """

    replay: ClassVar[Literal["exact", "approximate"]] = "approximate"

    #: How messages call the optimiser.
    library: ClassVar[str] = "the optimiser"

    def __init__(
        self,
        config_space: dict[str, Any],
        *,
        metric: str,
        mode: str = "min",
        random_seed: int | None = None,
        points_to_evaluate: Sequence[Mapping[str, Any]] | None = None,
        allow_duplicates: bool = False,
        **unknown: Any,
    ) -> None:
        reject_unknown(unknown, type(self))
        super().__init__(config_space)
        check_metric_and_mode(metric, mode)
        self.metric = metric
        self.mode = mode
        self.random_seed = DEFAULT_SEED if random_seed is None else check_seed(random_seed)
        self.allow_duplicates = allow_duplicates
        self._initial = impute_points_to_evaluate(points_to_evaluate, config_space)
        self._num_initial = 0
        self._size = config_space_size(config_space, upper_limit=None)
        self._tried: set[Any] = set()
        self._unseen = UnseenConfigs(config_space)
        self._streams = RandomStreams(self.random_seed, "adapter")
        self._worst: float | None = None
        self._waiting: list[Trial] = []

    # -- what subclasses do --------------------------------------------------------------------

    @abstractmethod
    def _propose(self, trial_id: int) -> dict[str, Any] | None:
        """What the optimiser proposes for ``trial_id``, constants maybe left out; None if nothing."""

    @abstractmethod
    def _tell(self, trial: Trial, value: float) -> None:
        """``trial`` has ended with the finite ``value``."""

    def _fail(self, trial: Trial) -> None:
        """``trial`` has failed."""

    def _adopt(self, trial_id: int, config: dict[str, Any]) -> None:
        """``trial_id`` runs with ``config``, which the optimiser did not propose."""

    def _discard(self, trial_id: int) -> None:
        """What was proposed or adopted last for ``trial_id`` does not run."""

    # -- new trials ----------------------------------------------------------------------------

    def _suggest(self, trial_id: int) -> TrialSuggestion | None:
        if not self.allow_duplicates and self._size is not None and len(self._tried) >= self._size:
            return None
        config = self._next_config(trial_id)
        if config is None:
            return None
        self._note(config)
        return TrialSuggestion(config=config)

    def _next_config(self, trial_id: int) -> dict[str, Any] | None:
        if self._num_initial < len(self._initial):
            config = copy.deepcopy(self._initial[self._num_initial])
            self._num_initial += 1
            self._adopt(trial_id, config)
            return config
        for _ in range(_MOST_REPEATS):
            proposed = self._propose(trial_id)
            if proposed is None:
                return None
            config = self._checked(proposed)
            if self.allow_duplicates or config_key(config, self.config_space) not in self._tried:
                return config
            self._discard(trial_id)
        drawn = self._unseen.draw(self._streams.generator(len(self._tried)))
        if drawn is not None:
            self._adopt(trial_id, drawn)
        return drawn

    def _checked(self, proposed: Mapping[str, Any]) -> dict[str, Any]:
        """``proposed`` with all constants and plain values, in the order of the space.

        :raises ExperimentError: it is not a configuration of the space
        """
        mistakes = config_mistakes(proposed, self.config_space)
        if mistakes:
            text = "; ".join(mistakes)
            raise ExperimentError(f"{self.library} proposed what is not in the config space: {text}")
        return {
            name: entry.cast(proposed[name]) if hasattr(entry, "cast") else copy.deepcopy(entry)
            for name, entry in self.config_space.items()
        }

    def _note(self, config: Mapping[str, Any]) -> None:
        self._tried.add(config_key(config, self.config_space))
        if not self.allow_duplicates:
            self._unseen.exclude(config)

    def replay_suggestion(
        self, trial_id: int, suggestion: TrialSuggestion | None, state: Mapping[str, Any]
    ) -> None:
        if suggestion is None:
            return
        recorded = suggestion.config
        assert recorded is not None  # this scheduler only starts trials
        again = self._suggest(trial_id)
        if again is not None and again.config is not None:
            key = config_key(again.config, self.config_space)
            if key == config_key(recorded, self.config_space):
                return
            self._discard(trial_id)
            self._tried.discard(key)
        self._adopt(trial_id, recorded)
        self._note(recorded)

    # -- ends of trials ------------------------------------------------------------------------

    def on_trial_complete(self, trial: Trial, result: dict[str, Any]) -> None:
        self._settle(trial, _number(result.get(self.metric)))

    def on_trial_error(self, trial: Trial) -> None:
        self._fail(trial)

    def _settle(self, trial: Trial, value: float) -> None:
        """``trial`` has ended with ``value``; tell the optimiser, now or once there is a worst value."""
        finite = self._finite(value)
        if finite is None:
            self._waiting.append(trial)
            return
        self._tell(trial, finite)
        waiting, self._waiting = self._waiting, []
        for other in waiting:
            self._tell(other, finite)

    def _finite(self, value: float) -> float | None:
        """``value``; the worst finite value so far if it is not finite, None if there was none."""
        if math.isfinite(value):
            worse = max if self.mode == "min" else min
            self._worst = value if self._worst is None else worse(self._worst, value)
            return value
        return self._worst

    # -- for people ----------------------------------------------------------------------------

    def metric_names(self) -> list[str]:
        return [self.metric]

    def metric_mode(self) -> str:
        return self.mode

    def metadata(self) -> dict[str, Any]:
        return {**super().metadata(), "scheduler_seed": self.random_seed}


def _number(value: Any) -> float:
    """``value`` as a float; NaN for what is none, such as a number missing from the last report."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return math.nan
    return float(value)
