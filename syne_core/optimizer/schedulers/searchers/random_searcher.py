"""Random search."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from syne_core.config_space import config_key, config_mistakes
from syne_core.errors import ConfigSpaceError
from syne_core.optimizer.random_streams import RandomStreams
from syne_core.optimizer.schedulers.searchers.searcher import BaseSearcher
from syne_core.optimizer.schedulers.searchers.unseen_configs import UnseenConfigs

__all__ = ["RandomSearcher"]

logger = logging.getLogger(__name__)


class RandomSearcher(BaseSearcher):
    """Draws configurations at random, each once: a finite space comes to an end.

    Suggestion k is a function of the seed, k and what was suggested before.

    :param allow_duplicates: suggest configurations again, except those whose trial failed
    :param restrict_configurations: choose from this list, all equally likely. Those of
        ``points_to_evaluate`` that are not in it are dropped, with a warning if they were given
    :raises ConfigSpaceError: also if an entry of ``restrict_configurations`` is not valid, or there is none
    """

    replay: ClassVar[Literal["exact", "approximate"]] = "exact"

    def __init__(
        self,
        config_space: dict[str, Any],
        metric: str,
        points_to_evaluate: Sequence[Mapping[str, Any]] | None = None,
        mode: str = "min",
        random_seed: int | None = None,
        allow_duplicates: bool = False,
        restrict_configurations: Sequence[Mapping[str, Any]] | None = None,
    ) -> None:
        super().__init__(config_space, metric, points_to_evaluate, mode, random_seed)
        self.allow_duplicates = allow_duplicates
        self._streams = RandomStreams(self.random_seed, "random searcher")
        only = None
        if restrict_configurations is not None:
            only = _checked(restrict_configurations, config_space)
            self._restrict_initial(only, warn=points_to_evaluate is not None)
        self._unseen = UnseenConfigs(config_space, only)
        self._num_suggested = 0
        # Only kept where needed: to exclude the configurations of failed trials.
        self._config_of: dict[str, dict[str, Any]] = {}

    def get_config(self, trial_id: str) -> dict[str, Any] | None:
        config = self._next_initial_config()
        if config is not None:
            if not self.allow_duplicates:
                self._unseen.exclude(config)
        else:
            rng = self._streams.generator(self._num_suggested)
            config = self._unseen.draw(rng, exclude=not self.allow_duplicates)
        if config is not None:
            self._num_suggested += 1
            self._remember(trial_id, config)
        return config

    def state(self) -> dict[str, Any]:
        return {
            **super().state(),
            "num_suggested": self._num_suggested,
            "listing": self._unseen.listing,
        }

    def replay_config(self, trial_id: str, config: dict[str, Any], state: Mapping[str, Any]) -> None:
        if not self.allow_duplicates:
            self._unseen.exclude(config)
        self._remember(trial_id, config)
        self._num_initial = state["num_initial"]
        self._num_suggested = state["num_suggested"]
        self._unseen.listing = state["listing"]

    def evaluation_failed(self, trial_id: str) -> None:
        config = self._config_of.get(trial_id)
        if config is not None:
            self._unseen.exclude(config)

    def _remember(self, trial_id: str, config: dict[str, Any]) -> None:
        if self.allow_duplicates:
            self._config_of[trial_id] = config

    def _restrict_initial(self, only: list[dict[str, Any]], warn: bool) -> None:
        allowed = {config_key(config, self.config_space) for config in only}
        points = self._points_to_evaluate
        kept = [config for config in points if config_key(config, self.config_space) in allowed]
        self._points_to_evaluate = kept
        if warn and len(kept) < len(points):
            dropped = "; ".join(str(config) for config in points if config not in kept)
            logger.warning("points_to_evaluate that are not in restrict_configurations: %s", dropped)


def _checked(configs: Sequence[Mapping[str, Any]], space: Mapping[str, Any]) -> list[dict[str, Any]]:
    """``configs`` without repetitions.

    :raises ConfigSpaceError: with every mistake
    """
    if not configs:
        raise ConfigSpaceError("restrict_configurations is empty")
    mistakes = [
        f"restrict_configurations[{position}]: {mistake}"
        for position, config in enumerate(configs)
        for mistake in config_mistakes(config, space)
    ]
    if mistakes:
        raise ConfigSpaceError.joined(mistakes)
    return list({config_key(config, space): dict(config) for config in reversed(configs)}.values())[::-1]
